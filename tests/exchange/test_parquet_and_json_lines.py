"""Exports for programs: Parquet with its types, JSON lines; and files that a platform's limits split."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segkit.errors import SegkitError
from segkit.exchange.parts import Split


def _everything(exporter: Any, label: Any, format: str) -> Any:
    shop = exporter()
    shop.labels = [
        label("mobile", "string"),
        label("score", "number"),
        label("spent", "number", scale=2),
        label("born", "date"),
        label("consent", "bool"),
        label("tags", "list"),
    ]
    return shop.rows(
        [
            ("007", "+4915112345678", 0.1, Decimal("9007199254740993.10"), date(1970, 1, 1), True, ["a", "=1"]),
            ("bo", None, None, None, None, None, None),
            ("chi", "", float("nan"), Decimal("-0.01"), date(2026, 2, 28), False, []),
        ],
        format=format,
    )


def test_parquet_keeps_every_type_and_every_digit(exporter: Any, label: Any) -> None:
    table = pq.read_table(io.BytesIO(_everything(exporter, label, "parquet").only))
    assert [str(field.type) for field in table.schema] == [
        "string", "string", "double", "decimal128(18, 2)", "date32[day]", "bool", "list<element: string>",
    ]  # fmt: skip
    rows = table.to_pylist()
    assert rows[0] == {
        "uid": "007",
        "mobile": "+4915112345678",
        "score": 0.1,
        "spent": Decimal("9007199254740993.10"),
        "born": date(1970, 1, 1),
        "consent": True,
        "tags": ["a", "=1"],
    }
    assert set(rows[1].values()) == {"bo", None}
    assert (rows[2]["mobile"], rows[2]["spent"], rows[2]["tags"]) == ("", Decimal("-0.01"), [])


def test_json_lines_keep_every_type_and_every_digit(exporter: Any, label: Any) -> None:
    assert _everything(exporter, label, "jsonl").only.decode() == (
        '{"uid":"007","mobile":"+4915112345678","score":0.1,"spent":9007199254740993.10,"born":"1970-01-01",'
        '"consent":true,"tags":["a", "=1"]}\n'
        '{"uid":"bo","mobile":null,"score":null,"spent":null,"born":null,"consent":null,"tags":null}\n'
        '{"uid":"chi","mobile":"","score":null,"spent":-0.01,"born":"2026-02-28","consent":false,"tags":[]}\n'
    )


def test_a_segment_of_nobody_has_its_columns_in_parquet_and_nothing_in_json_lines(exporter: Any, part: Any) -> None:
    schema = pa.schema([("uid", pa.string()), ("score", pa.float64())])
    shop = exporter(score="number")
    table = pq.read_table(io.BytesIO(shop.parts([part([], 0, schema=schema)], format="parquet").only))
    assert (table.schema.remove_metadata(), table.num_rows) == (schema, 0)
    assert shop.rows([], format="jsonl").only == b""


def test_parquet_for_people_is_refused(exporter: Any) -> None:
    with pytest.raises(SegkitError, match="found profile 'spreadsheet' for parquet; expected machine"):
        exporter().rows([], format="parquet", profile="spreadsheet")


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_the_same_users_give_the_same_bytes(exporter: Any, label: Any, format: str) -> None:
    assert _everything(exporter, label, format).result.sha256 == _everything(exporter, label, format).result.sha256


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_users_stream_a_batch_at_a_time(exporter: Any, part: Any, format: str) -> None:
    size, batches = 500, 60
    held: list[int] = []

    def users() -> Iterator[pa.RecordBatch]:
        for number in range(batches):
            held.append(pa.total_allocated_bytes())
            yield pa.record_batch({"uid": [f"user-{number}-{n:0100}" for n in range(size)]})

    exporter().parts([part(users(), size * batches)], format=format)
    assert max(held) - held[0] < 8 * size * 110 < size * batches * 100 / 2


def _uids(count: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, count, 700):
        yield pa.record_batch({"uid": [f"u{n:05}" for n in range(start, min(start + 700, count))]})


def test_a_file_that_is_full_by_rows_is_followed_by_another_with_the_heading(exporter: Any, part: Any) -> None:
    export = exporter().parts([part(_uids(25), 25)], split=Split(rows=10))
    files = [(s.file, s.rows) for s in export.result.segments]
    assert files == [
        ("Silent_owners-sg_1.csv", 10),
        ("Silent_owners-sg_1-2.csv", 10),
        ("Silent_owners-sg_1-3.csv", 5),
    ]
    contents = [export.zip.read(name).decode().split() for name, _ in files]
    assert [lines[0] for lines in contents] == ["uid"] * 3
    assert [uid for lines in contents for uid in lines[1:]] == [f"u{n:05}" for n in range(25)]
    assert [entry["rows"] for entry in export.manifest["segments"]] == [10, 10, 5]
    assert [entry["count"] for entry in export.manifest["segments"]] == [25] * 3


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_no_file_is_larger_than_a_limit_of_bytes_and_no_user_is_lost(exporter: Any, part: Any, format: str) -> None:
    export = exporter().parts([part(_uids(9_000), 9_000)], split=Split(bytes=30_000), format=format)
    contents = [export.zip.read(s.file) for s in export.result.segments]
    assert len(contents) > 2
    assert all(20_000 < len(content) <= 30_000 for content in contents[:-1])
    found = [line for content in contents for line in content.decode().split() if line != "uid"]
    uids = [json.loads(line)["uid"] if format == "jsonl" else line for line in found]
    assert uids == [f"u{n:05}" for n in range(9_000)]


def test_pieces_of_a_segment_are_files_of_their_own(exporter: Any, part: Any) -> None:
    parts = [part(_uids(2), 2, piece="A", members=5, held_back={"control group": 1}), part(_uids(2), 2, piece="B/..")]
    export = exporter().parts(parts)
    assert export.zip.namelist() == ["Silent_owners-sg_1-A.csv", "Silent_owners-sg_1-B.csv", "manifest.json"]
    first = export.manifest["segments"][0]
    assert (first["piece"], first["count"], first["rows"], first["held_back"]) == ("A", 5, 2, {"control group": 1})
    with pytest.raises(SegkitError, match="the same segment twice"):
        exporter().parts([part([], 0, piece="A"), part([], 0, piece="A")])
