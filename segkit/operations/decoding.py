"""What files say once they are decoded: archives unpacked, Parquet and JSON read, HTML without its escapes.

For whoever looks for a word in all that lies in a workspace; nothing is kept of what is read.
"""

from __future__ import annotations

import gzip
import html
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_DEEPEST = 4  # archives in archives
_CHARACTERS = 4_000_000  # at once
_OVERLAP = 4_096  # that two pieces share, so that no word is cut
#: What cannot be unpacked is looked at as it is.
_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    pa.ArrowException,
)


def texts_of_file(path: Path) -> Iterator[str]:
    """What a file says, piece by piece, and what that says without HTML's and addresses' escapes. Raises OSError if it
    cannot be read."""
    with path.open("rb") as file:
        for text in texts_of(file, path.name):
            yield text
            if "&" in text:
                yield html.unescape(text)
            if "%" in text:
                yield unquote(text)


def texts_of(file: IO[bytes], name: str, depth: int = 0) -> Iterator[str]:
    """The same of an open file that can be sought in; its name tells JSON and HTML."""
    start = file.read(4)
    file.seek(0)
    unpack = _UNPACKED.get(start[:4]) or _UNPACKED.get(start[:2])
    if unpack is not None and depth < _DEEPEST:
        try:
            yield from unpack(file, name, depth)
            return
        except _BROKEN:
            file.seek(0)
    yield from _plain(file, name)


def _zipped(file: IO[bytes], name: str, depth: int) -> Iterator[str]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            yield member.filename
            with archive.open(member) as inner:
                yield from texts_of(inner, member.filename, depth + 1)


def _gzipped(file: IO[bytes], name: str, depth: int) -> Iterator[str]:
    with gzip.open(file) as inner:
        yield from texts_of(inner, name.removesuffix(".gz"), depth + 1)  # type: ignore[arg-type]


def _parquet(file: IO[bytes], name: str, depth: int) -> Iterator[str]:
    for batch in pq.ParquetFile(io.BytesIO(file.read())).iter_batches():
        for column in batch.columns:
            values = column.flatten() if pa.types.is_list(column.type) else column
            if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
                yield "\n".join(pc.unique(values).drop_null().to_pylist())


_UNPACKED: dict[bytes, Callable[[IO[bytes], str, int], Iterator[str]]] = {
    b"PK\x03\x04": _zipped,
    b"\x1f\x8b": _gzipped,
    b"PAR1": _parquet,
}


def _plain(file: IO[bytes], name: str) -> Iterator[str]:
    if name.endswith((".json", ".ipynb")):
        try:
            yield "\n".join(_strings(json.load(file)))
        except (ValueError, RecursionError):
            file.seek(0)
        else:
            return
    reader, rest = io.TextIOWrapper(file, "utf-8", "replace"), ""
    while piece := reader.read(_CHARACTERS):
        text = rest + piece
        yield text
        rest = text[-_OVERLAP:]
    reader.detach()


def _strings(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)
    elif data is not None:
        yield str(data)
