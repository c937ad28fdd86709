"""What an app answers about changes and likeness: why a segment's size changed, which segments are nearly the same."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from segkit.analysis.similar import Similar
from segkit.analysis.why import Why
from segkit.api.evaluation import RuleLike

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.differing import Diff

Day = date | str | None


class Changes:
    """The part of an app that is about what changed."""

    @property
    def _app(self) -> App:
        return cast("App", self)

    def why(self, name: str, since: Day = None, until: Day = None, *, examples: int = 3) -> Why:
        """Why a segment has other users as of `until` than as of `since`: parts that add up exactly, user by user.

        By default its newest snapshot and the one before. Where users were published they are what is explained;
        where none were, or they are not kept any more, they are counted, and a note says so. With example users for
        those who may see who the users are; uids that are addresses or numbers are masked.
        """
        from segkit.api.analysing.why import why

        days = tuple(None if day is None else self._app.day(day) for day in (since, until))
        return why(self._app, name, (days[0], days[1]), examples)

    def compare(self, one: str, other: str, as_of: Day = None) -> Diff:
        """Two segments: what differs between their rules, in words, and who is in the other only and in the one only.

        A segment with cycle once, and an imported list, is as its newest snapshot has it.
        """
        from segkit.api.differing import diff_segments

        return diff_segments(self._app, (one, other), self._app.day(as_of))

    def similar(self, rule: RuleLike | None = None, as_of: Day = None, *, at_least: float = 0.9) -> Similar:
        """The segments that nearly coincide with a segment or a rule; without one, all pairs of the app.

        Two segments nearly coincide where at least that share of the users of either is in both; counts are exact.
        Those whose rules are the same after normal form are found in any case.
        """
        from segkit.api.analysing.likeness import similar

        return similar(self._app, rule, self._app.day(as_of), at_least)
