"""Days and zones of the sample data: the app's local days, when which snapshot was taken, what a local clock shows.

Instants are microseconds since the epoch, UTC. Days are counted from the first day of the sample (day 0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

APP_ZONE = "Europe/Berlin"
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
#: A day that never comes.
NEVER = 1_000_000
FEWEST_DAYS = 40

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def zone(name: str) -> ZoneInfo:
    """The zone as PyPI's tzdata has it; the system's tables are never asked."""
    resource = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with resource.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def instant(local: datetime) -> int:
    """Microseconds since the epoch of an aware time."""
    return (local - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Calendar:
    """The days `[start, as_of)` of the sample, and the days on which its users were written down."""

    as_of: date
    days: int
    #: Midnights of days 0 … days in the app's zone; shape (days + 1,).
    midnights: Array
    #: Days at whose start a snapshot of the users was taken; ascending, the last is `days`.
    snapshots: Array
    #: First day of the launch week, and of the week of the spring sale.
    launch: int
    sale: int

    @property
    def start(self) -> date:
        return self.as_of - timedelta(days=self.days)

    def date_of(self, day: int) -> date:
        return self.start + timedelta(days=day)

    def epoch_day(self, day: Array | int) -> Any:
        """Days since 1970-01-01, as date columns hold them."""
        return day + (self.start - date(1970, 1, 1)).days

    def day_of(self, at: Array) -> Array:
        """The app's local day of instants; -1 for all before the sample."""
        return np.searchsorted(self.midnights, at, side="right") - 1

    def state_of(self, day: Array) -> Array:
        """Which snapshot first shows what was so on a day: labels change right after a snapshot was taken."""
        return np.minimum(np.searchsorted(self.snapshots, day, side="right"), len(self.snapshots) - 1)

    def in_launch(self, day: Array) -> Array:
        """Whether days fall into the launch week."""
        return (day >= self.launch) & (day < self.launch + 7)

    def in_sale(self, day: Array) -> Array:
        """Whether days fall into the week of the spring sale."""
        return (day >= self.sale) & (day < self.sale + 7)

    def weekday(self, day: Array) -> Array:
        """0 for Monday … 6 for Sunday."""
        return (day + self.start.weekday()) % 7


def calendar(as_of: date, days: int) -> Calendar:
    """The calendar of a sample of `days` days before `as_of`. Raises ValueError for fewer than 40 days."""
    if days < FEWEST_DAYS:
        raise ValueError(f"days={days}: expected at least {FEWEST_DAYS}, so that 31 days of silence fit in")
    start, app_zone = as_of - timedelta(days=days), zone(APP_ZONE)
    dates = [start + timedelta(days=n) for n in range(days + 1)]
    midnights = [instant(datetime(d.year, d.month, d.day, tzinfo=app_zone)) for d in dates]
    spread = range(0, days - 2, max(30, days // 4))
    return Calendar(
        as_of=as_of,
        days=days,
        midnights=np.array(midnights, dtype=np.int64),
        snapshots=np.array([*spread, days - 2, days - 1, days], dtype=np.int64),
        launch=days // 2,
        sale=days * 4 // 5,
    )


@dataclass(frozen=True)
class LocalClocks:
    """What clocks show in the zones where users live, one offset a zone and local day."""

    calendar: Calendar
    zones: tuple[str, ...]
    #: Microseconds east of UTC at local noon; shape (zones, days + 2), the first column is day -1.
    offsets: Array

    def instants(self, zones: Array, day: Array, clock: Array) -> Array:
        """Instants of `clock` microseconds after local midnight of `day`, for the number of a zone each."""
        shown: Array = self.calendar.epoch_day(day) * DAY + clock
        east: Array = self.offsets[zones, np.clip(day + 1, 0, self.offsets.shape[1] - 1)]
        return shown - east


def local_clocks(days: Calendar, zones: Sequence[str]) -> LocalClocks:
    """The offsets of `zones` over the calendar's days."""
    dates = [days.date_of(number) for number in range(-1, days.days + 1)]
    offsets = [[_offset_at_noon(day, there) for day in dates] for there in map(zone, zones)]
    return LocalClocks(days, tuple(zones), np.array(offsets, dtype=np.int64))


def _offset_at_noon(day: date, there: ZoneInfo) -> int:
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=there).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)
