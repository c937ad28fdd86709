"""The whole catalog in one SQLite file, taken at one moment while others write, and put back into either database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Integer, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from segkit.errors import SegkitError
from segkit.files.disk import PRIVATE_FILE
from segkit.store.database import Database, open_database
from segkit.store.tables import metadata

FILE = "catalog.sqlite"
_PATIENCE = 30.0
_ROWS = 1_000


def copy_catalog(database: Database, folder: Path) -> Path:
    """Writes `catalog.sqlite` into `folder`: all that was committed when the copy began. Nobody waits for it.

    From PostgreSQL every row of the catalog's own tables is copied, and nothing else that the database holds.
    """
    target = folder / FILE
    target.touch(PRIVATE_FILE)
    if database.is_sqlite:
        _copy_file(Path(database.place), target)
    else:
        with database.reading() as source:
            _copy_into(source, open_database(folder, None, _PATIENCE))
    _in_one_file(target)
    return target


def _copy_file(source: Path, target: Path) -> None:
    """SQLite's online backup, in one step: a reader of the write-ahead log holds no writer up."""
    reading, writing = sqlite3.connect(source, timeout=_PATIENCE), sqlite3.connect(target)
    try:
        reading.backup(writing, pages=-1)
    except sqlite3.Error as error:
        raise SegkitError(f"{source} could not be copied to {target}: {error}") from error
    finally:
        writing.close()
        reading.close()


def _in_one_file(path: Path) -> None:
    """Folds the write-ahead log in, so that the one file is all of it."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    finally:
        connection.close()


def put_into(folder: Path, url: str) -> None:
    """Copies the `catalog.sqlite` in `folder` into the database of `url`, which must hold no catalog with anything in.

    All or nothing. Raises SegkitError if there is something, or nothing answers there.
    """
    source = open_database(folder, None, _PATIENCE)
    try:
        with source.reading() as connection:
            _copy_into(connection, open_database(folder, url, _PATIENCE))
    finally:
        source.close()


def require_empty(folder: Path, url: str) -> None:
    """Raises SegkitError if the database of `url` holds a catalog with anything in, or nothing answers there."""
    target = open_database(folder, url, _PATIENCE)
    try:
        with target.reading() as connection:
            _refuse_what_holds_rows(connection, target.place)
    finally:
        target.close()


def _copy_into(source: Connection, target: Database) -> None:
    def work(connection: Connection) -> None:
        _refuse_what_holds_rows(connection, target.place)
        for table in metadata.sorted_tables:
            rows = source.execution_options(yield_per=_ROWS).execute(select(table)).mappings()
            for some in rows.partitions(_ROWS):
                connection.execute(insert(table), [dict(row) for row in some])
            if connection.dialect.name == "postgresql":
                _count_on(connection, table)

    try:
        target.write(work, "")
    except DBAPIError as error:  # of the source; the target explains its own
        raise SegkitError(f"the catalog could not be copied to {target.place}: {error.orig}") from error
    finally:
        target.close()


def _refuse_what_holds_rows(connection: Connection, place: str) -> None:
    held = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in _TABLES}
    if any(held.values()):
        found = ", ".join(f"{rows:,} {name}" for name, rows in held.items() if rows)
        raise SegkitError(f"{place}: found {found}; expected an empty database. Nothing was changed there.")


_TABLES = tuple(metadata.sorted_tables)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers rows by a sequence, which knows nothing of rows that brought their numbers."""
    column = table.autoincrement_column
    if column is None or not isinstance(column.type, Integer):
        return
    newest = connection.execute(select(func.max(column))).scalar()
    if newest is not None:
        query = text("SELECT setval(pg_get_serial_sequence(:name, :column), :newest)")
        connection.execute(query, {"name": table.name, "column": column.name, "newest": newest})
