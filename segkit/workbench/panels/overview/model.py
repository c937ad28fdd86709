"""What the overview tells of an app: users, segments by kind, last night, what is stale, and what moved most.

It reads what was published, and evaluates nothing but how many users there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from segkit.api.infos import SegmentInfo
from segkit.definitions.conditions import EVERYBODY
from segkit.errors import NotFound
from segkit.operations.roles import may
from segkit.workbench.panels.model import Message, PanelModel
from segkit.workbench.panels.runs.model import night_in_short
from segkit.workbench.panels.segments.listing import DAYS

if TYPE_CHECKING:
    from segkit.api import App

#: Over how many days a change is told, and of how many segments.
SPANS, MOST = (1, 7), 5
_STALE = 8
_KINDS = ("predefined", "custom", "imported")


class OverviewModel(PanelModel):
    """The overview of one app. `places` are where its links lead, by what they are of; without one it is no link.

    The place of a segment ends in what its id is put behind.
    """

    def __init__(self, app: App, places: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.app = app
        self.places = dict(places or {})
        self.answers = {"again": lambda _asked: self.opening()}

    def opening(self) -> Message:
        """Everything that is shown."""
        app = self.app
        infos, counts = list(app.segments()), app.recent_counts(DAYS)
        kinds = Counter(info.kind for info in infos)
        stale = [info for info in infos if info.is_stale]
        return {
            "app": app.name, "as_of": app.as_of.isoformat(), "days": DAYS, "users": self._users(),
            "kinds": [[kind, kinds[kind]] for kind in _KINDS], "places": self.places,
            "moved": [{"days": span, **self._moved(infos, counts, span)} for span in SPANS],
            "stale": [{"id": info.id, "name": info.name, "note": info.note} for info in stale[:_STALE]],
            "stale_ones": len(stale), **self._night(),
        }  # fmt: skip

    def _users(self) -> int | None:
        """How many there are as of now; None before the first load."""
        try:
            return self.app.estimate(EVERYBODY).count
        except NotFound:
            return None

    def _night(self) -> Message:
        """Last night in short, and what is held now."""
        workspace = self.app.workspace
        night = next(iter(workspace.nights(1)), None)
        held = [each for each in workspace.held() if each.app == self.app.name]
        return {
            "night": None if night is None else night_in_short(workspace, night),
            "held": [finding["holds"] or "every segment" for each in held for finding in each.findings],
            "may_accept": may(workspace.settings.roles, workspace.actor, "edit"),
        }

    def _moved(self, infos: Iterable[SegmentInfo], counts: Mapping[str, Mapping[date, int]], span: int) -> Message:
        """What grew and what shrank most in so many days, against what it was; of those that were published on both."""
        rows = [
            found for info in infos if (found := moved_row(info, counts.get(info.id, {}), self.app.as_of, span))
            and self.is_told(found)
        ]  # fmt: skip
        rows.sort(key=lambda row: (-abs(row["change"]) / max(row["before"], 1), row["name"]))
        return {
            "compared": len(rows),
            "grown": [row for row in rows if row["change"] > 0][:MOST],
            "shrunk": [row for row in rows if row["change"] < 0][:MOST],
        }

    def is_told(self, _row: Mapping[str, Any]) -> bool:
        """Whether somebody may see how a segment moved."""
        return True


def moved_row(info: SegmentInfo, counts: Mapping[date, int], as_of: date, span: int) -> dict[str, Any] | None:
    """A segment's count as of a day and so many days before; None where one of them was not published."""
    then = as_of - timedelta(days=span)
    if as_of not in counts or then not in counts:
        return None
    shown = [[day.isoformat(), count] for day, count in sorted(counts.items())]
    before, count = counts[then], counts[as_of]
    return {
        "id": info.id,
        "name": info.name,
        "before": before,
        "count": count,
        "change": count - before,
        "counts": shown,
    }
