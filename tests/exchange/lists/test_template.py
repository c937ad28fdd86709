"""The template: text cells in typed columns, instructions beside them, and it is a list itself."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from segkit.errors import SegkitError
from segkit.exchange.lists.headings import columns_of
from segkit.exchange.lists.reading.reader import reading
from segkit.exchange.lists.template import write_template


def test_the_workbook_has_text_columns_and_a_sheet_of_instructions(tmp_path: Path) -> None:
    write_template(tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(tmp_path / "template.xlsx")
    assert book.sheetnames == ["List", "Instructions"]
    assert [cell.value for cell in book["List"][1]] == ["email", "mobile", "uid", "param1", "param2", "param3"]
    assert {book["List"].column_dimensions[letter].number_format for letter in "ABCDEF"} == {"@"}
    assert "mary@example.com" in " ".join(str(row[1].value) for row in book["Instructions"].iter_rows())


@pytest.mark.parametrize("name", ["template.xlsx", "template.csv"])
def test_a_template_that_is_filled_in_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_template(path)
    with reading(path, tmp_path) as cells:
        assert columns_of(cells.headings).places == {
            "email": 0, "mobile": 1, "uid": 2, "param1": 3, "param2": 4, "param3": 5,
        }  # fmt: skip
        assert cells.table.num_rows == 0
    _fill_in(path, ["ana@example.com", "+4915112345678", "007", "0123", "", ""])
    with reading(path, tmp_path) as cells:
        row = cells.table.to_pylist()[0]
        assert [row[f"c{place}"] for place in range(4)] == ["ana@example.com", "+4915112345678", "007", "0123"]


def _fill_in(path: Path, row: list[str]) -> None:
    if path.suffix == ".csv":
        path.write_bytes(path.read_bytes() + ",".join(row).encode())
        return
    book = openpyxl.load_workbook(path)
    book["List"].append(row)
    book.save(path)


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SegkitError, match=r"expected a name that ends in \.xlsx or \.csv"):
        write_template(tmp_path / "template.ods")
