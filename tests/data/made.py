"""Small workspaces of literal rows: written as source files, loaded, and read back in words."""

from __future__ import annotations

import csv
import glob
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.load import load_app
from segkit.data.manifest import Manifest, read_manifest
from segkit.data.report import LoadReport
from segkit.data.settings import read_settings
from segkit.data.stored import StoredData

APP = "shop"
Row = dict[str, Any]
#: What a column of that name is in a Parquet source, unless a test says otherwise.
TYPES = {
    "uid": pa.string(), "country": pa.string(), "score": pa.float64(), "spent": pa.float64(), "born": pa.date32(),
    "vip": pa.bool_(), "likes": pa.list_(pa.string()), "since": pa.date32(), "gone": pa.date32(),
    "event": pa.string(), "at": pa.timestamp("us", "UTC"), "id": pa.string(), "amount": pa.float64(),
    "kind": pa.string(), "bound": pa.date32(), "unbound": pa.date32(), "is_hub": pa.bool_(),
    "price": pa.float64(), "paid_at": pa.timestamp("us", "UTC"), "rooms": pa.list_(pa.string()),
}  # fmt: skip
LABELS: list[Row] = [
    {"code": "country", "type": "string"},
    {"code": "score", "type": "number"},
    {"code": "spent", "type": "number", "scale": 2},
    {"code": "born", "type": "date"},
    {"code": "vip", "type": "bool"},
    {"code": "likes", "type": "list"},
]
DERIVED: list[Row] = [
    {"code": "devices", "type": "number", "derived": {"link": "devices", "measure": "count"}},
    {"code": "has_hub", "type": "bool", "derived": {"link": "devices", "measure": "exists", "where": {"is_hub": True}}},
    {"code": "kinds", "type": "list", "derived": {"link": "devices", "measure": "list", "of": "kind"}},
]
PARAMETERS: list[Row] = [
    {"code": "amount", "type": "number", "scale": 2},
    {"code": "kind", "type": "string"},
]
EVENTS: list[Row] = [
    {"code": "bought", "parameters": ["amount", "kind"]},
    {"code": "seen", "parameters": []},
    {"code": "paid", "source_name": "order.paid", "parameters": ["amount"]},
]


def day(text: str) -> date:
    return date.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Made:
    """A workspace of one app in the making. What is not said is usual: keyed events, users files dated by name."""

    folder: Path
    zone: str = "UTC"
    labels: list[Row] = field(default_factory=lambda: list(LABELS))
    parameters: list[Row] = field(default_factory=lambda: list(PARAMETERS))
    events_declared: list[Row] = field(default_factory=lambda: list(EVENTS))
    users_mapping: Row = field(default_factory=dict)
    events_mapping: Row = field(default_factory=dict)
    link_mapping: Row | None = None

    # --- sources -----------------------------------------------------------------------------------------------------

    def users(self, name: str, *rows: Row, types: dict[str, pa.DataType] | None = None) -> Path:
        """A file of users; `name` without an ending is a Parquet file."""
        return self._file(f"users/{name}", rows, types)

    def events(self, name: str, *rows: Row, types: dict[str, pa.DataType] | None = None) -> Path:
        return self._file(f"events/{name}", rows, types)

    def devices(self, name: str, *rows: Row, types: dict[str, pa.DataType] | None = None) -> Path:
        return self._file(f"devices/{name}", rows, types)

    def _file(self, name: str, rows: Sequence[Row], types: dict[str, pa.DataType] | None) -> Path:
        path = self.folder / "sources" / (name if name.endswith(".csv") else f"{name}.parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        if path.suffix == ".csv":
            with path.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, columns)
                writer.writeheader()
                writer.writerows(rows)
            return path
        known = TYPES | (types or {})
        arrays = [
            pa.array([_moment(row.get(column), known[column]) for row in rows], known[column]) for column in columns
        ]
        pq.write_table(pa.table(arrays, names=columns), path)
        return path

    # --- loading -----------------------------------------------------------------------------------------------------

    def write_settings(self) -> None:
        """segkit.toml and the vocabulary, as the attributes say now."""
        users = {"files": "sources/users/*", "uid": "uid", "data_date": "file"} | self.users_mapping
        events = {"files": "sources/events/*", "uid": "uid", "time": "at", "name": "event", "key": "id"}
        lines = ["segkit = 1", "[limits]", 'memory = "1GB"', f"[apps.{APP}]", f'zone = "{self.zone}"']
        lines += _section("users", users) + _section("events", events | self.events_mapping)
        if self.link_mapping is not None:
            link = {"name": "devices", "files": "sources/devices/*", "uid": "uid", "data_date": "file"}
            lines += _section("links", link | self.link_mapping)
        vocabulary = self.folder / "vocabulary" / APP
        vocabulary.mkdir(parents=True, exist_ok=True)
        (self.folder / "segkit.toml").write_text("\n".join(lines), encoding="utf-8")
        labels = {"segkit": 1, "labels": [_named(label) for label in self.labels]}
        events_file = {"segkit": 1, "parameters": [_named(p) for p in self.parameters]}
        events_file["events"] = [_named(event) for event in self.events_declared]
        (vocabulary / "labels.yaml").write_text(json.dumps(labels), encoding="utf-8")
        (vocabulary / "events.yaml").write_text(json.dumps(events_file), encoding="utf-8")

    def load(self, today: str = "2026-12-01", **options: Any) -> LoadReport:
        self.write_settings()
        return load_app(self.folder, read_settings(self.folder), APP, today=day(today), **options)

    # --- what is stored ----------------------------------------------------------------------------------------------

    @property
    def data(self) -> Path:
        return self.folder / "data" / APP

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.data)

    @property
    def stored(self) -> StoredData:
        return StoredData(self.data, self.manifest)

    def presence(self) -> dict[str, list[tuple[str | None, str | None]]]:
        """Days of coming and going of each user, None for always and still."""
        uids = self.stored.uids().to_pylist()
        query = "SELECT user_no, from_day, to_day FROM read_parquet(?) ORDER BY user_no, number"
        found: dict[str, list[tuple[str | None, str | None]]] = {}
        for user_no, start, end in _rows(query, str(self.stored.presence_path)):
            found.setdefault(uids[user_no], []).append((_text(start), _text(end)))
        return found

    def history(self, code: str) -> dict[str, list[tuple[str, Any]]]:
        """The stored changes of a label, by user, in the order in which they count."""
        uids = self.stored.uids().to_pylist()
        paths = [str(self.data / file.path) for file in self.manifest.labels.get(code, ())]
        query = "SELECT user_no, data_date, value FROM read_parquet(?) ORDER BY user_no, data_date, load"
        found: dict[str, list[tuple[str, Any]]] = {}
        for user_no, data_date, value in _rows(query, paths) if paths else []:
            found.setdefault(uids[user_no], []).append((str(data_date), value))
        return found

    def label(self, code: str, as_of: str) -> dict[str, Any]:
        """Each user's value as of a date; only those that have a row."""
        until = self.manifest.label_date(code, day(as_of))
        past = {uid: [v for changed, v in rows if changed <= str(until)] for uid, rows in self.history(code).items()}
        return {uid: values[-1] for uid, values in past.items() if values}

    def stored_events(self, *parameters: str) -> list[tuple[Any, ...]]:
        """All events of known users: uid, event, instant in UTC, local day, and the parameters that are named."""
        uids = self.stored.uids().to_pylist()
        shown = "".join(f", p_{code}" for code in parameters)
        moment = "strftime(\"at\", '%Y-%m-%d %H:%M:%S')"
        query = f"SELECT user_no, event, {moment}, day{shown} FROM read_parquet(?, union_by_name = true)"
        paths = [glob.escape(str(self.data / file.path)) for file in self.manifest.days]
        rows = _rows(query, paths) if paths else []
        return sorted((uids[row[0]], row[1], row[2], str(row[3]), *row[4:]) for row in rows)

    def content(self) -> dict[str, Any]:
        """All that is stored, in an order of its own: equal for equal data, whatever files it lies in."""
        codes = sorted({code for file in self.manifest.days for code in file.columns})
        orphans = [str(self.data / file.path) for file in self.manifest.orphans]
        query = 'SELECT uid, event, epoch_us("at"), key FROM read_parquet(?) ORDER BY ALL'
        return {
            "uids": self.stored.uids().to_pylist(),
            "presence": self.presence(),
            "labels": {code: self.history(code) for code in sorted(self.manifest.labels)},
            "events": self.stored_events(*codes),
            "orphans": _rows(query, orphans) if orphans else [],
        }


def user(uid: Any, **columns: Any) -> Row:
    """A row of users with all labels, missing where they are not named."""
    return {"uid": uid, **{str(label["code"]): None for label in LABELS}, **columns}


def event(uid: Any, name: Any, at: Any, key: Any = None, amount: Any = None, kind: Any = None) -> Row:
    """A row of events; text is an instant in UTC."""
    return {"uid": uid, "event": name, "at": at, "id": key, "amount": amount, "kind": kind}


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    return pa.array([_moment(value, kind) for value in values], kind)


def _moment(value: Any, kind: pa.DataType) -> Any:
    """A text as the day or the instant that it says, in a column of those."""
    if not isinstance(value, str):
        return value
    if pa.types.is_timestamp(kind):
        return utc(value)
    return day(value) if pa.types.is_date(kind) else value


def _section(role: str, entries: Row) -> list[str]:
    def shown(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key} = {shown(inner)}" for key, inner in value.items()) + "}"
        return value.isoformat() if isinstance(value, date) else json.dumps(value)

    lines = [f"{key} = {shown(value)}" for key, value in entries.items() if value is not None]
    return [f"[[apps.{APP}.{role}]]", *lines]


def _named(declared: Row) -> Row:
    return {"name": declared["code"].capitalize(), **declared}


def _rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(query, list(values)).fetchall()


def _text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
