"""Exports of very many users, each in a process of its own whose greatest memory is measured.

`python -m tests.bench.exports` is the stated size: 10 million users as CSV and Parquet, 2 million as XLSX, which is
opened again. `--users`, `--book` and `--folder` say otherwise. `pytest --full tests/api/test_export_memory.py` too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_LABELS = [
    {"code": "country", "name": "Country", "type": "string"},
    {"code": "mobile", "name": "Mobile", "type": "string", "personal": "mobile"},
    {"code": "score", "name": "Score", "type": "number"},
    {"code": "registered_at", "name": "Registered", "type": "date"},
]
_SETTINGS = """segkit = 1
[gates]
off = ["fresh", "missing_days"]
[apps.shop]
zone = "Europe/Berlin"
as_of = 2024-11-07
[[apps.shop.users]]
files = "sources/users.parquet"
uid = "uid"
data_date = 2024-11-01
[[apps.shop.events]]
files = "sources/events.parquet"
uid = "uid"
time = "at"
name = "event"
"""
#: Both all users and so many of them.
ALL, SOME = "All", "Some"
_STEP = 500_000


def write_workspace(folder: Path, users: int, some: int) -> None:
    """A workspace of so many users that is not loaded yet; `some` of them have a score of 1."""
    vocabulary, sources = folder / "vocabulary" / "shop", folder / "sources"
    vocabulary.mkdir(parents=True)
    sources.mkdir()
    (folder / "segkit.toml").write_text(_SETTINGS)
    (vocabulary / "labels.yaml").write_text(json.dumps({"segkit": 1, "labels": _LABELS}))
    (vocabulary / "events.yaml").write_text(json.dumps({"segkit": 1, "events": [{"code": "used", "name": "Used"}]}))
    schema = pa.schema({"uid": pa.string(), "country": pa.string(), "mobile": pa.string(), "score": pa.float64(),
                        "registered_at": pa.date32()})  # fmt: skip
    with pq.ParquetWriter(sources / "users.parquet", schema) as writer:
        for start in range(0, users, _STEP):
            writer.write_batch(_users(np.arange(start, min(start + _STEP, users)), some, schema))
    at = pa.array([1_730_000_000_000_000], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"uid": [_uid(0)], "at": at, "event": ["used"]}), sources / "events.parquet")


def _uid(number: int) -> str:
    return f"user-{number:09}"


def _users(numbers: Any, some: int, schema: pa.Schema) -> pa.RecordBatch:
    countries = np.array(["DE", "AT", "CH", "FR"])
    columns = [
        [_uid(n) for n in numbers],
        countries[numbers % 4],
        [f"+4915{n:09}" for n in numbers],
        (numbers < some).astype(float),
        (numbers % 7_000).astype("int32"),
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
    )


def prepare(folder: Path) -> None:
    """Loads, and publishes both segments."""
    from segkit import label

    app = _opened(folder)
    app.workspace.load()
    app.save_rule(ALL, label("country").not_empty())
    app.save_rule(SOME, label("score") == 1)


def _opened(folder: Path) -> Any:
    import segkit

    return segkit.open(folder, actor="bench").app()


def export(folder: Path, name: str, format: str) -> None:
    """One export; tells on stdout what it took."""
    app = _opened(folder)
    began, cpu = time.monotonic(), time.process_time()
    labels = [str(label["code"]) for label in _LABELS]
    made = app.export([name], folder / f"{name}.{format}.zip", labels=labels, format=format)
    told = {
        "format": format,
        "rows": made.rows,
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_mb": _peak_mb(),
        "zip_mb": made.size >> 20,
    }
    print(json.dumps(told))


def _peak_mb() -> int:
    """The most memory of this program; `ru_maxrss` would begin with that of the process which started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


def measured(folder: Path, users: int, book: int) -> Iterator[dict[str, Any]]:
    """Makes the workspace and every export, and looks that each is whole."""
    write_workspace(folder, users, book)
    _child("prepare", folder)
    for name, count, format in ((ALL, users, "csv"), (ALL, users, "parquet"), (SOME, book, "xlsx")):
        told = _child("export", folder, name, format)
        assert told["rows"] == count, told
        yield {**told, **_looked_at(folder / f"{name}.{format}.zip", count, format)}


def _child(*words: str | Path) -> Any:
    """Runs a function of this module in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.exports", "--child", *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout) if done.stdout.strip() else None


def _looked_at(path: Path, count: int, format: str) -> dict[str, Any]:
    """Reads a file again, by another reader than what wrote it, and compares first, last and number."""
    with zipfile.ZipFile(path) as archive:
        (entry,) = json.loads(archive.read("manifest.json"))["segments"]
        file = Path(archive.extract(entry["file"], path.parent))
    try:
        found = {"csv": _csv, "parquet": _parquet, "xlsx": _xlsx}[format](file)
    finally:
        file.unlink()
    assert found["rows"] == count == entry["rows"], (found, entry["rows"])
    assert found["sheets"] == entry.get("sheets", 1) == (-(-count // 1_048_575) if format == "xlsx" else 1)
    number = count - 1
    day = date.fromordinal(date(1970, 1, 1).toordinal() + number % 7_000).isoformat()
    assert found["first"] == _uid(0)
    assert list(map(str, found["last"]))[::4] == [_uid(number), day]
    assert found["last"][2] == f"+4915{number:09}"
    return {"sheets": found["sheets"]}


def _csv(file: Path) -> dict[str, Any]:
    import csv

    rows, first, last = -1, "", [""]
    with file.open(newline="", encoding="utf-8") as opened:
        for rows, last in enumerate(csv.reader(opened, strict=True)):
            first = last[0] if rows == 1 else first
    return {"rows": rows, "first": first, "last": last, "sheets": 1}


def _parquet(file: Path) -> dict[str, Any]:
    opened = pq.ParquetFile(file)
    head = opened.read_row_group(0).to_pylist()[0]
    tail = opened.read_row_group(opened.num_row_groups - 1).to_pylist()[-1]
    return {"rows": opened.metadata.num_rows, "first": head["uid"], "last": list(tail.values()), "sheets": 1}


def _xlsx(file: Path) -> dict[str, Any]:
    import fastexcel

    book = fastexcel.read_excel(file)
    rows, first, last = 0, "", [""]
    for name in book.sheet_names:
        table = book.load_sheet(name, dtypes="string").to_arrow()
        first = first or table.column(0)[0].as_py()
        last = [column[-1].as_py() for column in table.columns]
        rows += table.num_rows
    return {"rows": rows, "first": first, "last": last, "sheets": len(book.sheet_names)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000_000)
    parser.add_argument("--book", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        work, folder, *rest = given.child
        works: dict[str, Callable[..., None]] = {"prepare": prepare, "export": export}
        works[work](Path(folder), *rest)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for told in measured(Path(folder) / "workspace", given.users, given.book):
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
