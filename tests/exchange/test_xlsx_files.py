"""XLSX as openpyxl reads it back: text stays text, nothing is a formula, what does not fit is said."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from openpyxl.utils.escape import unescape

from segkit.errors import SegkitError
from segkit.exchange.xlsx_files import MOST_ROWS, write_xlsx

JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def cells(content: bytes, sheet: str = "Users") -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content))[sheet].iter_rows()]


def markup(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/"))


def test_every_type_as_people_see_it(exporter: Any, label: Any) -> None:
    shop = exporter()
    shop.labels = [
        label("country", "string"),
        label("days", "number"),
        label("spent", "number", scale=2),
        label("born", "date"),
        label("consent", "bool"),
        label("devices", "list"),
    ]
    export = shop.rows(
        [
            ("007", "DE", 3.0, Decimal("12.30"), date(2026, 1, 31), True, ["gateway", "lamp"]),
            ("+4917012345", None, 0.25, Decimal("-0.05"), date(1899, 12, 31), False, []),
            ("12345678901234567890", "1/2", None, None, None, None, None),
        ],
        format="xlsx",
    )
    assert cells(export.only) == [
        ["uid", "country", "days", "spent", "born", "consent", "devices"],
        ["007", "DE", 3, 12.3, "2026-01-31", True, '["gateway","lamp"]'],
        ["+4917012345", None, 0.25, -0.05, "1899-12-31", False, "[]"],
        ["12345678901234567890", "1/2", None, None, None, None, None],
    ]
    assert export.result.segments[0].sheets == 1


def test_numbers_that_a_spreadsheet_would_round_are_text(exporter: Any, label: Any) -> None:
    shop = exporter()
    shop.labels = [label("days", "number"), label("spent", "number", scale=2)]
    rows = [("ana", 1e15, Decimal("1234567890123456.78")), ("bo", 999_999_999_999_999.0, Decimal("1234567890123.45"))]
    assert cells(shop.rows(rows, format="xlsx").only)[1:] == [
        ["ana", "1000000000000000", "1234567890123456.78"],
        ["bo", 999_999_999_999_999, 1234567890123.45],
    ]


def test_nan_and_infinity_are_missing(exporter: Any) -> None:
    rows = [("ana", float("nan")), ("bo", float("inf")), ("cy", None)]
    assert cells(exporter(days="number").rows(rows, format="xlsx").only)[1:] == [
        ["ana", None],
        ["bo", None],
        ["cy", None],
    ]


PAYLOADS = [
    f"{space}{start}{rest}"
    for space in ("", " ", "\t", "\r", "\n", "\ufeff")
    for start in ("=", "+", "-", "@", "{=", "＝")
    for rest in ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("x")', "1}", "SUM(A1:A9)", "DDE")
]
MARKUP = [
    "<r><t>x</t></r>",
    '<r></t></is></c><c r="Z9"><f>1+1</f></c><c t="inlineStr"><is><t></r>',
    "</t></is></c>",
    "&lt;f&gt;",
    "]]>",
    "_x003D_1+1",
    "https://example.org/",
    "mailto:a@example.org",
    "internal:Users!A1",
    "2026-01-31",
    "1e5",
    "TRUE",
    "#REF!",
    "\ud7ff\ufffe\uffff",
    "\x00\x01\x1f",
    " spaces ",
]


def test_hostile_text_is_text_and_comes_back_the_same(exporter: Any) -> None:
    texts = PAYLOADS + MARKUP
    export = exporter(city="string").rows([(f"u{n}", text) for n, text in enumerate(texts)], format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(export.only))["Users"]
    found = [sheet.cell(row, 2) for row in range(2, len(texts) + 2)]
    assert {cell.data_type for cell in found} == {"s"}
    assert {cell.hyperlink for cell in found} == {None}
    assert [unescape(str(cell.value)) for cell in found] == texts
    assert sheet.max_column == 2


def test_no_formula_and_no_link_is_in_the_markup(exporter: Any) -> None:
    rows = [(text, [text]) for text in PAYLOADS + MARKUP]
    found = markup(exporter(tags="list").rows(rows, format="xlsx").only)
    assert not re.search(r"<(f|hyperlink)\b", found)


def test_a_text_of_the_longest_length_fits(exporter: Any) -> None:
    longest = "x" * 32_767
    assert cells(exporter(city="string").rows([("ana", longest)], format="xlsx").only)[1] == ["ana", longest]


@pytest.mark.parametrize("text", ["x" * 32_768, "🙂" * 16_384])
def test_a_text_too_long_for_a_cell_is_refused_and_not_repeated(exporter: Any, text: str) -> None:
    shop = exporter(city="string")
    with pytest.raises(SegkitError, match=r"column 'city', row 3 of the sheet: .*holds 32,767.*Export CSV") as refused:
        shop.rows([("ana", "x"), ("bo", text)], format="xlsx")
    assert text[:5] not in str(refused.value)
    assert list((shop.folder / "exports").iterdir()) == []


def test_users_that_do_not_fit_go_to_further_sheets_each_with_the_heading(tmp_path: Path) -> None:
    batches = [pa.record_batch({"uid": [f"u{n}" for n in range(start, start + 5)]}) for start in (0, 5)]
    target = tmp_path / "users.xlsx"
    assert write_xlsx(target, ["uid"], batches, JUNE, most_rows=4) == 3
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Users", "Users 2", "Users 3"]
    found = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    assert found == [["uid", "u0", "u1", "u2", "u3"], ["uid", "u4", "u5", "u6", "u7"], ["uid", "u8", "u9"]]


def test_a_full_sheet_begins_no_empty_one(tmp_path: Path) -> None:
    batch = pa.record_batch({"uid": ["ana", "bo"]})
    assert write_xlsx(tmp_path / "users.xlsx", ["uid"], [batch], JUNE, most_rows=2) == 1


def test_a_sheet_takes_as_many_users_as_the_format_has_rows() -> None:
    assert MOST_ROWS == 2**20 - 1


def test_more_columns_than_a_sheet_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SegkitError, match="found 16,385 columns; a sheet holds 16,384"):
        write_xlsx(tmp_path / "users.xlsx", [f"c{n}" for n in range(16_385)], [], JUNE)


def test_nothing_but_the_workbook_is_left_beside_it(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "users.xlsx", ["uid"], [pa.record_batch({"uid": ["ana"]})], JUNE)
    assert [path.name for path in tmp_path.iterdir()] == ["users.xlsx"]
