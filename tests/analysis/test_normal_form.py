"""Rules that are the same but for the way they are written have one normal form; others have another."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pytest

from segkit.definitions.conditions import Condition
from segkit.definitions.documents import parse_rule
from segkit.engine.normal_form import normal_form
from tests.oracle.compare import satisfies

DE: dict[str, Any] = {"label": "country", "op": "eq", "value": "DE"}
AT: dict[str, Any] = {"label": "country", "op": "eq", "value": "AT"}
VIP: dict[str, Any] = {"label": "vip", "op": "eq", "value": True}
USED: dict[str, Any] = {"event": "app_used", "window": {"last": 30}}


def score(op: str, *value: object) -> dict[str, Any]:
    return {"label": "score", "op": op, **({"value": value[0]} if value else {})}


def used(**more: Any) -> dict[str, Any]:
    return {**USED, **more}


SAME: dict[str, tuple[Any, Any]] = {
    "order of all": ({"all": [DE, VIP]}, {"all": [VIP, DE]}),
    "order of any": ({"any": [DE, USED]}, {"any": [USED, DE]}),
    "double negation": ({"not": {"not": VIP}}, VIP),
    "in and any of eq": ({"label": "country", "op": "in", "value": ["DE", "AT"]}, {"any": [AT, DE]}),
    "not in and all of ne": (
        {"label": "country", "op": "not_in", "value": ["DE", "AT"]},
        {"all": [{**DE, "op": "ne"}, {**AT, "op": "ne"}]},
    ),
    "in of one and eq": ({"label": "country", "op": "in", "value": ["DE"]}, DE),
    "a muted one is left out": ({"all": [DE, {**VIP, "mute": True}]}, DE),
    "a muted group is left out": ({"all": [DE, {"any": [{**VIP, "mute": True}]}]}, DE),
    "a group of one": ({"any": [{"all": [VIP]}]}, VIP),
    "a group in a group of its kind": ({"all": [DE, {"all": [VIP, USED]}]}, {"all": [DE, VIP, USED]}),
    "De Morgan": ({"not": {"any": [DE, USED]}}, {"all": [{"not": USED}, {**DE, "op": "ne"}]}),
    "said twice": ({"all": [VIP, VIP, DE]}, {"all": [VIP, DE]}),
    "absorbed": ({"any": [VIP, {"all": [VIP, DE]}]}, VIP),
    "everybody in all": ({"all": [VIP, {"all": []}]}, VIP),
    "between and both bounds": (score("between", [1, 5]), {"all": [score("ge", 1), score("le", 5)]}),
    "1 and 1.0": (score("gt", 1), score("gt", 1.0)),
    "more than 2 times and at least 3": (used(op="gt", value=2), used(op="ge", value=3)),
    "did not and at most 0": ({"not": USED}, used(op="le", value=0)),
    "fewer than 3 and not at least 3": (used(op="lt", value=3), {"not": used(op="ge", value=3)}),
    "last 14 days and from 14 to 0 days ago": (used(window={"last": 14}), used(window={"ago": [14, 0]})),
    "in the last 30 and from 1 to 30 days ago": (
        {"label": "born", "op": "in_last", "value": 30}, {"label": "born", "op": "days_ago_between", "value": [1, 30]},
    ),
    "before and on or after": (
        {"label": "born", "op": "between", "value": ["2024-01-02", "2024-01-04"]},
        {"all": [{"label": "born", "op": "after", "value": "2024-01-01"},
                 {"label": "born", "op": "before", "value": "2024-01-05"}]},
    ),
    "contains any": (
        {"label": "tags", "op": "contains", "value": ["a", "b"]},
        {"any": [{"label": "tags", "op": "contains", "value": t} for t in "ba"]},
    ),
    "contains all": (
        {"label": "tags", "op": "contains_all", "value": ["a", "b"]},
        {"all": [{"label": "tags", "op": "contains", "value": t} for t in "ba"]},
    ),
    "is empty and not not empty": (score("is_empty"), {"not": score("not_empty")}),
    "filters in another order": (
        used(where={"all": [{"param": "a", "op": "eq", "value": 1}, {"param": "b", "op": "eq", "value": "x"}]}),
        used(where={"all": [{"param": "b", "op": "in", "value": ["x"]}, {"param": "a", "op": "eq", "value": 1}]}),
    ),
    "everybody": ({"any": [VIP, {"not": VIP}]}, {"all": []}),
    "nobody": ({"all": [DE, AT]}, {"any": []}),
}  # fmt: skip
OTHER: dict[str, tuple[Any, Any]] = {
    "all and any": ({"all": [DE, VIP]}, {"any": [DE, VIP]}),
    "not and yes": ({"not": VIP}, VIP),
    "not true and false, for users without a value": ({"not": VIP}, {**VIP, "value": False}),
    "less than and not at least, for users without a value": (score("lt", 3), {"not": score("ge", 3)}),
    "gt and ge of a number that may have decimals": (score("gt", 2), score("ge", 3)),
    "another value": (DE, AT),
    "another window": (used(window={"last": 30}), used(window={"last": 31})),
    "ago and last": (used(window={"ago": [14, 7]}), used(window={"last": 14})),
    "another measure": (used(measure="days", op="ge", value=1), used(op="ge", value=1)),
    "a filter and none": (used(where={"param": "a", "op": "eq", "value": 1}), USED),
    "contains any and contains all": (
        {"label": "tags", "op": "contains", "value": ["a", "b"]},
        {"label": "tags", "op": "contains_all", "value": ["a", "b"]},
    ),
    "half De Morgan": ({"not": {"any": [DE, VIP]}}, {"any": [{"not": DE}, {"not": VIP}]}),
    "another sample": ({"sample": 10, "seed": "a"}, {"sample": 10, "seed": "b"}),
    "steps the other way round": (
        {"sequence": [{"event": "a"}, {"event": "b"}], "within": 7, "window": {"last": 30}},
        {"sequence": [{"event": "b"}, {"event": "a"}], "within": 7, "window": {"last": 30}},
    ),
    "muted and there": ({"all": [DE, {**VIP, "mute": True}]}, {"all": [DE, VIP]}),
    "another segment": ({"segment": "sg_a"}, {"segment": "sg_b"}),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_rule_has_the_same_form(one: Any, other: Any) -> None:
    assert normal_form(parse_rule(one)) == normal_form(parse_rule(other))
    assert normal_form(parse_rule({"not": one})) == normal_form(parse_rule({"not": other}))


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_another_rule_has_another_form(one: Any, other: Any) -> None:
    assert normal_form(parse_rule(one)) != normal_form(parse_rule(other))


def test_a_segment_that_is_read_by_its_rule_is_its_rule() -> None:
    known: dict[str, Condition] = {"sg_a": parse_rule({"any": [VIP, {"segment": "sg_b"}]}), "sg_b": parse_rule(DE)}
    assert normal_form(parse_rule({"segment": "sg_a"}), known.get) == normal_form(parse_rule({"any": [DE, VIP]}))
    published = normal_form(parse_rule({"segment": "sg_a"}))
    assert published != normal_form(parse_rule({"any": [DE, VIP]}))


# --- equal forms pick the same users, whatever the rule --------------------------------------------------------------

PEOPLE = [
    {"country": country, "vip": vip, "score": value}
    for country, vip, value in itertools.product(("DE", "AT", None), (True, False, None), (1, 2.5, 3, None))
]
LEAVES: list[dict[str, Any]] = [
    *({"label": "country", "op": op, "value": text} for op in ("eq", "ne") for text in ("DE", "AT", "FR")),
    *({"label": "country", "op": op, "value": ["DE", "AT"]} for op in ("in", "not_in")),
    *({"label": "vip", "op": "eq", "value": value} for value in (True, False)),
    *(score(op, number) for op in ("gt", "ge", "lt", "le", "eq", "ne") for number in (1, 2, 3)),
    score("between", [2, 3]),
    *({"label": code, "op": op} for code in ("country", "score") for op in ("is_empty", "not_empty")),
]


def random_rule(random: Random, depth: int) -> dict[str, Any]:
    kind = random.choice(("leaf", "all", "any", "not")) if depth else "leaf"
    if kind == "leaf":
        return random.choice(LEAVES)
    if kind == "not":
        return {"not": random_rule(random, depth - 1)}
    return {kind: [random_rule(random, depth - 1) for _ in range(random.randrange(4))]}


def picked(rule: dict[str, Any], person: dict[str, Any]) -> bool:
    if "label" in rule:
        return satisfies(person[rule["label"]], rule["op"], rule.get("value"), None)  # type: ignore[arg-type]
    if "not" in rule:
        return not picked(rule["not"], person)
    inside = [picked(child, person) for child in rule["all" if "all" in rule else "any"]]
    return all(inside) if "all" in rule else any(inside)


def rewritten(rule: dict[str, Any], random: Random) -> dict[str, Any]:
    """The same, written otherwise."""
    if "label" in rule:
        if rule["op"] == "in":
            return {"any": [{**rule, "op": "eq", "value": value} for value in rule["value"]]}
        return random.choice((rule, {"all": [rule]}, {"not": {"not": rule}}))
    if "not" in rule:
        return {"not": rewritten(rule["not"], random)}
    kind, other = ("all", "any") if "all" in rule else ("any", "all")
    inside = [rewritten(child, random) for child in rule[kind]]
    random.shuffle(inside)
    if random.random() < 0.3:
        return {"not": {other: [{"not": child} for child in inside]}}
    return {kind: [*inside, *inside[:1]]}


def test_equal_forms_pick_the_same_users_and_rewriting_keeps_the_form() -> None:
    random = Random("forms")
    by_form: dict[Any, tuple[bool, ...]] = {}
    shared = 0
    for _ in range(1500):
        rule = random_rule(random, 3)
        form = normal_form(parse_rule(rule))
        verdicts = tuple(picked(rule, person) for person in PEOPLE)
        shared += form in by_form
        assert by_form.setdefault(form, verdicts) == verdicts, rule
        assert normal_form(parse_rule(rewritten(rule, random))) == form, rule
    assert shared > 150
