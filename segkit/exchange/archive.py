"""The zip of an export: one file a segment under a name of ours, streamed and hashed, then the manifest.

The same input gives the same bytes: every member has the same date and mode.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from segkit.errors import SegkitError
from segkit.exchange import manifest
from segkit.exchange.csv_files import write_csv
from segkit.exchange.parts import ExportedSegment, ExportPart, Format, Profile
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

    def __init__(self, path: Path, columns: Sequence[str], format: Format, profile: Profile, made_at: datetime) -> None:
        self._path = path
        self._columns = list(columns)
        self._format = format
        self._for_people = profile == "spreadsheet"
        self._made_at = made_at

    def write(self, parts: Sequence[ExportPart], export: Mapping[str, Any]) -> list[ExportedSegment]:
        """Writes all parts and the manifest. Raises SegkitError for rows that are not what was told."""
        add = self._add_csv if self._format == "csv" else self._add_xlsx
        with zipfile.ZipFile(self._path, "w") as archive:
            names = _file_names(parts, self._format)
            exported = [add(archive, part, name) for part, name in zip(parts, names, strict=True)]
            entries = [manifest.segment_entry(*pair) for pair in zip(parts, exported, strict=True)]
            with _member(archive, manifest.FILE, zipfile.ZIP_DEFLATED) as member:
                member.write(manifest.encoded(export, entries))
        return exported

    def _add_csv(self, archive: zipfile.ZipFile, part: ExportPart, name: str) -> ExportedSegment:
        with _member(archive, name, zipfile.ZIP_DEFLATED) as member:
            batches = _counted(part, self._columns)
            disarmed = write_csv(member.write, self._columns, batches, for_people=self._for_people)
        return member.exported(part, name, disarmed=disarmed)

    def _add_xlsx(self, archive: zipfile.ZipFile, part: ExportPart, name: str) -> ExportedSegment:
        unpacked = self._path.with_name(self._path.name + _UNPACKED)
        unpacked.mkdir(mode=PRIVATE_FOLDER)
        try:
            book = unpacked / "book.xlsx"
            sheets = write_xlsx(book, self._columns, _counted(part, self._columns), self._made_at)
            with _member(archive, name, zipfile.ZIP_STORED) as member, book.open("rb") as source:
                shutil.copyfileobj(source, member, 1 << 20)
        finally:
            shutil.rmtree(unpacked)
        return member.exported(part, name, sheets=sheets)


class _Member:
    """A file in the zip, written in pieces, which are counted and hashed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._sha256.update(data)
        self._size += len(data)
        return self._file.write(data)

    def exported(self, part: ExportPart, file: str, **more: Any) -> ExportedSegment:
        told: dict[str, Any] = {"segment_id": part.segment_id, "name": part.name, "file": file, "rows": part.count}
        return ExportedSegment(**told, size=self._size, sha256=self._sha256.hexdigest(), **more)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, compression: int) -> Iterator[_Member]:
    info = zipfile.ZipInfo(name, _DATED)
    info.compress_type = compression
    info.create_system = 3  # Unix, which has the modes
    info.external_attr = PRIVATE_FILE << 16
    with archive.open(info, "w", force_zip64=True) as file:
        yield _Member(file)


def _counted(part: ExportPart, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The part's batches as they are. Raises SegkitError once they are not the columns or as many rows as was told."""
    rows = 0
    for batch in part.batches:
        if batch.schema.names != columns or batch.column(0).null_count:
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


def _file_names(parts: Sequence[ExportPart], ending: str) -> list[str]:
    """A name in the zip for each part, of its name and its id: safe, and unique whatever the letter case."""
    taken = {manifest.FILE}
    names = []
    for part in parts:
        stem = f"{safe_name(part.name)}-{safe_name(part.segment_id)}"
        name, number = f"{stem}.{ending}", 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}.{ending}"
        taken.add(name.casefold())
        names.append(name)
    return names
