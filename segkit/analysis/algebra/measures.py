"""What one measure of events says of another: who did it in the last 7 days did it in the last 30.

Each function looks at the values that two measures are left with; where no user can have both, it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import permutations

from segkit.analysis.algebra.atoms import Measured
from segkit.analysis.algebra.values import HIGHEST, LOWEST, Cut, Values, before, behind, values_of
from segkit.definitions.conditions import Condition
from segkit.definitions.windows import Days

#: Whether every event that the first filter lets through passes the second.
Narrower = Callable[[Condition | None, Condition | None], bool]
_COUNTS = ("count", "days", "distinct", "periods")
_ZERO = values_of([(before(0), behind(0))])


def exclude_each_other(found: Iterable[tuple[Measured, Values]], is_narrower: Narrower) -> bool:
    """Whether no user can have all of these measures with values among those that they are left with."""
    return any(
        one.event == other.event
        and _within(one.days, other.days)
        and (
            (_contradict(one, mine, other, theirs) and is_narrower(one.where, other.where))
            or (_is_absent_on(one, mine, other, theirs) and is_narrower(other.where, one.where))
        )
        for (one, mine), (other, theirs) in permutations(found, 2)
    )


def _contradict(one: Measured, mine: Values, other: Measured, theirs: Values) -> bool:
    """Of two measures, given that every event that counts for `one` counts for `other`."""
    if _some(one, mine) and _none(other, theirs):
        return True
    if _some(one, mine) and _lies_beside(one.days, other, theirs):
        return True
    if _grows(one, other) and mine.spans and theirs.spans:
        return mine.spans[0][0] >= theirs.spans[-1][1]
    if (one.measure == "first" and other.measure == "last") or one.measure == other.measure == "last":
        return _some(one, mine) and _highest(theirs) <= _lowest(mine)
    if one.measure == other.measure == "first" or (one.measure, other.measure) == ("last", "first"):
        return _some(one, mine) and _lowest(theirs) >= _highest(mine)
    return False


def _lies_beside(days: Days, other: Measured, theirs: Values) -> bool:
    """Whether the last event came before these days, or the first one after them: none would lie on them."""
    if other.measure == "last":
        return days.start is not None and _highest(theirs) <= before(days.start.toordinal())
    return other.measure == "first" and _lowest(theirs) >= before(days.end.toordinal())


def _is_absent_on(one: Measured, mine: Values, other: Measured, theirs: Values) -> bool:
    """Whether the first or last event lies on days on which there is none."""
    if other.measure not in ("first", "last") or theirs.missing or not _none(one, mine):
        return False
    start = LOWEST if one.days.start is None else before(one.days.start.toordinal())
    return _lowest(theirs) >= start and _highest(theirs) <= before(one.days.end.toordinal())


def _grows(one: Measured, other: Measured) -> bool:
    """Whether `other` is at least as large as `one`, since it sees at least the same events."""
    if other.measure == "count":
        return one.measure in ("count", "days")
    return one.measure == other.measure and one.of == other.of and one.measure in ("days", "distinct")


def _some(one: Measured, values: Values) -> bool:
    """Whether these values mean that there is an event."""
    if one.measure in _COUNTS or one.measure == "sum":
        return not values & _ZERO
    return one.measure in ("first", "last", "min", "max", "avg") and not values.missing


def _none(one: Measured, values: Values) -> bool:
    """Whether these values mean that there is no event."""
    if one.measure in ("count", "days"):
        return bool(values.spans) and values.spans[-1][1] <= before(1)
    return one.measure in ("first", "last") and not values.spans


def _lowest(values: Values) -> Cut:
    return values.spans[0][0] if values.spans else HIGHEST


def _highest(values: Values) -> Cut:
    return values.spans[-1][1] if values.spans else LOWEST


def _within(inner: Days, outer: Days) -> bool:
    return inner.end <= outer.end and (outer.start is None or (inner.start is not None and inner.start >= outer.start))
