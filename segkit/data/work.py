"""The connection on which one load does its work: DuckDB in memory, bounded, spilling into the load's own folder.

It reaches nothing but the folders it is given, and stops soon after the caller cancels. Errors of DuckDB may quote rows
of a source, so none is passed on as it is.
"""

from __future__ import annotations

import contextlib
import glob
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL

from segkit.data.settings import Limits, size_in_bytes
from segkit.data.sql import filled, listed
from segkit.errors import Cancelled, SegkitError

Progress = Callable[[str, float], None]
_STEP = 0.02  # seconds between two looks whether the caller cancels
_BOUND = re.compile(r"\$([a-z_0-9]+)")


class Work:
    """`with Work(…) as work:`; queries take their values by name: `work.rows("SELECT $a", a=1)`."""

    def __init__(
        self,
        scratch: Path,
        limits: Limits,
        readable: Iterable[Path],
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        self.scratch = scratch
        self.memory = size_in_bytes(limits.memory)  # bytes that queries may use
        self._progress = progress
        self._cancel = cancel
        self._over = threading.Event()
        self._connection = _connection(scratch, limits, readable)
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._cancel is not None:
            self._watcher = threading.Thread(target=self._watch, args=(self._cancel,), daemon=True)
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        self._connection.close()

    def say(self, stage: str, done: float) -> None:
        """Tells the caller what comes next, and how much is done (0 to 1). Raises Cancelled if that is wanted."""
        self.stop_if_cancelled()
        if self._progress is not None:
            self._progress(stage, done)

    def run(self, query: str, **values: object) -> None:
        """Runs a query that gives no rows."""
        with self._running():
            self._connection.execute(query, _used(query, values))

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """The rows of a query, in no order that it does not ask for."""
        with self._running():
            return self._connection.execute(query, _used(query, values)).fetchall()

    def number(self, query: str, **values: object) -> int:
        """The one number that a query gives; 0 for a missing one."""
        return int(self.rows(query, **values)[0][0] or 0)

    def table(self, query: str, **values: object) -> pa.Table:
        """The rows of a query as one Arrow table."""
        with self._running():
            return self._connection.sql(query, params=_used(query, values)).to_arrow_table()

    def batches(self, query: str, size: int, **values: object) -> Iterator[pa.RecordBatch]:
        """The rows of a query, about `size` at a time; an empty batch if there are none.

        Nothing else may run on this connection until the last one is taken.
        """
        with self._running():
            reader = self._connection.sql(query, params=_used(query, values)).to_arrow_reader(size)
            found = 0
            for batch in reader:
                self.stop_if_cancelled()
                found += 1
                yield batch
            if not found:
                yield from reader.schema.empty_table().to_batches() or [
                    pa.RecordBatch.from_pylist([], schema=reader.schema)
                ]

    def register(self, name: str, table: pa.Table) -> None:
        """Makes an Arrow table a relation of that name."""
        self._connection.register(name, table)

    def function(self, name: str, call: Callable[..., Any], takes: list[str], gives: str) -> None:
        """Makes a function of Arrow arrays, missing values among them, a function of SQL."""
        self._connection.create_function(name, call, takes, gives, type=ARROW, null_handling=SPECIAL)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        self.stop_if_cancelled()
        try:
            yield
        except duckdb.InterruptException:
            raise Cancelled("cancelled; nothing was changed") from None
        except duckdb.OutOfMemoryException:
            raise SegkitError(
                "the load needs more than segkit.toml allows; raise its [limits] memory or spill, or make room on disk"
            ) from None

    def stop_if_cancelled(self) -> None:
        """Raises Cancelled if that is wanted."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled("cancelled; nothing was changed")

    def _watch(self, cancel: threading.Event) -> None:
        while not self._over.wait(_STEP):
            if cancel.is_set():
                # A query that has not begun yet does not see an interrupt, so it is repeated.
                self._connection.interrupt()


def _connection(scratch: Path, limits: Limits, readable: Iterable[Path]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": limits.threads, "memory_limit": limits.memory})
    names = {str(folder) for folder in (scratch, *readable)}
    # Paths are read as patterns, and looked at both as such and as what they match.
    folders = listed(map(_literal, sorted(names | {glob.escape(name) for name in names})))
    for setting in (
        "SET TimeZone = 'UTC'",
        "SET enable_progress_bar_print = false",  # it would stand on stdout, in the midst of the data
        filled("SET temp_directory = {folder}", folder=_literal(str(scratch))),
        filled("SET max_temp_directory_size = {size}", size=_literal(limits.spill)),
        filled("SET allowed_directories = [{folders}]", folders=folders),
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(setting)
    return connection


def _literal(text: str) -> str:
    """A text in a SET, which takes no bound values."""
    return "'" + text.replace("'", "''") + "'"


def _used(query: str, values: dict[str, object]) -> dict[str, object]:
    """Those of the values that a query names; DuckDB refuses others. A column's name may look like a value's."""
    return {name: values[name] for name in set(_BOUND.findall(query)) if name in values}
