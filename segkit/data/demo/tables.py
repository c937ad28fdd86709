"""Arrow columns from numpy arrays, and Parquet files that are whole or not there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.demo.clock import Array
from segkit.files.atomic import writing
from segkit.files.disk import private_folder

UTC_INSTANT = pa.timestamp("us", tz="UTC")


def words(codes: Array, values: Sequence[str]) -> pa.DictionaryArray:
    """Text by number; a negative number is a missing value. Several numbers may mean the same text."""
    # A dictionary that holds a text twice is written to Parquet in bytes that differ from run to run.
    distinct = {text: number for number, text in enumerate(dict.fromkeys(values))}
    number = np.array([distinct[text] for text in values], dtype=np.int32)
    missing = codes < 0
    indices = pa.array(number[np.where(missing, 0, codes)], mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(distinct, pa.string()))


def numbers(values: Array, missing: Array | None = None) -> pa.Array:
    """A number column; NaN stays NaN."""
    return pa.array(values, mask=missing, from_pandas=False)


def dates(epoch_days: Array, missing: Array | None = None) -> pa.Array:
    """Dates from days since 1970-01-01."""
    return pa.array(epoch_days.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def truths(values: Array) -> pa.Array:
    """1 is true, 0 is false, a negative number is a missing value."""
    return pa.array(values > 0, mask=values < 0)


def instants(at: Array, missing: Array | None = None) -> pa.Array:
    """Instants in UTC from microseconds since the epoch."""
    return pa.array(at, pa.int64(), mask=missing).cast(UTC_INSTANT)


def emptied(folder: Path) -> Path:
    """The folder, made if need be, without the Parquet files of an earlier run."""
    private_folder(folder)
    for old in folder.glob("*.parquet"):
        old.unlink()
    return folder


def write_parquet(table: pa.Table, path: Path, *, unique: Sequence[str] = ()) -> None:
    """One file under its final name only when it is complete. `unique` columns gain nothing from a dictionary."""
    dictionaries = [name for name in table.column_names if name not in unique]
    with writing(path) as unfinished:
        # Without Arrow's own schema in the file, every reader sees plain text where text was dictionary-coded here.
        pq.write_table(
            table, unfinished, compression="zstd", compression_level=1, use_dictionary=dictionaries, store_schema=False
        )
