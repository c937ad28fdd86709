"""The questions about sets of users: what conditions do, how segments overlap, what they are made of, how they grew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, cast

from segkit.api.analysing import compositions, condition_counts, overlaps, trends
from segkit.api.evaluation import RuleLike

if TYPE_CHECKING:
    from segkit.analysis.composition import Composition
    from segkit.analysis.development import Trend
    from segkit.analysis.elimination import Conditions
    from segkit.analysis.overlap import Overlap
    from segkit.api.app import App
    from segkit.engine.protocol import Progress

Day = date | str | None


class SetQuestions:
    """The part of an app that compares sets of users. Answers hold counts, never a user."""

    @property
    def _app(self) -> App:
        return cast("App", self)

    def conditions(self, rule: RuleLike, as_of: Day = None) -> Conditions:
        """What each condition of a rule does: its own count, the total without it, and whom it removes in its turn.

        `rule` is what `estimate` takes. A segment with cycle once is shown by its own rule, evaluated.
        """
        return condition_counts.conditions(self._app, rule, self._app.day(as_of))

    def overlap(self, *names: str, as_of: Day = None) -> Overlap:
        """Every exclusive region of two to eight segments, exact. Imported lists may be among them.

        Without `as_of` their newest snapshots are read where they are of one date, else they are evaluated.
        """
        return overlaps.overlap(self._app, names, None if as_of in (None, "") else self._app.day(as_of))

    def compose(
        self,
        name: RuleLike,
        against: RuleLike | None = None,
        *,
        labels: Sequence[str] | None = None,
        as_of: Day = None,
    ) -> Composition:
        """What a segment is made of, label by label, beside all users or `against`; the most telling labels first.

        Without `labels` by all that hold no personal data. Dates are as in `overlap`.
        """
        day = None if as_of in (None, "") else self._app.day(as_of)
        return compositions.compose(self._app, name, against, labels, day)

    def trend(self, name: str, since: Day = None, until: Day = None, *, progress: Progress | None = None) -> Trend:
        """A segment's size, who entered and left, day by day, both days included; by default the last 30 days.

        From snapshots, and evaluated by the rule and data of now where there are none; each point says which.
        """
        return trends.trend(self._app, name, since, until, progress)
