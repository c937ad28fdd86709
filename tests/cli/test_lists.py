"""The commands about lists: a template, an import, its failures mended and imported again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from segkit.cli import cli
from segkit.errors import SegkitError
from tests.small_workspace import SmallWorkspace


@pytest.fixture
def folder(small: SmallWorkspace) -> Path:
    small.user("ana", email="ana@example.com")
    small.user("007", email="kim@example.com")
    assert small.app.base().count == 2
    return small.folder


def run(*words: str | Path) -> tuple[str, str]:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    if isinstance(done.exception, SegkitError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


def data(*words: str | Path) -> Any:
    return json.loads(run(*words, "--json")[0])


def test_a_template_is_filled_in_imported_mended_and_imported_again(folder: Path, tmp_path: Path) -> None:
    template, mend = tmp_path / "list.xlsx", tmp_path / "mend.xlsx"
    assert "Fill it in" in run("template", template)[1]
    with pytest.raises(SegkitError, match="exists; choose another name"):
        run("template", template)
    book = openpyxl.load_workbook(template)
    for row in (["ana@example.com"], ["kim@example"], ["new@example.org"]):
        book["List"].append(row)
    book.save(template)
    out, err = run("import", template, "--name", "Spring", "--failures", mend, "-w", folder)
    assert "3 rows: 2 accepted, 1 rejected, 0 duplicate." in out
    assert "Held back: 1 external addresses" in out
    assert "Wrote 1 rejected rows" in err
    book = openpyxl.load_workbook(mend)
    book.worksheets[0]["A2"] = "kim@example.com"
    book.save(mend)
    report = data("import", mend, "--into", "Spring", "--mode", "add", "--consented", "-w", folder)
    assert (report["matched"], report["rejected"], report["list_users"], report["list_external"]) == (1, 0, 2, 1)


def test_a_column_is_mapped_and_what_is_no_mapping_is_said(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Work address;City\nana@example.com;Bonn\n")
    command = ("import", path, "--name", "Spring", "-w", folder)
    with pytest.raises(
        SegkitError, match=r"list\.csv: no column is known to hold e-mails.*found ‘Work address’, ‘City’"
    ):
        run(*command)
    with pytest.raises(SegkitError, match="--map 'email': expected a field and a heading"):
        run(*command, "--map", "email")
    assert data(*command, "--map", "email=work address")["columns"] == {"email": "Work address"}
