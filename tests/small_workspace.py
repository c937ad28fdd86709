"""A few literal users and events as a real workspace: written as sources, loaded by the real load, asked by the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

import segkit
from segkit.api import App, Workspace

LABELS: list[dict[str, Any]] = [
    {
        "code": "country",
        "name": "Country",
        "category": "Basic information",
        "type": "string",
        "values": {"DE": "Germany"},
    },
    {"code": "marketing_consent", "name": "Marketing consent", "category": "Basic information", "type": "bool"},
    {"code": "registered_at", "name": "Registration time", "category": "Basic information", "type": "date"},
    {"code": "score", "name": "Score", "category": "Basic information", "type": "number"},
    {"code": "email", "name": "E-mail", "category": "Basic information", "type": "string", "personal": "email"},
    {"code": "device_count", "name": "Devices", "category": "Product quantity", "type": "number"},
    {"code": "has_gateway", "name": "Has a gateway", "category": "Product quantity", "type": "bool"},
    {"code": "tags", "name": "Tags", "category": "Basic information", "type": "list"},
]
_TYPES = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "number": pa.float64(),
    "list": pa.list_(pa.string()),
}
PARAMETERS: list[dict[str, Any]] = [
    {"code": "amount", "name": "Amount", "type": "number", "scale": 2},
    {"code": "category", "name": "Category", "type": "string"},
]
EVENTS = (
    "app_used", "feedback_submitted", "pairing_starts", "pairing_succeeds",
    "product_browsed", "added_to_cart", "added_to_favourites", "order_paid",
)  # fmt: skip


class SmallWorkspace:
    """Say who there is and what happened, then ask. Instants without an offset are wall time in the zone."""

    def __init__(self, folder: Path, zone: str = "Europe/Berlin", as_of: str = "2024-11-07") -> None:
        self.folder = folder
        self.zone = zone
        self.as_of = as_of
        self.top_settings = ""  # of segkit.toml, before its first table
        self.settings = ""  # more of segkit.toml
        self.app_settings = ""  # more of its [apps.shop]
        # A handful of events leaves most days without any.
        self.gates = '[gates]\noff = ["fresh", "missing_days"]'
        self.derived: dict[str, dict[str, Any]] = {}  # labels derived from events, by code: type and derivation
        self._users: dict[str, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._workspace: Workspace | None = None

    def user(self, uid: str, **labels: Any) -> None:
        """A user with labels; the others are missing. Dates are ISO text."""
        self._users[uid] = labels

    def event(self, uid: str, name: str, at: str, times: int = 1, **parameters: Any) -> None:
        """An event of a user, or so many of them a second apart."""
        self._users.setdefault(uid, {})
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.zone))
        for number in range(times):
            self._events.append({"uid": uid, "event": name, "at": moment.timestamp() + number, **parameters})

    @property
    def workspace(self) -> Workspace:
        """The workspace, written and loaded when first asked for."""
        if self._workspace is None:
            self.write()
            self._workspace = segkit.open(self.folder, actor="tester")
            self._workspace.load()
        return self._workspace

    @property
    def app(self) -> App:
        return self.workspace.app()

    def members(self, rule: Any, as_of: str | None = None) -> set[str]:
        """The uids that a rule, or a segment, picks."""
        return set(self.app.evaluate([rule], as_of)[0].uids())

    def reopen(self) -> None:
        """Opens the workspace again as it lies there, as another process would."""
        self.close()
        self._workspace = segkit.open(self.folder, actor="tester")

    def close(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    def write(self) -> None:
        """Writes segkit.toml, the vocabulary and the sources."""
        vocabulary = self.folder / "vocabulary" / "shop"
        vocabulary.mkdir(parents=True, exist_ok=True)
        derived = [{"code": code, "name": code.capitalize(), **declared} for code, declared in self.derived.items()]
        (vocabulary / "labels.yaml").write_text(json.dumps({"segkit": 1, "labels": LABELS + derived}))
        parameters = [p["code"] for p in PARAMETERS]
        events = [{"code": name, "name": name.replace("_", " "), "parameters": parameters} for name in EVENTS]
        content = {"segkit": 1, "parameters": PARAMETERS, "events": events}
        (vocabulary / "events.yaml").write_text(json.dumps(content))
        (self.folder / "segkit.toml").write_text(self._toml())
        self._write_users()
        self._write_events()

    def _toml(self) -> str:
        return f"""segkit = 1
{self.top_settings}
{self.gates}
[apps.shop]
zone = "{self.zone}"
as_of = {self.as_of}
{self.app_settings}
[[apps.shop.users]]
files = "sources/users.parquet"
uid = "uid"
data_date = 2020-01-01
[[apps.shop.events]]
files = "sources/events.parquet"
uid = "uid"
time = "at"
name = "event"
{self.settings}
"""

    def _write_users(self) -> None:
        columns: dict[str, pa.Array] = {"uid": pa.array(self._users, pa.string())}
        for declared in LABELS:
            values = [_as_date(user.get(declared["code"]), declared) for user in self._users.values()]
            columns[declared["code"]] = pa.array(values, _TYPES[declared["type"]])
        _write(self.folder / "sources" / "users.parquet", columns)

    def _write_events(self) -> None:
        moments = [round(event["at"] * 1_000_000) for event in self._events]
        columns = {
            "uid": pa.array([event["uid"] for event in self._events], pa.string()),
            "event": pa.array([event["event"] for event in self._events], pa.string()),
            "at": pa.array(moments, pa.timestamp("us", tz="UTC")),
            "amount": pa.array([event.get("amount") for event in self._events], pa.float64()),
            "category": pa.array([event.get("category") for event in self._events], pa.string()),
        }
        _write(self.folder / "sources" / "events.parquet", columns)


def _as_date(value: Any, declared: Mapping[str, Any]) -> Any:
    return date.fromisoformat(value) if declared["type"] == "date" and isinstance(value, str) else value


def _write(path: Path, columns: Mapping[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path)
