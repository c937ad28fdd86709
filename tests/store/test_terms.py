"""A person's words are found whole, in whatever spelling, and taken out of texts without making them longer."""

from __future__ import annotations

import pytest

from segkit.store.terms import Terms

ANA = Terms(frozenset({"ana-4711", "7"}), frozenset({"ana@example.com"}), frozenset({"+49 151 5550199"}))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ask ana-4711, please", "ask (erased), please"),
        ("ANA-4711", "(erased)"),
        ("to: Ana@Example.com.", "to: (erased)."),
        ("<ana@example.com>", "<(erased)>"),
        ("+491515550199 or 49 (151) 555-0199", "(erased) or (erased)"),
        ("/users/ana-4711/x", "/users/(erased)/x"),
        ("mariana-4711 ana-47110 ana-4711-b x.ana-4711", "mariana-4711 ana-47110 ana-4711-b x.ana-4711"),
        ("dana@example.com ana@example.com.au", "dana@example.com ana@example.com.au"),
        ("ana@example.community", "ana@example.community"),
        ("+49 151 55501990", "+49 151 55501990"),
        ("within 7 days", "within 7 days"),
    ],
)  # fmt: skip
def test_words_are_found_whole(text: str, masked: str) -> None:
    assert ANA.masked(text) == masked
    assert ANA.stand_in(text) == (text != masked)


def test_a_short_word_is_masked_in_its_own_length() -> None:
    assert Terms(frozenset({"user1"})).masked("of user1") == "of •••••"


def test_plain_data_is_masked_everywhere_and_its_places_are_told() -> None:
    places: list[str] = []
    data = {"rule": {"all": [{"value": ["ana@example.com", 7]}, {"value": "bo"}]}, "ana-4711": True}
    assert ANA.masked_in(data, tell=places.append) == {
        "rule": {"all": [{"value": ["(erased)", 7]}, {"value": "bo"}]},
        "(erased)": True,
    }
    assert places == ["rule.all[0].value[0]"]


def test_nobody_is_found_by_no_words() -> None:
    assert not Terms().stand_in("anything")
    assert "ana" not in repr(ANA)
