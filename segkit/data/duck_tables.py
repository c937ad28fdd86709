"""A table or view of a DuckDB file, read while no other process writes it; the file is opened for reading only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from segkit.data.duck_copies import SOURCE, about_the_words, connected, copy
from segkit.data.origins import Means, State, state_of_files
from segkit.data.sql import filled, parts_of_name, quoted
from segkit.errors import Busy, DataProblem, SegkitError, nearest

_TABLES = """
SELECT CASE WHEN schema_name = 'main' THEN name ELSE schema_name || '.' || name END FROM (
  SELECT database_name, schema_name, table_name AS name FROM duckdb_tables()
  UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal
) WHERE database_name = $source ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class DuckTable:
    """One table of a DuckDB file."""

    path: Path
    file: str  # in words
    table: str
    by_content: bool

    def state(self) -> State:
        if not self.path.is_file():
            raise DataProblem(f"{self.file}: no such file; expected a DuckDB file. Mend `duckdb` in segkit.toml.")
        # What was written last stands in the log beside the file until it is checkpointed.
        files = {name: path for name in (self.file, f"{self.file}.wal") if (path := self._beside(name)).exists()}
        return state_of_files(files, by_content=self.by_content)

    def _beside(self, name: str) -> Path:
        return self.path.with_name(Path(name).name)

    def columns(self, means: Means) -> list[str]:
        return self._read(means, None)

    def fetch(self, target: Path, means: Means) -> None:
        self._read(means, target)

    def _read(self, means: Means, target: Path | None) -> list[str]:
        try:
            with connected(means, attached=self.path) as connection:
                rows = self._rows(connection)
                if target is not None:
                    copy(rows, target)
                return list(rows.columns)
        except duckdb.PermissionException:
            raise DataProblem(
                f"{self.file}: '{self.table}' is a view that reads other files, and only this one is open to it; use "
                "`query` with `reads` instead"
            ) from None
        except duckdb.Error as error:
            raise self._problem(error) from None

    def _rows(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        name = ".".join(map(quoted, parts_of_name(self.table)))
        try:
            return connection.sql(filled("SELECT * FROM {name}", name=name))
        except duckdb.CatalogException:
            tables = [found for (found,) in connection.execute(_TABLES, {"source": SOURCE}).fetchall()]
            if self.table in tables:
                raise DataProblem(f"{self.file}: the view '{self.table}' reads a table that is not there") from None
            raise DataProblem(
                f"{self.file}: no table '{self.table}'.{nearest(self.table, tables)} "
                f"It has: {', '.join(tables) or 'none'}."
            ) from None

    def _problem(self, error: duckdb.Error) -> SegkitError:
        text = str(error)
        if "Could not set lock" in text:
            holder = re.search(r"\(PID (\d+)\)", text)
            who = f"process {holder[1]}" if holder else "another process"
            return Busy(
                f"{self.file}: {who} has it open for writing, and DuckDB lets nobody else read it meanwhile. Load when "
                "it is closed, or let that process write what is needed as Parquet."
            )
        if isinstance(error, duckdb.ConnectionException) or "already attached" in text:
            return Busy(f"{self.file}: is open in this very process; close that connection, then load again")
        said = about_the_words(error)
        if said is not None:
            return DataProblem(f"{self.file}, table {self.table}: {said}")
        return DataProblem(
            f"{self.file}: cannot be read as a DuckDB file; it may be cut off, damaged, encrypted, or written by a "
            f"newer DuckDB than {duckdb.__version__}"
        )
