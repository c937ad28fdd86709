"""Which days of events a load takes away: those that are read again, those forgotten, those no longer kept."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from segkit.data.day_ranges import DayRanges
from segkit.data.events import FreshEvents
from segkit.data.manifest import Manifest
from segkit.data.stored_events import StoredEvents
from segkit.data.work import Work


def first_kept(data_date: date, keep_days: int | None) -> date | None:
    """The first local day whose events are kept; None if all are."""
    if keep_days is None:
        return None
    return data_date - timedelta(days=keep_days) if keep_days < data_date.toordinal() else date.min


class Growth:
    """One load's say about days. `asked` are read again; `keep_days` days before the data date are kept, if given."""

    def __init__(self, before: Manifest | None, asked: DayRanges, keep_days: int | None) -> None:
        self._keep_days = keep_days
        self._kept_before = before.kept_from if before else None
        self._kept_from: date | None = None
        self.asked = asked
        self.forgotten = DayRanges.of(before.forgotten if before else ()) - asked
        self.notes: list[str] = []

    @property
    def kept_from(self) -> date | None:
        """The first day before which events were dropped, by this load or an earlier one."""
        return max([day for day in (self._kept_from, self._kept_before) if day is not None], default=None)

    def begin(self, fresh: FreshEvents) -> None:
        """Leaves out new rows of forgotten days. Raises DataProblem for files that hold other days than were asked."""
        fresh.require_within(self.asked)
        fresh.leave_out(self.forgotten)

    def make_way(self, work: Work, scratch: Path, stored: StoredEvents, fresh: FreshEvents, data_date: date) -> None:
        """Takes stored days away that are read again or too old, and leaves out new rows that are too old."""
        self._kept_from = first_kept(data_date, self._keep_days)
        if self.asked:
            gone = stored.drop(work, scratch, self.asked)
            now = sum(rows for day, rows in fresh.days().items() if day in self.asked)
            self.notes.append(f"events of {self.asked} read again: {gone:,} before, {now:,} rows now")
        if self._kept_from is not None and self._kept_from > date.min:
            old = DayRanges.of([(date.min, self._kept_from - timedelta(days=1))])
            fresh.leave_out(old, too_old=True)
            if gone := stored.drop(work, scratch, old):
                words = f"dropped {gone:,} events of days before {self._kept_from}"
                self.notes.append(f"{words}; keep_days is {self._keep_days}")
