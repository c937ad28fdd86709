"""Users as CSV: RFC 4180 in UTF-8, comma, CRLF, a heading. A missing value is an empty field, an empty text is `""`.

Profile machine holds the values as they are. Profile spreadsheet is for people who open it: a byte order mark, so that
a spreadsheet reads it as UTF-8, and no text that could run as a formula. It cannot keep a spreadsheet from reading 007
as 7: XLSX does that.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from segkit.exchange.cells import is_list, is_text, texts
from segkit.exchange.disarming import RowRanges, changed_rows, disarmed

_END = "\r\n"
_BYTE_ORDER_MARK = "\ufeff"
_NEEDS_QUOTES = r'[",\r\n]|^$'


class CsvLines:
    """The lines of one file, a batch at a time. `disarmed`: which rows (the heading is 1) of a column were changed."""

    def __init__(self, columns: Sequence[str], *, for_people: bool = False) -> None:
        self._columns = columns
        self._for_people = for_people
        self._changed = {name: RowRanges() for name in columns}
        self._row = 2

    @property
    def disarmed(self) -> dict[str, RowRanges]:
        return {name: ranges for name, ranges in self._changed.items() if ranges.count}

    def heading(self) -> bytes:
        names = _lines([_field(pa.array([name], pa.large_string())) for name in self._columns])
        return ((_BYTE_ORDER_MARK if self._for_people else "") + names).encode()

    def lines(self, batch: pa.RecordBatch) -> bytes:
        """The rows of the next batch."""
        fields = []
        for name, column in zip(self._columns, batch.columns, strict=True):
            found = cells = texts(column)
            if self._for_people and not _is_harmless(column.type):
                cells = disarmed(found)
                self._changed[name].extend(changed_rows(found, cells, self._row))
            fields.append(_field(cells))
        self._row += batch.num_rows
        return _lines(fields).encode()


def _is_harmless(kind: pa.DataType) -> bool:
    """Numbers, dates and booleans run nothing; a number keeps its minus."""
    return not (is_list(kind) or is_text(kind.value_type if pa.types.is_dictionary(kind) else kind))


def _field(cells: pa.Array) -> pa.Array:
    quoted = pc.binary_join_element_wise(_text('"'), pc.replace_substring(cells, '"', '""'), _text('"'), _text(""))
    return pc.fill_null(pc.if_else(pc.match_substring_regex(cells, _NEEDS_QUOTES), quoted, cells), _text(""))


def _lines(fields: Sequence[pa.Array]) -> str:
    lines = pc.binary_join_element_wise(*fields, _text(","))
    return "".join(f"{line}{_END}" for line in lines.to_pylist())


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())
