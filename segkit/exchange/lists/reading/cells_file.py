"""Text cells in an Arrow file: what the reading child writes and the parent maps. One row a row of the list.

Columns `sheet` (from 0), `row` (as the file counts, from 1), `more` (what stands in cells beyond the headings, mostly
null), then `c0`, `c1`, … The headings and what else is known of the file are in the child's answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

import pyarrow as pa

from segkit.exchange.lists.reading.limits import ReadingLimits, Refused

_FIXED = [("sheet", pa.int32()), ("row", pa.int64()), ("more", pa.large_string())]


def cells_schema(columns: int) -> pa.Schema:
    """The columns of a file of cells."""
    return pa.schema([*_FIXED, *((f"c{place}", pa.large_string()) for place in range(columns))])


def joined(cells: Iterable[str | None]) -> str | None:
    """What stands in cells, in one text; None if nothing does."""
    return " | ".join(cell for cell in cells if cell and cell.strip()) or None


class CellsWriter:
    """Writes batches of rows, and refuses what is beyond the limits."""

    def __init__(self, path: Path, columns: int, limits: ReadingLimits) -> None:
        self.rows = 0
        self._columns = columns
        self._limits = limits
        self._writer = pa.ipc.new_file(str(path), cells_schema(columns))

    def close(self) -> None:
        self._writer.close()

    def add_rows(self, rows: Sequence[Sequence[str]], numbers: range) -> None:
        """Rows of texts, as long as they are; an empty text is a missing one."""
        width = self._columns
        columns = list(zip_longest(*rows, fillvalue=""))[: max(width, 1)]
        columns += [("",) * len(rows)] * (width - len(columns))
        texts = [pa.array(column, pa.large_string()) for column in columns[:width]]
        more = [joined(row[width:]) if len(row) > width else None for row in rows]
        self.add(0, pa.array(numbers, pa.int64()), pa.array(more, pa.large_string()), texts)

    def add(self, sheet: int, numbers: pa.Array, more: pa.Array, texts: list[pa.Array]) -> None:
        """A batch of columns."""
        self.rows += len(numbers)
        if self.rows > self._limits.rows:
            raise Refused(f"more than {self._limits.rows:,} rows; split the list into several files")
        sheets = pa.repeat(pa.scalar(sheet, pa.int32()), len(numbers))
        self._writer.write_batch(pa.record_batch([sheets, numbers, more, *texts], schema=cells_schema(self._columns)))
