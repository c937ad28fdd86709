"""Comparisons of exact numbers and dates as bounds of whole units, both included. All positive operators are such."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segkit.compile.predicates import date_bounds, exact

_EPOCH = date(1970, 1, 1).toordinal()
_LEAST, _MOST = -(2**63), 2**63 - 1


class NotForKernel(Exception):
    """The kernel does not answer this; DuckDB does."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high`; None is unbounded. Nothing lies within where `low > high`."""

    low: int | None
    high: int | None

    def hold(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Where whole numbers lie within."""
        low, high = self.low, self.high
        if (low is not None and high is not None and low > high) or (low or 0) > _MOST or (high or 0) < _LEAST:
            return np.zeros(len(values), bool)
        found = np.ones(len(values), bool) if low is None or low < _LEAST else values >= low
        return found if high is None or high > _MOST else found & (values <= high)


ANY = Bounds(None, None)


def number_bounds(op: str, value: Any, places: int) -> Bounds:
    """The units of 10^-places that a positive operator of numbers takes, whatever the length of the rule's number."""
    if op == "not_empty":
        return ANY
    if op == "between":
        return Bounds(number_bounds("ge", value[0], places).low, number_bounds("le", value[1], places).high)
    units = exact(value) * 10**places
    below, above = math.floor(units), math.ceil(units)
    if op == "eq":
        return Bounds(above, below)  # none where the number lies between two units
    return {
        "gt": Bounds(below + 1, None),
        "ge": Bounds(above, None),
        "lt": Bounds(None, above - 1),
        "le": Bounds(None, below),
    }[op]


def day_bounds(op: str, value: Any, as_of: date) -> Bounds:
    """The days since 1970-01-01 that a positive operator of dates takes."""
    if op == "not_empty":
        return ANY
    first, last = date_bounds(op, value, as_of)
    return Bounds(None if first is None else day_number(first), None if last is None else day_number(last))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH
