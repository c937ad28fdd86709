"""Which exports a person was in: by the rows of a zip that is there, else by the users that were published for it.

Zips inside the workspace that hold the person are removed; their records stay.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from segkit.engine.bitmap import Bitmap
from segkit.errors import SegkitError
from segkit.exchange.manifest import FILE as MANIFEST
from segkit.files.disk import sync
from segkit.operations.decoding import texts_of_file
from segkit.store.catalog import Catalog
from segkit.store.records import ExportRecord
from segkit.store.sent import read_sent
from segkit.store.snapshots import read_snapshot
from segkit.store.terms import Terms

How = Literal["its rows", "the users that were sent", "the users published for it", "cannot be told"]
_BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, csv.Error, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class Person:
    """One person in one app: user numbers, the words by which they are known, and the hashes that platforms get."""

    numbers: frozenset[int]
    terms: Terms
    hashes: frozenset[str] = frozenset()

    def stand_in(self, text: str) -> bool:
        """Whether a text of an export holds them."""
        return self.terms.stand_in(text) or any(found in text for found in self.hashes)


@dataclass(frozen=True, slots=True)
class ExportOf:
    """An export that a person was in, or may have been in, and by what that is known. Of a file that is on no record
    only its name is known."""

    file: str
    app: str
    as_of: date | None
    at: datetime | None
    by: How
    removed: bool
    delivered_to: str = ""


def take_exports(
    workspace: Path, catalog: Catalog, targets: Collection[str], persons: Mapping[str, Person]
) -> list[ExportOf]:
    """All exports that one of the persons was in, each by its app; of zips inside the workspace those are removed."""
    records = {record.file: record for record in reversed(catalog.exports())}
    there = {path.relative_to(workspace).as_posix(): path for path in _zips(workspace, targets, records)}
    found = [_taken(file, path, records.get(file), persons) for file, path in there.items()]
    away = [record for file, record in records.items() if file not in there]
    for record in away:
        is_ours = not Path(record.file).is_absolute()  # one that was removed before
        by = _by_published_users(workspace, catalog, record, persons)
        found.append(_told(record.file, record, by, removed=is_ours))
    return [export for export in found if export is not None]


def _taken(file: str, path: Path, record: ExportRecord | None, persons: Mapping[str, Person]) -> ExportOf | None:
    """Removes a zip if one of the persons is in it."""
    holds = _holds(path, _persons_of(record.app if record else _app_of(path), persons))
    if holds:
        path.unlink()
        sync(path.parent)
    return _told(
        file, record, "cannot be told" if holds is None else "its rows" if holds else None, removed=bool(holds)
    )


def _told(file: str, record: ExportRecord | None, by: How | None, *, removed: bool = False) -> ExportOf | None:
    if by is None:
        return None
    if record is None:
        return ExportOf(file, "", None, None, by, removed)
    place = record.detail.get("delivery", {}).get("place", "")
    return ExportOf(file, record.app, record.as_of, record.at, by, removed, place)


def _zips(workspace: Path, targets: Collection[str], records: Iterable[str]) -> Iterator[Path]:
    for target in sorted({"exports", *targets}):
        yield from sorted((workspace / target).rglob("*.zip"))
    for file in records:
        path = workspace / file
        if path.is_file() and path.resolve().is_relative_to(workspace):
            yield path


def _persons_of(app: str | None, persons: Mapping[str, Person]) -> list[Person]:
    return list(persons.values()) if app is None else [persons[app]] if app in persons else []


def _app_of(path: Path) -> str | None:
    """The app that a zip says it is of; None if it does not."""
    try:
        with zipfile.ZipFile(path) as archive:
            return str(json.loads(archive.read(MANIFEST))["app"])
    except _BROKEN:
        return None


def _holds(path: Path, persons: Collection[Person]) -> bool | None:
    """Whether one of them is in a zip; None if it cannot be read."""
    try:
        if any(person.stand_in(text) for text in texts_of_file(path) for person in persons):
            return True
        uids = frozenset[str]().union(*(person.terms.short_uids for person in persons))
        return bool(uids) and any(uid in uids for uid in _uids_in(path))
    except _BROKEN:
        return None


def _uids_in(path: Path) -> Iterator[str]:
    """The first column of every table in an export."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                if member.filename.endswith(".csv"):
                    yield from _first_cells(file)
                elif member.filename.endswith(".xlsx"):
                    yield from _first_cells_of_sheets(file)
                elif member.filename.endswith(".parquet"):
                    for batch in pq.ParquetFile(io.BytesIO(file.read())).iter_batches(columns=["uid"]):
                        yield from batch.column(0).to_pylist()
                elif member.filename.endswith(".jsonl"):
                    yield from (str(json.loads(line).get("uid", "")) for line in file)


def _first_cells(file: IO[bytes]) -> Iterator[str]:
    for row in csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline="")):
        if row:
            yield row[0].removeprefix("'")


def _first_cells_of_sheets(file: IO[bytes]) -> Iterator[str]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(file.read()), read_only=True)
    for sheet in book.worksheets:
        for (cell,) in sheet.iter_rows(max_col=1, values_only=True):
            if cell is not None:
                yield str(cell)


def _by_published_users(
    workspace: Path, catalog: Catalog, record: ExportRecord, persons: Mapping[str, Person]
) -> How | None:
    """What the memberships say that an export was written from, where its file is out of reach."""
    if record.app not in persons:
        return None
    numbers, unknown = persons[record.app].numbers, False
    for segment_id in record.detail.get("segments", {}):
        sent = _sent(workspace, record, segment_id)
        if sent is not None:
            if _hold(sent, numbers):
                return "the users that were sent"
            if not record.detail.get("changes"):  # who left is in the file as well
                continue
        published = (s for s in catalog.snapshots(record.app, segment_id)
                     if s.as_of <= record.as_of and s.computed_at <= record.at)  # fmt: skip
        snapshot = next(published, None)
        try:
            users = None if snapshot is None else read_snapshot(workspace, snapshot)
        except SegkitError:
            users = None
        if users is None:
            unknown = True
        elif _hold(users, numbers):
            return "the users published for it"
    return "cannot be told" if unknown else None


def _sent(workspace: Path, record: ExportRecord, segment_id: str) -> Bitmap | None:
    kept = record.detail.get("sent", {}).get(segment_id)
    with suppress(SegkitError):
        return None if kept is None else read_sent(workspace, kept)
    return None


def _hold(users: Bitmap, numbers: Collection[int]) -> bool:
    return any(number < users.size and number in users for number in numbers)
