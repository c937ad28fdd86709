"""A comparison of one typed expression with a value, as SQL that is true exactly where the comparison holds.

Only positive operators: a negative form is the complement of its positive one, taken by whoever asks. A predicate
over a missing value is NULL or false, never true. Values have the shapes that `definitions.checks` let through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from segkit.compile.sql import FALSE, Sql, bound, sql
from segkit.definitions.operators import Type

#: Up to this many values are compared one by one, more by a hash join.
_FEW = 16
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What is stored: a type, and for an exact number its decimal places (None: a double)."""

    type: Type
    places: int | None = None


def exact(value: Any) -> Fraction:
    """A rule's number as its decimal text says: 0.1 is one tenth."""
    return Fraction(Decimal(str(value)))


def predicate(expression: Sql, column: ColumnType, op: str, value: Any, as_of: date) -> Sql:
    """Where `expression op value` holds. `op` is a positive operator of the column's type."""
    if op == "not_empty":
        return _not_empty(expression, column.type)
    if column.type == "string":
        return _string(expression, op, value)
    if column.type == "list":
        wanted = [value] if isinstance(value, str) else list(value)
        function = "list_has_all" if op == "contains_all" else "list_has_any"
        return sql(function + "({}, {})", expression, bound(wanted))
    if column.type == "bool":
        return sql("{} = {}", expression, bound(value))
    if column.type == "date":
        return _date(expression, op, value, as_of)
    return _number(expression, column.places, op, value)


def _not_empty(expression: Sql, type_: Type) -> Sql:
    if type_ == "string":
        return sql("{} <> ''", expression)
    return sql("len({}) > 0", expression) if type_ == "list" else sql("{} IS NOT NULL", expression)


def _string(expression: Sql, op: str, value: Any) -> Sql:
    if op == "eq":
        return sql("{} = {}", expression, bound(value))
    if op == "in":
        values = list(value)
        if len(values) <= _FEW:
            return sql("list_contains({}, {})", bound(values), expression)
        return sql("{} IN (SELECT unnest({}))", expression, bound(values))
    function = {"contains": "contains", "starts_with": "starts_with", "ends_with": "suffix"}[op]
    return sql(function + "({}, {})", expression, bound(value))


# --- dates -----------------------------------------------------------------------------------------------------------


#: Bounds that no date lies within.
_NO_DATE = (date.max, date.min)


def date_bounds(op: str, value: Any, as_of: date) -> tuple[date | None, date | None]:
    """The first and the last date, both included, that a date operator takes; None is unbounded."""
    if op == "between":
        first, last = value
        return first, last
    if op == "on":
        return value, value
    if op in ("before", "days_ago_gt"):
        newest = _shifted(value, -1) if op == "before" else _shifted(as_of, -value - 1)
        return _NO_DATE if newest is None else (None, newest)
    if op == "after":
        oldest = _shifted(value, 1)
        return _NO_DATE if oldest is None else (oldest, None)
    if op == "days_ago_between":
        low, high = value
        newest = _shifted(as_of, -low)
        return _NO_DATE if newest is None else (_shifted(as_of, -high), newest)
    if op == "in_last":
        newest = _shifted(as_of, -1)
        return _NO_DATE if newest is None else (_shifted(as_of, -value), newest)
    if op == "in_next":
        return as_of, _shifted(as_of, value)
    return _shifted(as_of, 1 - value), as_of  # days_ago_lt


def _shifted(day: date, days: int) -> date | None:
    """The day so many days later; None outside the calendar."""
    ordinal = day.toordinal() + days
    return date.fromordinal(ordinal) if date.min.toordinal() <= ordinal <= date.max.toordinal() else None


def _date(expression: Sql, op: str, value: Any, as_of: date) -> Sql:
    first, last = date_bounds(op, value, as_of)
    if first is not None and last is not None:
        return sql("{} BETWEEN {} AND {}", expression, bound(first), bound(last))
    if first is not None:
        return sql("{} >= {}", expression, bound(first))
    return sql("{} <= {}", expression, bound(last))


# --- numbers ---------------------------------------------------------------------------------------------------------


def _number(expression: Sql, places: int | None, op: str, value: Any) -> Sql:
    if op == "between":
        low, high = value
        return sql("({} AND {})", _number(expression, places, "ge", low), _number(expression, places, "le", high))
    return _double(expression, op, value) if places is None else _decimal(expression, places, op, value)


_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "="}


def _double(expression: Sql, op: str, value: Any) -> Sql:
    comparison = double_comparison(op, value)
    if comparison is None:
        return FALSE
    op, number = comparison
    return sql("{} " + _SIGNS[op] + " {}", expression, bound(number))


def double_comparison(op: str, value: Any) -> tuple[str, float] | None:
    """What compares doubles with a number exactly, also with an integer that no double equals; None if nothing does."""
    number = float(value)
    if Fraction(number) != Fraction(value):
        if op == "eq":
            return None
        is_below = Fraction(number) < Fraction(value)
        # Between two neighbouring doubles: everything above it is at least the upper one.
        upper = math.nextafter(number, math.inf) if is_below else number
        op, number = ("ge", upper) if op in ("gt", "ge") else ("lt", upper)
    return op, number


def _decimal(expression: Sql, places: int, op: str, value: Any) -> Sql:
    """Compares exact decimals of `places` with a number of any length: with the units on its either side."""
    units = exact(value) * 10**places
    below, above = math.floor(units), math.ceil(units)
    if op == "eq" and below != above:
        return FALSE
    unit = {"gt": below, "ge": above, "lt": above, "le": below, "eq": below}[op]
    if abs(unit) >= 10**_MOST_DIGITS:  # beyond what a stored decimal can hold
        holds = (op in ("lt", "le")) == (unit > 0) and op != "eq"
        return sql("{} IS NOT NULL", expression) if holds else FALSE
    cast = f"CAST({{}} AS DECIMAL({_MOST_DIGITS}, {places}))"
    return sql("{} " + _SIGNS[op] + " " + cast, expression, bound(str(Decimal(unit).scaleb(-places))))


def count_predicate(expression: Sql, op: str, value: Any) -> Sql:
    """Compares whole numbers (counts) with any number."""
    if op == "between":
        low, high = value
        return sql("({} AND {})", count_predicate(expression, "ge", low), count_predicate(expression, "le", high))
    number = exact(value)
    below, above = math.floor(number), math.ceil(number)
    if op == "eq" and below != above:
        return FALSE
    return sql("{} " + _SIGNS[op] + " {}", expression, bound({"gt": below, "lt": above, "ge": above}.get(op, below)))


def sum_predicate(expression: Sql, places: int, op: str, value: Any) -> Sql:
    """Compares sums, given in units of 10^-places, with any number."""
    if op == "between":
        low, high = value
        return sql(
            "({} AND {})", sum_predicate(expression, places, "ge", low), sum_predicate(expression, places, "le", high)
        )
    return count_predicate(expression, op, str(Decimal(str(value)).scaleb(places)))


def fraction_predicate(total: Sql, number: Sql, places: int, op: str, value: Any) -> Sql:
    """Compares `total / number` exactly, `total` in units of 10^-places and `number` > 0, without a rounded quotient.

    total = q × number + r with 0 ≤ r < number, and the value = V + a/b units with 0 ≤ a < b: the pairs (q, r × b) and
    (V, a × number) are in the order of the fractions.
    """
    if op == "between":
        low, high = value
        low_part = fraction_predicate(total, number, places, "ge", low)
        return sql("({} AND {})", low_part, fraction_predicate(total, number, places, "le", high))
    if op in ("lt", "le"):
        return sql("NOT {}", fraction_predicate(total, number, places, {"lt": "ge", "le": "gt"}[op], value))
    # The filter on `number` may run after this expression: a division by zero must be missing, not an error.
    # Products of counts and of a number's 27 decimals need 128 bits.
    number, total = sql("NULLIF(CAST({} AS HUGEINT), 0)", number), sql("CAST({} AS HUGEINT)", total)
    units = exact(value) * 10**places
    whole = math.floor(units)
    part = units - whole
    remainder = sql("((({} % {}) + {}) % {})", total, number, number, number)
    quotient = sql("(({} - {}) // {})", total, remainder, number)
    sign = {"gt": ">", "ge": ">=", "eq": "="}[op]
    tie = sql("({} = {} AND {} * {} " + sign + " {} * {})", quotient, bound(whole), remainder,
              bound(part.denominator), number, bound(part.numerator))  # fmt: skip
    return tie if op == "eq" else sql("({} > {} OR {})", quotient, bound(whole), tie)
