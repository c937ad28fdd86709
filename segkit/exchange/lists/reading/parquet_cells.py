"""A Parquet file as text cells, so that what segkit exports so comes in again. Columns of lists and such stay out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segkit.exchange.lists.reading.cells_file import CellsWriter
from segkit.exchange.lists.reading.limits import ReadingLimits, Refused

_BATCH = 20_000
_BROKEN = "the Parquet file cannot be read; write it again"


def read_parquet(path: Path, target: Path, limits: ReadingLimits, tell: Callable[[int], None]) -> dict[str, Any]:
    """Writes a file's cells to `target`; what is known of it. Raises Refused."""
    try:
        with pq.ParquetFile(path) as file:
            headings = [field.name for field in file.schema_arrow if _is_text(field.type)]
            _check_size(file.metadata, limits)
            if not headings:
                raise Refused("no column holds text; expected headings such as email, mobile or uid")
            rows = _write(file, headings, target, limits, tell)
    except (pa.ArrowException, OSError):
        raise Refused(_BROKEN) from None
    return {
        "format": "parquet",
        "encoding": None,
        "delimiter": None,
        "headings": headings,
        "rows": rows,
        "sheets": [],
        "left_out": [],
    }


def _is_text(kind: pa.DataType) -> bool:
    """Whether values of a type have one text each."""
    found = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_primitive(found) or pa.types.is_string(found) or pa.types.is_large_string(found))


def _check_size(known: Any, limits: ReadingLimits) -> None:
    if known.num_rows > limits.rows:
        raise Refused(f"more than {limits.rows:,} rows; split the list into several files")
    if known.num_columns > limits.columns:
        raise Refused(f"{known.num_columns:,} columns; a list may have {limits.columns:,} columns")


def _write(file: Any, headings: list[str], target: Path, limits: ReadingLimits, tell: Callable[[int], None]) -> int:
    writer = CellsWriter(target, len(headings), limits)
    try:
        for batch in file.iter_batches(_BATCH, columns=headings):
            texts = [pc.cast(batch.column(name), pa.large_string()) for name in headings]
            first = writer.rows + 1
            if any((pc.max(pc.utf8_length(text)).as_py() or 0) > limits.cell for text in texts):
                raise Refused(f"below row {first:,}: a cell of more than {limits.cell:,} characters; shorten it")
            numbers = pa.array(np.arange(first, first + batch.num_rows), pa.int64())
            writer.add(0, numbers, pa.nulls(batch.num_rows, pa.large_string()), texts)
            tell(writer.rows)
    finally:
        writer.close()
    return writer.rows
