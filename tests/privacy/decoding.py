"""What a folder's files say once they are decoded: every text in them, however it is packed, and where it stands.

Zip (workbooks too), gzip, zstd, Parquet, Arrow, SQLite with its log, JSON with its escapes, JSON lines and notebooks,
HTML entities, data URLs; whatever else there is as bytes. `told_in` looks for strings in all of it.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import shutil
import sqlite3
import tempfile
import urllib.parse
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

_DATA_URL = re.compile(r"data:[\w/+.-]+;base64,([A-Za-z0-9+/=\\n]+)")
_DEEPEST = 8


class Told(NamedTuple):
    """Something that was found: the string, its file below the folder, and the place in it."""

    string: str
    file: str
    place: str


def told_in(folder: Path, strings: Iterable[str], leave_out: Iterable[str] = ()) -> list[Told]:
    """Every place below a folder, file names too, that tells one of the strings; the folders `leave_out` aside."""
    wanted = {string.casefold(): string for string in strings}
    left_out = tuple(f"{name}/" for name in leave_out)
    found: set[Told] = set()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if f"{name}/".startswith(left_out):
            continue
        said = [("its name", name), *texts_of(path)] if path.is_file() else [("its name", name)]
        found |= {Told(string, name, place) for place, text in said for string in told(text, wanted)}
    return sorted(found)


def told(text: str, wanted: dict[str, str]) -> Iterator[str]:
    """Those of the strings, which are given by their folded form, that a text tells, in plain or with entities."""
    folded = text.casefold()
    forms = {folded, html.unescape(folded), urllib.parse.unquote(folded)}
    return (string for key, string in wanted.items() if any(key in form for form in forms))


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """Every text in a file, with its place."""
    if path.name.endswith(("-wal", "-shm")):
        yield "raw", path.read_bytes().decode("utf-8", "replace")
    elif path.open("rb").read(16) == b"SQLite format 3\0":
        yield from _of_sqlite(path)
    else:
        yield from decoded(path.read_bytes(), "")


def decoded(content: bytes, place: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in some bytes: as they are, and as what they hold."""
    yield f"{place} raw".strip(), content.decode("utf-8", "replace")
    if depth > _DEEPEST:
        return
    if content[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield f"{place}/{name}: its name", name
                yield from decoded(archive.read(name), f"{place}/{name}", depth + 1)
    elif content[:2] == b"\x1f\x8b":
        yield from decoded(gzip.decompress(content), f"{place} unzipped", depth + 1)
    elif content[:4] == b"\x28\xb5\x2f\xfd":
        unpacked = pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
        yield from decoded(unpacked, f"{place} unpacked", depth + 1)
    elif content[:4] == b"PAR1":
        yield from _of_table(pq.read_table(pa.BufferReader(content)), place)
    elif content[:6] == b"ARROW1":
        yield from _of_table(pyarrow.ipc.open_file(pa.BufferReader(content)).read_all(), place)
    else:
        yield from _of_text(content, place, depth)


def _of_table(table: pa.Table, place: str) -> Iterator[tuple[str, str]]:
    yield f"{place} schema", f"{table.schema.metadata} {table.schema}"
    for name in table.column_names:
        for value in table.column(name).unique().to_pylist() if _is_plain(table, name) else table[name].to_pylist():
            yield f"{place} column {name}", _shown(value)


def _is_plain(table: pa.Table, name: str) -> bool:
    return not pa.types.is_nested(table.schema.field(name).type)


def _of_text(content: bytes, place: str, depth: int) -> Iterator[tuple[str, str]]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate([text, *(text.splitlines() if text[:1] in "{[" else [])]):
        try:
            data = json.loads(line)
        except ValueError:
            continue
        yield from ((f"{place} JSON {number} {at}".strip(), said) for at, said in _of_json(data, ""))
    for packed in _DATA_URL.findall(text):
        yield from decoded(base64.b64decode(packed.replace("\\n", "") + "=="), f"{place} data URL", depth + 1)


def _of_json(data: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield at, key
            yield from _of_json(value, f"{at}.{key}")
    elif isinstance(data, list):
        if data and all(isinstance(item, str) for item in data):
            yield at, "".join(data)  # as notebooks keep texts
        for number, item in enumerate(data):
            yield from _of_json(item, f"{at}[{number}]")
    else:
        yield at, _shown(data)


def _of_sqlite(path: Path) -> Iterator[tuple[str, str]]:
    """Every cell of every table, and the bytes, which tell also what was deleted and not yet written over."""
    yield "raw", path.read_bytes().decode("utf-8", "replace")
    with tempfile.TemporaryDirectory() as scratch:
        for suffix in ("", "-wal"):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                shutil.copy(beside, Path(scratch, "copy" + suffix))
        connection = sqlite3.connect(Path(scratch, "copy"))
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    yield from ((f"{table}.{column}", said) for said in _of_cell(value))
        connection.close()


def _of_cell(value: object) -> Iterator[str]:
    yield _shown(value)
    if isinstance(value, str) and value[:1] in "{[":
        try:
            data = json.loads(value)
        except ValueError:
            return
        yield from (said for _, said in _of_json(data, ""))


def _shown(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
