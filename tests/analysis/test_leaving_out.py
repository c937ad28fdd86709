"""What a rule comes to without each condition, beside plain sets evaluated with that condition muted."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from segkit.analysis.leaving_out import counts_without
from segkit.definitions.conditions import Condition, is_muted, path_of_child, walk
from segkit.definitions.documents import parse_rule
from segkit.engine.bitmap import Bitmap

BASE = frozenset(range(12))
USERS = {"a": {0, 1, 2, 3}, "b": {2, 3, 4}, "c": {3, 4, 5, 6, 7, 8}, "d": set(), "e": set(BASE)}
A, B, C, D, E = ({"label": code, "op": "not_empty"} for code in "abcde")


def users_of(rule: Condition, left_out: str, path: str = "rule") -> set[int] | None:
    """Those whom a rule picks with one condition muted; None where it is left out."""
    if path == left_out or is_muted(rule):
        return None
    inside = [users_of(child, left_out, path_of_child(rule, path, n)) for n, child in enumerate(rule.children())]
    parts = [part for part in inside if part is not None]
    if inside and not parts:
        return None
    match type(rule).key_order[0]:
        case "label":
            return set(USERS[rule.label])  # type: ignore[attr-defined]
        case "all":
            return set(BASE).intersection(*parts)
        case "any":
            return set().union(*parts)
    return set(BASE) - parts[0]


def bitmap(users: set[int] | frozenset[int]) -> Bitmap:
    return Bitmap.from_user_nos(len(BASE), np.array(sorted(users), dtype=np.int64))


def counted(rule: Condition) -> dict[str, int]:
    paths = [(path, node) for path, node in walk(rule) if users_of(node, "", path) is not None]
    users = {path: bitmap(users_of(node, "", path) or set()) for path, node in paths}
    return counts_without(rule, users, bitmap(BASE))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (A, {"rule": 12}),
        ({"all": [A, B]}, {"rule": 12, "rule.all[0]": 3, "rule.all[1]": 4}),
        ({"any": [A, B]}, {"rule": 12, "rule.any[0]": 3, "rule.any[1]": 4}),
        ({"not": A}, {"rule": 12, "rule.not": 12}),
        ({"all": [C, {"not": A}]}, {"rule": 12, "rule.all[0]": 8, "rule.all[1]": 6, "rule.all[1].not": 6}),
        ({"all": [C, {**A, "mute": True}]}, {"rule": 12, "rule.all[0]": 12}),
        ({"all": [C, {"any": [A]}]}, {"rule": 12, "rule.all[0]": 4, "rule.all[1]": 6, "rule.all[1].any[0]": 6}),
        ({"all": []}, {"rule": 12}),
        ({"any": []}, {"rule": 12}),
        ({"all": [A], "mute": True}, {}),
    ],
)
def test_the_total_without_a_condition_is_the_rule_with_that_condition_muted(
    rule: object, expected: dict[str, int]
) -> None:
    assert counted(parse_rule(rule)) == expected


def made(draw: random.Random, depth: int) -> dict[str, Any]:
    mute = {"mute": True} if draw.random() < 0.1 else {}
    kind = draw.choice(["leaf", "all", "any", "not"] if depth else ["leaf"])
    if kind == "leaf":
        return {**draw.choice([A, B, C, D, E]), **mute}
    if kind == "not":
        return {"not": made(draw, depth - 1), **mute}
    return {kind: [made(draw, depth - 1) for _ in range(draw.randint(0, 4))], **mute}


@pytest.mark.parametrize("seed", range(60))
def test_any_rule_without_any_of_its_conditions_is_what_plain_sets_say(seed: int) -> None:
    rule = parse_rule(made(random.Random(seed), 4))
    expected = {}
    for path, node in walk(rule):
        if users_of(rule, "") is not None and not any(is_muted(n) for p, n in walk(rule) if path.startswith(p)):
            found = users_of(rule, path)
            expected[path] = len(BASE if found is None else found)
        del node
    assert counted(rule) == expected
