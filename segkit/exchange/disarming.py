"""Text that a spreadsheet would run as a formula, made harmless by an apostrophe; and which cells that changed.

Only for CSV that people open: a program that reads the file gets the apostrophe too, and `+49…` would no longer dial.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: Full-width forms start a formula too where spreadsheets are Chinese or Japanese.
_STARTS = "=+@＝＋－＠-"
#: What a spreadsheet may drop in front of a formula: white space, controls, quotes, marks without a width.
_DROPPED = r'\x00-\x20"\x{7f}-\x{a0}\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}\x{feff}'
#: A cell begins at the start of the text; and behind `;`, tab or a line break, for a spreadsheet whose list separator
#: is not the comma takes the file apart there.
_FORMULA = rf"((?:^|[;\t\r\n])[{_DROPPED}]*)([{_STARTS}])"
_CONTROL = r"^[\t\r\n]"
_MADE_HARMLESS = rf"((?:^|[;\t\r\n])[{_DROPPED}]*)'([{_STARTS}])"


def disarmed(column: pa.Array) -> pa.Array:
    """A column of text (large_string) in which every place where a formula could begin has an apostrophe before it."""
    marked = pc.replace_substring_regex(column, _FORMULA, r"\1'\2")
    return pc.if_else(pc.match_substring_regex(marked, _CONTROL), pc.replace_substring_regex(marked, "^", "'"), marked)


def rearmed(column: pa.Array) -> pa.Array:
    """What `disarmed` made of a column, as it was before; also where people put such an apostrophe themselves."""
    if not pc.any(pc.match_substring(column, "'")).as_py():
        return column
    freed = pc.replace_substring_regex(column, r"^'([\t\r\n])", r"\1")
    return pc.replace_substring_regex(freed, _MADE_HARMLESS, r"\1\2")


def changed_rows(before: pa.Array, after: pa.Array, first_row: int) -> Iterable[int]:
    """The row numbers, from `first_row` on, whose text differs."""
    differs = pc.fill_null(pc.not_equal(before, after), False).to_numpy(zero_copy_only=False)
    return (int(row) for row in np.flatnonzero(differs) + first_row)


class RowRanges:
    """Row numbers in ascending order, kept as ranges; as text `2-5, 9`."""

    def __init__(self) -> None:
        self.count = 0
        self._starts = array("q")
        self._ends = array("q")

    def extend(self, rows: Iterable[int]) -> None:
        """Adds rows, each larger than every one before it."""
        for row in rows:
            self.count += 1
            if self._ends and self._ends[-1] == row - 1:
                self._ends[-1] = row
            else:
                self._starts.append(row)
                self._ends.append(row)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._ends, strict=True)

    def __str__(self) -> str:
        return ", ".join(str(start) if start == end else f"{start}-{end}" for start, end in self)
