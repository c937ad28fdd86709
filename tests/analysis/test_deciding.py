"""Which conditions decide about one user."""

from __future__ import annotations

import pytest

from segkit.analysis.deciding import deciding_places
from segkit.definitions.conditions import walk
from segkit.definitions.documents import parse_rule

A, B, C = ({"label": code, "op": "not_empty"} for code in "abc")


@pytest.mark.parametrize(
    ("rule", "true", "decide"),
    [
        (A, {"a"}, ["rule"]),
        ({"all": [A, B]}, {"a", "b"}, ["rule.all[0]", "rule.all[1]"]),
        ({"all": [A, B]}, {"a"}, ["rule.all[1]"]),
        ({"any": [A, B]}, {"b"}, ["rule.any[1]"]),
        ({"any": [A, B]}, set(), ["rule.any[0]", "rule.any[1]"]),
        ({"not": A}, set(), ["rule.not"]),
        ({"all": [A, {"not": {"any": [B, C]}}]}, {"a", "c"}, ["rule.all[1].not.any[1]"]),
        ({"all": [A, {**B, "mute": True}]}, {"a"}, ["rule.all[0]"]),
        ({"all": []}, set(), ["rule"]),
    ],
)
def test_those_decide_that_make_the_verdict_what_it_is(rule: object, true: set[str], decide: list[str]) -> None:
    condition = parse_rule(rule)
    holds: dict[str, bool] = {}
    for place, node in reversed(list(walk(condition))):
        parts = [holds[p] for p, _ in walk(node, place) if p != place and _is_child(place, p) and p in holds]
        kind = type(node).key_order[0]
        if node.mute:
            continue
        if kind == "label":
            holds[place] = node.label in true  # type: ignore[attr-defined]
        else:
            holds[place] = {"all": all(parts), "any": any(parts), "not": not all(parts)}[kind]
    assert list(deciding_places(condition, holds)) == decide


def _is_child(place: str, other: str) -> bool:
    return other.removeprefix(place).count(".") == 1
