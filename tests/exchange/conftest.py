"""An export of a few literal users: `zipped` writes one and gives back the zip that came of it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from segkit.definitions.vocabulary import LabelDeclaration
from segkit.exchange.exports import ExportPart, ExportResult, write_export

FIRST_OF_JUNE = date(2026, 6, 1)
ARROW = {
    "string": pa.string(),
    "number": pa.float64(),
    "date": pa.date32(),
    "bool": pa.bool_(),
    "list": pa.list_(pa.string()),
}


def a_label(code: str, type: str, **more: Any) -> LabelDeclaration:
    return LabelDeclaration.model_validate({"code": code, "name": code.title(), "type": type, **more})


def a_batch(labels: Sequence[LabelDeclaration], rows: Iterable[Sequence[object]]) -> pa.RecordBatch:
    types = [pa.string()]
    types += [ARROW[la.type] if la.scale is None else pa.decimal128(18, la.scale) for la in labels]
    names = ["uid", *(label.code for label in labels)]
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    return pa.RecordBatch.from_arrays([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)


def a_part(batches: Iterable[pa.RecordBatch], count: int, **more: Any) -> ExportPart:
    told: dict[str, Any] = {
        "segment_id": "sg_1",
        "name": "Silent owners",
        "kind": "custom",
        "words": "Users who own a gateway.",
        "document": {"segkit": 1, "rule": {"label": "gateway", "op": "eq", "value": True}},
        "version": 3,
        "as_of": FIRST_OF_JUNE,
        "computed_at": datetime(2026, 6, 1, 3, 12, tzinfo=UTC),
    }
    return ExportPart(**{**told, **more}, batches=batches, count=count)


@dataclass
class Export:
    """What came of an export."""

    result: ExportResult

    @property
    def zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.result.path)

    @property
    def only(self) -> bytes:
        """The content of the one segment's file."""
        (segment,) = self.result.segments
        return self.zip.read(segment.file)

    @cached_property
    def manifest(self) -> Any:
        return json.loads(self.zip.read("manifest.json"))


@dataclass
class Exporter:
    """Writes exports below one folder; some of what `write_export` takes has a default here."""

    folder: Path
    labels: list[LabelDeclaration] = field(default_factory=list)

    def parts(self, parts: Sequence[ExportPart], path: Path | None = None, **options: Any) -> Export:
        told: dict[str, Any] = {
            "format": "csv",
            "app": "smart-home",
            "as_of": FIRST_OF_JUNE,
            "made_at": datetime(2026, 6, 1, 4, 0, tzinfo=UTC),
            "actor": "dana",
            "data_generation": 7,
            "engine": "duckdb-1",
            "labels": self.labels,
        }
        return Export(write_export(path or self.folder / "exports" / "out.zip", parts, **{**told, **options}))

    def rows(self, rows: Sequence[Sequence[object]], **options: Any) -> Export:
        """One segment of literal users."""
        return self.parts([a_part([a_batch(self.labels, rows)], len(rows))], **options)


@pytest.fixture
def exporter(tmp_path: Path) -> Callable[..., Exporter]:
    """`exporter(country="string")`: with these labels."""

    def with_labels(**types: str) -> Exporter:
        return Exporter(tmp_path, [a_label(code, type) for code, type in types.items()])

    return with_labels


@pytest.fixture
def part() -> Callable[..., ExportPart]:
    return a_part


@pytest.fixture
def batch() -> Callable[..., pa.RecordBatch]:
    return a_batch


@pytest.fixture
def label() -> Callable[..., LabelDeclaration]:
    return a_label
