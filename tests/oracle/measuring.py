"""What is measured of a user's events: windows, `where`, and every measure, over a world's events in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .compare import as_date, satisfies
from .typed import Held

if TYPE_CHECKING:
    from .world import Event, World

Rule = dict[str, Any]


def is_muted(condition: Rule) -> bool:
    """Whether a condition is as if it were not there: muted, or a group with conditions all of which are."""
    if condition.get("mute", False):
        return True
    if "not" in condition:
        return is_muted(condition["not"])
    children = parts_of(condition)
    return bool(children) and all(is_muted(child) for child in children)


def parts_of(condition: Rule) -> list[Rule]:
    """The conditions directly inside a group."""
    found: list[Rule] = condition.get("all") or condition.get("any") or []
    return found


def window_days(window: Rule, as_of: date) -> tuple[date, date]:
    """The local days [start, end) of a window."""
    if "last" in window:
        return as_of - timedelta(days=window["last"]), as_of
    if "ago" in window:
        longer, shorter = window["ago"]
        return as_of - timedelta(days=longer), as_of - timedelta(days=shorter)
    if "from" in window:
        return as_date(window["from"]), min(as_date(window["to"]) + timedelta(days=1), as_of)
    assert window == {"all": True}, window
    return date.min, as_of


Test = Callable[["Event"], bool]


def where_test(where: Rule | None, as_of: date) -> Test:
    """Whether one event satisfies a `where`."""
    if where is None or is_muted(where):
        return lambda event: True
    if "param" in where:
        code, op, wanted = where["param"], where["op"], where.get("value")
        return lambda event: satisfies(event.params[code], op, wanted, as_of)
    if "not" in where:
        inner = where_test(where["not"], as_of)
        return lambda event: not inner(event)
    parts = [where_test(part, as_of) for part in parts_of(where) if not is_muted(part)]
    if "all" in where:
        return lambda event: all(part(event) for part in parts)
    return lambda event: any(part(event) for part in parts)


def matching(step: Rule, window: Rule, uid: str, world: World, as_of: date) -> list[Event]:
    """A user's events of one name in a window that satisfy a `where`, oldest first."""
    start, end = window_days(window, as_of)
    test = where_test(step.get("where"), as_of)
    return [
        event
        for event in world.events.get(uid, [])
        if event.name == step["event"] and start <= event.day < end and test(event)
    ]


def measures(condition: Rule, uids: Iterable[str], world: World, as_of: date) -> dict[str, Held]:
    """The measure of an event condition for some users; None where it is missing."""
    found: dict[str, Held] = {}
    for uid in uids:
        events = matching(condition, condition["window"], uid, world, as_of)
        found[uid] = _measure(condition, events, uid, world, as_of)
    return found


def _measure(condition: Rule, events: list[Event], uid: str, world: World, as_of: date) -> Held:
    name = condition.get("measure", "count")
    if name == "count":
        return len(events)
    if name == "days":
        return len({event.day for event in events})
    if name == "periods":
        return _periods(condition, events, as_of)
    if name == "share":
        others = matching(condition["of"], condition["window"], uid, world, as_of)
        return Fraction(len(events), len(others)) if others else None
    if name in ("first", "last"):
        days = [event.day for event in events]
        return (days[0] if name == "first" else days[-1]) if days else None
    return _of_parameter(name, [event.params[condition["of"]] for event in events])


def _periods(condition: Rule, events: list[Event], as_of: date) -> int:
    every, at_least = condition["every"], condition.get("at_least", 1)
    full = 0
    for period in range(condition["window"]["last"] // every):
        start, end = as_of - timedelta(days=(period + 1) * every), as_of - timedelta(days=period * every)
        full += sum(start <= event.day < end for event in events) >= at_least
    return full


def _of_parameter(measure: str, values: list[Held]) -> Held:
    present: list[Any] = [value for value in values if value is not None]
    if measure == "distinct":
        return len(set(present))
    if measure == "sum":
        return sum(present, Decimal(0))
    if not present:
        return None
    if measure == "avg":
        return sum(map(Fraction, present), Fraction(0)) / len(present)
    smallest_or_largest: Held = min(present) if measure == "min" else max(present)
    return smallest_or_largest
