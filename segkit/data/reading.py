"""Source files as relations that SQL can read: Parquet of the same shape together, CSV strictly and as text.

Errors say where, never what stands in a row.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.csv_rows import read_csv
from segkit.data.csv_text import header_of_file
from segkit.data.dialect_settings import CsvFormat
from segkit.data.origins import Means
from segkit.data.sources import FoundFile
from segkit.data.sql import quoted
from segkit.data.work import Work
from segkit.errors import DataProblem, nearest


@dataclass(frozen=True, slots=True)
class Opened:
    """Files that are open to queries as one relation. `number` is SQL of a file's number among all that were asked for,
    `row` of a row's number in its file, from 1."""

    files: tuple[FoundFile, ...]
    numbers: tuple[int, ...]
    relation: str
    types: dict[str, str]  # column to DuckDB type
    columns: dict[str, str]  # column to SQL
    number: str
    row: str
    values: dict[str, object] = field(default_factory=dict)
    form: CsvFormat | None = None  # of text that has no types of its own

    def require(self, column: str, what: str) -> str:
        """The column, if the files have it. Raises DataProblem with the nearest name."""
        if column not in self.types:
            found = ", ".join(self.types) or "no columns"
            raise DataProblem(
                f"{self.files[0].shown}: no column '{column}' for {what}.{nearest(column, self.types)} It has: {found}."
            )
        return column


def opened(work: Work, files: Sequence[FoundFile], first: int = 0) -> Iterator[Opened]:
    """All the files, numbered from `first`, those of one shape together; each is open until the next is asked for."""
    parquet = [(number, file) for number, file in enumerate(files, first) if file.is_parquet]
    shaped = sorted(((_shape(work, file), number, file) for number, file in parquet), key=lambda found: found[:2])
    for (shape, _), group in groupby(shaped, key=_alike):
        yield _parquet(shape, [(number, file) for _, number, file in group])
    for number, file in enumerate(files, first):
        if not file.is_parquet:
            yield _csv(work, file, number)
            work.run("DROP TABLE csv_rows")


_Shape = tuple[tuple[str, str], ...]


def _alike(found: tuple[_Shape, int, FoundFile]) -> tuple[_Shape, int]:
    shape, number, _ = found
    # Where a column hides the number that DuckDB gives a file, each file is read for itself.
    return shape, number if "file_index" in dict(shape) else -1


def columns_of(file: FoundFile, means: Means) -> list[str]:
    """The names of a file's columns, or of a table's. Raises SegkitError if it cannot be read."""
    if file.origin is not None:
        return file.origin.columns(means)
    if not file.is_parquet:
        return [name for name in header_of_file(file.path, file.shown, file.csv).names if name]
    try:
        names: list[str] = pq.read_schema(file.path).names
        return names
    except (OSError, pa.ArrowInvalid):
        raise _no_parquet(file) from None


def schemas(work: Work, files: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, dict[str, str]]]:
    """The columns of each file with their DuckDB types. Raises DataProblem for one that cannot be read."""
    for file in files:
        if file.is_parquet:
            yield file, dict(_shape(work, file))
        else:
            header = header_of_file(file.path, file.shown, file.csv)
            yield file, {name: "VARCHAR" for name in header.names if name}


@contextmanager
def reading(work: Work, source: Opened) -> Iterator[None]:
    """What DuckDB cannot read in the block becomes a DataProblem that names the file."""
    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException):
        broken = next((file for file in source.files if not _can_be_read(work, file)), None)
        if broken is None:
            raise
        raise _no_parquet(broken) from None


def _can_be_read(work: Work, file: FoundFile) -> bool:
    if not file.is_parquet:
        return True
    try:
        work.rows("SELECT max(hash(COLUMNS(*))) FROM read_parquet($files)", files=[_path(file.real)])
    except duckdb.Error:
        return False
    return True


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _shape(work: Work, file: FoundFile) -> _Shape:
    try:
        found = work.rows("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet($files))",
                          files=[_path(file.real)])  # fmt: skip
    except duckdb.Error:
        raise _no_parquet(file) from None
    return tuple(found)


def _no_parquet(file: FoundFile) -> DataProblem:
    return DataProblem(
        f"{file.shown}: cannot be read as Parquet; it may be cut off, damaged, of another kind, or hold text that is "
        "not UTF-8. Write it again, or take it out of the sources."
    )


def _path(path: Path) -> str:
    # DuckDB reads every path as a pattern.
    return glob.escape(str(path))


def _parquet(shape: _Shape, group: list[tuple[int, FoundFile]]) -> Opened:
    numbers, files = zip(*group, strict=True)
    types = dict(shape)
    one = "file_index" in types
    return Opened(
        files=files,
        numbers=numbers,
        relation="read_parquet($files)",
        types=types,
        columns={name: quoted(name) for name in types},
        number=str(numbers[0]) if one else "$numbers[CAST(file_index AS BIGINT) + 1]",
        row="NULL" if "file_row_number" in types else "file_row_number + 1",
        values={"files": [_path(file.real) for file in files], "numbers": list(numbers)},
    )


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv(work: Work, file: FoundFile, number: int) -> Opened:
    """All columns as text, an empty field as a missing value; those without a name cannot be asked for."""
    header = read_csv(work, file.real, file.shown, file.csv)
    columns = {name: f"c{place}" for place, name in enumerate(header.names) if name}
    return Opened(
        files=(file,),
        numbers=(number,),
        relation="csv_rows",
        types=dict.fromkeys(columns, "VARCHAR"),
        columns=columns,
        number=str(number),
        row="rowid + 1",
        form=file.csv,
    )
