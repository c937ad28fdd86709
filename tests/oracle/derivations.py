"""Random derived labels of a world: every measure over linked rows and over events, with random conditions, seeded."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from .measuring import Rule
from .pools import DATE, MEASURE_OPERATORS, NUMBER, OPERATORS, a_comparison, pools
from .raw import RawApp, Row
from .rules import RuleMaker
from .world import build

#: Columns of linked tables that conditions ask for, and what they are read as.
_ASKED = {
    "devices": {"kind": "string", "bound": "bool", "price": "number"},
    "plans": {"plan": "string", "paid": "bool", "fee": "number", "booked_at": "date"},
}
_TEXTS = {"devices": "kind", "plans": "plan"}
_NUMBERS = {"devices": "price", "plans": "fee"}
_MOMENTS = {"devices": "bought_at", "plans": "booked_at"}
_TRUTHS = {"devices": "bound", "plans": "paid"}
_FROM_LINKS = ("sum", "distinct", "min", "max", "first date", "last date", "first", "last", "count", "exists", "list")
_RELATIVE = ("in_last", "not_in_last", "in_next", "days_ago_gt", "days_ago_lt", "days_ago_between")


def with_random_labels(app: RawApp) -> RawApp:
    """The app with derived labels besides those that it has: one of every measure of events, some of each link."""
    random = Random(f"derived {app.seed}")
    labels = [*_from_links(random, app), *_from_events(random, app)]
    named = [{"name": label["code"].capitalize(), "category": "Derived", **label} for label in labels]
    # As text has it, so that the oracle reads what a YAML file holds.
    plain: list[dict[str, Any]] = json.loads(json.dumps(named, default=str))
    return replace(app, labels=[*app.labels, *plain])


# --- from events -----------------------------------------------------------------------------------------------------


def _from_events(random: Random, app: RawApp) -> list[dict[str, Any]]:
    maker = RuleMaker(random, pools(build(app), app.as_of))
    found = []
    for measure, operators in (*MEASURE_OPERATORS.items(), ("exists", ())):
        condition = maker.event("count" if measure == "exists" else measure)
        derived = {key: value for key, value in condition.items() if key not in ("op", "value")}
        derived |= {} if measure == "count" and random.random() < 0.5 else {"measure": measure}
        type_ = "bool" if measure == "exists" else "date" if operators is DATE else "number"
        found.append({"code": f"of_events_{measure}", "type": type_, "derived": derived})
    return found


# --- from linked tables ----------------------------------------------------------------------------------------------


def _from_links(random: Random, app: RawApp) -> list[dict[str, Any]]:
    found = []
    for source in app.source("links"):
        link = source.mapping["name"]
        rows = [row for file in source.files for row in file.rows]
        for number, measure in enumerate(random.sample(_FROM_LINKS, 5)):
            label = _of_rows(random, link, measure, is_ordered="valid_from" in source.mapping)
            label["derived"] |= _where(random, link, rows)
            found.append({"code": f"of_{link}_{number}", **label})
    return found


def _of_rows(random: Random, link: str, measure: str, is_ordered: bool) -> dict[str, Any]:
    derived: dict[str, Any] = {"link": link, "measure": measure.removesuffix(" date")}
    if measure in ("count", "exists"):
        return {"type": "number" if measure == "count" else "bool", "derived": derived}
    if measure in ("list", "distinct"):
        derived["of"] = _TEXTS[link]
        return {"type": "list" if measure == "list" else "number", "derived": derived}
    if measure in ("sum", "min", "max"):
        derived["of"] = _NUMBERS[link]
        scale = {} if measure != "sum" and random.random() < 0.3 else {"scale": random.choice((0, 2, 4))}
        return {"type": "number", **scale, "derived": derived}
    if measure.endswith(" date"):
        derived["of"] = random.choice(("bound_at", "bought_at")) if link == "devices" else "booked_at"
        return {"type": "date", "derived": derived}
    type_, of = random.choice((("string", _TEXTS), ("number", _NUMBERS), ("bool", _TRUTHS), ("date", _MOMENTS)))
    derived["of"] = of[link]
    if not is_ordered or type_ == "date" or random.random() < 0.5:
        derived["by"] = _MOMENTS[link]
    return {"type": type_, "derived": derived}


def _where(random: Random, link: str, rows: list[Row]) -> Rule:
    kind = random.random()
    if kind < 0.3:
        return {}
    if kind < 0.5:
        columns = random.sample(sorted(set(_ASKED[link]) - {"booked_at"}), random.randint(1, 2))
        return {"where": {column: _short_value(random, column, rows) for column in columns}}
    return {"where": _tree(random, link, rows, depth=2)}


def _short_value(random: Random, column: str, rows: list[Row]) -> Any:
    present = [row[column] for row in rows if row[column] is not None] or ["nothing"]
    chosen = [_plain(random.choice(present)) for _ in range(random.choice((1, 1, 2)))]
    return chosen if len(chosen) > 1 or random.random() < 0.3 else chosen[0]


def _tree(random: Random, link: str, rows: list[Row], depth: int) -> Rule:
    kind = random.random()
    if depth and kind < 0.4:
        parts = [_tree(random, link, rows, depth - 1) for _ in range(random.randint(1, 3))]
        return {random.choice(("all", "any")): parts}
    if depth and kind < 0.55:
        return {"not": _tree(random, link, rows, depth - 1)}
    column, type_ = random.choice(sorted(_ASKED[link].items()))
    operators = [op for op in OPERATORS[type_] if op not in _RELATIVE]
    op = random.choice(operators if type_ != "number" else (*NUMBER, "not_empty"))
    present = [_typed(row[column]) for row in rows if row[column] is not None]
    said = {"type": type_} if type_ == "date" or random.random() < 0.3 else {}
    comparison = a_comparison(random, type_, present, _A_DAY, op)
    muted = {"mute": True} if random.random() < 0.05 else {}
    return {"column": column, **said, **comparison, **muted}


_A_DAY = date(2024, 1, 1)


def _typed(value: Any) -> Any:
    return value.date() if hasattr(value, "date") else float(value) if isinstance(value, Decimal) else value


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
