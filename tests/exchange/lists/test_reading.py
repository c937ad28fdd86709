"""Files are read strictly, in a process with limits; what is wrong with one, or stops it, is a sentence."""

from __future__ import annotations

import codecs
import datetime as dt
import os
import re
import threading
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segkit.errors import Cancelled, SegkitError
from segkit.exchange.lists.reading.encodings import encoding_of
from segkit.exchange.lists.reading.limits import ReadingLimits
from segkit.exchange.lists.reading.reader import Cells, reading
from tests.exchange.lists.made_workbooks import SHEET, changed, workbook

Rows = list[tuple[int, list[str | None]]]


def rows_of(path: Path, limits: ReadingLimits | None = None) -> tuple[Cells, Rows]:
    """What is known of a file, and its rows: number, cells."""
    with reading(path, path.parent, limits) as cells:
        names = cells.table.column_names[3:]
        return cells, [(row["row"], [row[name] for name in names]) for row in cells.table.to_pylist()]


def file(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def refusal(path: Path, limits: ReadingLimits | None = None) -> str:
    with pytest.raises(SegkitError) as raised:
        rows_of(path, limits)
    assert sorted(path.parent.iterdir()) == [path]  # nothing is left behind
    return str(raised.value)


# --- CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_csv_is_read_in_its_encoding_and_with_its_delimiter(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = 'email|param1\r\njürgen@example.com|"Größe|""L""\r\nneu"\r\n'.replace("|", delimiter)
    cells, rows = rows_of(file(tmp_path, text, encoding))
    assert rows == [(2, ["jürgen@example.com", f'Größe{delimiter}"L"\r\nneu'])]
    assert cells.headings == ("email", "param1")


def test_chinese_text_is_read_as_gb18030(tmp_path: Path) -> None:
    path = file(tmp_path, "手机号,参数1\n13812345678,上海的用户\n13812345679,一等奖\n", "gb18030")
    assert encoding_of(path) == "gb18030"
    assert rows_of(path)[1] == [(2, ["13812345678", "上海的用户"]), (3, ["13812345679", "一等奖"])]


@pytest.mark.parametrize("text", ["Größe", "Müller", "ÄÖÜ", "Señor Nuñez", "café", "naïve façade", "Ångström", "5 €"])
def test_western_text_is_not_taken_for_chinese(tmp_path: Path, text: str) -> None:
    assert encoding_of(file(tmp_path, f"email,param1\na@example.com,{text}\n", "cp1252")) == "cp1252"


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    path = file(tmp_path, '\nemail,uid\n"a\nb",1\n\n,\nc,3,\nd\n,,\n\n\n')
    assert rows_of(path)[1] == [
        (3, ["a\nb", "1"]),
        (4, ["", ""]),
        (5, ["", ""]),
        (6, ["c", "3"]),
        (7, ["d", ""]),
    ]


def test_what_stands_beyond_the_headings_is_kept_apart(tmp_path: Path) -> None:
    with reading(file(tmp_path, "email,uid\na,1,\nb,2,x,,y\n"), tmp_path) as cells:
        assert cells.table["more"].to_pylist() == [None, "x | y"]
    path = workbook(tmp_path / "list.xlsx", ["email", "uid"], ["a", 1, None], ["b", 2, "x", None, "y"])
    with reading(path, tmp_path) as cells:
        assert cells.table["more"].to_pylist() == [None, "x | y"]


def test_a_spreadsheets_own_separator_line_is_understood(tmp_path: Path) -> None:
    assert rows_of(file(tmp_path, "sep=;\r\nemail;uid\r\na,b;1\r\n"))[1] == [(3, ["a,b", "1"])]


def test_a_delimiter_is_chosen_by_which_headings_are_known(tmp_path: Path) -> None:
    cells, rows = rows_of(file(tmp_path, "email;city, street\na@x.de;Bonn, Markt\n"))
    assert (cells.delimiter, rows) == ("semicolon", [(2, ["a@x.de", "Bonn, Markt"])])


def test_a_quote_that_never_ends_is_said_with_its_row_and_swallows_none(tmp_path: Path) -> None:
    path = file(tmp_path, 'email,param1\n"a@x.de","b\nc"\nb@x.de,"open\nc@x.de,1\nd@x.de,2\n')
    expected = 'list.csv: row 3 (line 4): a quote that begins there never ends; expected "" for each quote inside a '
    assert refusal(path) == expected + "quoted cell."


def test_text_behind_a_quoted_cell_is_said_with_its_row(tmp_path: Path) -> None:
    assert refusal(file(tmp_path, 'email\n"a"b\n')).startswith(
        "list.csv: row 2: something stands behind the end of a quot"
    )


def test_what_is_no_text_is_said(tmp_path: Path) -> None:
    assert "no encoding that is known" in refusal(file(tmp_path, b"email\n\x81\xff\x8d\x20\n"))
    assert refusal(file(tmp_path, codecs.BOM_UTF8 + b"email\n\xff\n")).startswith(
        "list.csv: bytes that are not utf-8-sig"
    )
    expected = "list.csv: it is a PDF, whatever its name says; expected a list as XLSX or CSV."
    assert refusal(file(tmp_path, b"%PDF-1.7\n")) == expected
    assert refusal(file(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")).startswith(
        "list.csv: it is an old XLS workbook"
    )
    assert refusal(file(tmp_path, b"")).startswith("list.csv: the file is empty")
    assert refusal(file(tmp_path, b"\n\n\n")).startswith("list.csv: nothing in its first rows")


def test_what_is_beyond_a_limit_is_said(tmp_path: Path) -> None:
    small = ReadingLimits(rows=3, columns=4, cell=10, file=1_000_000)
    assert refusal(file(tmp_path, "uid\n" + "1\n" * 4), small) == (
        "list.csv: more than 3 rows; split the list into several files."
    )
    assert refusal(file(tmp_path, "a,b,c,d,uid\n"), small).startswith("list.csv: row 1: 5 cells; a list may have 4")
    assert refusal(file(tmp_path, "uid\n1,2,3,4,5\n"), small).startswith("list.csv: row 2: 5 cells")
    assert refusal(file(tmp_path, "uid\n1\n" + "x" * 11), small).startswith(
        "list.csv: row 3: a cell of more than 10 char"
    )
    assert refusal(file(tmp_path, "uid\n" + "1\n" * 600_000), small).startswith(
        "list.csv: found 1 MB; a list may have 1 MB"
    )


# --- XLSX -------------------------------------------------------------------------------------------------------------


def test_a_workbook_is_read_as_text_with_its_own_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    sheet = book["Sheet"]
    cells: dict[str, Any] = {
        "B3": "email", "C3": "mobile", "D3": "param1", "B4": "ana@example.com", "C4": 4915112345678, "D4": 7,
        "C6": "+49 151", "D6": 7.5, "D7": dt.date(2026, 1, 2), "D8": True, "D9": "=1+1", "B9": "007",
    }  # fmt: skip
    for place, value in cells.items():
        sheet[place] = value
    book.save(path)
    known, rows = rows_of(path)
    assert known.headings == ("email", "mobile", "param1")
    assert rows == [
        (4, ["ana@example.com", "4915112345678", "7"]),
        (5, [None, None, None]),
        (6, [None, "+49 151", "7.5"]),
        (7, [None, None, "2026-01-02 00:00:00"]),
        (8, [None, None, "true"]),
        (9, ["007", None, None]),  # no value was saved with the formula, and none is computed
    ]


def test_a_list_may_go_over_several_sheets_and_others_are_left_out_and_named(tmp_path: Path) -> None:
    others = {"Notes": [["how to"]], "List 2": [["uid"], ["3"]], "Prices": [["price"], ["1"]]}
    path = workbook(tmp_path / "list.xlsx", ["uid"], ["1"], ["2"], more=others)
    known, rows = rows_of(path)
    assert rows == [(2, ["1"]), (3, ["2"]), (2, ["3"])]
    assert (known.sheets, known.left_out) == (("List", "List 2"), ("Notes", "Prices"))


def test_a_first_sheet_of_instructions_is_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["Read me"], more={"Data": [["E-Mail"], ["a@x.de"]]})
    assert rows_of(path)[0].sheets == ("Data",)


@pytest.mark.parametrize("stated", [b"A1:XFD1048576", b"A1:A2", b"XFD1:A1"])
def test_a_stated_dimension_that_lies_changes_nothing(tmp_path: Path, stated: bytes) -> None:
    path = workbook(tmp_path / "list.xlsx", ["uid"], *[[str(number)] for number in range(100)])
    changed(path, SHEET, lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="' + stated + b'"', xml))
    assert [cells for _, cells in rows_of(path)[1]] == [[str(number)] for number in range(100)]


def test_a_dimension_that_is_none_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["uid"], ["1"])
    changed(path, SHEET, lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="!!"', xml))
    assert refusal(path).startswith("list.xlsx: the workbook cannot be read")


def test_one_cell_far_away_is_stopped_by_a_limit(tmp_path: Path) -> None:
    row = b'<row r="1048576"><c r="%s1048576"><v>1</v></c></row></sheetData>'
    path = workbook(tmp_path / "list.xlsx", ["uid"], ["1"])
    changed(path, SHEET, lambda xml: xml.replace(b"</sheetData>", row % b"XFD"))
    assert "reading needed more than 1,000 MB of memory; split it into smaller files" in refusal(path)
    path = workbook(tmp_path / "list.xlsx", ["uid"], ["1"])
    changed(path, SHEET, lambda xml: xml.replace(b"</sheetData>", row % b"ZZ"))
    assert refusal(path).startswith(
        "list.xlsx: reading needed more than 1,000 MB of memory; split it into smaller files"
    )


def test_a_zip_bomb_is_seen_before_it_is_unpacked(tmp_path: Path) -> None:
    path = changed(workbook(tmp_path / "list.xlsx", ["uid"], ["1"]), "", bytes, **{"xl/media/a": b"\0" * 30_000_000})
    assert path.stat().st_size < 100_000
    assert refusal(path).startswith("list.xlsx: a part of the workbook unpacks to more than 250 times its size")
    assert refusal(path, ReadingLimits(unpacked=1_000_000)).startswith(
        "list.xlsx: the workbook unpacks to more than 1 MB; split the list"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_expanded(tmp_path: Path, encoding: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'.encode(encoding)
    path = changed(workbook(tmp_path / "list.xlsx", ["uid"], ["1"]), "xl/sharedStrings.xml", lambda xml: bomb)
    changed(path, "", bytes, **{"xl/extra.xml": bomb})
    assert refusal(path).startswith("list.xlsx: the workbook declares entities of its own")


def test_a_broken_workbook_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["uid"], ["1"])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).startswith("list.xlsx: it is not a whole workbook")
    path.write_bytes(b"PK\x03\x04")
    assert refusal(path).startswith("list.xlsx: it is not a whole workbook")


def test_a_workbook_without_a_known_heading_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", ["price"], more={"B": [[]]})
    assert refusal(path).startswith("list.xlsx: no sheet has a heading such as email, mobile or uid")


# --- limits of the process --------------------------------------------------------------------------------------------


def test_time_of_the_processor_and_of_the_clock_are_limited(tmp_path: Path) -> None:
    path = file(tmp_path, "uid\n" + "1\n" * 2_000_000)
    assert refusal(path, ReadingLimits(cpu=1)).startswith("list.csv: reading took more than 1 seconds of a processor")
    assert refusal(path, ReadingLimits(wall=0)).startswith("list.csv: reading took longer than 0 seconds")


def test_memory_is_limited(tmp_path: Path) -> None:
    path = file(tmp_path, "uid,param1\n" + f"1,{'x' * 30_000}\n" * 3_000)
    assert "reading needed more than 10 MB of memory" in refusal(path, ReadingLimits(memory=10_000_000))


def test_reading_tells_how_far_it_is_and_can_be_cancelled(tmp_path: Path) -> None:
    path, told = file(tmp_path, "uid\n" + "1\n" * 50_000), list[int]()
    with reading(path, tmp_path, tell=told.append):
        assert told == [20_000, 40_000, 50_000]
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled, match="nothing was changed"), reading(path, tmp_path, cancel=stop):
        pass
    assert sorted(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_taken_away_by_the_next(tmp_path: Path) -> None:
    path = file(tmp_path, "uid\n1\n")
    dead, alive = tmp_path / ".reading-4194305-7-abc", tmp_path / f".reading-{os.getpid()}-0-abc"
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "cells.arrow").write_text("personal")
    rows_of(path)
    assert not dead.exists()
    assert alive.exists()


def test_parquet_is_read_as_text_and_what_has_no_text_stays_out(tmp_path: Path) -> None:
    table = pa.table({"uid": ["007", None], "n": [1, 2], "tags": [["a"], []], "day": [dt.date(2024, 11, 1), None]})
    pq.write_table(table, tmp_path / "list.parquet")
    with reading(tmp_path / "list.parquet", tmp_path) as cells:
        assert (cells.format, cells.headings) == ("parquet", ("uid", "n", "day"))
        assert cells.table.select(["row", "c0", "c1", "c2"]).to_pylist() == [
            {"row": 1, "c0": "007", "c1": "1", "c2": "2024-11-01"}, {"row": 2, "c0": None, "c1": "2", "c2": None},
        ]  # fmt: skip
    content = (tmp_path / "list.parquet").read_bytes()
    (tmp_path / "list.parquet").write_bytes(content[:40] + b"\xff" * 40 + content[80:])
    with (
        pytest.raises(SegkitError, match="the Parquet file cannot be read; write it again"),
        reading(tmp_path / "list.parquet", tmp_path),
    ):
        pass
    with (
        pytest.raises(SegkitError, match="more than 1 rows; split the list into several files"),
        reading(_written(tmp_path, table), tmp_path, ReadingLimits(rows=1)),
    ):
        pass


def _written(folder: Path, table: pa.Table) -> Path:
    pq.write_table(table, folder / "long.parquet")
    return folder / "long.parquet"
