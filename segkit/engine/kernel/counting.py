"""Rows of events counted by user: narrow counters over a range of users at a time, one stretch of rows a day.

Rows stand in the order of users within a stretch, so a range of users is a slice of it, and its counters stay in the
processor's cache. How wide a counter must be is known before: every stretch says how many rows one user has at most.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segkit.data.coded.day_columns import USER, CodedDay, Stretch, missing_of
from segkit.engine.kernel.filters import Filter, Flags
from segkit.errors import Cancelled

Users = NDArray[np.intp]
#: Which values of a column count.
Holds = Callable[[NDArray[Any]], Flags]
#: Bytes of counters that are at work at once.
_RANGE = 1 << 22
_WIDTHS = (np.uint8, np.uint16, np.uint32)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of an event on one day."""

    date: date
    day: CodedDay
    stretch: Stretch


@dataclass(frozen=True)
class Rows:
    """The rows of one event in a window that fulfil a filter, day by day."""

    parts: Sequence[Part]
    filter: Filter | None
    cancel: threading.Event | None

    def of(self, holds: Callable[[date], bool]) -> Rows:
        """Those of some days."""
        return Rows([part for part in self.parts if holds(part.date)], self.filter, self.cancel)

    @property
    def most(self) -> int:
        """No user has more rows than this."""
        return sum(part.stretch.most for part in self.parts)

    def users(self, low: int, high: int) -> Iterator[Users]:
        """The users from `low` to `high`, excluded, of each day's rows, less `low`. They ascend within a day."""
        return (users for users, _ in self._pieces(low, high, None, None))

    def values(self, low: int, high: int, column: str, holds: Holds) -> Iterator[tuple[Users, NDArray[Any]]]:
        """As `users`, of the rows whose value in a column is such, and the values there.

        Days on which the column has no value at all are left out.
        """
        return ((users, values) for users, values in self._pieces(low, high, column, holds) if values is not None)

    def _pieces(
        self, low: int, high: int, column: str | None, holds: Holds | None
    ) -> Iterator[tuple[Users, NDArray[Any] | None]]:
        for part in self.parts:
            if self.cancel is not None and self.cancel.is_set():
                raise Cancelled("cancelled; nothing was changed")
            if column is not None and not part.day.has(column):
                continue
            users = part.day.values(part.stretch, USER)
            rows = _range_of(users, low, high)
            if rows.start == rows.stop:
                continue
            users = users[rows]
            values = None if column is None else part.day.values(part.stretch, column)[rows]
            kept = None if self.filter is None else self.filter(part.day, part.stretch, rows)
            if holds is not None and values is not None:
                kept = holds(values) if kept is None else kept & holds(values)
            if kept is not None and not kept.all():
                places = np.flatnonzero(kept)  # taking by places is many times quicker than by flags
                users, values = users.take(places), None if values is None else values.take(places)
            yield np.subtract(users, low, dtype=np.intp) if low else users.astype(np.intp), values


def _range_of(users: NDArray[np.int32], low: int, high: int) -> slice:
    if not len(users) or (users[0] >= low and users[-1] < high):
        return slice(0, len(users))
    start, end = np.searchsorted(users, np.array([low, high], np.int32))
    return slice(int(start), int(end))


def ranges(size: int, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of users whose counters of `width` bytes fit in the cache."""
    step = max(_RANGE // width // 8 * 8, 8)
    return ((low, min(low + step, size)) for low in range(0, size, step))


def width_for(most: int) -> type[np.unsignedinteger[Any]]:
    """The narrowest counter that holds that many."""
    return next(width for width in _WIDTHS if most <= np.iinfo(width).max)


def anyone(rows: Rows, low: int, high: int) -> Flags:
    """Who has a row."""
    found = np.zeros(high - low, bool)
    for users in rows.users(low, high):
        found[users] = True
    return found


def anyone_with(rows: Rows, low: int, high: int, column: str, holds: Holds) -> Flags:
    """Who has a row whose value in a column is such."""
    found = np.zeros(high - low, bool)
    for users, _ in rows.values(low, high, column, holds):
        found[users] = True
    return found


def counts(rows: Rows, low: int, high: int) -> NDArray[Any]:
    """How many rows each user has."""
    found = np.zeros(high - low, width_for(rows.most))
    one = found.dtype.type(1)
    for users in rows.users(low, high):
        np.add.at(found, users, one)
    return found


def counts_of_days(rows: Rows, low: int, high: int) -> NDArray[Any]:
    """On how many days each user has a row."""
    found = np.zeros(high - low, width_for(len(rows.parts)))
    one = found.dtype.type(1)
    for users in rows.users(low, high):
        if len(users):
            is_first = np.empty(len(users), bool)
            is_first[0] = True
            np.not_equal(users[1:], users[:-1], out=is_first[1:])
            np.add.at(found, users.take(np.flatnonzero(is_first)), one)
    return found


def sums(rows: Rows, low: int, high: int, column: str) -> NDArray[np.int64]:
    """The sum of each user's values in whole units. Must not overflow: see `peak`."""
    total = np.zeros(high - low, np.int64)
    for users, values in rows.values(low, high, column, is_present):
        np.add.at(total, users, values.astype(np.int64))
    return total


def sums_and_counts(rows: Rows, low: int, high: int, column: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """As `sums`, and how many values each user has."""
    total, number = np.zeros(high - low, np.int64), np.zeros(high - low, width_for(rows.most))
    one = number.dtype.type(1)
    for users, values in rows.values(low, high, column, is_present):
        np.add.at(total, users, values.astype(np.int64))
        np.add.at(number, users, one)
    return total, number


def is_present(values: NDArray[Any]) -> Flags:
    """Where numbers and dates are not missing."""
    found: Flags = values != missing_of(values)
    return found


def peak(rows: Rows, column: str) -> int:
    """No user's sum has a larger absolute value than this."""
    return sum(part.stretch.most * part.day.peak(part.stretch, column) for part in rows.parts)
