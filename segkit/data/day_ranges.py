"""Local days in ranges, both ends included: as people write them, as the manifest keeps them, as SQL compares them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from segkit.definitions.windows import Days
from segkit.errors import SegkitError

Range = tuple[date, date]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayRanges:
    """Ranges in order, none touching another. `DayRanges.of(…)` makes them so."""

    ranges: tuple[Range, ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> Self:
        found: list[Range] = []
        for first, last in sorted(ranges):
            if found and first.toordinal() <= found[-1][1].toordinal() + 1:
                found[-1] = found[-1][0], max(last, found[-1][1])
            else:
                found.append((first, last))
        return cls(tuple(found))

    @classmethod
    def parsed(cls, texts: Iterable[str]) -> Self:
        """From texts such as `2026-05-01` and `2026-05-01..2026-05-07`. Raises SegkitError for any other."""
        return cls.of(_parsed(text) for text in texts)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __contains__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.ranges)

    def __or__(self, other: DayRanges) -> DayRanges:
        return DayRanges.of((*self.ranges, *other.ranges))

    def __sub__(self, other: DayRanges) -> DayRanges:
        left = list(self.ranges)
        for first, last in other.ranges:
            left = [piece for one in left for piece in _without(one, first, last)]
        return DayRanges.of(left)

    def within(self, windows: Iterable[Days]) -> DayRanges:
        """What of them lies in windows."""
        return DayRanges.of(
            (max(first, days.start or first), min(last, days.end - _DAY))
            for first, last in self.ranges
            for days in windows
            if first < days.end and last >= (days.start or first) and (days.start or first) < days.end
        )

    def condition(self, day: str) -> str:
        """SQL that is true of a day in one of the ranges. Dates are no text of anybody's, so they stand there."""
        parts = [f"{day} BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in self.ranges]
        return f"({' OR '.join(parts)})" if parts else "FALSE"

    def __str__(self) -> str:
        return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in self.ranges)


def _without(one: Range, first: date, last: date) -> list[Range]:
    if last < one[0] or one[1] < first:
        return [one]
    before = [(one[0], first - _DAY)] if one[0] < first else []
    return before + ([(last + _DAY, one[1])] if last < one[1] else [])


def _parsed(text: str) -> Range:
    first, dots, last = text.strip().partition("..")
    try:
        found = date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError:
        found = None
    if found is None or found[0] > found[1]:
        raise SegkitError(f"'{text}': expected a day such as 2026-05-01, or days such as 2026-05-01..2026-05-07")
    return found
