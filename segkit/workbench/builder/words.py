"""What the rule builder calls operators and measures, and what value each operator wants; data for the view."""

from __future__ import annotations

from typing import Any, Final

from segkit.definitions.operators import (
    DATE_MEASURES,
    MEASURES,
    OPERATORS,
    PARAMETER_MEASURES,
    ZERO_MEASURES,
    Type,
    operators_of_measure,
    wanted_value,
)

#: Words between a subject and its value; those of some types differ.
_WORDS: Final[dict[str, str]] = {
    "eq": "is", "ne": "is not", "in": "is any of", "not_in": "is none of",
    "contains": "contains", "not_contains": "does not contain", "contains_all": "include all of",
    "starts_with": "begins with", "ends_with": "ends with",
    "gt": "is more than", "ge": "is at least", "lt": "is less than", "le": "is at most", "between": "is between",
    "on": "is on", "before": "is before", "after": "is after",
    "in_last": "is in the last", "not_in_last": "is not in the last", "in_next": "is in the next",
    "days_ago_gt": "is more than", "days_ago_lt": "is less than", "days_ago_between": "is between",
    "is_empty": "has no value", "not_empty": "has a value",
}  # fmt: skip
_OF_TYPE: Final[dict[str, dict[str, str]]] = {
    "number": {"eq": "is exactly"},
    "list": {"contains": "include any of", "not_contains": "include none of"},
}
#: Words behind the value; in a list of operators they tell those apart that begin alike.
_BEHIND: Final[dict[str, str]] = {
    "in_last": "days", "not_in_last": "days", "in_next": "days",
    "days_ago_gt": "days ago", "days_ago_lt": "days ago", "days_ago_between": "days ago",
}  # fmt: skip
_MEASURES: Final[dict[str, str]] = {
    "count": "", "days": "on different days", "periods": "regularly", "sum": "sum of", "avg": "average of",
    "min": "smallest", "max": "largest", "distinct": "different values of", "share": "as a share of",
    "first": "for the first time", "last": "for the last time",
}  # fmt: skip
_COUNTED: Final[dict[str, str]] = {
    "gt": "more than", "ge": "at least", "lt": "less than", "le": "at most", "eq": "exactly", "ne": "not exactly",
    "between": "between", "is_empty": "has no value", "not_empty": "has a value",
}  # fmt: skip


def words() -> dict[str, Any]:
    """Operators by type, measures with their operators, the longest texts; plain data."""
    return {
        "operators": {type_: [_operator(op, type_) for op in ops] for type_, ops in OPERATORS.items()},
        "measures": [_measure(measure) for measure in MEASURES],
        "reach": {"email": "e-mail", "mobile": "SMS", "push": "push"},
    }


def _operator(op: str, type_: Type) -> dict[str, str]:
    text = _OF_TYPE.get(type_, {}).get(op, _WORDS[op])
    behind = _BEHIND.get(op, "")
    return {"op": op, "words": text, "behind": behind, "group": _group(op, type_), "wants": wanted_value(op, type_)}


def _group(op: str, type_: Type) -> str:
    """Under what an operator of dates stands in a list, where some have the same words."""
    if type_ != "date":
        return ""
    return "Value" if op.endswith("empty") else "In days" if op in _BEHIND else "By date"


def _measure(measure: str) -> dict[str, Any]:
    type_: Type = "date" if measure in DATE_MEASURES else "number"
    operators = [_operator(op, type_) for op in operators_of_measure(measure)]
    if measure in ("count", "days", "periods"):
        operators = [{**each, "words": _COUNTED[each["op"]]} for each in operators]
    if type_ == "date":  # "for the first time in the last … days"
        operators = [{**each, "words": each["words"].removeprefix("is ")} for each in operators]
    of = "event" if measure == "share" else "" if measure not in PARAMETER_MEASURES else "parameter"
    return {
        "measure": measure, "words": _MEASURES[measure], "type": type_, "of": of, "operators": operators,
        "numbers_only": measure in PARAMETER_MEASURES and measure != "distinct", "is_zero": measure in ZERO_MEASURES,
    }  # fmt: skip
