"""Two edits of one document: put together where they do not touch, refused where they do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segkit.definitions.conditions import Condition
from segkit.definitions.documents import Document, parse_document, parse_rule, rule_data
from segkit.definitions.merging import merged, merged_rule
from tests.definitions.strategies import documents, rules

A: dict[str, Any] = {"label": "country", "op": "eq", "value": "DE"}
A2: dict[str, Any] = {"label": "country", "op": "eq", "value": "AT"}
A3: dict[str, Any] = {"label": "country", "op": "eq", "value": "FR"}
B: dict[str, Any] = {"label": "consent", "op": "eq", "value": True}
C: dict[str, Any] = {"event": "used", "window": {"last": 30}}
D: dict[str, Any] = {"segment": "VIP"}


@pytest.mark.parametrize(
    ("base", "theirs", "yours", "expected"),
    [
        ({"all": [A]}, {"all": [A, B]}, {"all": [A, C]}, {"all": [A, B, C]}),
        ({"all": [A]}, {"all": [A, B]}, {"all": [A, B]}, {"all": [A, B]}),
        ({"all": [A, B]}, {"all": [A2, B]}, {"all": [A]}, {"all": [A2]}),
        ({"all": [A, B]}, {"all": [B]}, {"all": [A]}, None),
        ({"all": [A, {"any": [B]}]}, {"all": [A, {"any": [B, C]}]}, {"all": [A2, {"any": [B, D]}]},
         {"all": [A2, {"any": [B, C, D]}]}),
        ({"not": {"any": [A]}}, {"not": {"any": [A, B]}}, {"not": {"any": [A, C]}}, {"not": {"any": [A, B, C]}}),
        (A, A2, A, A2),
        (A, A, A2, A2),
        (A, A2, A3, None),
        ({"all": [A, B]}, {"all": [A2, B]}, {"all": [A3, B]}, None),
        ({"all": [A, B]}, {"all": [A2, B]}, {"all": [B]}, None),
        ({"all": [A, B]}, {"any": [A, B]}, {"all": [A, B, C]}, None),
    ],
)  # fmt: skip
def test_edits_of_a_rule(
    base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    found = merged_rule(*(parse_rule(rule) for rule in (base, theirs, yours)))
    assert (None if found is None else rule_data(found)) == expected


def document(**keys: Any) -> Document:
    return parse_document({"name": "Quiet", "rule": A} | keys)


def test_edits_of_different_keys_fit_together() -> None:
    found = merged(
        document(tags=["x", "y"], folder="F"),
        document(name="Silent", tags=["x", "y", "theirs"], folder="F"),
        document(description="new", tags=["y", "yours"], rule=A2),
    )
    assert found == document(name="Silent", description="new", tags=["y", "theirs", "yours"], rule=A2)


def test_two_new_names_do_not_fit_together() -> None:
    assert merged(document(), document(name="Silent"), document(name="Still")) is None
    assert merged(document(), document(name="Silent"), document(name="Silent")) == document(name="Silent")


@given(documents(), documents())
@settings(max_examples=30, deadline=None)
def test_whoever_changed_nothing_gets_what_the_other_saved(base: Document, other: Document) -> None:
    def without_repeated_tags(one: Document) -> Document:
        return one.model_copy(update={"tags": tuple(dict.fromkeys(one.tags)), "id": None, "app": None})

    base, other = without_repeated_tags(base), without_repeated_tags(other)
    theirs, yours = merged(base, other, base), merged(base, base, other)
    assert theirs == other
    assert yours is not None
    assert yours.model_copy(update={"tags": other.tags}) == other
    assert set(yours.tags) == set(other.tags)


@given(st.lists(rules(), min_size=3, max_size=6, unique_by=lambda rule: repr(rule_data(rule))))
@settings(max_examples=30, deadline=None)
def test_what_one_adds_and_the_other_removes_fit_together_in_any_group(conditions: list[Condition]) -> None:
    """The oracle is the edit itself: the first goes, the last comes."""
    plain = [rule_data(condition) for condition in conditions]
    found = merged_rule(*(parse_rule({"any": some}) for some in (plain[:-1], plain[1:-1], plain)))
    assert found is not None
    assert rule_data(found) == {"any": plain[1:]}
