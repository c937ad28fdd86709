"""Comparisons of numbers and days as ranges, so that those that pick the same are equal however they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from segkit.compile.predicates import exact

#: A bound and whether it is left out, so that the stricter of two lower bounds is the larger one.
Bound = tuple[Fraction, bool]


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`; None is unbounded. `whole`: counts, from 0 on, with both bounds included."""

    low: Bound | None
    high: Bound | None
    whole: bool = False

    def __and__(self, other: Range) -> Range:
        lows = [bound for bound in (self.low, other.low) if bound is not None]
        highs = [bound for bound in (self.high, other.high) if bound is not None]
        low = max(lows, default=None)
        high = min(highs, key=lambda bound: (bound[0], not bound[1]), default=None)
        return Range(low, high, self.whole)

    @property
    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low[0] > self.high[0] or (self.low[0] == self.high[0] and (self.low[1] or self.high[1]))

    @property
    def is_everything(self) -> bool:
        return self.high is None and (self.low is None or (self.whole and self.low[0] <= 0))

    def complement(self) -> Range | None:
        """The other numbers, where they are one range as well."""
        if self.is_empty:
            return Range((Fraction(0), False) if self.whole else None, None, self.whole)
        begins = self.low is None or (self.whole and self.low[0] <= 0)
        if self.high is None and self.low is not None:
            return _tidy(None, (self.low[0], not self.low[1]), self.whole)
        if begins and self.high is not None:
            return _tidy((self.high[0], not self.high[1]), None, self.whole)
        return None


def _tidy(low: Bound | None, high: Bound | None, whole: bool) -> Range:
    """Of counts, with bounds that are counts and included."""
    if not whole:
        return Range(low, high)
    start = Fraction(0) if low is None else Fraction(_next(low))
    end = None if high is None else Fraction(math.ceil(high[0]) - 1 if high[1] else math.floor(high[0]))
    return Range((max(start, Fraction(0)), False), None if end is None else (end, False), True)


def _next(low: Bound) -> int:
    return math.floor(low[0]) + 1 if low[1] else math.ceil(low[0])


def number_range(op: str, value: Any, *, whole: bool) -> Range:
    """What a comparison of a number takes."""
    if op == "between":
        return _tidy((exact(value[0]), False), (exact(value[1]), False), whole)
    number = exact(value)
    low = (number, op == "gt") if op in ("gt", "ge", "eq") else None
    high = (number, op == "lt") if op in ("lt", "le", "eq") else None
    return _tidy(low, high, whole)


def days_range(op: str, value: Any) -> tuple[str, Range] | None:
    """What a date operator takes: dates by their ordinals, or days ago; None for operators of other types."""
    if op == "between" and not hasattr(value[0], "toordinal"):
        return None
    if op in ("on", "before", "after", "between"):
        first, last = value if op == "between" else (value, value)
        low = None if op == "before" else first.toordinal() + (op == "after")
        high = None if op == "after" else last.toordinal() - (op == "before")
        return "date", _of_days(low, high)
    ago = _days_ago(op, value)
    return None if ago is None else ("days ago", _of_days(*ago))


def _days_ago(op: str, value: Any) -> tuple[int | None, int | None] | None:
    """The first and the last number of days ago, both included; a day ahead is −1 day ago."""
    if op == "days_ago_between":
        return value[0], value[1]
    if op == "in_last":
        return 1, value
    if op == "in_next":
        return -value, 0
    if op == "days_ago_gt":
        return value + 1, None
    return (0, value - 1) if op == "days_ago_lt" else None


def _of_days(low: int | None, high: int | None) -> Range:
    return Range(None if low is None else (Fraction(low), False), None if high is None else (Fraction(high), False))
