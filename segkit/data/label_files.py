"""The files of one label: rows of changed values by user, data date and load, appended file by file."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from segkit.data.generation import ROW_GROUP, Generation
from segkit.data.manifest import LabelFile, StoredFile
from segkit.data.sql import filled
from segkit.data.work import Work

#: A label with so many files gets a single one, so that a year of nights does not read hundreds.
_MOST = 16
#: SQL of everybody's last value; `who` is user_no or uid, `files` the name under which the paths are bound.
LAST_VALUES = """
SELECT {who}, value FROM read_parquet(${files})
QUALIFY row_number() OVER (PARTITION BY {who} ORDER BY data_date DESC, load DESC) = 1
"""
_ROWS = "SELECT user_no, data_date, load, value FROM {table}"
_STORED = " UNION ALL SELECT user_no, data_date, load, value FROM read_parquet($stored)"


def bound_paths(folder: Path, files: Sequence[StoredFile]) -> list[str]:
    """What is bound for files; DuckDB reads paths as patterns."""
    return [glob.escape(str(folder / file.path)) for file in files]


def appended(
    work: Work, generation: Generation, folder: Path, code: str, table: str, stored: tuple[LabelFile, ...]
) -> tuple[LabelFile, ...]:
    """The label's files once the rows of `table` (user_no, data_date, load, value) are added, if there are any."""
    (found,) = work.rows(filled("SELECT max(load), max(data_date), min(data_date) FROM {table}", table=table))
    if found[0] is None:
        return stored
    merged = stored if len(stored) >= _MOST else ()
    query = filled(_ROWS + (_STORED if merged else ""), table=table) + " ORDER BY user_no, data_date, load"
    rows = work.batches(query, ROW_GROUP, stored=bound_paths(folder, merged))
    file = generation.write(f"labels/{code}.parquet", rows)
    load, newest, oldest = found
    for other in merged:
        load, newest = max(load, other.load), max(newest, other.data_date)
        oldest = min(oldest, other.first_date or other.data_date)
    kept = () if merged else stored
    return (*kept, LabelFile(**file.model_dump(), load=load, data_date=newest, first_date=oldest))
