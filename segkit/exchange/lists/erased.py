"""One person taken out of the rows of a list, as they are kept and as the result of its last import has them.

Rows that mean the person go. Where others' rows name the person, in a parameter or an address, only that is masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segkit.exchange.lists.identifiers import KINDS, Kind
from segkit.exchange.lists.verdicts import FORM_OF
from segkit.store.terms import Terms


@dataclass(frozen=True, slots=True)
class Whom:
    """One person: user numbers, identifiers in the normal forms of lists, and the words to look for in texts."""

    numbers: frozenset[int] = frozenset()
    forms: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a table, how many rows went, and how many cells of other rows are masked."""

    table: pa.Table = field(repr=False)
    gone: int
    masked: int


def rows_of_them(table: pa.Table, whom: Whom) -> np.ndarray:
    """Which rows are the person's: by number; by an identifier where the row is nobody else's; by a text in one that is
    no user's."""
    numbers = table["user_no"].combine_chunks()
    theirs = _is_in(numbers, pa.array(sorted(whom.numbers), pa.int32()))
    is_nobody = numbers.is_null().to_numpy(zero_copy_only=False)
    for kind, name in _form_columns(table):
        forms = pa.array(sorted(whom.forms.get(kind, ())), pa.large_string())
        theirs |= is_nobody & _is_in(table[name].combine_chunks(), forms)
    for name in _texts(table):
        places = _named_in(table[name].combine_chunks(), whom.terms)
        theirs[places[is_nobody[places]]] = True
    return theirs


def without(table: pa.Table, whom: Whom) -> Left:
    """The table without the person."""
    theirs = rows_of_them(table, whom)
    left = table.filter(pa.array(~theirs)).combine_chunks() if theirs.any() else table
    if theirs.any() and "first" in left.column_names:
        left = _with_places(left, theirs)
    masked = 0
    for kind, name in _form_columns(left):  # of others, whose row an address of the person stands in
        forms = pa.array(sorted(whom.forms.get(kind, ())), pa.large_string())
        column = left[name].combine_chunks()
        left = _put(left, name, pc.if_else(pa.array(_is_in(column, forms)), pa.scalar(None, column.type), column))
    for name in _texts(left):
        column = left[name].combine_chunks()
        places = _named_in(column, whom.terms)
        if len(places):
            mask = np.zeros(len(column), dtype=bool)
            mask[places] = True
            new = [whom.terms.masked(text) for text in column.take(pa.array(places)).to_pylist()]
            left = _put(left, name, pc.replace_with_mask(column, pa.array(mask), pa.array(new, column.type)))
            masked += len(places)
    return Left(left, int(theirs.sum()), masked)


def _with_places(left: pa.Table, gone: np.ndarray) -> pa.Table:
    """Duplicates name the row that they repeat by its place, which is another now."""
    places = np.cumsum(~gone) - 1
    firsts = left["first"].combine_chunks()
    known = firsts.is_valid().to_numpy(zero_copy_only=False)
    moved = np.where(known, places[pc.fill_null(firsts, 0).to_numpy(zero_copy_only=False)], -1)
    return _put(left, "first", pa.array(moved, firsts.type, mask=~known))


def _put(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), column)


def _form_columns(table: pa.Table) -> Iterator[tuple[Kind, str]]:
    """The columns of normal forms: kept rows have that of e-mails alone, under its short name."""
    for kind in KINDS:
        name = FORM_OF[kind] if FORM_OF["uid"] in table.column_names else kind
        if name in table.column_names:
            yield kind, name


def _texts(table: pa.Table) -> list[str]:
    return [one.name for one in table.schema if pa.types.is_large_string(one.type)]


def _is_in(column: pa.Array, values: pa.Array) -> np.ndarray:
    mask: np.ndarray = pc.fill_null(pc.is_in(column, value_set=values), False).to_numpy(zero_copy_only=False)
    return np.asarray(mask & column.is_valid().to_numpy(zero_copy_only=False))


def _named_in(column: pa.Array, terms: Terms) -> np.ndarray:
    """The places of texts that name the person. An expression that takes too many chooses which are looked at."""
    parts = [re.escape(word.strip()) for word in (*(terms.uids - terms.short_uids), *terms.emails) if word.strip()]
    parts += ["[^0-9]{0,3}".join(digits) for digits in map(_digits, terms.mobiles) if digits]
    if not parts:
        return np.array([], dtype=np.int64)
    near = pc.fill_null(pc.match_substring_regex(column, "|".join(parts), ignore_case=True), False)
    places = np.flatnonzero(near.to_numpy(zero_copy_only=False))
    named = [place for place in places.tolist() if terms.stand_in(column[place].as_py())]
    return np.array(named, dtype=np.int64)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
