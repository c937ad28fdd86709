"""The template of a list, to fill in: an XLSX workbook with instructions, or a CSV file. All cells are text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from segkit.errors import SegkitError
from segkit.exchange.lists.headings import FIELDS
from segkit.files.atomic import write_bytes, writing

SHEET = "List"
_AS_TEXT = "@"
_WIDTHS = {"email": 34, "mobile": 22, "uid": 22}
_INSTRUCTIONS = (
    ("How to fill in the list", ""),
    ("", "Write one person a row in the sheet ‘List’, below its headings. One of email, mobile and uid is enough."),
    ("", "If you give several of them, they must be of the same person."),
    ("email", "An address such as mary@example.com. One that no user has is kept, and can be used for e-mail only."),
    ("mobile", "A number of a user, best with + and the country code, such as +49 151 23456789."),
    ("uid", "The id of a user, letter by letter: capitals and zeros at the beginning count."),
    ("param1 … param3", "What you like, kept as text with the person, for the texts of an e-mail campaign."),
    ("", ""),
    ("Good to know", ""),
    (
        "",
        "The columns are formatted as text, so that numbers keep zeros and plus. If you paste, paste values only.",
    ),
    ("", "Columns may stand in any order; other columns are left out. Formulas are not computed."),
    (
        "",
        "A person who stands in the list twice counts once. Rows that name nobody are rejected, each with its reason.",
    ),
    ("", "The file of rejected rows has this form: mend it and import it again."),
)


def write_template(path: Path) -> None:
    """Writes the template to `path`, in the format that its ending says. Raises SegkitError for another ending."""
    ending = path.suffix.lower()
    if ending == ".csv":
        write_bytes(path, ("\ufeff" + ",".join(FIELDS) + "\r\n").encode())
    elif ending == ".xlsx":
        with writing(path) as temporary, temporary.open("wb") as stream:
            _workbook().save(stream)
    else:
        raise SegkitError(f"{path.name}: expected a name that ends in .xlsx or .csv")


def _workbook() -> Any:
    book = Workbook()
    sheet = book["Sheet"]
    sheet.title = SHEET
    sheet.append(list(FIELDS))
    sheet.freeze_panes = "A2"
    for place, field in enumerate(FIELDS, 1):
        column = sheet.column_dimensions[get_column_letter(place)]
        column.width, column.number_format = _WIDTHS.get(field, 18), _AS_TEXT
        heading = sheet.cell(1, place)
        heading.font, heading.number_format = Font(bold=True), _AS_TEXT
        heading.fill = PatternFill("solid", fgColor="E8EEF7")
    _add_instructions(book.create_sheet("Instructions"))
    return book


def _add_instructions(sheet: Any) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 18, 110
    for number, (term, words) in enumerate(_INSTRUCTIONS, 1):
        sheet.cell(number, 1, term).font = Font(bold=True)
        sheet.cell(number, 2, words).alignment = Alignment(wrap_text=True, vertical="top")
