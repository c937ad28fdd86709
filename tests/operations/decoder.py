"""Everything that lies in a workspace, decoded by means that are not segkit's: where a text stands, and in what."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow.parquet as pq

#: Of whoever uses the workspace, and not changed by segkit.
SOURCES = frozenset({"sources"})


def places_of(folder: Path, wanted: str, url: str | None = None, but: frozenset[str] = SOURCES) -> set[str]:
    """Files, relative to the workspace, whose names or decoded content hold a text, in whatever case; and tables."""
    found = set()
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if place.parts[0] in but or not path.is_file():
            continue
        texts = [place.as_posix(), *decoded(path.read_bytes(), path)]
        if any(wanted.casefold() in text.casefold() for text in texts):
            found.add(place.as_posix())
    return found | ({f"table {table}" for table in _tables_with(url, wanted)} if url else set())


def decoded(content: bytes, path: Path | None = None) -> Iterator[str]:
    """A file's bytes as text, and what they hold packed or encoded."""
    yield content.decode("utf-8", "replace")
    yield content.decode("utf-16-le", "replace")
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield member
                yield from decoded(archive.read(member))
    elif content[:2] == b"\x1f\x8b":
        yield from decoded(gzip.decompress(content))
    elif content[:4] == b"PAR1":
        yield str(pq.read_table(io.BytesIO(content)).to_pylist())
    elif content[:15] == b"SQLite format 3" and path is not None:
        yield from _cells(path)
    elif content[:1] in (b"{", b"["):
        try:
            yield str(json.loads(content))
        except ValueError:
            return


def _cells(path: Path) -> Iterator[str]:
    connection = sqlite3.connect(path)
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield str(connection.execute(f'SELECT * FROM "{table}"').fetchall())
    finally:
        connection.close()


def _tables_with(url: str, wanted: str) -> Iterator[str]:
    with psycopg.connect(url) as connection:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        for (table,) in connection.execute(tables).fetchall():
            rows = connection.execute(f'SELECT t::text FROM "{table}" t'.encode()).fetchall()
            if any(wanted.casefold() in row.casefold() for (row,) in rows):
                yield table
