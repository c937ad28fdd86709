"""How far a value is from turning a comparison: the nearest value at which it turns, and the difference to that one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from segkit.compile.predicates import date_bounds, exact
from segkit.definitions.operators import POSITIVE_OF, Type

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class Gap:
    """`to` is the nearest value that turns the verdict, `by` its difference to the value that was seen, signed.

    `beyond`: not `to` itself, but anything above (1) or below (-1) it, however near. `missing`: what a list lacks.
    """

    to: Number | date | None = None
    by: Number | None = None
    beyond: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a comparison takes. None is unbounded; an end that is open is not among them itself."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """Which values there can be: multiples of `step` (None: any number) from `least` to `most`."""

    step: Fraction | None = None
    least: Fraction | None = None
    most: Fraction | None = None


def number_range(op: str, value: Any, *, is_double: bool = False) -> Range:
    """What a positive operator of numbers takes."""
    low, high = value if op == "between" else (value, value)
    first, last = (Fraction(low), Fraction(high)) if is_double else (exact(low), exact(high))
    return {
        "ge": Range(low=first),
        "gt": Range(low=first, low_open=True),
        "le": Range(high=last),
        "lt": Range(high=last, high_open=True),
    }.get(op, Range(first, last))


def number_gap(op: str, value: Any, seen: float | Decimal | Fraction | None, scale: Scale, is_double: bool) -> Gap:
    """How far a number is from turning a comparison; a missing one has no distance."""
    if op in ("is_empty", "not_empty"):
        return Gap()
    wanted = number_range(POSITIVE_OF.get(op, op), value, is_double=is_double)
    if seen is None:
        return Gap(to=_into(wanted, None, scale))
    return _gap(wanted, Fraction(seen), scale)


def date_gap(op: str, value: Any, seen: date | None, as_of: date) -> Gap:
    """How far a date is from turning a comparison, in days; a missing one has no distance."""
    if op in ("is_empty", "not_empty"):
        return Gap()
    first, last = date_bounds(POSITIVE_OF.get(op, op), value, as_of)
    low, high = (None if day is None else Fraction(day.toordinal()) for day in (first, last))
    whole = Scale(Fraction(1), Fraction(date.min.toordinal()), Fraction(date.max.toordinal()))
    wanted = Range(low, high)
    if seen is None:
        to = _into(wanted, None, whole)
        return Gap(to=None if to is None else date.fromordinal(int(to)))
    found = _gap(wanted, Fraction(seen.toordinal()), whole)
    if not isinstance(found.to, int | Fraction) or found.by is None:
        return Gap()
    return Gap(date.fromordinal(int(found.to)), int(found.by))


def list_gap(op: str, value: Any, seen: Sequence[str] | None) -> Gap:
    """What a list lacks of what it must contain."""
    if op not in ("contains", "contains_all", "not_contains"):
        return Gap()
    wanted = [value] if isinstance(value, str) else list(value)
    missing = tuple(text for text in dict.fromkeys(wanted) if text not in (seen or ()))
    return Gap(by=len(missing) or None, missing=missing) if op == "contains_all" else Gap(missing=missing)


def type_gap(type_: Type, op: str, value: Any, seen: Any, as_of: date, scale: Scale, is_double: bool) -> Gap:
    """How far a value of some type is from turning a comparison; texts and truth values have no distance."""
    if type_ == "number":
        return number_gap(op, value, seen, scale, is_double)
    if type_ == "date":
        return date_gap(op, value, seen, as_of)
    return list_gap(op, value, seen) if type_ == "list" else Gap()


# --- the sums --------------------------------------------------------------------------------------------------------


def _gap(wanted: Range, seen: Fraction, scale: Scale) -> Gap:
    if not _holds(wanted, seen):
        to = _into(wanted, seen, scale)
        is_open = to is not None and not _holds(wanted, Fraction(to))
        return Gap(to, _signed(to, seen), 0 if not is_open else 1 if to == wanted.low else -1)
    ways = {-1: _below(wanted, scale), 1: _above(wanted, scale)}
    there = [(side, way) for side, way in ways.items() if way is not None and _can_be(way, scale)]
    if not there:
        return Gap()
    side, nearest = min(there, key=lambda each: abs(each[1] - seen))
    return Gap(_plain(nearest), _signed(nearest, seen), side if _holds(wanted, nearest) else 0)


def _holds(wanted: Range, value: Fraction) -> bool:
    above = wanted.low is None or value > wanted.low or (value == wanted.low and not wanted.low_open)
    return above and (wanted.high is None or value < wanted.high or (value == wanted.high and not wanted.high_open))


def _into(wanted: Range, seen: Fraction | None, scale: Scale) -> Number | None:
    """The nearest value inside; without a value, the one by an end."""
    first = _first_inside(wanted, scale) if wanted.low is not None else None
    last = _last_inside(wanted, scale) if wanted.high is not None else None
    comes_from_below = seen is None or wanted.high is None or seen < wanted.high
    to = first if first is not None and (comes_from_below or last is None) else last
    if to is None or not _can_be(to, scale):
        return None
    is_inside = _holds(wanted, to) or (scale.step is None and _is_wide(wanted))
    return _plain(to) if is_inside else None


def _is_wide(wanted: Range) -> bool:
    return wanted.low is None or wanted.high is None or wanted.low < wanted.high


def _first_inside(wanted: Range, scale: Scale) -> Fraction:
    low, step = wanted.low, scale.step
    assert low is not None
    if step is None:
        return low
    return (math.floor(low / step) + 1) * step if wanted.low_open else math.ceil(low / step) * step


def _last_inside(wanted: Range, scale: Scale) -> Fraction:
    high, step = wanted.high, scale.step
    assert high is not None
    if step is None:
        return high
    return (math.ceil(high / step) - 1) * step if wanted.high_open else math.floor(high / step) * step


def _below(wanted: Range, scale: Scale) -> Fraction | None:
    """The nearest value under the range; its end where there is no nearest one."""
    if wanted.low is None:
        return None
    return wanted.low if scale.step is None else _first_inside(wanted, scale) - scale.step


def _above(wanted: Range, scale: Scale) -> Fraction | None:
    if wanted.high is None:
        return None
    return wanted.high if scale.step is None else _last_inside(wanted, scale) + scale.step


def _can_be(value: Fraction, scale: Scale) -> bool:
    return (scale.least is None or value >= scale.least) and (scale.most is None or value <= scale.most)


def _signed(to: Number | None, seen: Fraction) -> Number | None:
    return None if to is None else _plain(Fraction(to) - seen)


def _plain(value: Number) -> Number:
    return int(value) if Fraction(value).denominator == 1 else value
