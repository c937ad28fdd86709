"""DuckDB as an engine: in memory, bounded, without a way to anything but one folder, and cancellable."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from segkit.compile.sql import Sql
from segkit.engine.watching import watch
from segkit.errors import Cancelled, Damaged, SegkitError

T = TypeVar("T")


def open_connection(
    folder: Path, *, memory: str, spill: str, threads: int, spill_folder: Path
) -> duckdb.DuckDBPyConnection:
    """A locked connection that reads `folder` only and spills into `spill_folder`."""
    connection = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": memory})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar_print = false")  # it would stand on stdout, in the midst of the data
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = {_quoted(str(spill_folder))}")
    connection.execute(f"SET max_temp_directory_size = {_quoted(spill)}")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute(f"SET allowed_directories = [{_quoted(str(folder))}, {_quoted(str(spill_folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Runner:
    """Runs queries on one connection, one at a time, and gives columns as numpy arrays or rows."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    def columns(self, query: Sql, cancel: threading.Event | None = None) -> dict[str, Any]:
        """The result as numpy arrays by column."""
        with self._prepared(cancel, {}):
            return self._interruptible(lambda: dict(self._result(query).fetchnumpy()))

    def rows(self, query: Sql, cancel: threading.Event | None = None, **tables: pa.Table) -> list[tuple[Any, ...]]:
        """The result as rows. `tables` are relations of those names for this query only."""
        with self._prepared(cancel, tables):
            return self._interruptible(lambda: self._result(query).fetchall())

    def table(self, query: Sql, cancel: threading.Event | None = None, **tables: pa.Table) -> pa.Table:
        """The result as an Arrow table. `tables` are relations of those names for this query only."""
        with self._prepared(cancel, tables):
            found = self._connection.sql(query.text, params=list(query.values))
            return self._interruptible(found.to_arrow_table)

    def run(self, query: Sql, cancel: threading.Event | None = None) -> None:
        """Runs what gives no result."""
        with self._prepared(cancel, {}):
            self._interruptible(lambda: self._result(query))

    def _result(self, query: Sql) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(query.text, list(query.values))

    def _interruptible(self, work: Callable[[], T]) -> T:
        """Does work of the connection so that an interrupt from the keyboard ends it.

        In the main thread DuckDB would hold it off until the query is over, so there another thread does the work.
        """
        if threading.current_thread() is not threading.main_thread():
            return work()
        done: Future[T] = Future()
        thread = threading.Thread(target=_fulfil, args=(done, work), name="segkit query", daemon=True)
        thread.start()
        try:
            return done.result()
        except KeyboardInterrupt:
            while thread.is_alive():  # one that has not begun yet does not see an interrupt
                self._connection.interrupt()
                thread.join(0.02)
            raise

    @contextlib.contextmanager
    def _prepared(self, cancel: threading.Event | None, tables: Mapping[str, pa.Table]) -> Iterator[None]:
        with self._lock, self._cancellable(cancel or watch().cancel):
            for name, table in tables.items():
                self._connection.register(name, table)
            try:
                yield
            finally:
                for name in tables:
                    self._connection.unregister(name)

    def close(self) -> None:
        """Closes the connection, when the query that runs is over."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _cancellable(self, cancel: threading.Event | None) -> Iterator[None]:
        watcher = _Watcher(self._connection, cancel) if cancel is not None else None
        try:
            yield
        except duckdb.InterruptException:
            raise Cancelled("cancelled; nothing was changed") from None
        except duckdb.OutOfMemoryException:
            message = "the evaluation needs more memory than segkit.toml allows; raise [limits] memory or spill"
            raise SegkitError(message) from None
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            # Values are bound, so the message names files and columns, never a user.
            reason = str(error).splitlines()[0]
            raise Damaged(
                f"stored data cannot be read: {reason}. `segkit doctor` says which file and what to do"
            ) from None
        except duckdb.Error as error:
            # Its text may quote stored values, so only its kind is told.
            raise SegkitError(
                f"the data could not be evaluated ({type(error).__name__}); `segkit doctor` may say why"
            ) from None
        finally:
            if watcher is not None:
                watcher.stop()


def _fulfil(done: Future[T], work: Callable[[], T]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:
        done.set_exception(error)


class _Watcher:
    """Interrupts the connection's query when an event is set."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, cancel: threading.Event) -> None:
        if cancel.is_set():
            raise Cancelled("cancelled; nothing was changed")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(connection, cancel), daemon=True)
        self._thread.start()

    def _watch(self, connection: duckdb.DuckDBPyConnection, cancel: threading.Event) -> None:
        while not self._done.is_set():
            if cancel.wait(0.02):
                # A query that has not begun yet does not see an interrupt: repeat until it is over.
                while not self._done.wait(0.02):
                    connection.interrupt()
                return

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
