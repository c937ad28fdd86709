"""Every user that there can be over a few values and days, for the oracle: what holds of all of them holds always."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain, combinations, product
from typing import Any, cast

from segkit.definitions.vocabulary import EventDeclaration, LabelDeclaration, ParameterDeclaration, Vocabulary
from tests.oracle.days import Days
from tests.oracle.oracle import members
from tests.oracle.world import Event, Interval, World

AS_OF = date(2024, 11, 7)

VOCABULARY = Vocabulary(
    labels=(
        LabelDeclaration(code="country", name="Country", type="string"),
        LabelDeclaration(code="score", name="Score", type="number"),
        LabelDeclaration(code="cents", name="Cents", type="number", scale=1),
        LabelDeclaration(code="registered", name="Registered", type="date"),
        LabelDeclaration(code="consent", name="Consent", type="bool"),
        LabelDeclaration(code="word", name="Word", type="string"),
        LabelDeclaration(code="tags", name="Tags", type="list"),
    ),
    parameters=(
        ParameterDeclaration(code="amount", name="Amount", type="number", scale=0),
        ParameterDeclaration(code="kind", name="Kind", type="string"),
    ),
    events=(
        EventDeclaration(code="paid", name="Paid", parameters=("amount", "kind")),
        EventDeclaration(code="used", name="Used"),
    ),
)


def days_ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def subsets(items: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def _world(labels: Mapping[str, Mapping[str, Any]], events: Mapping[str, list[Event]]) -> World:
    uids = list(events) if events else list(next(iter(labels.values())))
    return World(
        days=cast("Days", None),
        labels={code: {"code": code} for code in labels},
        parameters={},
        events_declared={},
        first_data_date=date.min,
        presence={uid: [Interval(None, None)] for uid in uids},
        history={code: {uid: [(date.min, value)] for uid, value in of.items()} for code, of in labels.items()},
        links={},
        link_snapshots={},
        events=dict(events),
    )


def of_labels(**values: Sequence[Any]) -> World:
    """One user for every choice of a value of each label."""
    rows = list(product(*values.values()))
    return _world({code: {f"u{n}": row[i] for n, row in enumerate(rows)} for i, code in enumerate(values)}, {})


def of_events() -> World:
    """One user for every choice of a few events on the days around the edges of windows."""
    happenings: list[tuple[str, int, int | None, str | None]]
    happenings = [("paid", 1, 1, "a"), ("paid", 1, 2, "b"), ("paid", 3, 1, "a"), ("paid", 4, 2, None)]
    happenings += [("used", 1, None, None), ("used", 3, None, None), ("used", 9, None, None)]
    users = {}
    for number, chosen in enumerate(subsets(happenings)):
        users[f"u{number}"] = sorted(
            (_event(f"u{number}", place, *parts) for place, parts in enumerate(chosen)), key=lambda event: event.at
        )
    return _world({}, users)


def _event(uid: str, place: int, name: str, ago: int, amount: int | None, kind: str | None) -> Event:
    day = days_ago(ago)
    at = (day.toordinal() * 86_400 + place) * 1_000_000
    return Event(uid, name, at, day, {"amount": None if amount is None else Decimal(amount), "kind": kind})


def picked(rule: dict[str, Any], world: World) -> int:
    """How many of a world's users a rule picks, as the oracle has it."""
    return len(members(rule, world, AS_OF, {}))
