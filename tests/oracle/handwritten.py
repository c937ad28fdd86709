"""A few literal rows as an app: what tests of the oracle itself write by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from .measuring import Rule
from .oracle import Segments, members
from .raw import RawApp, RawFile, RawSource, Row
from .world import World, build

LABELS: dict[str, dict[str, Any]] = {
    "country": {"type": "string"},
    "score": {"type": "number"},
    "balance": {"type": "number", "scale": 2},
    "born": {"type": "date"},
    "consent": {"type": "bool"},
    "likes": {"type": "list"},
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "amount": {"type": "number", "scale": 2},
    "ratio": {"type": "number"},
    "kind": {"type": "string"},
    "due": {"type": "date"},
}
EVENTS = ("a", "b", "c")


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


class Written:
    """An app under construction; `members` builds its world and asks the oracle."""

    def __init__(
        self, zone: str = "UTC", users: dict[str, Any] | None = None, events: dict[str, Any] | None = None
    ) -> None:
        self.zone = zone
        self.users_mapping: dict[str, Any] = {"uid": "uid", "known_from": "since", "gone_at": "gone"} | (users or {})
        self.events_mapping: dict[str, Any] = {"uid": "uid", "time": "at", "name": "name", "key": "key"}
        self.events_mapping |= events or {}
        self.users: dict[str, list[Row]] = {}
        self.happened: list[Row] = []
        self.linked: list[tuple[dict[str, Any], dict[str, list[Row]]]] = []
        self.derived: dict[str, dict[str, Any]] = {}
        self.segments: Segments = {}

    def user(self, uid: Any, data_date: str = "2024-01-01", **columns: Any) -> None:
        """A row of the snapshot of a data date; labels not named are missing."""
        labels = {code: columns.get(code) for code in (*LABELS, "since", "gone")}
        self.users.setdefault(data_date, []).append({"uid": uid, **labels})

    def event(self, uid: Any, name: str, moment: str | datetime, key: str | None = None, **params: Any) -> None:
        """An event; text is an instant in UTC."""
        instant = at(moment) if isinstance(moment, str) else moment
        self.happened.append({"uid": uid, "name": name, "at": instant, "key": key, **params})

    def link(self, snapshots: dict[str, list[Row]], derived: dict[str, dict[str, Any]], **mapping: str) -> None:
        """A linked table by data date, and labels derived from it (their types included)."""
        self.linked.append(({"name": "links", "uid": "uid", **mapping}, snapshots))
        self.derived |= derived

    def world(self) -> World:
        """The oracle's world of these rows."""
        day_ = min(map(day, self.users))
        sources = [
            RawSource("users", self.users_mapping, "", _files(self.users)),
            RawSource("events", self.events_mapping, "", [RawFile("events.parquet", day_, {}, self.happened)]),
            *(RawSource("links", mapping, "", _files(snapshots)) for mapping, snapshots in self.linked),
        ]
        labels = [{"code": code, **declared} for code, declared in (LABELS | self.derived).items()]
        parameters = [{"code": code, **declared} for code, declared in PARAMETERS.items()]
        events = [{"code": code, "parameters": list(PARAMETERS)} for code in EVENTS]
        return build(RawApp("app", self.zone, day_, labels, parameters, events, sources))

    def members(self, rule: Rule, as_of: str = "2024-03-01") -> set[str]:
        """Who is in, as the oracle says."""
        return members(rule, self.world(), day(as_of), self.segments)


def _files(snapshots: dict[str, list[Row]]) -> list[RawFile]:
    return [RawFile(f"{stage}.parquet", day(stage), {}, rows) for stage, rows in snapshots.items()]


def people(*uids: str, **columns: Any) -> Written:
    """An app whose first snapshot holds these users."""
    app = Written()
    for uid in uids:
        app.user(uid, **columns)
    return app
