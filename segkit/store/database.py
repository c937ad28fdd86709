"""A connection to the catalog's database: SQLite in the workspace, or PostgreSQL by URL; short transactions on either.

Writes to one app are made one after the other: by SQLite's write lock, by an advisory lock on PostgreSQL.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError

from segkit.errors import Busy, Damaged, SegkitError
from segkit.files.disk import free_bytes, refused
from segkit.store import migrations
from segkit.store.tables import metadata

T = TypeVar("T")
TRIES = 3
#: What SQLite writes for one changed page, bytes; and what its log and the index of that need to begin with.
_FRAME = 4_096 + 24
_ROOM = 65_536
_LOCKED = ("database is locked", "database table is locked", "locking protocol")
#: PostgreSQL's codes for a lock not had in time, a deadlock and a transaction that lost a race.
_PG_LOCKED = frozenset({"55P03", "40P01", "40001"})


class Database:
    """The catalog's database, its tables at the newest revision. `patience`: seconds to wait for a lock."""

    def __init__(self, url: URL, place: str, patience: float) -> None:
        self.place = place
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._patience = patience
        self._engine = _engine(url, patience)
        self._owner = os.getpid()
        self._bring_up_to_date()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state, and never waits for a writer."""
        try:
            with self._patiently(self._connect) as connection:
                yield connection
        except DBAPIError as error:
            raise self._explained(error) from error

    def write(self, work: Callable[[Connection], T], *apps: str) -> T:
        """What `work` gives, in one transaction, alone among those of the same apps.

        `work` may run more than once, so it does nothing but read and write through its connection. Raises Busy if the
        lock was not free in time.
        """

        def once() -> T:
            with self._connect(writing=True) as connection, connection.begin():
                for app in sorted(apps):  # in one order for all, so that no two wait for each other
                    self._only_writer_of(app, connection)
                return work(connection)

        try:
            return self._patiently(once)
        except DBAPIError as error:
            raise self._explained(error) from error

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    def leave_no_trace(self) -> None:
        """Frees what the database file still holds of rows that were changed or deleted: nobody can read it any more.

        On SQLite the file is written anew and its log emptied; on PostgreSQL the tables are. Raises Busy while others
        are in the way for longer than this database has patience.
        """

        def once() -> None:
            with self._engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                if self.is_sqlite:
                    _write_anew(raw)
                    return
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.execute(text(f"SET lock_timeout = {int(self._patience * 1000)}"))
                for table in metadata.sorted_tables:
                    connection.execute(text(f"VACUUM FULL {table.name}"))
                connection.execute(text("RESET lock_timeout"))

        try:
            self._patiently(once)
        except sqlite3.OperationalError as error:
            raise Busy(f"{self.place} is locked by another process ({error}); try again when it is done") from None
        except DBAPIError as error:
            raise self._explained(error) from error

    def _connect(self, **options: Any) -> Connection:
        if os.getpid() != self._owner:  # a connection must not be used, nor closed, on both sides of a fork
            self._engine.dispose(close=False)
            self._owner = os.getpid()
        if not self.is_sqlite and not options:
            options["isolation_level"] = "REPEATABLE READ"
        return self._engine.connect().execution_options(**options)

    def _patiently(self, action: Callable[[], T]) -> T:
        give_up = time.monotonic() + self._patience
        tried = 0
        while True:
            tried += 1
            try:
                return action()
            except IntegrityError:  # somebody else was first; the next try sees what they wrote
                if tried == TRIES:
                    raise
            except DBAPIError as error:
                if not _is_locked(error) or time.monotonic() >= give_up:
                    raise
            time.sleep(0.01 * min(tried, 10))

    def _only_writer_of(self, app: str, connection: Connection) -> None:
        if self.is_sqlite:
            return  # BEGIN IMMEDIATE has the only lock there is
        connection.execute(text(f"SET LOCAL lock_timeout = {int(self._patience * 1000)}"))
        digest = hashlib.sha256(f"segkit catalog {app}".encode()).digest()
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})

    def _bring_up_to_date(self) -> None:
        head = migrations.head()
        with self.reading() as connection:
            found = migrations.revision(connection)
        if found == head:
            return
        if found is not None and found > head:
            raise SegkitError(
                f"{self.place} was written by a newer segkit: found revision {found}; expected at most {head}. "
                "Upgrade segkit to open it."
            )
        self._migrate()

    def _migrate(self) -> None:
        def once() -> None:
            with self._connect(writing=True, migrating=True) as connection, connection.begin():
                self._only_writer_of("", connection)
                migrations.upgrade(connection)
                if self.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise Damaged(f"{self.place}: a migration left a row that refers to none; restore a backup")

        try:
            self._patiently(once)
        except DBAPIError as error:
            raise self._explained(error) from error
        self.close()  # connections that migrated do not check foreign keys

    def _explained(self, error: DBAPIError) -> SegkitError:
        found = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        if _is_locked(error):
            return Busy(f"{self.place} is locked by another process ({found}); try again when it is done")
        if isinstance(error, IntegrityError):
            return SegkitError(f"{self.place}: refused by the database: {found}. Nothing was changed.")
        if self._is_full(found):
            folder = Path(self.place).parent
            return SegkitError(
                f"{folder}: no space left for {Path(self.place).name} ({found}); at least {_FRAME:,} bytes wanted, "
                f"{free_bytes(folder):,} are free. Nothing was changed; free space there and try again."
            )
        if "not a database" in found or "malformed" in found:
            return Damaged(f"{self.place} is not a catalog that can be read ({found}); restore it from a backup")
        if isinstance(error, OperationalError) and not self.is_sqlite:
            return SegkitError(
                f"{self.place}: {found}. Expected a PostgreSQL that answers; see `catalog` in segkit.toml. "
                "If this was a save, look at the segment's history before you save again."
            )
        return SegkitError(f"{self.place}: {found}; expected a database that can be read and written")

    def _is_full(self, found: str) -> bool:
        """Whether SQLite had no room. It says so plainly, or only that it could not write beside its file."""
        if not self.is_sqlite:
            return False
        is_vague = found in ("disk I/O error", "unable to open database file")
        return "disk is full" in found or (is_vague and free_bytes(Path(self.place).parent) < _ROOM)


def open_database(workspace: Path, url: str | None, patience: float) -> Database:
    """The database of a workspace: `catalog.sqlite` in its folder, or what `url` names.

    Raises SegkitError if the URL is not one of PostgreSQL, or nothing answers there.
    """
    if url is not None:
        parsed = _postgresql(url)
        return Database(parsed, f"catalog {parsed.render_as_string(hide_password=True)}", patience)
    path = workspace / "catalog.sqlite"
    try:
        _make(path)
    except OSError as error:
        raise refused(error, path, _FRAME, "Expected a workspace folder that can be written.") from None
    return Database(URL.create("sqlite", database=str(path)), str(path), patience)


def _make(path: Path) -> None:
    """Makes the file for its owner alone; one that is there is not opened.

    Closing it would take the locks away that SQLite holds on it for this process. Another process then believes to be
    the last one, and removes the log that is read and written here.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from None


def _postgresql(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise SegkitError("`catalog` in segkit.toml: expected postgresql://user@host/database, or nothing for SQLite")
    return parsed.set(drivername="postgresql+psycopg")


def _engine(url: URL, patience: float) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True)
        engine = create_engine(url, connect_args={"timeout": patience})
    except (ModuleNotFoundError, NoSuchModuleError):
        raise SegkitError("a PostgreSQL catalog needs its driver; install segkit[team]") from None
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says, not where the driver guesses
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _write_anew(connection: Any) -> None:
    """The whole file without freed pages, and an empty write-ahead log."""
    connection.execute("VACUUM").fetchall()
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise sqlite3.OperationalError("database is locked")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("migrating"):
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # a table is changed by copying it and dropping the old
    # A writer takes the lock at once: one that read first could only fail when another had written meanwhile.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


def _is_locked(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    return code in _PG_LOCKED or any(word in str(error.orig) for word in _LOCKED)
