"""What would turn a condition's verdict about a user, in words: the nearest value, and how far off it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from segkit.analysis.chains import Way
from segkit.analysis.gaps import Gap
from segkit.analysis.showing import day_text, number_text, value_text
from segkit.definitions.conditions import Event, Label
from segkit.definitions.operators import POSITIVE_OF, Type

_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Thing:
    """What is compared: its type, and how its values are written. `things`: what one and many of a count are."""

    type: Type
    unit: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    is_counted: bool = False
    is_hidden: bool = False  # personal data, which nobody has asked to see


def turning_words(leaf: Label | Event, thing: Thing, holds: bool, gap: Gap) -> str:
    """When a comparison would have the other verdict, as it follows `this would change …`; empty where it never has."""
    if leaf.op in POSITIVE_OF or leaf.op == "not_empty":
        holds_positive = holds != (leaf.op in POSITIVE_OF)
    else:
        holds_positive = holds
    positive = POSITIVE_OF.get(leaf.op, leaf.op)
    if positive == "not_empty":
        return "without a value" if holds_positive else "with any value"
    if thing.is_hidden:
        return "at another value" if holds_positive else "at a value that it names"
    if thing.type in ("number", "date"):
        return _measured(gap, thing)
    words = _of_list if thing.type == "list" else _of_text
    return words(positive, leaf.value, thing, holds_positive, gap)


def _measured(gap: Gap, thing: Thing) -> str:
    if gap.to is None:
        return ""
    if isinstance(gap.to, date):
        return f"at {day_text(gap.to)}{_days(gap.by)}"
    to = value_text(gap.to, unit=thing.unit)
    if gap.by is None:
        return f"at {to}"
    by = abs(Fraction(gap.by))
    if gap.beyond:
        away = f" ({number_text(by)} away)" if by else ""
        return f"{'above' if gap.beyond > 0 else 'below'} {to}{away}"
    return f"at {to} ({number_text(by)} {_direction(gap.by, thing)})"


def _direction(by: int | Fraction, thing: Thing) -> str:
    if thing.is_counted:
        return "more" if by > 0 else "fewer" if abs(by) != 1 else "less"
    return "more" if by > 0 else "less"


def _days(by: int | Fraction | None) -> str:
    if by is None:
        return ""
    days = f"{abs(int(by)):,} day{'' if abs(by) == 1 else 's'}"
    return f" ({days} {'later' if by > 0 else 'earlier'})"


def _of_text(op: str, value: Any, thing: Thing, holds: bool, gap: Gap) -> str:
    if isinstance(value, bool):
        return "at no, or without a value" if value == holds and holds else f"at {value_text(value, thing.names)}"
    if holds:
        return "at another value" if op in ("eq", "in") else "at another text"
    if op == "eq":
        return f"at {value_text(value, thing.names)}"
    if op == "in":
        return "at any of these"
    return {"contains": "at a text with it", "starts_with": "at a text that begins so"}.get(op, "at one that ends so")


def _of_list(op: str, value: Any, thing: Thing, holds: bool, gap: Gap) -> str:
    if holds:
        return "without one of these" if op == "contains_all" else "without any of these"
    missing = ", ".join(value_text(text, thing.names) for text in gap.missing)
    return (
        f"with {missing}" if op == "contains_all" else f"with any of {missing}" if "," in missing else f"with {missing}"
    )


def way_words(way: Way, steps: int, within: int, holds: bool) -> str:
    """How far a user came in a sequence of so many steps that may take `within` days."""
    if holds:
        return "without one of these events"
    if way.reached < steps:
        return f"with step {way.reached + 1} of {steps} after the {way.reached} that happened"
    return f"{_span(way.span - within * 24 * _HOUR)} sooner: it took {_span(way.span)}"


def _span(microseconds: int) -> str:
    hours = -(-microseconds // _HOUR)
    days, hours = divmod(hours, 24)
    parts = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in ((days, "day"), (hours, "hour")) if count]
    return " ".join(parts) or "a moment"
