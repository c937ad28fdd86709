"""A person found in an app's lists, deleted ones too, and taken out: of kept rows, results of imports, parameters.

Who is only an address in a list, whom no load ever brought, is found here alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from segkit.api.lists.keeping import RESULT, ROWS, Change, changing, has_files, keep, result_kept, rows_kept, tidy
from segkit.data.finding_people import Found
from segkit.data.kept_out import KeptOut
from segkit.exchange.lists.erased import Whom, rows_of_them, without
from segkit.exchange.lists.identifiers import KINDS, Kind, forms, trimmed
from segkit.exchange.lists.kept_out import on_the_list
from segkit.exchange.lists.verdicts import FORM_OF, counted
from segkit.store.records import ListVersion, StoredSegment
from segkit.store.terms import Terms

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True, slots=True)
class ErasedFromList:
    """What an erasure took out of one list: its rows, rows of its last import's result, cells of others' rows."""

    app: str
    segment_id: str
    list: str
    rows: int
    result_rows: int
    cells: int

    def words(self) -> str:
        """A line of English."""
        return (
            f"list ‘{self.list}’ ({self.app}): {self.rows:,} rows and {self.result_rows:,} rows of its last import "
            f"removed, {self.cells:,} cells of others masked"
        )


@contextmanager
def erasing_lists(app: App) -> Iterator[ErasingLists]:
    """An app's lists to look for people in, and to take them out of; nobody else changes them meanwhile."""
    with changing(app):
        yield ErasingLists(app)


class ErasingLists:
    """Get one from `erasing_lists`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def _lists(self) -> Iterator[tuple[StoredSegment, ListVersion]]:
        """Every list whose files are there."""
        catalog, name = self._app.workspace.catalog, self._app.name
        away = [*catalog.segments(name, archived=True), *catalog.segments(name, deleted=True)]
        for segment in [*catalog.segments(name), *away]:
            version = catalog.list_version(segment.id) if segment.kind == "imported" else None
            if version is not None and has_files(self._app, version):
                yield segment, version

    def _tables(self, version: ListVersion) -> Iterator[tuple[str, pa.Table]]:
        yield ROWS, rows_kept(self._app, version)
        result = result_kept(self._app, version)
        if result is not None:
            yield RESULT, result

    # --- who it is ---------------------------------------------------------------------------------------------------

    def find(self, found: Found, who: str) -> Found:
        """`found` with what lists know of the person who is asked for, by whatever identifier."""
        for _, version in self._lists():
            wanted = _forms(found, version, {kind: [who] for kind in KINDS})
            for _, table in self._tables(version):
                rows = table.filter(pa.array(rows_of_them(table, Whom(frozenset(found.numbers), wanted))))
                for kind in KINDS:
                    found = _with(found, kind, *_told(rows, kind, wanted[kind]))
        return found

    def find_again(self, found: Found, kept_out: KeptOut) -> Found:
        """`found` with everybody who is kept out and stands in a list all the same."""
        for _, version in self._lists():
            for _, table in self._tables(version):
                nobody = table.filter(table["user_no"].is_null())
                for kind in KINDS:
                    if _form_in(table, kind) is None:
                        continue
                    form = nobody[_form_in(table, kind)].combine_chunks()
                    listed = on_the_list(kept_out, kind, form)
                    if kind in nobody.column_names:
                        listed |= on_the_list(kept_out, kind, trimmed(nobody[kind]))
                    found = _with(found, kind, *_told(nobody.filter(pa.array(listed)), kind, None))
        return found

    # --- out ---------------------------------------------------------------------------------------------------------

    def take_out(self, found: Found, terms: Terms) -> list[ErasedFromList]:
        """Keeps a version without the person of every list that has them, and removes the files before."""
        done = []
        for segment, version in self._lists():
            whom = Whom(frozenset(found.numbers), _forms(found, version), terms)
            left = {name: without(table, whom) for name, table in self._tables(version)}
            gone = {name: one.gone for name, one in left.items()}
            cells = sum(one.masked for one in left.values())
            if cells or any(gone.values()):
                result = left[RESULT].table if RESULT in left else None
                detail = version.detail if result is None else _counted_again(version, result, gone[RESULT])
                change = Change(segment.document, segment.version, version, left[ROWS].table, "erase", result,
                                version.source_sha256, detail)  # fmt: skip
                keep(self._app, change)
                done.append(ErasedFromList(self._app.name, segment.id, segment.name, gone[ROWS], gone.get(RESULT, 0),
                                           cells))  # fmt: skip
            else:
                tidy(self._app, version)
        return done


def _forms(
    found: Found, version: ListVersion, asked: dict[Kind, list[str]] | None = None
) -> dict[Kind, frozenset[str]]:
    """What the person is known by, in the forms that a list has: a mobile's depends on the list's region."""
    known: dict[Kind, list[str]] = {kind: [*(asked or {}).get(kind, [])] for kind in KINDS}
    known["uid"] += found.uids
    for kind, value in found.addresses:
        known[kind].append(value)
    region = version.detail.get("region")
    made = {kind: forms(kind, trimmed(pa.array(values, pa.large_string())), region) for kind, values in known.items()}
    return {kind: frozenset(made[kind].drop_null().to_pylist()) for kind in KINDS}


def _form_in(table: pa.Table, kind: Kind) -> str | None:
    """The column of an identifier's normal form: kept rows have that of e-mails alone, under its short name."""
    name = FORM_OF[kind] if FORM_OF[kind] in table.column_names else kind
    return name if name in table.column_names else None


def _told(rows: pa.Table, kind: Kind, wanted: frozenset[str] | None) -> tuple[set[str], set[str]]:
    """How some rows write one identifier of the person, and its normal forms."""
    name = _form_in(rows, kind)
    if name is None:
        return set(), set()
    found = rows[name].combine_chunks()
    chosen = np.array([form is not None and (wanted is None or form in wanted) for form in found.to_pylist()], bool)
    mine = rows.filter(pa.array(chosen))
    return set(trimmed(mine[kind]).drop_null().to_pylist()), set(mine[name].drop_null().to_pylist())


def _with(found: Found, kind: Kind, written: set[str], normal: set[str]) -> Found:
    if kind == "uid":
        return replace(found, uids=tuple(sorted({*found.uids, *written, *normal})))
    return replace(
        found,
        addresses=tuple(sorted({*found.addresses, *((kind, text) for text in written | normal)})),
        normal=tuple(sorted({*found.normal, *((kind, form) for form in normal)})),
    )


def _counted_again(version: ListVersion, result: pa.Table, gone: int) -> dict[str, Any]:
    """What came of the last import, of the rows that are left."""
    found = counted(result)
    return {
        **version.detail,
        "rows": found.rows,
        "matched": found.matched,
        "external": found.external,
        "rejected": found.rejected,
        "duplicate": found.duplicate,
        "reasons": {reason.sentence: count for reason, count in found.reasons.items()},
        "erased": version.detail.get("erased", 0) + gone,
    }
