"""What a column's heading says, in several languages, by `headings.yaml`, `units.yaml` and `families.yaml` here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from segkit.definitions.strict_yaml import load_yaml

_LETTERS = {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "đ": "d", "œ": "oe"}
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_CASE_CHANGES = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
#: Words that stay as they are in a name.
_SHORT = {
    "id": "ID", "uid": "UID", "url": "URL", "sms": "SMS", "ip": "IP", "os": "OS", "upc": "UPC", "ean": "EAN",
    "sku": "SKU", "plz": "PLZ", "iban": "IBAN", "vip": "VIP", "gmv": "GMV", "utm": "UTM", "ios": "iOS", "pdf": "PDF",
    "email": "e-mail", "wifi": "Wi-Fi",
}  # fmt: skip


def words_of(heading: str) -> tuple[str, ...]:
    """`userID`, `User-Id` and `user_id` as `('user', 'id')`; accents are taken off."""
    plain = "".join(_LETTERS.get(letter, letter) for letter in unicodedata.normalize("NFKC", heading))
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return tuple(word.lower() for word in _NO_WORD.split(_CASE_CHANGES.sub(" ", plain)) if word)


def says(heading: str, meaning: str) -> int:
    """How clearly a heading says that: 3 it is just that, 2 it ends so, 1 it holds it, 0 it does not."""
    words = words_of(heading)
    best = 0
    for phrase in _phrases()[meaning]:
        length = len(phrase)
        if words == phrase:
            return 3
        if words[-length:] == phrase:
            best = max(best, 2)
        elif any(words[at : at + length] == phrase for at in range(len(words) - length)):
            best = max(best, 1)
    return best


def is_exactly(heading: str, meaning: str) -> bool:
    """Whether a heading says that and nothing else."""
    return words_of(heading) in _phrases()[meaning]


def rank(heading: str, meaning: str) -> int:
    """The place of the first phrase that a heading is, or ends with; a large number where it is none."""
    words = words_of(heading)
    places = (place for place, phrase in enumerate(_phrases()[meaning]) if words[-len(phrase) :] == phrase)
    return next(places, 10_000)


def unit_in(heading: str) -> str | None:
    """The unit that a heading names: `price_eur` is in €."""
    found = [unit for mark, unit in (("€", "€"), ("$", "$"), ("£", "£"), ("%", "%")) if mark in heading]
    units: dict[str, str] = _data("units.yaml")
    words = words_of(heading)
    found += [units[word] for word in words[-1:] if word in units]
    return found[0] if found else None


def family_of(event: str) -> str:
    """The category of an event, by the words of its name."""
    words = set(words_of(event))
    families: dict[str, list[str]] = _data("families.yaml")
    return next((family for family, known in families.items() if words & set(known)), "Other")


def name_of(heading: str) -> str:
    """A heading as people would write it: `acquisition_channel` as `Acquisition channel`."""
    plain = re.sub(r"[_\s.]+", " ", _CASE_CHANGES.sub(" ", unicodedata.normalize("NFC", heading))).strip(" -")
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in plain.split()]
    found = " ".join(_SHORT.get(word.lower(), word) for word in words)[:128].strip()
    return found[:1].upper() + found[1:] or "Unnamed"


def value_name(value: str) -> str:
    """A value of few as people would write it: `add_to_cart` as `Add to cart`; `2024-01`, `DE` and `5+` stay."""
    if (
        not value.isascii()
        or not any(c.islower() for c in value)
        or not re.fullmatch(r"[a-z0-9]+([_ -][a-z0-9]+)*", value)
    ):
        return value
    return name_of(value.replace("-", "_"))


def code_of(heading: str, taken: Iterable[str], otherwise: str) -> str:
    """A code of the vocabulary for a heading, other than those taken, letter case aside."""
    plain = "".join(_UMLAUTS.get(c, _LETTERS.get(c, c)) for c in unicodedata.normalize("NFC", heading))
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    code = _NO_WORD.sub("_", plain).strip("_")
    if plain == heading and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", heading):
        code = heading
    if not code:
        code = otherwise
    if not code[0].isalpha():
        code = f"{otherwise}_{code}"
    code, known = code[:60], {other.casefold() for other in taken}
    number, found = 2, code
    while found.casefold() in known:
        found, number = f"{code}_{number}", number + 1
    return found


@cache
def _phrases() -> dict[str, tuple[tuple[str, ...], ...]]:
    content: dict[str, list[str]] = _data("headings.yaml")
    return {meaning: tuple(tuple(phrase.split()) for phrase in phrases) for meaning, phrases in content.items()}


@cache
def _data(name: str) -> Any:
    return load_yaml(resources.files("segkit.data.proposal").joinpath(name).read_bytes(), name)
