"""From a column and what was said of it to its declaration: type, name, unit, category, personal data, values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from segkit.data.columns import decimal_kind
from segkit.data.proposal.facts import Facts
from segkit.data.proposal.headings import code_of, name_of, says, unit_in, value_name
from segkit.data.proposal.kinds import Kind, has_few_values, is_code, kind_of, personal_kind
from segkit.data.proposal.look import Look, Seen
from segkit.data.proposal.model import ProposedColumn
from segkit.data.proposal.wishes import LEFT_OUT, ColumnWish
from segkit.definitions.vocabulary import Personal

#: So many values in a thousand may be unreadable, and the type is still meant.
_UNREADABLE = 20
_NOTHING = 500  # where they are words for nothing


def declared(
    look: Look, seen: Seen, columns: Iterable[str], role: str, wishes: dict[str, ColumnWish]
) -> list[ProposedColumn]:
    """The labels of a table of users (role `label`), the parameters of events, or the columns of a linked table."""
    found: list[ProposedColumn] = []
    for column in columns:
        codes = [other.code for other in found]
        found.append(_declared(look, seen, seen.facts[column], role, wishes.get(column, ColumnWish()), codes))
    return found


def _declared(look: Look, seen: Seen, facts: Facts, role: str, wish: ColumnWish, taken: list[str]) -> ProposedColumn:
    personal = personal_kind(facts, of_users=role == "label") if wish.personal is None else _given(wish.personal)
    if personal in ("email", "mobile") and wish.type is None:
        wish = replace(wish, type="string")  # nobody adds phone numbers up
    kind, notes = _kind(look, seen, facts, role == "parameter", wish)
    nothing = not facts.present
    kept = wish.kept if wish.kept is not None else not nothing
    lists = kind.type in ("string", "list") and personal is None
    return ProposedColumn(
        column=facts.name,
        role=role if kept else LEFT_OUT,
        code=code_of(facts.name, taken, role if role != "linked" else "column"),
        name=wish.name or name_of(facts.name),
        type=kind.type,
        facts=facts,
        scale=kind.scale,
        unit=wish.unit if wish.unit is not None else unit_in(facts.name) if kind.type == "number" else None,
        category=wish.category or _category(facts, kind, personal),
        personal=personal,
        values=values_of(facts, kind) if lists else {},
        notes=("no value at all",) if nothing else notes,
    )


def plain(facts: Facts, role: str) -> ProposedColumn:
    """A column that makes a row what it is, such as the uid; the vocabulary does not speak of it."""
    return ProposedColumn(
        facts.name, role, code_of(facts.name, (), role), name_of(facts.name), "string", facts,
        personal=personal_kind(facts, of_users=False),
    )  # fmt: skip


def _given(wish: str) -> Personal | None:
    return None if wish == "no" else wish  # type: ignore[return-value]


def _kind(look: Look, seen: Seen, facts: Facts, is_parameter: bool, wish: ColumnWish) -> tuple[Kind, tuple[str, ...]]:
    """The type, checked against every row that was looked at, as the load would read it."""
    found = kind_of(facts, is_parameter=is_parameter)
    if wish.type is not None:
        scale = wish.scale if wish.type == "number" else None
        if wish.type == "number" and scale is None and (found.type == "number" or is_parameter):
            scale = found.scale if found.type == "number" else min(facts.decimals, 9)
        found = Kind(wish.type, scale)
    elif wish.scale is not None and found.type == "number":
        found = replace(found, scale=wish.scale)
    if found.type == "string" or not facts.present:
        return found, found.notes
    unreadable = look.unreadable(seen, facts.name, stored_kind(found))
    if not unreadable:
        return found, found.notes
    if wish.type is None and unreadable * 1000 > facts.present * (_NOTHING if facts.placeholders else _UNREADABLE):
        return Kind("string"), (f"{unreadable:,} values are not what a {found.type} looks like here",)
    few = f"{unreadable:,} of {facts.present:,} values cannot be read as a {found.type} and will count as missing"
    return found, (few, *(note for note in found.notes if "will count as missing" not in note))


def stored_kind(kind: Kind) -> str:
    """How the load stores it, as `values` names kinds."""
    if kind.type == "number":
        return "double" if kind.scale is None else decimal_kind(kind.scale)
    return kind.type


def values_of(facts: Facts, kind: Kind) -> dict[str, str]:
    """The names of values, where there are few: most frequent first."""
    if kind.type == "list" or not has_few_values(facts) or is_code(facts):
        return {}
    named = {value: value_name(value) for value, _ in facts.common}
    places = _places(facts, list(named))
    return places or named


def _places(facts: Facts, values: list[str]) -> dict[str, str]:
    """Countries and languages by the codes of ISO, where every value is one and the heading says so."""
    from babel import Locale

    english = Locale("en")
    for meaning, names, change in (
        ("country", english.territories, str.upper),
        ("language", english.languages, str.lower),
    ):
        if says(facts.name, meaning) and all(len(v) == 2 and v == change(v) and v in names for v in values):
            return {value: str(names[value]) for value in values}
    return {}


def _category(facts: Facts, kind: Kind, personal: Personal | None) -> str:
    if personal in ("email", "mobile", "address"):
        return "Contact"
    if personal is not None:
        return "Personal data"
    if says(facts.name, "consent") and kind.type == "bool":
        return "Consent"
    return "Numbers" if kind.type == "number" else "Dates" if kind.type == "date" else "Profile"
