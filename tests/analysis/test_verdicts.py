"""Which conditions would turn the verdict of a whole rule, and when two conditions are one."""

from __future__ import annotations

from typing import Any, cast

import pytest

from segkit.analysis.verdicts import Verdict, folded, near_misses, same_condition
from segkit.definitions.conditions import Leaf
from segkit.definitions.documents import parse_rule


def leaf(name: str, holds: bool | None = True, place: str = "") -> Verdict:
    return Verdict(place or name, "leaf", holds, (), name)


def group(kind: Any, *inside: Verdict) -> Verdict:
    """A group as it must come out."""
    made = Verdict(kind, kind, True, inside)
    return Verdict(kind, kind, folded(made), inside)


@pytest.mark.parametrize(
    ("tree", "turning"),
    [
        (leaf("a"), {"a"}),
        (group("all", leaf("a"), leaf("b")), {"a", "b"}),
        (group("all", leaf("a"), leaf("b", False)), {"b"}),
        (group("all", leaf("a", False), leaf("b", False)), set()),
        (group("any", leaf("a"), leaf("b")), set()),
        (group("any", leaf("a"), leaf("b", False)), {"a"}),
        (group("not", group("any", leaf("a"), leaf("b", False))), {"a"}),
        (group("all", leaf("a"), leaf("b", None)), {"a"}),
        (group("all"), set()),
        # The same condition twice turns at both places at once: here that changes nothing.
        (group("any", leaf("a"), group("not", leaf("a", place="again"))), set()),
        (group("any", group("all", leaf("a", False), leaf("b")), leaf("a", False, "again")), {"a"}),
        (group("all", leaf("a"), leaf("c"), group("any", leaf("b"), leaf("c", place="again"))), {"a", "c"}),
    ],
)
def test_a_condition_that_alone_turns_the_whole_is_found_and_no_other(tree: Verdict, turning: set[str]) -> None:
    assert set(near_misses(tree)) == turning


def test_all_places_of_a_condition_are_told() -> None:
    tree = group("all", leaf("a", place="rule.all[0]"), leaf("a", place="rule.all[1]"))
    assert near_misses(tree) == {"a": ("rule.all[0]", "rule.all[1]")}


def same(one: Any, other: Any) -> tuple[bool, bool]:
    """Whether two leaves are one condition, and whether one is the complement of the other."""
    (first, first_reversed), (second, second_reversed) = (
        same_condition(cast(Leaf, parse_rule(each))) for each in (one, other)
    )
    return first == second, first_reversed != second_reversed


LABEL: dict[str, Any] = {"label": "country"}
EVENT: dict[str, Any] = {"event": "paid", "window": {"last": 30}}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({**LABEL, "op": "eq", "value": "DE"}, {**LABEL, "op": "ne", "value": "DE"}, (True, True)),
        ({**LABEL, "op": "in", "value": ["DE", "AT"]}, {**LABEL, "op": "in", "value": ["AT", "DE"]}, (True, False)),
        ({**LABEL, "op": "in", "value": ["DE"]}, {**LABEL, "op": "in", "value": ["AT"]}, (False, False)),
        (EVENT, {**EVENT, "op": "lt", "value": 1}, (True, True)),
        ({**EVENT, "op": "gt", "value": 2}, {**EVENT, "op": "ge", "value": 3}, (True, False)),
        ({**EVENT, "op": "le", "value": 2}, {**EVENT, "op": "ge", "value": 3}, (True, True)),
        (
            {**EVENT, "measure": "avg", "of": "amount", "op": "lt", "value": 1},
            {**EVENT, "measure": "avg", "of": "amount", "op": "ge", "value": 1},
            (False, True),  # both are false without a value
        ),
    ],
)
def test_a_condition_and_its_complement_are_one(one: Any, other: Any, expected: tuple[bool, bool]) -> None:
    assert same(one, other)[0] == expected[0]
    if expected[0]:
        assert same(one, other) == expected


def test_a_muted_tree_has_no_verdict() -> None:
    with pytest.raises(ValueError, match="muted"):
        folded(leaf("a", None))
