"""A workbook as text cells. Formulas are read as the value that was saved with them, and nothing is evaluated.

A list may go over several sheets with the same headings; sheets with others, such as instructions, are left out and
named.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segkit.exchange.lists.headings import looks_like_headings
from segkit.exchange.lists.reading.cells_file import CellsWriter, joined
from segkit.exchange.lists.reading.limits import ReadingLimits, Refused
from segkit.exchange.lists.reading.packages import look_into

_MOST_BEFORE = 20
_UNREADABLE = "the workbook cannot be read; open it in a spreadsheet program and save it again as XLSX"


def read_xlsx(path: Path, target: Path, limits: ReadingLimits, tell: Callable[[int], None]) -> dict[str, Any]:
    """Writes a workbook's cells to `target`; what is known of it. Raises Refused."""
    look_into(path, limits)
    try:
        book = fastexcel.read_excel(path)
        names = list(book.sheet_names)
    except fastexcel.FastExcelError:
        raise Refused(_UNREADABLE) from None
    found: _Found | None = None
    left_out: list[str] = []
    for sheet, name in enumerate(names):
        cells = _cells(book, sheet, name, limits)
        if cells is None:
            continue
        found = found or _begin(cells, target, limits, is_last=sheet == len(names) - 1)
        if found is None or not found.takes(sheet, name, cells):
            left_out.append(name)
            continue
        tell(found.writer.rows)
    if found is None:
        raise Refused("no sheet has a heading such as email, mobile or uid in its first rows")
    found.writer.close()
    return {
        "format": "xlsx",
        "encoding": None,
        "delimiter": None,
        "headings": found.headings,
        "rows": found.writer.rows,
        "sheets": found.sheets,
        "left_out": left_out,
    }


def _cells(book: Any, sheet: int, name: str, limits: ReadingLimits) -> pa.RecordBatch | None:
    """Every cell of a sheet as text; None if there is nothing."""
    try:
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        if loaded.width > limits.columns:
            raise Refused(f"sheet ‘{name}’ has {loaded.width:,} columns; a list may have {limits.columns:,}")
        if loaded.height > limits.rows:
            raise Refused(f"sheet ‘{name}’ has {loaded.height:,} rows; a list may have {limits.rows:,}")
        cells = loaded.to_arrow()
    except fastexcel.FastExcelError:
        raise Refused(_UNREADABLE) from None
    return cells if cells.num_rows and cells.num_columns else None


def _begin(cells: pa.RecordBatch, target: Path, limits: ReadingLimits, *, is_last: bool) -> _Found | None:
    """The list that begins in a sheet: where its headings are known, or it is the last chance."""
    place = _headings_at(cells)
    if place is None:
        return None
    headings = _row(cells, place)
    return _Found(headings, target, limits) if is_last or looks_like_headings(headings) else None


def _without_empty_end(cells: pa.RecordBatch) -> pa.RecordBatch:
    """The rows up to the last one in which something stands: what a spreadsheet formatted below is no row."""
    end, last = 0, cells.slice(max(0, cells.num_rows - 1))
    if any(pc.any(pc.match_substring_regex(column, r"\S")).as_py() for column in last.columns):
        return cells
    for column in cells.columns:
        filled = pc.match_substring_regex(column, r"\S")
        places = np.flatnonzero(pc.fill_null(filled, False).to_numpy(zero_copy_only=False))
        end = max(end, int(places[-1]) + 1 if len(places) else 0)
    return cells.slice(0, end)


def _beyond(rows: pa.RecordBatch, width: int) -> pa.Array:
    """What stands right of the headings, a text a row."""
    columns = [column.to_pylist() for column in rows.columns[width:] if column.null_count < rows.num_rows]
    if not columns:
        return pa.nulls(rows.num_rows, pa.large_string())
    return pa.array([joined(cells) for cells in zip(*columns, strict=True)], pa.large_string())


def _headings_at(cells: pa.RecordBatch) -> int | None:
    places = range(min(cells.num_rows, _MOST_BEFORE))
    return next((place for place in places if any(_row(cells, place))), None)


def _row(cells: pa.RecordBatch, place: int) -> list[str]:
    row = [(column[place].as_py() or "").strip() for column in cells.columns]
    while row and not row[-1]:
        row.pop()
    return row


class _Found:
    """The list so far: its headings, and which sheets it was on."""

    def __init__(self, headings: list[str], target: Path, limits: ReadingLimits) -> None:
        self.headings = headings
        self.sheets: list[str] = []
        self.writer = CellsWriter(target, len(headings), limits)
        self._limits = limits

    def takes(self, sheet: int, name: str, cells: pa.RecordBatch) -> bool:
        """Writes a sheet's rows, if it has the headings of this list."""
        place = _headings_at(cells)
        if place is None or _row(cells, place) != self.headings:
            return False
        rows = _without_empty_end(cells.slice(place + 1))
        width = len(self.headings)
        texts = [pc.cast(column, pa.large_string()) for column in rows.columns[:width]]
        self._check_lengths(texts, place + 2)
        numbers = pa.array(np.arange(place + 2, place + 2 + rows.num_rows), pa.int64())
        self.writer.add(len(self.sheets), numbers, _beyond(rows, width), texts)
        self.sheets.append(name)
        return True

    def _check_lengths(self, texts: list[pa.Array], first: int) -> None:
        for column in texts:
            longest = pc.max(pc.binary_length(column)).as_py() or 0
            if longest > self._limits.cell and (pc.max(pc.utf8_length(column)).as_py() or 0) > self._limits.cell:
                row = first + int(np.argmax(pc.fill_null(pc.utf8_length(column), 0).to_numpy()))
                raise Refused(f"row {row:,}: a cell of more than {self._limits.cell:,} characters; shorten it")
