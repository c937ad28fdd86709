"""A file, or one person by hand, into a list: read, judged, merged, and kept as its next version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pyarrow as pa

from segkit.api.ages import moment_words
from segkit.api.lists.finding import address_label, imported, not_kept, people_of
from segkit.api.lists.keeping import FOLDER, Change, changing, keep, reading_folder, rows_kept
from segkit.api.lists.reports import ImportReport
from segkit.data.kept_out import read_kept_out
from segkit.definitions.documents import Document, parse_document
from segkit.errors import ImportedBefore, SegkitError
from segkit.exchange.lists.headings import FIELDS, Columns, columns_of
from segkit.exchange.lists.kept import NO_ROWS, Mode, merged, rows_of
from segkit.exchange.lists.kept_out import without_kept_out
from segkit.exchange.lists.mobiles import region_code
from segkit.exchange.lists.reading.cells_file import cells_schema
from segkit.exchange.lists.reading.limits import ReadingLimits
from segkit.exchange.lists.reading.reader import Cells, reading
from segkit.exchange.lists.verdicts import Verdicts, verdicts
from segkit.files.disk import private_folder
from segkit.files.hashing import sha256_of
from segkit.store.records import ListVersion
from segkit.store.saving import new_id

if TYPE_CHECKING:
    from segkit.api.app import App


#: Called with the step and how much of it is done, 0 to 1.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a file is to be imported; see `App.import_list`."""

    name: str | None = None
    into: str | None = None
    description: str = ""
    mode: Mode = "replace"
    consented: bool = False
    region: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    limits: ReadingLimits | None = None

    def checked(self) -> Wanted:
        """The same with the region as libraries have it. Raises SegkitError for what does not fit together."""
        if (self.name is None) == (self.into is None):
            raise SegkitError("expected the name of a new list (`--name`) or a list to import into (`--into`)")
        if self.mode not in get_args(Mode):
            raise SegkitError(f"mode '{self.mode}': expected {', '.join(get_args(Mode))}")
        if self.mode != "replace" and self.into is None:
            raise SegkitError(f"mode {self.mode} is for a list that there is; name it with `--into`")
        return replace(self, region=region_code(self.region) if self.region else None)


def import_list(
    app: App, path: Path, wanted: Wanted, progress: Progress | None, cancel: threading.Event | None
) -> ImportReport:
    """Imports a file; see `App.import_list`."""
    wanted, tell = wanted.checked(), progress or (lambda step, share: None)
    target = _target(app, wanted)
    sha256 = sha256_of(path) if path.is_file() else None  # the reader says what is wrong with one that is none
    if sha256 and not wanted.again:
        _refuse_the_same_file(app, path, sha256)
    private_folder(app.workspace.folder / FOLDER)
    scratch = private_folder(reading_folder(app.workspace.folder))
    tell("Reading the file", 0.0)
    with reading(path, scratch, wanted.limits, tell=_reading_told(tell), cancel=cancel) as cells:
        columns = columns_in(app, cells, wanted.mapping, path)
        tell("Looking up users", 0.0)
        found = verdicts(cells.table, columns, people_of(app, wanted.region), wanted.region)
    if not found.rows:
        raise SegkitError(f"{path.name}: there are headings, and no rows below them; nothing was changed")
    tell("Keeping the list", 0.0)
    with changing(app):
        # Nobody is erased meanwhile; who was erased since the users were looked up is on the list by now.
        found = without_kept_out(found, read_kept_out(app.workspace.folder, app.name), app.manifest.dead)
        if sha256 and not wanted.again:
            _refuse_the_same_file(app, path, sha256)
        held = app.workspace.catalog.list_version(target.segment_id)
        rows = merged(_rows_held(app, held), rows_of(found.table, wanted.consented), wanted.mode)
        detail = _detail(cells, columns, found, wanted)
        change = replace(target, held=held, rows=rows, result=found.table, source_sha256=sha256, detail=detail)
        version = keep(app, change)
    _put_on_record(app, version, "import list")
    return report_of(version, change.document.name)


def _reading_told(tell: Progress) -> Callable[[int], None]:
    """How many rows there are is not known before they are read."""
    return lambda rows: tell("Reading the file", rows / (rows + 500_000))


def _rows_held(app: App, held: ListVersion | None) -> pa.Table:
    return NO_ROWS if held is None else rows_kept(app, held)


def _target(app: App, wanted: Wanted) -> Change:
    """The list that is to change, before anything is read."""
    if wanted.into is not None:
        definition = imported(app, wanted.into)
        return Change(definition.document, definition.version or 1, None, NO_ROWS, "import")
    definitions = app.definitions()
    if wanted.name is not None and wanted.name in definitions:
        found = definitions[wanted.name]
        held = "an imported list" if found.kind == "imported" else f"a {found.kind} segment"
        into = "; `--into` imports into it" if found.kind == "imported" else ""
        raise SegkitError(f"‘{found.name}’ is the name of {held}; choose another{into}")
    return Change(_new_document(app, wanted), 1, None, NO_ROWS, "import")


def _new_document(app: App, wanted: Wanted) -> Document:
    data: dict[str, Any] = {
        "id": new_id("sg_"),
        "app": app.name,
        "name": wanted.name,
        "description": wanted.description,
        "cycle": "once",
        "rule": {"any": []},  # its users are those of its rows
    }
    return parse_document(data, f"List '{wanted.name}'")


def _refuse_the_same_file(app: App, path: Path, sha256: str) -> None:
    for version in app.workspace.catalog.list_versions(app.name):
        if version.source_sha256 == sha256:
            name = app.names()(version.segment_id)
            when = moment_words(version.at, app.workspace.clock(), app.zone)
            raise ImportedBefore(
                f"{path.name} was imported before, into ‘{name}’ ({when}); nothing was changed. "
                "`--again` imports it once more."
            )


def columns_in(app: App, cells: Cells, mapping: Mapping[str, str], path: Path) -> Columns:
    """Which column holds what, also where a file is headed as the app's own exports are. Raises SegkitError."""
    own: dict[str, str | None] = {}
    address = {address_label(app, kind): kind for kind in ("email", "mobile")}
    for label in app.vocabulary.labels:  # as exports call them
        own |= {heading: address.get(label.code) for heading in (label.code, label.name)}
    try:
        return columns_of(cells.headings, mapping, own)
    except SegkitError as error:
        raise SegkitError(f"{path.name}: {error}") from None


def _detail(cells: Cells, columns: Columns, found: Verdicts, wanted: Wanted) -> dict[str, Any]:
    parts = [cells.format.upper(), *(part for part in (cells.encoding, cells.delimiter) if part)]
    return {
        "mode": wanted.mode,
        "region": wanted.region,
        "consented": wanted.consented,
        "rows": found.rows,
        "matched": found.matched,
        "external": found.external,
        "rejected": found.rejected,
        "duplicate": found.duplicate,
        "reasons": {reason.sentence: count for reason, count in found.reasons.items()},
        "columns": {name: cells.headings[place] for name, place in columns.places.items() if name in FIELDS},
        "columns_left_out": list(columns.left_out),
        "sheets": list(cells.sheets),
        "sheets_left_out": list(cells.left_out),
        "written": ", ".join(parts),
    }


def report_of(version: ListVersion, name: str) -> ImportReport:
    """The report of a list's last import."""
    told = {key: value for key, value in version.detail.items() if key != "region"}
    for key in ("columns_left_out", "sheets", "sheets_left_out"):
        told[key] = tuple(told[key])
    return ImportReport(
        id=version.segment_id,
        name=name,
        version=version.number,
        list_users=version.matched,
        list_external=version.external,
        **told,
    )


def _put_on_record(app: App, version: ListVersion, action: str) -> None:
    kept = ("mode", "consented", "rows", "matched", "external", "rejected", "duplicate")
    detail = {key: version.detail[key] for key in kept if key in version.detail}
    app.workspace.catalog.record_audit(
        actor=app.workspace.actor,
        at=version.at,
        app=app.name,
        action=action,
        subject=version.segment_id,
        detail={"version": version.number, "users": version.matched, "externals": version.external, **detail},
    )


# --- one person by hand -----------------------------------------------------------------------------------------------


def change_by_hand(
    app: App, name: str, mode: Mode, person: Mapping[str, str | None], region: str | None, consented: bool
) -> ListVersion:
    """Adds one person to a list, or takes one off. Raises SegkitError with the reason where nobody is meant by it."""
    definition = imported(app, name)
    region = region_code(region) if region else None
    columns = Columns({field: place for place, field in enumerate(FIELDS)}, ())
    cells = pa.Table.from_pylist(
        [{"sheet": 0, "row": 1, "more": None, **{f"c{place}": person.get(f) for place, f in enumerate(FIELDS)}}],
        cells_schema(len(FIELDS)),
    )
    found = verdicts(cells, columns, people_of(app, region), region)
    with changing(app):
        found = without_kept_out(found, read_kept_out(app.workspace.folder, app.name), app.manifest.dead)
        for reason in found.reasons:
            raise SegkitError(f"‘{definition.name}’ was not changed. {reason.sentence}")
        held = app.workspace.catalog.list_version(definition.id)
        if held is None:
            raise not_kept(definition.name)
        before = rows_kept(app, held)
        rows = merged(before, rows_of(found.table, consented), mode)
        if mode == "remove" and rows.num_rows == before.num_rows:
            raise SegkitError(f"‘{definition.name}’ was not changed: that person is not in it")
        version = keep(
            app, Change(definition.document, definition.version or 1, held, rows, "hand", detail=held.detail)
        )
    _put_on_record(app, version, "add to list" if mode == "add" else "take off list")
    return version
