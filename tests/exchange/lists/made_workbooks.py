"""Workbooks for tests, and ways to change their parts as no spreadsheet program would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

SHEET = "xl/worksheets/sheet1.xml"


def workbook(path: Path, *rows: Sequence[Any], more: Mapping[str, Sequence[Sequence[Any]]] | None = None) -> Path:
    """A workbook with these rows in its first sheet, and `more` sheets by name."""
    book = openpyxl.Workbook()
    sheets = {"List": rows, **(more or {})}
    for name, held in sheets.items():
        sheet = book.create_sheet(name)
        for row in held:
            sheet.append(list(row))
    del book["Sheet"]
    book.save(path)
    return path


def changed(path: Path, part: str, change: Callable[[bytes], bytes], **added: bytes) -> Path:
    """The workbook with one part changed, and others added."""
    with zipfile.ZipFile(path) as before:
        parts = {info.filename: before.read(info) for info in before.infolist()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name, content in parts.items():
            after.writestr(name, change(content) if name == part else content)
        for name, content in added.items():
            after.writestr(name, content)
    path.write_bytes(packed.getvalue())
    return path
