"""Users as Parquet, for programs: typed columns, lists as lists, decimals exact, days as days, missing values null.

Streamed: one batch is one row group, and nothing of it stays in memory but where it lies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq


class Sink(Protocol):
    """What is written to: whoever takes bytes and counts them."""

    size: int

    def write(self, data: bytes) -> int:
        """Takes bytes; how many."""


def write_parquet(sink: Sink, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Writes every batch. The same users give the same bytes."""
    out = pa.PythonFile(_Stream(sink), mode="w")
    with pq.ParquetWriter(out, schema, compression="zstd", use_dictionary=True) as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))


class _Stream:
    """The few things that Arrow asks of a file which it only ever appends to."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.closed = False

    def write(self, data: Any) -> int:
        return self._sink.write(bytes(data))

    def tell(self) -> int:
        return self._sink.size

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        self.closed = True
