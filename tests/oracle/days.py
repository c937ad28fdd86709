"""Local days of a zone, from PyPI's tzdata and nothing else. Instants are microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = HOUR // 4


@cache
def zone_named(name: str) -> ZoneInfo:
    """The zone with the rules of the installed tzdata package, whatever the system's tables say."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def instant_of(moment: datetime, zone: ZoneInfo) -> int:
    """The instant of a date with time; a naive one is a wall clock's in `zone`, the first of two equal ones."""
    aware = moment.replace(tzinfo=zone, fold=0) if moment.tzinfo is None else moment
    return (aware.astimezone(UTC) - _EPOCH) // MICROSECOND


def moment_of(instant: int) -> datetime:
    """The instant as a date with time in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


class Days:
    """The local days of one zone: day d is [first instant of d, first instant of d + 1)."""

    def __init__(self, zone_name: str) -> None:
        self.zone = zone_named(zone_name)
        self._firsts: dict[date, int] = {}

    def wall_date(self, instant: int) -> date:
        """The date that a calendar on the wall shows."""
        return moment_of(instant).astimezone(self.zone).date()

    def first_instant(self, day: date) -> int:
        """The earliest instant at which the wall shows `day` or a later one (midnight need not exist)."""
        if day not in self._firsts:
            self._firsts[day] = self._search(day)
        return self._firsts[day]

    def _search(self, day: date) -> int:
        after = (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH) // MICROSECOND - 27 * HOUR
        while self.wall_date(after) < day:
            after += _QUARTER
        before = after - _QUARTER
        while after - before > 1:
            middle = (before + after) // 2
            if self.wall_date(middle) < day:
                before = middle
            else:
                after = middle
        return after

    def day_of(self, instant: int) -> date:
        """The local day that holds an instant."""
        day = self.wall_date(instant)
        while instant >= self.first_instant(day + DAY):
            day += DAY
        return day
