"""The file of rejected rows: as it is it gives the same reasons again, mended it is taken, and nothing in it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import openpyxl
import pytest

from segkit.exchange.lists.failures import write_failures
from segkit.exchange.lists.headings import columns_of
from segkit.exchange.lists.reading.reader import reading
from segkit.exchange.lists.verdicts import Verdicts, verdicts
from tests.exchange.lists.made_lists import cells, judged, people, words

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FORMATS = ["failures.csv", "failures.xlsx"]


def read_again(path: Path) -> Verdicts:
    with reading(path, path.parent) as found:
        return verdicts(found.table, columns_of(found.headings), people(), "DE")


def test_it_has_the_templates_columns_and_the_row_and_reason_of_each(tmp_path: Path) -> None:
    found = judged("mobile,uid,param1", "+49151,,gold", ",ana,", ",nobody,007")
    assert write_failures(tmp_path / "failures.xlsx", found.table, NOW) == 2
    sheet = openpyxl.load_workbook(tmp_path / "failures.xlsx").worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["email", "mobile", "uid", "param1", "param2", "param3", "row", "reason"],
        [
            None, "+49151", None, "gold", None, None, "2",
            "The mobile is no valid number; write it with + and the country code, such as +49 151 23456789.",
        ],
        [
            None, None, "nobody", "007", None, None, "4",
            "No user has this uid; uids are compared letter by letter, capitals and zeros too.",
        ],
    ]  # fmt: skip


ROWS = (
    "broken,,,", " ,\t,,", ",,,gold", "ana@example.com,,bo,", ",+4915199999999,,'+1", ",,nobody,=1+1", "a@b@c,,,@x",
    "family@example.com,,,", ",4.91511E+12,,-5", "ana@example.com,,,", ",,x y,\u3000", "x@y,,,_x0041_", ",,\u200b-7,",
    "new@example.org,,ana,", "ana@example.com,,ana,gold,more,+still more", "=cmd|' /C calc'!A0,,,", ",00491519,,",
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_imported_as_it_is_it_gives_the_same_reasons(tmp_path: Path, name: str) -> None:
    found = judged("email,mobile,uid,param1", *ROWS)
    rejected = [row for row in found.table.to_pylist() if row["status"] == 2]
    assert {row["reason"] for row in rejected} == set(range(10))  # every reason there is
    path = tmp_path / name
    write_failures(path, found.table, NOW)
    again = read_again(path)
    assert (again.rejected, again.accepted, again.duplicate) == (len(rejected), 0, 0)
    assert again.reasons == found.reasons
    assert [row["reason"] for row in again.table.to_pylist()] == [row["reason"] for row in rejected]


@pytest.mark.parametrize("name", FORMATS)
def test_so_do_cells_of_any_characters(tmp_path: Path, name: str, full: bool) -> None:
    rng = Random(7)
    marks = "=+-@'\"\t\r\n ,;|\u200b\ufeff_x0041_\x01\x07é名😀<>&0aA\u2028\u00a0"
    texts = ["".join(rng.choice(marks) for _ in range(rng.randrange(1, 9))) for _ in range(20_000 if full else 2_000)]
    found = verdicts(
        cells(["uid", "param1"], *[[text, text[::-1]] for text in texts]), columns_of(["uid", "p1"]), people()
    )
    assert found.rejected > 0.9 * len(texts)
    path = tmp_path / name
    write_failures(path, found.table, NOW)
    again = read_again(path)
    assert again.reasons == found.reasons
    assert (again.rejected, again.accepted) == (found.rejected, 0)


@pytest.mark.parametrize("name", FORMATS)
def test_mended_its_rows_are_taken(tmp_path: Path, name: str) -> None:
    found = judged("email,uid,param1", "ana@example,,gold", "bo@example.com,ana,007", "new@example..org,,")
    path = tmp_path / name
    write_failures(path, found.table, NOW)
    _mend(path, {"ana@example": "ana@example.com", "ana": "bo", "new@example..org": "new@example.org"})
    again = read_again(path)
    assert words(again) == ["matched 10", "matched 11", "external"]
    assert [text or None for text in again.table["param1"].to_pylist()] == ["gold", "007", None]


def _mend(path: Path, changes: dict[str, str]) -> None:
    if path.suffix == ".csv":
        text = path.read_bytes().decode()
        for before, after in changes.items():
            text = text.replace(f"{before},", f"{after},")
        path.write_bytes(text.encode())
        return
    book = openpyxl.load_workbook(path)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            cell.value = changes.get(cell.value, cell.value)
    book.save(path)


def test_rows_of_several_sheets_name_their_sheet(tmp_path: Path) -> None:
    found = judged("uid", "nobody")
    write_failures(tmp_path / "failures.csv", found.table, NOW, ["Spring", "Summer"])
    assert "Spring: 2," in (tmp_path / "failures.csv").read_text(encoding="utf-8")


def test_nothing_in_it_begins_as_a_formula(tmp_path: Path) -> None:
    found = judged("email,uid,param1", "=1+1,,+1", "@x,,-1")
    write_failures(tmp_path / "failures.csv", found.table, NOW)
    lines = (tmp_path / "failures.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].startswith("'=1+1,,,'+1,")
    assert lines[2].startswith("'@x,,,'-1,")
    write_failures(tmp_path / "failures.xlsx", found.table, NOW)
    sheet = openpyxl.load_workbook(tmp_path / "failures.xlsx").worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
