"""The health of what a night stands on: events a day, and what its newest load did with the rows it read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from segkit.data.generation import last_report
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.app import App

DAYS = 28
#: What is told of rows: the attribute of a role's report, and its words.
_FATES = (
    ("kept", "kept"), ("duplicate", "repeated, counted once"), ("late", "late"),
    ("orphan", "of unknown users, set aside"), ("joined", "set aside earlier, now joined"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventDay:
    """How many events a local day has."""

    day: date
    events: int
    is_quiet: bool = False  # it may be without any


@dataclass(frozen=True, slots=True)
class LoadHealth:
    """Of one app as of a date; counts only."""

    app: str
    users: int
    newest_day: date | None
    days: tuple[EventDay, ...]  # up to yesterday
    rows: tuple[tuple[str, int], ...]  # of events of the newest load: in words, and how many
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data; dates as ISO text."""
        found = asdict(self)
        found["newest_day"] = self.newest_day.isoformat() if self.newest_day else None
        found["days"] = [{**asdict(each), "day": each.day.isoformat()} for each in self.days]
        return found


def load_health(app: App, as_of: date) -> LoadHealth | None:
    """What an app's data look like as of a date; None before the first load."""
    try:
        manifest = app.manifest
    except SegkitError:
        return None
    having = {file.day: file.rows for file in manifest.days if file.day < as_of}
    newest = max((day for day, events in having.items() if events), default=None)
    gates = app.workspace.settings.gates_of(app.name)
    days = [as_of - timedelta(days=number) for number in range(DAYS, 0, -1)]
    first = min(having, default=as_of)
    shown = tuple(EventDay(day, having.get(day, 0), gates.is_quiet(day)) for day in days if day >= first)
    return LoadHealth(app.name, manifest.user_count, newest, shown, *_newest_load(app))


def _newest_load(app: App) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...]]:
    try:
        report = last_report(app.folder)
    except SegkitError as error:
        return (), (str(error),)
    events = report.role("events")
    counted = [(words, getattr(events, name)) for name, words in _FATES]
    counted += [("refused", sum(count.count for count in events.refused))]
    counted += [("left out", sum(count.count for count in events.left_out))]
    rows = [("read", events.read), *((words, count) for words, count in counted if count)] if events.read else []
    return tuple(rows), report.notes
