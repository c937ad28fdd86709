"""What a column's values are: a type of the vocabulary, its decimal places, and what kind of personal data."""

from __future__ import annotations

from dataclasses import dataclass

from segkit.data.proposal.facts import Facts
from segkit.data.proposal.headings import is_exactly, says, words_of
from segkit.definitions.operators import Type
from segkit.definitions.vocabulary import Personal

#: A column of more values than these is not listed by value.
FEW = 30
_MOST_PLACES = 9
_PIECES = 200  # of a list, at most, and none longer than:
_PIECE = 60


@dataclass(frozen=True, slots=True)
class Kind:
    """A type with what belongs to it, and notes for who reads the proposal."""

    type: Type
    scale: int | None = None
    notes: tuple[str, ...] = ()


def kind_of(facts: Facts, *, is_parameter: bool = False) -> Kind:
    """The type that fits all values (but for those that stand for nothing); text where none does."""
    if not facts.present or (not facts.values and facts.is_text):
        return Kind("string", notes=("no value at all",))
    found = _kind(facts, is_parameter)
    if found.type != "string" and facts.placeholders:
        shown = ", ".join(f"'{text}'" for text in facts.placeholders[:3])
        found = Kind(found.type, found.scale, (*found.notes, f"{shown} will count as missing"))
    return found


def _kind(facts: Facts, is_parameter: bool) -> Kind:
    if facts.of == "bool":
        return Kind("bool")
    if facts.of == "list":
        return Kind("list")
    if facts.moment is not None:
        return Kind("date", notes=() if facts.moment == "day" else ("only the day counts",))
    if facts.of in ("integer", "float", "decimal"):
        return _of_number(facts, is_parameter)
    if facts.is_text:
        return _of_text(facts, is_parameter)
    return Kind("string")


def _of_number(facts: Facts, is_parameter: bool) -> Kind:
    if _is_flag(facts):
        return Kind("bool")
    if is_code(facts):
        return Kind("string")
    return _number(facts, facts.decimals, is_parameter)


def _of_text(facts: Facts, is_parameter: bool) -> Kind:
    if facts.all_are("bool") or (facts.all_are("yes or no") and len(facts.values) <= 2):
        return Kind("bool")
    if _is_flag(facts):
        return Kind("bool")
    if facts.all_are("array") or _is_list(facts):
        return Kind("list")
    if is_code(facts):
        return Kind("string")
    if facts.all_are("number", "comma") and any(c.isdigit() for text in facts.values for c in text):
        return _number(facts, facts.decimals, is_parameter)
    return Kind("string")


def _number(facts: Facts, decimals: int, is_parameter: bool) -> Kind:
    is_money = bool(says(facts.name, "money"))
    if decimals > _MOST_PLACES:
        return Kind("number")
    if is_parameter:
        return Kind("number", max(decimals, 2) if is_money and decimals else decimals)
    # A label of money is an exact decimal; other numbers may be of any size.
    return Kind("number", max(decimals, 2)) if is_money and decimals else Kind("number")


def is_code(facts: Facts) -> bool:
    """Whether numbers are names only, such as a postcode's or a product's: nobody adds them up."""
    if facts.is_text and ((facts.share("zeros") > 0 and facts.all_are("digits")) or facts.share("phone") == 1.0):
        return True
    words = words_of(facts.name)
    return (
        facts.decimals == 0
        and bool(words)
        and (says(facts.name, "code_like") >= 2 or words[-1].endswith(("nummer", "number")))
    )


def _is_flag(facts: Facts) -> bool:
    """Whether 0 and 1 stand for no and yes: by the heading, for a count may be 0 or 1 too."""
    if not facts.all_are("zero or one"):
        return False
    words = words_of(facts.name)
    return (
        bool(says(facts.name, "consent"))
        or is_exactly(words[0] if words else "", "flag")
        or says(facts.name, "flag") > 1
    )


def _is_list(facts: Facts) -> bool:
    """Whether texts such as 'a;b' are lists: the same pieces come again in other values."""
    if facts.share("semicolons") == 0:
        return False
    pieces = [piece.strip() for text in facts.values for piece in text.split(";") if piece.strip()]
    distinct = set(pieces)
    return len(distinct) <= min(_PIECES, max(len(pieces) - 1, 1)) and max(map(len, distinct), default=0) <= _PIECE


def personal_kind(facts: Facts, *, of_users: bool) -> Personal | None:
    """What kind of personal data a column holds, by its values first, then by its heading."""
    if facts.is_text and facts.share("email") >= 0.6:
        return "email"
    if _is_phone(facts):
        return "mobile"
    if facts.of in ("bool", "list") or facts.all_are("bool", "zero or one", "yes or no"):
        return None  # 'email: yes' is a consent, no address
    if facts.is_text and (facts.share("ip") >= 0.6 or facts.share("iban") >= 0.6):
        return "other"
    return _by_heading(facts, of_users)


def _by_heading(facts: Facts, of_users: bool) -> Personal | None:
    heading = facts.name
    if says(heading, "personal_other") >= 2:
        return "other"
    if facts.is_text and (says(heading, "person_name") >= 2 or (of_users and is_exactly(heading, "person_name_alone"))):
        return "name"
    if says(heading, "email") >= 2 and not facts.values:
        return "email"
    if says(heading, "mobile") >= 2 and (facts.share("digits", "phone") > 0.6 or not facts.values):
        return "mobile"
    return "address" if says(heading, "address") >= 2 and facts.of in ("text", "float", "decimal") else None


def _is_phone(facts: Facts) -> bool:
    """Numbers that begin as phone numbers do; digits alone only where the heading says so."""
    if facts.moment is not None or facts.share("day", "other day", "instant", "number", "ip") > 0.4:
        return bool(says(facts.name, "mobile") >= 2) and facts.share("digits") > 0.6 and _digits(facts) >= 7
    return facts.is_text and facts.share("phone") >= 0.6


def _digits(facts: Facts) -> float:
    lengths = sorted(len(text.strip()) for text in facts.values)
    return lengths[len(lengths) // 2] if lengths else 0


def has_few_values(facts: Facts) -> bool:
    """Whether all values are known, few, and none is an essay."""
    return bool(facts.common) and len(facts.common) <= FEW and all(len(text) <= _PIECE for text, _ in facts.common)
