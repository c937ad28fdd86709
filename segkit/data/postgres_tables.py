"""A table, view or query of a PostgreSQL server, read in one transaction that can write nothing, a batch at a time.

The server's URL stands in an environment variable; what is said of it never holds it. The driver comes with the extra
`team`. A table that grows may be read from its last value of a column on (`since`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segkit.data.origins import Means, State
from segkit.data.sql import parts_of_name
from segkit.errors import DataProblem, SegkitError, nearest

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

    from segkit.data.postgres_types import PgColumn

_PATIENCE = 10  # seconds until a server counts as not there
_BATCH_BYTES = 8_000_000
_ROW_GROUP_BYTES = 64_000_000
_MOST_ROWS = 50_000  # in a batch
_OVERLAP = {"days": 2, "units": 10_000}
_WHOLE = frozenset({"int2", "int4", "int8"})
_TIMES = {"date": "date", "timestamp": "timestamp", "timestamptz": "timestamptz"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PostgresTable:
    """One table or query. `since`: a column that grows; rows from `watermark`, less `overlap`, on are read."""

    variable: str
    shown: str
    table: str | None = None
    query: str | None = None
    since: str | None = None
    overlap: int | None = None
    watermark: str | None = None

    def state(self) -> State | None:
        return None

    def columns(self, means: Means) -> list[str]:
        with self._connected(means) as connection:
            return [column.name for column in self._columns(connection)]

    def fetch(self, target: Path, means: Means) -> str | None:
        with self._connected(means) as connection:
            columns = self._columns(connection)
            reached = _Reached(self._growing(columns), self.watermark, means.today)
            schema = pa.schema([(column.name, column.arrow) for column in columns])
            with pq.ParquetWriter(target, schema, compression="zstd") as writer:
                waiting: list[pa.RecordBatch] = []
                for batch in self._batches(connection, columns, schema, means):
                    reached.see(batch)
                    waiting.append(batch)
                    if sum(one.nbytes for one in waiting) >= _ROW_GROUP_BYTES:
                        writer.write_table(pa.Table.from_batches(waiting))
                        waiting.clear()
                writer.write_table(pa.Table.from_batches(waiting, schema))
            return reached.watermark

    # --- connecting --------------------------------------------------------------------------------------------------

    @contextmanager
    def _connected(self, means: Means) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that reads one state of the database. Errors in the block are said without any value."""
        try:
            import psycopg
        except ImportError:
            raise SegkitError(
                f"{self.shown}: the driver for PostgreSQL is not installed; pip install 'segkit[team]'"
            ) from None
        from segkit.data.postgres_types import register

        with self._open(psycopg) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            register(connection)
            try:
                with means.interrupting(lambda: connection.cancel_safe(timeout=2)):
                    connection.execute("SET LOCAL TIME ZONE 'UTC'")
                    yield connection
            except psycopg.errors.QueryCanceled:
                means.stop_if_cancelled()
                raise DataProblem(f"{self.shown}: the server stopped the query; see its statement_timeout") from None
            except psycopg.Error as error:
                means.stop_if_cancelled()
                raise self._problem(psycopg, connection, error) from None

    def _open(self, driver: Any) -> psycopg.Connection[Any]:
        url = os.environ.get(self.variable, "").strip()
        if not url:
            raise SegkitError(
                f"{self.shown}: the environment variable {self.variable} is not set; it holds the server's URL, such "
                "as postgresql://user:password@host/database"
            )
        try:
            opened: psycopg.Connection[Any] = driver.connect(
                url, connect_timeout=_PATIENCE, application_name="segkit", client_encoding="utf8"
            )
            return opened
        except driver.OperationalError as error:
            said = str(error).splitlines()[0].removeprefix("connection failed: ")
            raise SegkitError(f"{self.shown}: no connection to the server that {self.variable} names: {said}") from None
        except driver.Error:
            raise SegkitError(
                f"{self.shown}: what {self.variable} holds is not a URL of PostgreSQL; expected one such as "
                "postgresql://user:password@host/database"
            ) from None

    def _problem(self, driver: Any, connection: psycopg.Connection[Any], error: psycopg.Error) -> SegkitError:
        said = error.diag.message_primary or ""
        if isinstance(error, driver.errors.UndefinedTable) and self.table is not None:
            tables = _tables(connection)
            found = ", ".join(tables[:30]) or "none"
            return DataProblem(f"{self.shown}: no such table.{nearest(self.table, tables)} The server shows: {found}.")
        # Messages of these speak of the query's own words; others may quote rows.
        if isinstance(error, driver.ProgrammingError | driver.NotSupportedError | driver.errors.ReadOnlySqlTransaction):
            return DataProblem(f"{self.shown}: {said or 'the query cannot be run'}")
        if isinstance(error, driver.OperationalError):
            return SegkitError(f"{self.shown}: the connection was lost; load again once the server answers")
        return DataProblem(
            f"{self.shown}: failed on its rows ({type(error).__name__}); run the query there to see which"
        )

    # --- reading -----------------------------------------------------------------------------------------------------

    def _columns(self, connection: psycopg.Connection[Any]) -> list[PgColumn]:
        from psycopg import sql

        from segkit.data.postgres_types import columns_of

        with connection.cursor(binary=True) as cursor:
            cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(self._rows(escaped=False)))
            columns = columns_of(cursor)
        names = [column.name for column in columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise DataProblem(f"{self.shown}: gives the column '{repeated[0]}' twice; expected each once")
        return columns

    def _rows(self, *, escaped: bool) -> sql.Composable:
        from psycopg import sql

        if self.table is not None:
            return sql.Identifier(*parts_of_name(self.table))
        query = (self.query or "").strip().removesuffix(";")
        text = query.replace("%", "%%") if escaped else query
        return sql.SQL("(\n{}\n) AS source_rows").format(sql.SQL(text))

    def _growing(self, columns: list[PgColumn]) -> PgColumn | None:
        """The column of `since`. Raises DataProblem if there is none, or if it has no order that is known here."""
        if self.since is None:
            return None
        found = next((column for column in columns if column.name == self.since), None)
        if found is None:
            names = [column.name for column in columns]
            raise DataProblem(
                f"{self.shown}: no column '{self.since}' for `since`.{nearest(self.since, names)} "
                f"It has: {', '.join(names)}."
            )
        if found.is_array or found.type_name not in {*_WHOLE, *_TIMES}:
            raise DataProblem(
                f"{self.shown}: `since` is '{self.since}', of type {found.type_name}; expected a date, an instant or a "
                "whole number"
            )
        return found

    def _batches(
        self, connection: psycopg.Connection[Any], columns: list[PgColumn], schema: pa.Schema, means: Means
    ) -> Iterator[pa.RecordBatch]:
        """The rows, about as many bytes at a time."""
        from psycopg import sql

        asked = sql.SQL(", ").join([column.asked() for column in columns])
        condition, values = self._later(self._growing(columns))
        statement = sql.SQL("SELECT {} FROM {}{}").format(asked, self._rows(escaped=bool(values)), condition)
        size = 100
        with connection.cursor(name="segkit", binary=True) as cursor:
            cursor.execute(statement, values or None, binary=True)
            while rows := cursor.fetchmany(size):
                means.stop_if_cancelled()
                arrays = [column.array(values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)]
                batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
                yield batch
                size = max(10, min(_MOST_ROWS, size * _BATCH_BYTES // max(1, batch.nbytes)))

    def _later(self, growing: PgColumn | None) -> tuple[sql.Composable, list[object]]:
        """The condition for rows that may not have been read; those without a value are always read."""
        from psycopg import sql

        if growing is None or self.watermark is None:
            return sql.SQL(""), []
        column = sql.Identifier(growing.name)
        if growing.type_name in _WHOLE:
            overlap = _OVERLAP["units"] if self.overlap is None else self.overlap
            condition = sql.SQL(" WHERE {} IS NULL OR {} >= %s::numeric").format(column, column)
            return condition, [str(int(self.watermark) - overlap)]
        overlap = _OVERLAP["days"] if self.overlap is None else self.overlap
        since = datetime.fromisoformat(self.watermark) - timedelta(days=overlap)
        condition = sql.SQL(" WHERE {} IS NULL OR {} >= {}").format(
            column,
            column,
            sql.SQL("%s::text::" + _TIMES[growing.type_name]),
        )
        return condition, [since.date().isoformat() if growing.type_name == "date" else since.isoformat()]


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables and views that the server shows to this user."""
    connection.rollback()
    query = (
        "SELECT CASE WHEN table_schema = 'public' THEN table_name ELSE table_schema || '.' || table_name END "
        "FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    return [name for (name,) in connection.execute(query).fetchall()]


class _Reached:
    """How far a growing column reaches. Values of the future do not count: what comes before them would be missed."""

    def __init__(self, column: PgColumn | None, before: str | None, today: date) -> None:
        self._column = column
        self.watermark = before
        self._today = today

    def see(self, batch: pa.RecordBatch) -> None:
        """Looks at more rows."""
        if self._column is None:
            return
        values = batch.column(self._column.name)
        numbers = values.cast(pa.int32() if pa.types.is_date(values.type) else pa.int64()).cast(pa.int64())
        if self._column.type_name in _WHOLE:
            newest = pc.max(numbers).as_py()
            if newest is not None:
                self.watermark = str(newest if self.watermark is None else max(newest, int(self.watermark)))
            return
        unit = timedelta(days=1) if pa.types.is_date(values.type) else timedelta(microseconds=1)
        day_after = self._today + timedelta(days=2)  # today is before that in every zone
        most = (datetime.combine(day_after, time(), UTC) - _EPOCH) // unit
        least = (datetime(1, 1, 3, tzinfo=UTC) - _EPOCH) // unit
        newest = pc.max(numbers.filter(pc.and_(pc.less(numbers, most), pc.greater(numbers, least)))).as_py()
        if newest is not None:
            self._raise_to(_EPOCH + newest * unit)

    def _raise_to(self, moment: datetime) -> None:
        if self._column is not None and self._column.type_name != "timestamptz":
            moment = moment.replace(tzinfo=None)
        before = datetime.fromisoformat(self.watermark) if self.watermark else moment
        self.watermark = max(moment, before).isoformat()
