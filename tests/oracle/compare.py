"""Whether a held value satisfies an operator. Two-valued: a negative form is true exactly where its positive is not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .typed import Held, nfc

POSITIVE = {
    "ne": "eq",
    "not_in": "in",
    "not_contains": "contains",
    "not_in_last": "in_last",
    "is_empty": "not_empty",
}


def satisfies(value: Held, op: str, wanted: Any, as_of: date) -> bool:
    """Whether a value, None if missing, satisfies `op wanted` as of a date."""
    if op in POSITIVE:
        return not satisfies(value, POSITIVE[op], wanted, as_of)
    if value is None:
        return False
    if op == "not_empty":
        return value not in ("", ())
    if isinstance(value, bool):
        return value is wanted
    if isinstance(value, str):
        return _text(value, op, wanted)
    if isinstance(value, tuple):
        return _list(value, op, wanted)
    if isinstance(value, date):
        return _date(value, op, wanted, as_of)
    return _number(value, op, wanted)


def _text(value: str, op: str, wanted: Any) -> bool:
    if op == "in":
        return value in [nfc(text) for text in wanted]
    text = nfc(wanted)
    if op == "eq":
        return value == text
    if op == "contains":
        return text in value
    if op == "starts_with":
        return value.startswith(text)
    assert op == "ends_with", op
    return value.endswith(text)


def _list(value: tuple[str, ...], op: str, wanted: Any) -> bool:
    texts = [nfc(text) for text in ([wanted] if isinstance(wanted, str) else wanted)]
    if op == "contains":
        return any(text in value for text in texts)
    assert op == "contains_all", op
    return all(text in value for text in texts)


def _date(value: date, op: str, wanted: Any, as_of: date) -> bool:
    ago = (as_of - value) // timedelta(days=1)
    if op == "in_last":
        return 1 <= ago <= int(wanted)
    if op == "in_next":
        return 0 <= -ago <= int(wanted)
    if op == "days_ago_gt":
        return ago > int(wanted)
    if op == "days_ago_lt":
        return 0 <= ago < int(wanted)
    if op == "days_ago_between":
        return ago >= 0 and wanted[0] <= ago <= wanted[1]
    if op == "between":
        return as_date(wanted[0]) <= value <= as_date(wanted[1])
    if op == "before":
        return value < as_date(wanted)
    if op == "after":
        return value > as_date(wanted)
    assert op == "on", op
    return value == as_date(wanted)


def as_date(written: date | str) -> date:
    """A rule's date, which may be ISO text."""
    return date.fromisoformat(written) if isinstance(written, str) else written


def _number(value: float | Decimal | Fraction | int, op: str, wanted: Any) -> bool:
    if op == "between":
        return _number(value, "ge", wanted[0]) and _number(value, "le", wanted[1])
    # A double is compared with the rule's number itself, everything else with its shortest decimal text.
    found = Fraction(value)
    other = Fraction(wanted) if isinstance(value, float) else Fraction(str(wanted))
    if op == "gt":
        return found > other
    if op == "ge":
        return found >= other
    if op == "lt":
        return found < other
    if op == "le":
        return found <= other
    assert op == "eq", op
    return found == other
