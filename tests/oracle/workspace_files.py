"""Raw rows written down as a segkit workspace: segkit.toml, vocabulary/<app>/, sources/*.parquet and *.csv."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from .raw import RawApp, RawFile, RawSource


def write_workspace(app: RawApp, folder: Path, until: date | None = None) -> None:
    """A workspace with the source files that have arrived `until` a data date (all by default)."""
    vocabulary = folder / "vocabulary" / app.name
    vocabulary.mkdir(parents=True, exist_ok=True)
    (folder / "segkit.toml").write_text(settings_text(app), encoding="utf-8")
    _write_yaml(vocabulary / "labels.yaml", {"segkit": 1, "labels": app.labels})
    _write_yaml(vocabulary / "events.yaml", {"segkit": 1, "parameters": app.parameters, "events": app.events})
    for stage in app.stages():
        if until is None or stage <= until:
            write_stage(app, folder, stage)


def write_stage(app: RawApp, folder: Path, stage: date) -> None:
    """The source files that arrive with one data date."""
    for source in app.sources:
        for file in source.files:
            if file.stage == stage:
                path = folder / "sources" / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_csv(file, path) if path.suffix == ".csv" else _write_parquet(file, path)


def settings_text(app: RawApp) -> str:
    """The workspace's segkit.toml."""
    lines = ["segkit = 1", f"[apps.{app.name}]", f'zone = "{app.zone}"', f"as_of = {app.as_of.isoformat()}"]
    for source in app.sources:
        lines += ["", f"[[apps.{app.name}.{source.role}]]", *_mapping_lines(source)]
    return "\n".join(lines) + "\n"


def _mapping_lines(source: RawSource) -> list[str]:
    entries = {"files": f"sources/{source.pattern}", **source.mapping}
    return [f"{key} = {_toml(value)}" for key, value in entries.items()]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    assert isinstance(value, str), value
    return json.dumps(value, ensure_ascii=False)


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    # Through JSON, so that nothing is shared between entries and no alias is written.
    plain = json.loads(json.dumps(content))
    path.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _write_parquet(file: RawFile, path: Path) -> None:
    arrays = [pa.array([row[column] for row in file.rows], _arrow_type(text)) for column, text in file.types.items()]
    pq.write_table(pa.table(arrays, names=list(file.types)), path)


def _write_csv(file: RawFile, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(file.types), lineterminator="\n")
        writer.writeheader()
        writer.writerows(file.rows)


def _arrow_type(text: str) -> pa.DataType:
    simple = {
        "string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_(), "date32": pa.date32(),
        "list<string>": pa.list_(pa.string()), "timestamp[us]": pa.timestamp("us"),
        "timestamp[us, tz=UTC]": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    if text in simple:
        return simple[text]
    match = re.fullmatch(r"decimal128\((\d+), (\d+)\)", text)
    assert match is not None, text
    return pa.decimal128(int(match[1]), int(match[2]))
