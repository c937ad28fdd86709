"""300 texts that want to be formulas, opened and recalculated by a real spreadsheet: none of them runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTS = (
    "=",
    "+",
    "-",
    "@",
    "=+",
    "=-",
    "+=",
    "\t=",
    " =",
    "\r=",
    "\n=",
    '"=',
    "\ufeff=",
    "\u200b=",
    "＝",
    "x\t=",
    "x;=",
)
BODIES = (
    "1+1",
    "SUM(1;2)",
    "2*3",
    "A1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://127.0.0.1:9/?x="&A1;"click")',
    'WEBSERVICE("http://127.0.0.1:9/")',
    "IMPORTXML(\"http://127.0.0.1:9/\";\"//a\")",
    'DDE("soffice";"/etc/passwd";"A1")',
    "'file:///etc/passwd'#$passwd.A1",
    "NOW()",
    "RAND()",
    "1e5",
    "TRUE()",
    "{1;2}",
    "IF(1=1;\"ran\";\"\")",
    "CHAR(65)",
    "INDIRECT(\"A1\")",
)  # fmt: skip
PAYLOADS = [f"{start}{body}" for start, body in islice(product(STARTS, BODIES), 300)]
#: comma, quotes, UTF-8; special numbers are recognised and formulas evaluated, as a careless person would have it.
_CARELESS = "CSV:44,34,76,1,,0,false,true,false,false,false,0,true"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"

Opened = Callable[[bytes, str], list[list[ET.Element]]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A file opened and recalculated by LibreOffice: its cells, row by row."""
    told = ROOT / ".tools" / "env.json"
    known = json.loads(told.read_text()).get("soffice") if told.exists() else None
    soffice = known or shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice here; tests/setup.sh installs it")

    def cells(content: bytes, ending: str) -> list[list[ET.Element]]:
        path = tmp_path / f"users.{ending}"
        path.write_bytes(content)
        command = [soffice, "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
        command += [f"--infilter={_CARELESS}"] if ending == "csv" else []
        command += ["--convert-to", "fods", "--outdir", str(tmp_path), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        rows = ET.parse(path.with_suffix(".fods")).iter(f"{_TABLE}table-row")
        return [[cell for found in row.findall(f"{_TABLE}table-cell") for cell in _repeated(found)] for row in rows]

    return cells


def _repeated(cell: ET.Element) -> list[ET.Element]:
    """Equal cells side by side are told once; empty ones go on to the edge of the sheet."""
    return [cell] * min(int(cell.get(f"{_TABLE}number-columns-repeated", "1")), 9)


def _formulas(rows: list[list[ET.Element]]) -> list[str]:
    return [cell.attrib[f"{_TABLE}formula"] for row in rows for cell in row if f"{_TABLE}formula" in cell.attrib]


def _kinds(rows: list[list[ET.Element]], column: int) -> set[str | None]:
    return {row[column].get(f"{_OFFICE}value-type") for row in rows if len(row) > column}


def _shown(cell: ET.Element) -> str:
    return "\n".join(_line(paragraph) for paragraph in cell.findall(f"{_TEXT}p"))


def _line(paragraph: ET.Element) -> str:
    spaces = {child: " " * int(child.get(f"{_TEXT}c", "1")) for child in paragraph.iter(f"{_TEXT}s")}
    inside = "".join(spaces.get(child, _line(child)) + (child.tail or "") for child in paragraph)
    return (paragraph.text or "") + inside


def test_there_are_300_different_payloads() -> None:
    assert len(set(PAYLOADS)) == 300


def test_without_care_the_spreadsheet_would_run_them(exporter: Any, opened: Opened) -> None:
    rows = opened(exporter(city="string").rows([("u", "=1+1"), ("v", "=2*3")]).only, "csv")
    assert _formulas(rows) == ["of:=1+1", "of:=2*3"]


def test_csv_for_people_runs_none_of_300(exporter: Any, opened: Opened) -> None:
    users = [(f"u{n}", payload, [payload]) for n, payload in enumerate(PAYLOADS)]
    rows = opened(exporter(city="string", tags="list").rows(users, profile="spreadsheet").only, "csv")
    assert _formulas(rows) == []
    assert sum(bool(row) and _shown(row[0]).startswith("u") for row in rows) == 301
    assert _kinds(rows[1:301], 1) == {"string"}


def test_a_workbook_runs_none_of_300_and_shows_every_text(exporter: Any, opened: Opened) -> None:
    users = [(f"u{n}", payload, [payload]) for n, payload in enumerate(PAYLOADS)]
    rows = opened(exporter(city="string", tags="list").rows(users, format="xlsx").only, "xlsx")
    assert _formulas(rows) == []
    assert _kinds(rows[1:301], 1) == {"string"}
    plain = [n for n, payload in enumerate(PAYLOADS) if payload.isprintable()]
    assert len(plain) > 150
    assert [_shown(rows[n + 1][1]) for n in plain] == [PAYLOADS[n] for n in plain]


def test_numbers_that_are_names_come_back_the_same_from_a_workbook(exporter: Any, opened: Opened) -> None:
    texts = ["+4915112345678", "007", "12345678901234567890", "2026-01-31", "1e5", "0x1F", "1/2", "12:30", "TRUE"]
    rows = opened(exporter(city="string").rows([(text, text) for text in texts], format="xlsx").only, "xlsx")
    assert [(_shown(row[0]), _shown(row[1])) for row in rows[1 : len(texts) + 1]] == [(text, text) for text in texts]
    assert _kinds(rows[1 : len(texts) + 1], 0) == {"string"}
