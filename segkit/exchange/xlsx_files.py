"""Users as XLSX, for people: text stays text, nothing is ever a formula, a link, or a date or number by accident.

Text, dates (ISO) and lists (JSON arrays) are text cells, so that 007, +49… and ids of 20 digits stay as they are, and
no date shifts. Numbers are number cells, but whole and exact ones of more than 15 digits, which a spreadsheet would
round: they are text. Doubles have the 16 significant digits that XlsxWriter keeps. Booleans are boolean cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from segkit.errors import SegkitError
from segkit.exchange.cells import number_text, texts

#: Rows of users that one sheet holds, beside its heading.
MOST_ROWS = 1_048_575
MOST_COLUMNS = 16_384
#: UTF-16 units that one cell holds.
LONGEST_TEXT = 32_767
_EXACT_DIGITS = 15
_TEXT_CUT = -2  # what XlsxWriter returns where it cut a text
_EVERY_CELL = "A1:XFD1048576"
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}


class _PlainSheet(Worksheet):  # type: ignore[misc]
    """A sheet without rich text: XlsxWriter takes a text `<r>…</r>` for such, and would write it as markup."""

    def _xml_rich_inline_string(self, string: str, attributes: Any = ()) -> None:
        self._xml_inline_string(string, True, attributes)

    def close_rows(self) -> None:
        """Lets go of the file that rows wait in."""
        self.row_data_fh.close()


def write_xlsx(
    path: Path,
    columns: Sequence[str],
    batches: Iterable[pa.RecordBatch],
    created: datetime,
    *,
    most_rows: int = MOST_ROWS,
) -> int:
    """Writes a workbook to `path`, with its temporary files beside it; how many sheets it took.

    `created` is the instant that its properties name, an aware datetime. Sheets are called `Users`, `Users 2`, …, each
    with the heading and at most `most_rows` users. Raises SegkitError for a text or a number of columns that no sheet
    can hold.
    """
    if len(columns) > MOST_COLUMNS:
        raise SegkitError(
            f"found {len(columns):,} columns; a sheet holds {MOST_COLUMNS:,}. Export CSV or fewer labels."
        )
    book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
    try:
        book.set_properties({"created": created})
        sheets = _Sheets(book, columns, most_rows)
        for batch in batches:
            for values in _rows(batch):
                sheets.add(values)
        book.close()
    except XlsxWriterException as error:
        raise OSError(str(error)) from error
    finally:
        for sheet in book.worksheets():
            sheet.close_rows()
    return len(book.worksheets())


class _Sheets:
    """The sheets of one workbook, filled one after the other."""

    def __init__(self, book: Any, columns: Sequence[str], most_rows: int) -> None:
        self._book = book
        self._columns = columns
        self._most_rows = most_rows
        self._heading = book.add_format({"bold": True})
        self._text = book.add_format({"num_format": "@"})
        self._by_places: dict[int, Any] = {}
        self._begin()

    def _begin(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet("Users" if number == 1 else f"Users {number}", _PlainSheet)
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": _EVERY_CELL})
        self._row = 0
        for at, name in enumerate(self._columns):
            self._sheet.set_column(at, at, max(14, len(name) + 2))
            self._check(self._sheet.write_string(0, at, name, self._heading), at, name)

    def add(self, values: Iterable[Any]) -> None:
        """One user's cells, in a new sheet where this one is full."""
        if self._row == self._most_rows:
            self._begin()
        self._row += 1
        for at, value in enumerate(values):
            if value is not None:
                self._check(self._put(at, value), at, value)

    def _put(self, at: int, value: Any) -> int:
        code: int
        if isinstance(value, str):
            code = self._sheet.write_string(self._row, at, value, self._text)
        elif isinstance(value, bool):
            code = self._sheet.write_boolean(self._row, at, value)
        else:
            code = self._sheet.write_number(self._row, at, value, self._number_format(value))
        return code

    def _number_format(self, value: Any) -> Any:
        """An exact decimal shows all its places; other numbers are shown as the spreadsheet does."""
        places = -int(value.as_tuple().exponent) if isinstance(value, Decimal) else 0
        if places <= 0:
            return None
        if places not in self._by_places:
            self._by_places[places] = self._book.add_format({"num_format": "0." + "0" * places})
        return self._by_places[places]

    def _check(self, code: int, at: int, value: object) -> None:
        if code == 0:
            return
        place = f"column '{self._columns[at]}', row {self._row + 1} of the sheet"
        found = f"found a text of {len(str(value)):,} characters" if code == _TEXT_CUT else f"XlsxWriter said {code}"
        raise SegkitError(
            f"{place}: {found}; a cell of a spreadsheet holds {LONGEST_TEXT:,} (UTF-16 units). "
            "Export CSV, or leave that label out."
        )


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(_values(column) for column in batch.columns), strict=True)


def _values(column: pa.Array) -> list[Any]:
    """What goes into the cells: text, bool, a number that a spreadsheet keeps, or None."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return list(column.to_pylist())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        return [None if value is None else _number(value) for value in column.to_pylist()]
    return list(texts(column).to_pylist())


def _number(value: float | Decimal) -> float | Decimal | str | None:
    """The number, or its text where a spreadsheet would round a whole or an exact one."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if not value.is_integer() or abs(value) < 10**_EXACT_DIGITS else number_text(value)
    exact = Decimal(value)
    return value if len(exact.normalize().as_tuple().digits) <= _EXACT_DIGITS else number_text(exact)
