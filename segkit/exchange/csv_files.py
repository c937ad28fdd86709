"""Users as CSV: RFC 4180 in UTF-8, comma, CRLF, a heading. A missing value is an empty field, an empty text is `""`.

Profile machine holds the values as they are. Profile spreadsheet is for people who open it: a byte order mark, so that
a spreadsheet reads it as UTF-8, and no text that could run as a formula. It cannot keep a spreadsheet from reading 007
as 7: XLSX does that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from segkit.exchange.cells import is_list, is_text, texts
from segkit.exchange.disarming import RowRanges, changed_rows, disarmed

_END = "\r\n"
_BYTE_ORDER_MARK = "\ufeff"
_NEEDS_QUOTES = r'[",\r\n]|^$'


def write_csv(
    write: Callable[[bytes], object],
    columns: Sequence[str],
    batches: Iterable[pa.RecordBatch],
    *,
    for_people: bool = False,
) -> dict[str, RowRanges]:
    """Writes a heading and every row, a batch at a time. Which rows (the heading is 1) of a column were disarmed."""
    changed = {name: RowRanges() for name in columns}
    heading = _lines([_field(pa.array([name], pa.large_string())) for name in columns])
    write(((_BYTE_ORDER_MARK if for_people else "") + heading).encode())
    row = 2
    for batch in batches:
        fields = []
        for name, column in zip(columns, batch.columns, strict=True):
            found = cells = texts(column)
            if for_people and not _is_harmless(column.type):
                cells = disarmed(found)
                changed[name].extend(changed_rows(found, cells, row))
            fields.append(_field(cells))
        write(_lines(fields).encode())
        row += batch.num_rows
    return {name: ranges for name, ranges in changed.items() if ranges.count}


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
