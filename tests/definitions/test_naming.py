"""When two names are one, and which names there may not be."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from segkit.definitions.naming import checked_name, name_key


def _has_forms(c: str) -> bool:
    return bool(unicodedata.decomposition(c)) or c.upper() != c or c.lower() != c or c.casefold() != c


#: Every character that has another form or another case; the others stay as they are.
CHARACTERS = [c for c in map(chr, range(sys.maxunicode + 1)) if _has_forms(c)]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Straße", "STRASSE", "STRAẞE", "strasse", "straſse"),
        ("Quiet users", "quiet  USERS", " Quiet\u00a0users ", "Quiet\u2003\u3000users", "Ｑｕｉｅｔ users"),
        ("İzmir", "i̇zmir", "I\u0307ZMIR"),
        ("Καφές", "ΚΑΦΈΣ", "καφέσ"),
        ("ﬁne", "fine", "FINE"),
        ("é", "e\u0301", "É"),
        ("a\u200bb", "a\u00adb", "a\u2060b", "a\ufeffb", "ab"),
        ("❤ fans", "❤\ufe0f fans"),
        ("ᾷ", "ᾼ͂", "Α͂Ι"),
    ],
)
def test_a_name_is_the_same_in_all_of_these_spellings(spellings: tuple[str, ...]) -> None:
    assert len({name_key(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("ısı", "ISI"), ("İzmir", "Izmir"), ("Uber", "Über"), ("a b", "ab"), ("a-b", "a b"), ("1", "l")],
)
def test_names_that_people_tell_apart_stay_two(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_the_key_of_a_key_is_the_key_for_every_character() -> None:
    assert [c for c in CHARACTERS if name_key(name_key(c)) != name_key(c)] == []


def test_no_normal_form_and_no_case_makes_another_name_of_any_character() -> None:
    """But for the dotless i, which only Turkish takes for an i: without its case it would be another letter."""
    made = (str.upper, str.lower, str.title, *(lambda c, f=f: unicodedata.normalize(f, c) for f in ("NFD", "NFKC")))
    differ = [c for c in CHARACTERS if any(name_key(f"a{make(c)}b") != name_key(f"a{c}b") for make in made)]
    assert differ == ["ı"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\u200bb", "an invisible one"),
        ("a\u202eb", "an invisible one"),
        ("a\tb", "a control character"),
        ("\u3164", "nothing that people can see"),
        ("\ufe0f\u034f", "nothing that people can see"),
        ("\u00a0\u2003", "the name is empty"),
        ("x" * 65, "65 characters"),
        ("SG_mine", "which begin ids"),
    ],
)
def test_a_name_that_nobody_could_read_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_name(name)
