"""The search itself finds what is packed: one planted string in every form that a workspace may hold it in."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tests.privacy.decoding import told_in

PLANTED = "Zoë.Planted+1@example.com"


def _parquet(path: Path) -> None:
    pq.write_table(pa.table({"a": [PLANTED], "b": [[{"c": PLANTED}]]}), path, compression="zstd")


def _arrow(path: Path) -> None:
    table = pa.table({"a": [PLANTED]})
    with pa.ipc.new_file(str(path), table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)


def _sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (j)")
    connection.execute("INSERT INTO t VALUES (?)", [json.dumps({"a": [PLANTED]})])
    connection.commit()
    connection.close()


def _zip_of_gzip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv.gz", gzip.compress(PLANTED.encode()))


def _workbook(path: Path) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        workbook.add_worksheet().write_string(0, 0, PLANTED)
    path.write_bytes(content.getvalue())


def _zstd(path: Path) -> None:
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(PLANTED.encode())


def _data_url(path: Path) -> None:
    path.write_text(f'<img src="data:image/svg+xml;base64,{base64.b64encode(f"<svg>{PLANTED}".encode()).decode()}">')


def _notebook(path: Path) -> None:
    path.write_text(json.dumps({"cells": [{"source": [PLANTED[:5], PLANTED[5:]]}]}))


FORMS: dict[str, Callable[[Path], object]] = {
    "plain": lambda path: path.write_text(PLANTED.upper()),
    "json": lambda path: path.write_text(json.dumps({PLANTED: 1})),
    "json lines": lambda path: path.write_text('{"a": 1}\n' + json.dumps({"a": PLANTED})),
    "html": lambda path: path.write_text("Zo&euml;.Planted&#43;1&#64;example.com"),
    "url": lambda path: path.write_text("?q=Zo%C3%AB.Planted%2B1%40example.com"),
    "gzip": lambda path: path.write_bytes(gzip.compress(PLANTED.encode())),
    "zip of gzip": _zip_of_gzip, "workbook": _workbook, "zstd": _zstd, "parquet": _parquet, "arrow": _arrow,
    "sqlite": _sqlite, "data url": _data_url, "notebook": _notebook,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_string_is_found_in_every_form(tmp_path: Path, form: str) -> None:
    FORMS[form](tmp_path / "file")
    assert {(found.string, found.file) for found in told_in(tmp_path, [PLANTED, "absent"])} == {(PLANTED, "file")}
    assert told_in(tmp_path, ["absent"]) == []
    (tmp_path / "deep").mkdir()
    (tmp_path / "file").rename(tmp_path / "deep" / "file")
    assert told_in(tmp_path, [PLANTED], leave_out=["deep"]) == []


def test_a_file_name_tells_too(tmp_path: Path) -> None:
    (tmp_path / f"{PLANTED}.csv").touch()
    assert [found.place for found in told_in(tmp_path, [PLANTED])] == ["its name"]
