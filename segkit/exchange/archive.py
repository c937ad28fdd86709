"""The zip of an export: a file a segment, or several, under names of ours, streamed and hashed, then the manifest.

The same input gives the same bytes: every member has the same date and mode.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from segkit.errors import SegkitError
from segkit.exchange import manifest
from segkit.exchange.csv_files import CsvLines
from segkit.exchange.json_lines import JsonLines
from segkit.exchange.parquet_files import write_parquet
from segkit.exchange.parts import ExportedSegment, ExportPart, Format, Profile, Split, sliced
from segkit.exchange.xlsx_files import write_xlsx
from segkit.files.disk import PRIVATE_FILE, PRIVATE_FOLDER
from segkit.files.names import safe_name

_DATED = (1980, 1, 1, 0, 0, 0)
_UNPACKED = ".parts"


def remove_abandoned(folder: Path) -> None:
    """Removes workbooks in the making whose zip in the making is gone: the process that wrote them died."""
    for unpacked in folder.glob(f".*.segkit-tmp{_UNPACKED}"):
        if not unpacked.with_name(unpacked.name.removesuffix(_UNPACKED)).exists():
            shutil.rmtree(unpacked, ignore_errors=True)


class Archive:
    """One zip being written to a temporary path; whatever else it needs on disk lies beside that and goes again."""

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        format: Format,
        profile: Profile,
        made_at: datetime,
        split: Split = Split(),  # noqa: B008  # frozen
    ) -> None:
        self._path = path
        self._columns = list(columns)
        self._format = format
        self._for_people = profile == "spreadsheet"
        self._made_at = made_at
        self._split = split
        self._taken = {manifest.FILE}

    def write(self, parts: Sequence[ExportPart], export: Mapping[str, Any]) -> list[ExportedSegment]:
        """Writes all parts and the manifest. Raises SegkitError for rows that are not what was told."""
        add = {"xlsx": self._add_xlsx, "parquet": self._add_parquet}.get(self._format, self._add_lines)
        exported: list[ExportedSegment] = []
        entries = []
        with zipfile.ZipFile(self._path, "w") as archive:
            for part in parts:
                written = list(add(archive, part))
                exported += written
                entries += [manifest.segment_entry(part, file) for file in written]
            with _member(archive, manifest.FILE, zipfile.ZIP_DEFLATED) as member:
                member.write(manifest.encoded(export, entries))
        return exported

    def _add_lines(self, archive: zipfile.ZipFile, part: ExportPart) -> Iterator[ExportedSegment]:
        """CSV or JSON lines; further files once one is full."""
        columns = self._columns_of(part)
        batches = sliced(_counted(part, columns), self._split)
        waiting: pa.RecordBatch | None = None
        while True:
            lines = JsonLines(columns) if self._format == "jsonl" else CsvLines(columns, for_people=self._for_people)
            name = self._name(part)
            with _member(archive, name, zipfile.ZIP_DEFLATED) as member:
                rows, waiting = _fill(member, lines, waiting, batches, self._split)
            yield member.exported(part, name, rows, disarmed=lines.disarmed)
            if waiting is None:
                return

    def _add_parquet(self, archive: zipfile.ZipFile, part: ExportPart) -> Iterator[ExportedSegment]:
        name, columns = self._name(part), self._columns_of(part)
        batches = _counted(part, columns)
        schema, batches = (part.schema, batches) if part.schema is not None else _peeked(batches, columns)
        with _member(archive, name, zipfile.ZIP_STORED) as member:
            write_parquet(member, schema, batches)
        yield member.exported(part, name, part.count)

    def _add_xlsx(self, archive: zipfile.ZipFile, part: ExportPart) -> Iterator[ExportedSegment]:
        name, columns = self._name(part), self._columns_of(part)
        unpacked = self._path.with_name(self._path.name + _UNPACKED)
        unpacked.mkdir(mode=PRIVATE_FOLDER)
        try:
            book = unpacked / "book.xlsx"
            sheets = write_xlsx(book, columns, _counted(part, columns), self._made_at)
            with _member(archive, name, zipfile.ZIP_STORED) as member, book.open("rb") as source:
                shutil.copyfileobj(source, member, 1 << 20)
        finally:
            shutil.rmtree(unpacked)
        yield member.exported(part, name, part.count, sheets=sheets)

    def _columns_of(self, part: ExportPart) -> list[str]:
        return self._columns if part.columns is None else list(part.columns)

    def _name(self, part: ExportPart) -> str:
        """The next file's name in the zip, of the part's name and id: safe, and unique whatever the letter case."""
        piece = f"-{safe_name(part.piece)}" if part.piece else ""
        stem = f"{safe_name(part.name)}-{safe_name(part.segment_id)}{piece}"
        name, number = f"{stem}.{self._format}", 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}.{self._format}"
        self._taken.add(name.casefold())
        return name


class _Member:
    """A file in the zip, written in pieces, which are counted and hashed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._sha256.update(data)
        self.size += len(data)
        return self._file.write(data)

    def exported(self, part: ExportPart, file: str, rows: int, **more: Any) -> ExportedSegment:
        told: dict[str, Any] = {"segment_id": part.segment_id, "name": part.name, "file": file, "rows": rows}
        return ExportedSegment(**told, piece=part.piece, size=self.size, sha256=self._sha256.hexdigest(), **more)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, compression: int) -> Iterator[_Member]:
    info = zipfile.ZipInfo(name, _DATED)
    info.compress_type = compression
    info.create_system = 3  # Unix, which has the modes
    info.external_attr = PRIVATE_FILE << 16
    with archive.open(info, "w", force_zip64=True) as file:
        yield _Member(file)


def _fill(
    member: _Member,
    lines: CsvLines | JsonLines,
    waiting: pa.RecordBatch | None,
    batches: Iterator[pa.RecordBatch],
    split: Split,
) -> tuple[int, pa.RecordBatch | None]:
    """Writes a heading and rows until the file is full; how many, and the batch that found no place, if one did."""
    member.write(lines.heading())
    rows = 0
    batch = waiting if waiting is not None else next(batches, None)
    while batch is not None:
        content = lines.lines(batch)
        if rows and split.is_past(rows + batch.num_rows, member.size + len(content)):
            return rows, batch
        member.write(content)
        rows += batch.num_rows
        batch = next(batches, None)
    return rows, None


def _peeked(batches: Iterator[pa.RecordBatch], columns: list[str]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The schema that the first batch has, and all batches; text where there is none."""
    first = next(batches, None)
    if first is None:
        return pa.schema([(name, pa.string()) for name in columns]), iter(())
    return first.schema, chain([first], batches)


def _counted(part: ExportPart, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The part's batches as they are. Raises SegkitError once they are not the columns or as many rows as was told."""
    rows = 0
    for batch in part.batches:
        lacks_uid = columns[:1] == ["uid"] and batch.num_columns and batch.column(0).null_count
        if batch.schema.names != columns or lacks_uid:
            raise SegkitError(
                f"‘{part.name}’: found columns {', '.join(batch.schema.names)}; expected {', '.join(columns)}, "
                "with a uid in every row. Nothing was written."
            )
        rows += batch.num_rows
        if rows > part.count:
            break
        yield batch
    if rows != part.count:
        found = f"at least {rows:,}" if rows > part.count else f"{rows:,}"
        raise SegkitError(
            f"‘{part.name}’: found {found} users; its count as of {part.as_of} is {part.count:,}. Nothing was written. "
            f"`segkit refresh '{part.name}' --as-of {part.as_of}` computes it again."
        )
