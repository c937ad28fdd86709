"""A list of a million rows into verdicts, beside reading the same workbook with fastexcel alone.

Every row has an e-mail, a mobile and a uid of its own; a tenth is written in the ways people write. Each measure runs
in a process of its own; CPU seconds are those of it and its children, memory is the largest of them together.
`python -m tests.bench.lists --rows 1000000`
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import fastexcel
import numpy as np
import pyarrow as pa
import xlsxwriter

from segkit.exchange.lists.headings import columns_of
from segkit.exchange.lists.people import People
from segkit.exchange.lists.reading.reader import reading
from segkit.exchange.lists.verdicts import verdicts

_USERS = 1_000
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _row(number: int) -> tuple[str, str, str]:
    mobile = f"+49151{10_000_000 + number}"
    if number % 10 == 0:
        return f" Person.{number}@Mail.Example.COM", f"0151 {10_000_000 + number}", f"u{number:08}"
    if number % 1_000 == 1:
        return f"pérson{number}@example.com", f"(0151) {10_000_000 + number}", f"u{number:08}"
    return f"person{number}@mail{number % 500}.example.com", mobile, f"u{number:08}"


def _write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write("email,mobile,uid\n")
        stream.writelines(",".join(_row(number)) + "\n" for number in range(rows))


def _write_xlsx(path: Path, rows: int, *, inline: bool = False) -> None:
    """As Excel writes it: the texts in a part of their own, the cells with their numbers; or `inline`, as others do."""
    empty = io.BytesIO()
    with xlsxwriter.Workbook(empty) as book:
        book.add_worksheet("List").write_string(0, 0, "x")
    with zipfile.ZipFile(empty) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            found = before.read(info)
            with after.open(info.filename, "w", force_zip64=True) as part:
                if info.filename == "xl/sharedStrings.xml" and not inline:
                    _write_texts(part, rows)
                elif info.filename == "xl/worksheets/sheet1.xml":
                    _write_cells(part, found, _inline(rows) if inline else _by_number(rows))
                else:
                    part.write(found)


def _write_texts(part: IO[bytes], rows: int) -> None:
    part.write(f'<?xml version="1.0"?><sst xmlns="{_MAIN}">'.encode())
    for texts in [("email", "mobile", "uid"), *map(_row, range(rows))]:
        part.write("".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in texts).encode())
    part.write(b"</sst>")


def _write_cells(part: IO[bytes], sheet: bytes, rows: Iterator[list[str]]) -> None:
    start, end = sheet[: sheet.index(b"<sheetData>")], sheet[sheet.index(b"</sheetData>") :]
    part.write(start + b"<sheetData>")
    for row, cells in enumerate(rows, 1):
        told = "".join(cell.format(place=f"{letter}{row}") for letter, cell in zip("ABC", cells, strict=True))
        part.write(f'<row r="{row}">{told}</row>'.encode())
    part.write(end)


def _by_number(rows: int) -> Iterator[list[str]]:
    for row in range(rows + 1):
        yield [f'<c r="{{place}}" t="s"><v>{3 * row + n}</v></c>' for n in range(3)]


def _inline(rows: int) -> Iterator[list[str]]:
    for texts in [("email", "mobile", "uid"), *map(_row, range(rows))]:
        yield [f'<c r="{{place}}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' for text in texts]


def _people() -> People:
    rows = [_row(number) for number in range(_USERS)]
    emails, mobiles, uids = (pa.array(column, pa.string()) for column in zip(*rows, strict=True))
    return People.of(np.arange(_USERS), uids, emails, mobiles, "DE")


def _judge(path: Path) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as scratch, reading(path, Path(scratch)) as cells:
        found = verdicts(cells.table, columns_of(cells.headings), _people(), "DE")
    return {"rows": found.rows, "matched": found.matched, "rejected": found.rejected, "external": found.external}


def _fastexcel(path: Path) -> dict[str, int]:
    return {"rows": int(fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_arrow().num_rows)}


def _measure(what: str, path: Path) -> None:
    """In a process of its own: does it, and says on stdout what it took."""
    before = os.times()
    start = time.perf_counter()
    found = _fastexcel(path) if what == "fastexcel" else _judge(path)
    wall, after = time.perf_counter() - start, os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"cpu": cpu, "wall": wall, "memory": (own + children) * 1024, **found}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        _measure(asked.measure[0], Path(asked.measure[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        csv, xlsx, inline = (Path(folder) / name for name in ("list.csv", "list.xlsx", "inline.xlsx"))
        _write_csv(csv, asked.rows)
        _write_xlsx(xlsx, asked.rows)
        _write_xlsx(inline, asked.rows, inline=True)
        spent = {}
        for name, what, path in (
            ("CSV, segkit", "segkit", csv),
            ("XLSX, fastexcel alone", "fastexcel", xlsx),
            ("XLSX, segkit", "segkit", xlsx),
            ("Inline, fastexcel alone", "fastexcel", inline),
            ("Inline, segkit", "segkit", inline),
        ):
            command = [sys.executable, "-m", "tests.bench.lists", "--measure", what, str(path)]
            said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            spent[name] = said["cpu"]
            print(
                f"{name:24} {said['cpu']:6.1f} CPU s  {said['wall']:6.1f} s wall  {said['memory'] / 1e9:5.2f} GB  "
                f"{said['rows']:,} rows"
            )
        first, second = (spent[f"{how}, segkit"] / spent[f"{how}, fastexcel alone"] for how in ("XLSX", "Inline"))
        print(
            f"Beside fastexcel alone: {first:.2f} times its CPU, {second:.2f} with inline texts; at most 3 each. "
            "CSV: at most 10 CPU s."
        )


if __name__ == "__main__":
    main()
