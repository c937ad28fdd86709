"""Measures of events compared: for each measure, who fulfils a positive comparison, exactly.

Extremes need no extremes: a maximum lies within bounds if some value reaches the lower one and none passes the upper.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segkit.compile.leaves import places_of
from segkit.compile.predicates import exact
from segkit.data.manifest import DayFile
from segkit.definitions.conditions import Event, OtherEvent
from segkit.definitions.operators import POSITIVE_OF
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.bitmap import Bitmap
from segkit.engine.kernel.bounds import Bounds, NotForKernel, day_bounds, day_number, number_bounds
from segkit.engine.kernel.columns import Columns
from segkit.engine.kernel.counting import (
    Part,
    Rows,
    anyone,
    anyone_with,
    counts,
    counts_of_days,
    peak,
    ranges,
    sums,
    sums_and_counts,
    width_for,
)
from segkit.engine.kernel.filters import Filters, Flags, within

_SAFE = 2**62
#: Of how many different values `distinct` keeps a flag for each user.
_MOST_DISTINCT = 64
#: Who of the users from `low` to `high`, excluded, fulfils the comparison.
Test = Callable[[int, int], Flags]


class Measures:
    """Compares measures over the coded columns of one app as of one date."""

    def __init__(
        self, columns: Columns, filters: Filters, vocabulary: Vocabulary, size: int, as_of: date,
        cancel: threading.Event | None,
    ) -> None:  # fmt: skip
        self._columns = columns
        self._filters = filters
        self._vocabulary = vocabulary
        self._size = size
        self._as_of = as_of
        self._cancel = cancel

    def users(self, leaf: Event, files: Sequence[DayFile]) -> Bitmap:
        """Who fulfils the positive comparison; the leaf may be its complement. Raises NotForKernel, or Damaged."""
        rows = self._rows(OtherEvent(event=leaf.event, where=leaf.where), files)
        test, width = self._test(leaf, POSITIVE_OF.get(leaf.op, leaf.op), rows, files)
        flags = np.zeros(self._size, bool)
        for low, high in ranges(self._size, width):
            flags[low:high] = test(low, high)
        return Bitmap.from_flags(flags)

    def _rows(self, step: OtherEvent, files: Sequence[DayFile]) -> Rows:
        where = self._filters.of(step.where, list(files))
        days = self._columns.days(files, self._cancel)
        found = ((file.day, day, day.stretch(step.event)) for file, day in zip(files, days, strict=True))
        parts = [Part(at, day, stretch) for at, day, stretch in found if stretch is not None]
        return Rows(parts, where, self._cancel)

    def _test(self, leaf: Event, op: str, rows: Rows, files: Sequence[DayFile]) -> tuple[Test, int]:
        """The test of a leaf, and how many bytes it needs for a user."""
        measure, value = leaf.measure, leaf.value
        if measure in ("first", "last"):
            return self._date_test(measure, day_bounds(op, value, self._as_of), rows), 1
        if measure in ("count", "days", "periods"):
            return self._count_test(leaf, number_bounds(op, value, 0), rows)
        if measure == "share":
            assert isinstance(leaf.of, OtherEvent)
            return self._share_test(op, value, rows, self._rows(leaf.of, files)), 16
        assert isinstance(leaf.of, str)
        kind, column = self._filters.kind(leaf.of, list(files)), f"p_{leaf.of}"
        if measure == "distinct":
            return self._distinct_test(number_bounds(op, value, 0), rows, column, kind)
        if not kind.startswith("number"):
            raise NotForKernel
        places = places_of(leaf, self._vocabulary) if measure in ("sum", "avg") else int(kind.partition(":")[2])
        if measure in ("min", "max"):
            return _extreme_test(measure, number_bounds(op, value, places), rows, column), 1
        most = peak(rows, column)
        if most >= _SAFE:
            raise NotForKernel
        if measure == "sum":
            bounds = number_bounds(op, value, places)
            return (lambda low, high: bounds.hold(sums(rows, low, high, column))), 8
        return self._average_test(op, value, rows, column, places, most), 16

    def _count_test(self, leaf: Event, bounds: Bounds, rows: Rows) -> tuple[Test, int]:
        if leaf.measure == "count" and bounds == Bounds(1, None):
            return (lambda low, high: anyone(rows, low, high)), 1
        if leaf.measure == "count":
            width = np.dtype(width_for(rows.most)).itemsize
            return (lambda low, high: bounds.hold(counts(rows, low, high))), width
        if leaf.measure == "days":
            return (lambda low, high: bounds.hold(counts_of_days(rows, low, high))), 2
        assert leaf.every is not None
        return (lambda low, high: bounds.hold(self._periods(leaf, rows, low, high))), 4

    def _periods(self, leaf: Event, rows: Rows, low: int, high: int) -> NDArray[Any]:
        """How many periods hold enough rows, by user."""
        assert leaf.every is not None
        groups: dict[int, list[Part]] = {}
        for part in rows.parts:
            groups.setdefault(((self._as_of - part.date).days - 1) // leaf.every, []).append(part)
        found = np.zeros(high - low, np.uint32)
        at_least = leaf.at_least or 1
        for parts in groups.values():
            of_period = Rows(parts, rows.filter, rows.cancel)
            enough = anyone(of_period, low, high) if at_least == 1 else counts(of_period, low, high) >= at_least
            found += enough
        return found

    def _date_test(self, measure: str, bounds: Bounds, rows: Rows) -> Test:
        """First or last: someone has it within the bounds and none on the outer side of them."""
        inside = rows.of(lambda day: bool(bounds.hold(np.array([day_number(day)]))[0]))
        edge = bounds.low if measure == "first" else bounds.high
        if edge is None:
            return lambda low, high: anyone(inside, low, high)
        outside = rows.of(lambda day: day_number(day) < edge if measure == "first" else day_number(day) > edge)
        return lambda low, high: anyone(inside, low, high) & ~anyone(outside, low, high)

    def _share_test(self, op: str, value: Any, rows: Rows, others: Rows) -> Test:
        def holds(low: int, high: int) -> Flags:
            total, number = counts(rows, low, high), counts(others, low, high)
            return _fraction_holds(op, value, 0, total, number, (rows.most, others.most))

        return holds

    def _average_test(self, op: str, value: Any, rows: Rows, column: str, places: int, most: int) -> Test:
        def holds(low: int, high: int) -> Flags:
            total, number = sums_and_counts(rows, low, high, column)
            return _fraction_holds(op, value, places, total, number, (most, rows.most))

        return holds

    def _distinct_test(self, bounds: Bounds, rows: Rows, column: str, kind: str) -> tuple[Test, int]:
        if kind not in ("string", "bool"):
            raise NotForKernel
        used = np.zeros(3 if kind == "bool" else self._most_codes(rows, column.removeprefix("p_")), bool)
        for _, codes in rows.values(0, self._size, column, _is_coded):
            used[codes] = True
        number = int(used.sum())
        if number > _MOST_DISTINCT:
            raise NotForKernel
        places = np.cumsum(used, dtype=np.intp) - 1

        def holds(low: int, high: int) -> Flags:
            seen = np.zeros((number, high - low), bool)  # a row a value, so that adding them up is quick
            flat = seen.reshape(-1)
            for users, codes in rows.values(low, high, column, _is_coded):
                flat[places.take(codes) * (high - low) + users] = True
            return bounds.hold(seen.sum(axis=0, dtype=np.uint8))

        return holds, max(number, 2)

    def _most_codes(self, rows: Rows, code: str) -> int:
        """How many codes a string has, missing included. Raises Damaged if they do not mean the same on all days."""
        dictionary = self._columns.dictionary(code)
        for part in rows.parts:
            part.day.require_coded_by(code, dictionary)
        return len(dictionary) + 1


def _is_coded(codes: NDArray[Any]) -> Flags:
    found: Flags = codes != 0
    return found


def _extreme_test(measure: str, bounds: Bounds, rows: Rows, column: str) -> Test:
    """Minimum or maximum: some value within the bounds, and none on the outer side of them."""
    edge = bounds.high if measure == "max" else bounds.low
    if edge is None:
        return lambda low, high: anyone_with(rows, low, high, column, lambda values: within(values, bounds))
    outer = Bounds(edge + 1, None) if measure == "max" else Bounds(None, edge - 1)

    def holds(low: int, high: int) -> Flags:
        inside = anyone_with(rows, low, high, column, lambda values: within(values, bounds))
        return inside & ~anyone_with(rows, low, high, column, lambda values: within(values, outer))

    return holds


def _fraction_holds(
    op: str, value: Any, places: int, total: NDArray[Any], number: NDArray[Any], most: tuple[int, int]
) -> Flags:
    """Where number is not 0 and total / number, in units of 10^-places, compares: as products, exactly.

    `most` is what bounds the absolute values of both.
    """
    present = number > 0
    if op == "not_empty":
        return present
    if op == "between":
        low = _fraction_holds("ge", value[0], places, total, number, most)
        return low & _fraction_holds("le", value[1], places, total, number, most)
    wanted = exact(value) * 10**places
    if most[0] * wanted.denominator >= _SAFE or most[1] * abs(wanted.numerator) >= _SAFE:
        raise NotForKernel
    left = total.astype(np.int64) * wanted.denominator
    right = number.astype(np.int64) * wanted.numerator
    compare = {"gt": np.greater, "ge": np.greater_equal, "lt": np.less, "le": np.less_equal, "eq": np.equal}[op]
    found: Flags = compare(left, right) & present
    return found


def files_of(leaf: Event, files: Sequence[DayFile], as_of: date) -> list[DayFile]:
    """The days of a leaf's window."""
    days = leaf.window.days(as_of)
    return [file for file in files if file.day in days]
