"""What an edit did, in words: literal edits with their sentences, and every random edit told where it was made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segkit.definitions.conditions import Condition
from segkit.definitions.differences import Difference, document_differences, rule_differences
from segkit.definitions.documents import Document, document_data, parse_document, parse_rule, rule_data
from tests.definitions.strategies import VOCABULARY, documents, rules

GERMANY: dict[str, Any] = {"label": "country", "op": "eq", "value": "DE"}
AUSTRIA: dict[str, Any] = {"label": "country", "op": "eq", "value": "AT"}
CONSENT: dict[str, Any] = {"label": "consent", "op": "eq", "value": True}
USED: dict[str, Any] = {"event": "used", "window": {"last": 30}}


def told(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    names = {"sg_1": "Regulars", "sg_2": "VIP"}
    found = rule_differences(parse_rule(old), parse_rule(new), VOCABULARY, names.__getitem__)
    return [str(difference) for difference in found]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            {"all": [GERMANY]},
            {"all": [GERMANY, USED]},
            ["Added ‘Used the app: at least once in the last 30 days’ (rule.all[1])."],
        ),
        (
            {"all": [CONSENT, GERMANY]},
            {"all": [GERMANY]},
            ["Removed ‘Marketing consent is yes’ (rule.all[0])."],
        ),
        (
            {"all": [CONSENT, GERMANY]},
            {"all": [CONSENT, AUSTRIA]},
            ["Changed ‘Country (country) is Germany’ to ‘Country (country) is Austria’ (rule.all[1])."],
        ),
        (
            {"all": [USED, GERMANY]},
            {"all": [{**USED, "window": {"last": 60}}, GERMANY]},
            [
                "Changed ‘Used the app: at least once in the last 30 days’ to "
                "‘Used the app: at least once in the last 60 days’ (rule.all[0])."
            ],
        ),
        ({"all": [USED, CONSENT]}, {"any": [USED, CONSENT]}, ["Changed ‘All of these’ to ‘At least one of these’."]),
        (CONSENT, {"all": [CONSENT, GERMANY]}, ["Added ‘Country (country) is Germany’ (rule.all[1])."]),
        (
            CONSENT,
            {"any": [CONSENT, GERMANY]},
            ["Added ‘Country (country) is Germany’ under ‘At least one of these’ (rule.any[1])."],
        ),
        ({"all": [CONSENT, GERMANY]}, CONSENT, ["Removed ‘Country (country) is Germany’ (rule.all[1])."]),
        (
            {"all": [CONSENT, {"not": {"any": [GERMANY]}}]},
            {"all": [CONSENT, {"not": {"any": [GERMANY, USED]}}]},
            ["Added ‘Used the app: at least once in the last 30 days’ under ‘None of these’ (rule.all[1].not.any[1])."],
        ),
        (
            {"all": [CONSENT, GERMANY, {"any": [USED, AUSTRIA]}]},
            {"all": [CONSENT, {"any": [USED, AUSTRIA, GERMANY]}]},
            ["Moved ‘Country (country) is Germany’ from rule.all[1] to ‘At least one of these’ (rule.all[1].any[2])."],
        ),
        (
            {"all": [GERMANY, CONSENT]},
            {"all": [{**GERMANY, "mute": True}, CONSENT]},
            ["Muted ‘Country (country) is Germany’: it is kept, but left out (rule.all[0])."],
        ),
        (
            {"all": [{**GERMANY, "mute": True}, CONSENT]},
            {"all": [GERMANY, CONSENT]},
            ["‘Country (country) is Germany’ counts again: it is no longer muted (rule.all[0])."],
        ),
        (
            {"all": [GERMANY, CONSENT]},
            {"all": [CONSENT, GERMANY]},
            ["Changed the order of the conditions of ‘All of these’; it picks the same users."],
        ),
        (
            {"not": {"label": "country", "op": "ne", "value": "DE"}},
            GERMANY,
            ["Wrote ‘Country (country) is Germany’ otherwise; it means the same."],
        ),
        (
            CONSENT,
            {"not": CONSENT},
            ["Changed ‘Marketing consent is yes’ to ‘Marketing consent is not yes (includes users without a value)’."],
        ),
        (
            {"all": [CONSENT]},
            {"all": [CONSENT, {"any": [GERMANY, USED]}]},
            [
                "Added the group ‘Users whose country (country) is Germany, or who have used the app in the last "
                "30 days’ (rule.all[1])."
            ],
        ),
        (
            {"all": [CONSENT, {"segment": "sg_2"}]},
            {"all": [CONSENT, {"segment": "sg_1"}]},
            ["Added ‘In segment ‘Regulars’’ (rule.all[1]).", "Removed ‘In segment ‘VIP’’ (rule.all[1])."],
        ),
    ],
)
def test_an_edit_is_told_in_words_with_its_place(old: dict[str, Any], new: dict[str, Any], words: list[str]) -> None:
    assert told(old, new) == words


def test_of_a_long_list_the_values_are_told_that_came_and_went() -> None:
    many = [f"city {number}" for number in range(20)]
    old = {"label": "country", "op": "in", "value": ["DE", "AT", *many]}
    new = {"label": "country", "op": "in", "value": ["DE", *many, "FR"]}
    (words,) = told(old, new)
    assert words.endswith("and 10 more’: added “FR”; removed Austria.")


def document(**keys: Any) -> Document:
    return parse_document({"name": "Quiet", "rule": GERMANY} | keys)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"name": "Silent"}, Difference("name", "changed", "Renamed from ‘Quiet’ to ‘Silent’.")),
        ({}, {"description": "For May"}, Difference("description", "added", "Added the description “For May”.")),
        ({"description": "a"}, {}, Difference("description", "removed", "Removed the description “a”.")),
        ({}, {"cycle": "once"}, Difference("cycle", "changed", "Changed the cycle from daily to once.")),
        (
            {"folder": "A"},
            {"folder": "B"},
            Difference("folder", "changed", "Changed the folder from “A” to “B”."),
        ),
        ({}, {"owner": "ana"}, Difference("owner", "added", "Added the owner “ana”.")),
        ({}, {"tags": ["a", "b"]}, Difference("tags", "added", "Added the tags “a”, “b”.")),
        ({"tags": ["a", "b"]}, {"tags": ["b"]}, Difference("tags", "removed", "Removed the tag “a”.")),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}, Difference("tags", "moved", "Changed the order of the tags.")),
        (
            {},
            {"personas": {"in": ["ana@example.com"]}},
            Difference("personas", "added", "Added 1 user that must be in."),
        ),
    ],
)
def test_what_is_not_the_rule_is_told_too(old: dict[str, Any], new: dict[str, Any], expected: Difference) -> None:
    assert document_differences(document(**old), document(**new)) == (expected,)


def test_an_id_and_an_app_that_a_file_leaves_out_are_no_difference() -> None:
    assert document_differences(document(), document(id="sg_1", app="shop")) == ()
    assert len(document_differences(document(app="bank"), document(app="shop"))) == 1


@given(documents(), documents())
@settings(max_examples=40, deadline=None)
def test_documents_have_no_difference_exactly_where_they_say_the_same(one: Document, other: Document) -> None:
    assert document_differences(one, one, VOCABULARY) == ()
    other = other.model_copy(update={"id": one.id, "app": one.app})
    differ = document_data(one) | {"tags": list(one.tags)} != document_data(other) | {"tags": list(other.tags)}
    assert bool(document_differences(one, other, VOCABULARY)) == differ


@given(st.lists(rules(), min_size=2, max_size=6, unique_by=lambda rule: repr(rule_data(rule))), rules(), st.data())
@settings(max_examples=40, deadline=None)
def test_a_condition_that_comes_or_goes_is_told_at_its_place(
    conditions: list[Condition], another: Condition, data: st.DataObject
) -> None:
    """The oracle is the edit itself: one condition put into a group, or taken out of it."""
    if repr(rule_data(another)) in {repr(rule_data(condition)) for condition in conditions}:
        return
    at = data.draw(st.integers(0, len(conditions)))
    plain = [rule_data(condition) for condition in conditions]
    without = parse_rule({"all": plain})
    holding = parse_rule({"all": [*plain[:at], rule_data(another), *plain[at:]]})
    (came,) = rule_differences(without, holding, VOCABULARY)
    assert (came.place, came.kind) == (f"rule.all[{at}]", "added")
    (went,) = rule_differences(holding, without, VOCABULARY)
    assert (went.place, went.kind) == (f"rule.all[{at}]", "removed")
