"""The operators of conditions: which type takes which, what value each wants, and which is the complement of which."""

from __future__ import annotations

from typing import Final, Literal

Type = Literal["string", "number", "date", "bool", "list"]
Operator = Literal[
    "eq", "ne", "in", "not_in", "contains", "not_contains", "contains_all", "starts_with", "ends_with",
    "gt", "ge", "lt", "le", "between",
    "on", "before", "after", "in_last", "not_in_last", "in_next",
    "days_ago_gt", "days_ago_lt", "days_ago_between",
    "is_empty", "not_empty",
]  # fmt: skip
Measure = Literal["count", "days", "periods", "sum", "avg", "min", "max", "distinct", "share", "first", "last"]

_EMPTINESS: Final = ("is_empty", "not_empty")
NUMBER_COMPARISONS: Final = ("gt", "ge", "lt", "le", "eq", "ne", "between")
DATE_COMPARISONS: Final = (
    "on", "before", "after", "between", "in_last", "not_in_last", "in_next",
    "days_ago_gt", "days_ago_lt", "days_ago_between",
)  # fmt: skip

OPERATORS: Final[dict[Type, tuple[str, ...]]] = {
    "string": (
        "eq", "ne", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", *_EMPTINESS,
    ),
    "list": ("contains", "contains_all", "not_contains", *_EMPTINESS),
    "number": (*NUMBER_COMPARISONS, *_EMPTINESS),
    "date": (*DATE_COMPARISONS, *_EMPTINESS),
    "bool": ("eq", *_EMPTINESS),
}  # fmt: skip

#: Every negative form is exactly the complement of its positive one, within the base.
POSITIVE_OF: Final[dict[str, str]] = {
    "ne": "eq",
    "not_in": "in",
    "not_contains": "contains",
    "not_in_last": "in_last",
    "is_empty": "not_empty",
}

#: Measures that are 0 for a user without matching events; the others are then missing.
ZERO_MEASURES: Final = frozenset({"count", "days", "periods", "sum", "distinct"})
DATE_MEASURES: Final = frozenset({"first", "last"})
#: Measures that need `of`: a parameter, which must be a number for all but `distinct`.
PARAMETER_MEASURES: Final = frozenset({"sum", "avg", "min", "max", "distinct"})
MEASURES: Final = ("count", "days", "periods", "sum", "avg", "min", "max", "distinct", "share", "first", "last")

_DAY_COUNTS: Final = frozenset({"in_last", "not_in_last", "in_next", "days_ago_gt", "days_ago_lt"})


def operators_of_measure(measure: str) -> tuple[str, ...]:
    """The operators that a measure's value is compared with."""
    if measure in DATE_MEASURES:
        return OPERATORS["date"]
    return NUMBER_COMPARISONS if measure in ZERO_MEASURES else OPERATORS["number"]


def wanted_value(operator: str, type_: Type) -> str:
    """The shape of value that an operator takes on a type.

    One of: nothing, text, texts, text or texts, number, numbers pair, date, dates pair, days, days pair, bool.
    """
    if operator in _EMPTINESS:
        return "nothing"
    if operator in _DAY_COUNTS:
        return "days"
    if operator == "days_ago_between":
        return "days pair"
    if type_ == "date":
        return "dates pair" if operator == "between" else "date"
    if type_ == "number":
        return "numbers pair" if operator == "between" else "number"
    if type_ == "bool":
        return "bool"
    if type_ == "list":
        return "texts" if operator == "contains_all" else "text or texts"
    return "texts" if operator in ("in", "not_in") else "text"
