"""When things happen in a made world: zones that are hard on days, and instants on and beside their edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from .days import DAY, HOUR, Days, moment_of

#: A zone and days on which its clock changes; Kathmandu's never does, but lies a quarter of an hour askew.
TRANSITIONS: list[tuple[str, tuple[date, ...]]] = [
    ("Europe/Berlin", (date(2024, 3, 31), date(2023, 10, 29))),
    ("America/Havana", (date(2024, 3, 10), date(2023, 11, 5))),
    ("America/Sao_Paulo", (date(2018, 11, 4), date(2018, 2, 18))),
    ("Asia/Beirut", (date(2022, 3, 27), date(2022, 10, 30))),
    ("Australia/Lord_Howe", (date(2024, 4, 7), date(2023, 10, 1))),
    ("America/Vancouver", (date(2026, 3, 8), date(2025, 11, 2))),
    ("Asia/Kathmandu", (date(2024, 5, 1),)),
    ("America/New_York", (date(2024, 3, 10), date(2024, 11, 3))),
]


@dataclass(frozen=True)
class Timeline:
    """The days of a made world, around the day on which its clock changes."""

    days: Days
    transition: date

    @property
    def first(self) -> date:
        return self.transition - timedelta(days=60)

    @property
    def last(self) -> date:
        return self.transition + timedelta(days=25)

    @property
    def data_dates(self) -> list[date]:
        """When snapshots of users are taken; one on the day of the change itself."""
        return [self.transition + timedelta(days=days) for days in (-20, -7, 0, 12)]

    def a_day(self, random: Random) -> date:
        return self.first + timedelta(days=random.randrange((self.last - self.first).days + 1))

    def an_instant(self, random: Random) -> int:
        """Anywhere, but often at the first instant of a day, one microsecond beside it, or when the clock changes."""
        kind = random.random()
        if kind < 0.55:
            day = self.a_day(random)
            return random.randrange(self.days.first_instant(day), self.days.first_instant(day + DAY))
        beside = random.choice((-1, 0, 0, 1))
        if kind < 0.85:
            return self.days.first_instant(self.a_day(random)) + beside
        near = self.days.first_instant(self.transition + timedelta(days=random.randrange(-1, 3)))
        return near + random.choice((0, 0, 1, 2, 3)) * HOUR + random.choice((0, 0, HOUR // 2)) + beside

    def a_wall_clock(self, random: Random) -> str:
        """A naive date with time as text, often one that the clock shows twice or never."""
        if random.random() < 0.3:
            day = self.transition + timedelta(days=random.randrange(-1, 2))
            clock = datetime(day.year, day.month, day.day, random.choice((0, 1, 2, 23)), random.choice((0, 30)))  # noqa: DTZ001
            return (clock + timedelta(microseconds=random.choice((-1, 0, 1)))).isoformat(" ", "microseconds")
        local = moment_of(self.an_instant(random)).astimezone(self.days.zone).replace(tzinfo=None)
        return local.isoformat(" ", "microseconds")


def timeline(zone: str, transition: date) -> Timeline:
    """The days of a world in a zone."""
    return Timeline(Days(zone), transition)
