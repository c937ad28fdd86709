"""One generation on disk: its new files in a folder of their own, then one manifest that names all of it.

`<folder>/manifest.json` is the current one; `<folder>/manifests/<n>.json` are copies of the last few, whose files stay
for readers that still hold them. Until the manifest is replaced, nothing that a load writes is of any account: what a
dead one left is swept by the next.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.coded.coding import remove_older
from segkit.data.manifest import FILE, Manifest, StoredFile, all_files, read_manifest, read_manifest_file
from segkit.data.report import LoadReport, read_report
from segkit.errors import Damaged, NotFound
from segkit.files.atomic import sweep, write_text
from segkit.files.disk import DISK, PRIVATE_FILE, private_folder, sync
from segkit.files.hashing import sha256_of

#: Older generations whose files stay.
KEPT = 3
ROW_GROUP = 122_880
SCRATCH = ".load"
_COPIES = "manifests"
_NUMBERED = re.compile(r"g(\d{6,})(\.part)?")


class Generation:
    """The files of generation `number` while they are written; `publish` makes them count, all at once."""

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        self._folder = folder
        self._name = f"g{number:06d}"
        self._part = folder / f"{self._name}.part"
        private_folder(self._part)

    def write(self, name: str, batches: Iterable[pa.RecordBatch]) -> StoredFile:
        """A Parquet file of that name, such as `labels/country.parquet`. Needs one batch at least, if an empty one."""
        path = self._part / name
        private_folder(path.parent)
        waiting = iter(batches)
        first = next(waiting)
        schema, rows = first.schema, 0
        # Texts that hardly repeat, and numbers, gain nothing from a dictionary.
        coded = [field.name for field in schema if field.name not in ("user_no", "uid", "at", "key")]
        with pq.ParquetWriter(
            path, schema, compression="zstd", use_dictionary=coded, store_decimal_as_integer=True, store_schema=False
        ) as writer:
            for group in _groups(chain([first], waiting), schema):
                writer.write_table(group, ROW_GROUP)
                rows += group.num_rows
        path.chmod(PRIVATE_FILE)
        sync(path)
        return StoredFile(path=f"{self._name}/{name}", rows=rows, size=path.stat().st_size, sha256=sha256_of(path))

    def write_json(self, name: str, content: object) -> StoredFile:
        """A file of plain data, such as `report.json`."""
        path = self._part / name
        write_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        return StoredFile(path=f"{self._name}/{name}", rows=1, size=path.stat().st_size, sha256=sha256_of(path))

    def write_plain(self, name: str, arrays: Iterable[npt.NDArray[np.uint64]]) -> StoredFile:
        """A file of that name of whole numbers, little-endian, 8 bytes each."""
        path = self._part / name
        rows = 0
        with path.open("wb") as file:
            for array in arrays:
                array.astype("<u8", copy=False).tofile(file)
                rows += len(array)
        path.chmod(PRIVATE_FILE)
        sync(path)
        return StoredFile(path=f"{self._name}/{name}", rows=rows, size=path.stat().st_size, sha256=sha256_of(path))

    def publish(self, manifest: Manifest) -> None:
        """Makes `manifest`, and with it the files written here, the current generation."""
        for path in (*(p for p in self._part.rglob("*") if p.is_dir()), self._part):
            sync(path)
        DISK.rename(self._part, self._folder / self._name)
        sync(self._folder)
        text = manifest.model_dump_json(indent=1) + "\n"
        write_text(self._folder / _COPIES / f"{manifest.generation}.json", text)
        write_text(self._folder / FILE, text)

    def drop(self) -> None:
        """Removes what was written, after a load that failed."""
        shutil.rmtree(self._part, ignore_errors=True)


def last_report(folder: Path) -> LoadReport:
    """What the load did that made the current generation. Raises NotFound without one, Damaged if it is unreadable."""
    manifest = read_manifest(folder)
    if manifest.report is None:
        raise NotFound(f"app '{folder.name}' was loaded by an earlier segkit, which kept no report")
    try:
        return read_report((folder / manifest.report.path).read_bytes())
    except (OSError, ValueError):
        raise Damaged(f"{folder / manifest.report.path} is not what segkit wrote; restore it from a backup") from None


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterable[pa.Table]:
    """Batches put together to row groups."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= ROW_GROUP:
            yield pa.Table.from_batches(waiting, schema)
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


def clear_leftovers(folder: Path, manifest: Manifest | None) -> None:
    """Removes what loads that died left behind, and what no kept generation names. Needs the app's lock."""
    current = manifest.generation if manifest else 0
    oldest = max(current - KEPT, manifest.nothing_before if manifest else 0)
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    sweep(folder)
    if manifest is not None:
        remove_older(folder, manifest)
    named: set[str] = {file.path for file in all_files(manifest)} if manifest else set()
    for copy in list((folder / _COPIES).glob("*.json")):
        number = int(copy.stem) if copy.stem.isdigit() else 0
        if oldest <= number <= current and (kept := _readable(copy)) is not None:
            named |= {file.path for file in all_files(kept)}
        elif number != current or manifest is None:
            copy.unlink()
    for path in folder.iterdir():
        found = _NUMBERED.fullmatch(path.name)
        if found and path.is_dir():
            _clear(path, folder, named if not found[2] and int(found[1]) <= current else set())


def _readable(copy: Path) -> Manifest | None:
    try:
        return read_manifest_file(copy)
    except Damaged:
        return None


def _clear(path: Path, folder: Path, named: set[str]) -> None:
    """Removes the files that are not named, and the folders that are then empty."""
    for inner in path.iterdir():
        if inner.is_dir():
            _clear(inner, folder, named)
        elif inner.relative_to(folder).as_posix() not in named:
            inner.unlink()
    if not any(path.iterdir()):
        path.rmdir()


def kept_manifest(folder: Path, generation: int) -> Manifest | None:
    """That of one of the last few generations, whose files stay; None for one that is gone."""
    copy = folder / _COPIES / f"{generation}.json"
    return _readable(copy) if copy.exists() else None


def newest_on_disk(folder: Path) -> int:
    """The highest generation number that a folder or a copy has, for a load that cannot read the manifest."""
    folders = [int(found[1]) for path in folder.glob("g*") if (found := _NUMBERED.fullmatch(path.name))]
    copies = [int(copy.stem) for copy in (folder / _COPIES).glob("*.json") if copy.stem.isdigit()]
    return max([0, *folders, *copies])


def newest_readable(folder: Path) -> Manifest | None:
    """The newest copy of a manifest that can be read, for a load that cannot read the current one."""
    copies = sorted((int(copy.stem), copy) for copy in (folder / _COPIES).glob("*.json") if copy.stem.isdigit())
    return next((found for _, copy in reversed(copies) if (found := _readable(copy)) is not None), None)
