"""What a world's data holds, for rules to ask about: values of labels and parameters, days, measures of real users."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from .measuring import Rule, measures
from .oracle import base
from .typed import Held
from .world import World

#: Operators by type; `positive` measures are never missing and take no emptiness.
STRING = ("eq", "ne", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "is_empty", "not_empty")
LIST = ("contains", "contains_all", "not_contains", "is_empty", "not_empty")
NUMBER = ("gt", "ge", "lt", "le", "eq", "ne", "between")
DATE = (
    "on", "before", "after", "between", "in_last", "not_in_last", "in_next",
    "days_ago_gt", "days_ago_lt", "days_ago_between", "is_empty", "not_empty",
)  # fmt: skip
EMPTINESS = ("is_empty", "not_empty")
OPERATORS = {
    "string": STRING,
    "list": LIST,
    "number": (*NUMBER, *EMPTINESS),
    "date": DATE,
    "bool": ("eq", *EMPTINESS),
}
MEASURE_OPERATORS = {
    **dict.fromkeys(("count", "days", "periods", "sum", "distinct"), NUMBER),
    **dict.fromkeys(("avg", "min", "max", "share"), (*NUMBER, *EMPTINESS)),
    **dict.fromkeys(("first", "last"), DATE),
}
_DAY_COUNTS = ("in_last", "not_in_last", "in_next", "days_ago_gt", "days_ago_lt")


@dataclass(frozen=True)
class Pools:
    """Present values as of one date, each in a stable order, and the days that hold events."""

    world: World
    as_of: date
    users: list[str]  # of the base
    labels: dict[str, list[Any]]
    parameters: dict[tuple[str, str], list[Any]]  # event, parameter
    event_days: list[date]  # before as_of, one for each event

    def measured(self, random: Random, condition: Rule) -> Held:
        """The measure that an event condition has for some user, missing only if it is for many."""
        some = random.sample(self.users, min(8, len(self.users)))
        found = measures(condition, set(some), self.world, self.as_of)
        return next((found[uid] for uid in some if found[uid] not in (None, 0)), found[some[0]] if some else None)

    def a_day(self, random: Random) -> date:
        """A day of an event, or one beside it."""
        if not self.event_days or random.random() < 0.1:
            return self.as_of - timedelta(days=random.randrange(1, 60))
        return random.choice(self.event_days) + timedelta(days=random.choice((-1, 0, 0, 1)))


def pools(world: World, as_of: date) -> Pools:
    """What the rows of a world hold as of a date."""
    users = sorted(base(world, as_of))
    labels = {}
    for code in world.labels:
        values = world.label_values(code, as_of)
        labels[code] = [values[uid] for uid in users if values[uid] is not None]
    parameters: dict[tuple[str, str], list[Any]] = defaultdict(list)
    event_days = []
    for uid in users:
        for event in world.events.get(uid, []):
            if event.day < as_of:
                event_days.append(event.day)
            for code, value in event.params.items():
                if value is not None:
                    parameters[event.name, code].append(value)
    return Pools(world, as_of, users, labels, parameters, event_days)


def a_comparison(random: Random, type_: str, values: list[Any], as_of: date, op: str) -> dict[str, Any]:
    """`op` and `value` for one operator, the value mostly one that the data holds."""
    if op in EMPTINESS:
        return {"op": op}
    return {"op": op, "value": _a_value(random, type_, values, as_of, op)}


def _a_value(random: Random, type_: str, values: list[Any], as_of: date, op: str) -> Any:
    if type_ == "bool":
        return random.random() < 0.5
    if type_ == "string":
        return _a_text(random, values, op)
    if type_ == "list":
        items = [item for value in values for item in value] or ["camera"]
        if op != "contains_all" and random.random() < 0.5:
            return random.choice(items)
        return _some(random, items)
    if type_ == "number":
        numbers = [a_number(random, random.choice(values or [1])) for _ in range(2)]
        return sorted(numbers) if op == "between" else numbers[0]
    return _a_date_value(random, values, as_of, op)


def _a_text(random: Random, values: list[str], op: str) -> Any:
    texts = values if values and random.random() < 0.95 else ["nowhere", "%", "_", "\\", "café", "cafe\u0301"]
    if op in ("in", "not_in"):
        return _some(random, texts)
    text = random.choice(texts)
    if op in ("eq", "ne") or len(text) < 2:
        return text
    cut = random.randrange(1, len(text))
    parts = {"starts_with": text[:cut], "ends_with": text[cut:]}
    return parts.get(op, random.choice((text, text[:cut], text[cut:])))


def _some(random: Random, texts: list[str]) -> list[str]:
    return sorted({random.choice(texts) for _ in range(random.randint(1, 3))})


def a_number(random: Random, value: Held) -> int | float:
    """A rule's number equal to a held one or close to it."""
    assert isinstance(value, int | float | Decimal | Fraction)
    near = random.random()
    if isinstance(value, Decimal) and near < 0.25:
        value += random.choice((-1, 1)) * Decimal(1).scaleb(value.as_tuple().exponent)  # type: ignore[arg-type]
    elif near < 0.1:
        value = value + random.choice((-1, 1))
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 1e15 and random.random() < 0.7 else number


def _a_date_value(random: Random, values: list[date], as_of: date, op: str) -> Any:
    days = [
        (random.choice(values) if values and random.random() < 0.9 else as_of)
        + timedelta(days=random.choice((-1, 0, 0, 0, 1)))
        for _ in range(2)
    ]
    ago = [(as_of - day).days for day in days]
    if op == "in_next":
        ahead = [(value - as_of).days for value in values if value >= as_of]
        return random.choice(ahead) if ahead else random.choice((0, 1, 7))
    if op in _DAY_COUNTS:
        past = [(as_of - value).days for value in values if value <= as_of]
        return max(0, random.choice(past) + random.choice((0, 0, 1))) if past else random.choice((0, 1, 30))
    if op == "days_ago_between":
        return sorted(max(0, days_) for days_ in ago)
    written: list[Any] = [day if random.random() < 0.3 else day.isoformat() for day in sorted(days)]
    return written if op == "between" else written[0]
