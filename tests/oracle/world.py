"""What the oracle knows of an app: who is there when, labels by data date, events by user. Built from raw rows only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from .days import Days, instant_of, zone_named
from .linked import linked_value
from .measuring import measures
from .raw import RawApp, RawSource, Row
from .typed import DEFAULT_SCALE, Held, canonical_uid, held, local_date


@dataclass(slots=True)
class Interval:
    """Days on which a user is there: [start, end), open where None."""

    start: date | None
    end: date | None

    def holds(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Event:
    """One event that counts."""

    uid: str
    name: str
    at: int  # microseconds since 1970, UTC
    day: date  # the local day that holds it
    params: dict[str, Held]


@dataclass(frozen=True)
class LinkedRow:
    """A row of a linked table with the days for which it holds, or (validity columns absent) its snapshot's date."""

    row: Row
    snapshot: date
    valid: Interval
    zone: ZoneInfo  # of naive instants in its source
    valid_from: str  # the column that says since when it holds; empty where there is none


@dataclass
class World:
    """One app as the oracle sees it."""

    days: Days
    labels: dict[str, dict[str, Any]]  # declarations by code
    parameters: dict[str, dict[str, Any]]
    events_declared: dict[str, dict[str, Any]]
    first_data_date: date
    presence: dict[str, list[Interval]]
    history: dict[str, dict[str, list[tuple[date, Held]]]]  # label, uid: (data date, value), oldest first
    links: dict[str, dict[str, list[LinkedRow]]]  # link, uid
    link_snapshots: dict[str, list[date]]  # link: data dates; empty where its rows carry their validity
    events: dict[str, list[Event]]  # uid: oldest first; known users only
    left_aside: int = 0  # events of users whom the app does not know
    _label_cache: dict[tuple[str, date], dict[str, Held]] = field(default_factory=dict)

    def label_values(self, code: str, as_of: date) -> dict[str, Held]:
        """The label's value as of a date, for every user that the app ever knew."""
        if (code, as_of) not in self._label_cache:
            self._label_cache[code, as_of] = {uid: self._label(code, uid, as_of) for uid in self.presence}
        return self._label_cache[code, as_of]

    def _label(self, code: str, uid: str, as_of: date) -> Held:
        derived = self.labels[code].get("derived")
        if derived is not None and "event" in derived:
            return self._measured(derived, uid, as_of)
        if derived is not None:
            return linked_value(self.labels[code], self._linked(derived["link"], uid, as_of), self.days)
        day = max(as_of, self.first_data_date)
        value: Held = None
        for data_date, changed in self.history[code].get(uid, []):
            if data_date <= day:
                value = changed
        return value

    def _measured(self, derived: dict[str, Any], uid: str, as_of: date) -> Held:
        if derived.get("measure") == "exists":
            return bool(measures({**derived, "measure": "count"}, [uid], self, as_of)[uid])
        return measures(derived, [uid], self, as_of)[uid]

    def _linked(self, link: str, uid: str, as_of: date) -> list[LinkedRow]:
        rows = self.links[link].get(uid, [])
        if not self.link_snapshots[link]:
            return [linked for linked in rows if linked.valid.holds(as_of)]
        day = max(as_of, self.first_data_date)
        newest = max((snapshot for snapshot in self.link_snapshots[link] if snapshot <= day), default=None)
        return [linked for linked in rows if linked.snapshot == newest]


def build(app: RawApp) -> World:
    """The world that an app's source rows describe, all of them loaded."""
    days = Days(app.zone)
    (users,) = app.source("users")
    presence = _presence(users, days, app.zone)
    links = app.source("links")
    events, left_aside = _events(app, days, presence)
    return World(
        days=days,
        labels={label["code"]: label for label in app.labels},
        parameters={parameter["code"]: parameter for parameter in app.parameters},
        events_declared={event["code"]: event for event in app.events},
        first_data_date=min(file.stage for source in [users, *links] for file in source.files),
        presence=presence,
        history=_history(app, users, days),
        links={source.mapping["name"]: _links(source, days, app.zone) for source in links},
        link_snapshots={
            source.mapping["name"]: [] if "valid_from" in source.mapping else [day for day, _ in source.snapshots()]
            for source in links
        },
        events=events,
        left_aside=left_aside,
    )


def _presence(users: RawSource, days: Days, app_zone: str) -> dict[str, list[Interval]]:
    zone = zone_named(users.mapping.get("zone", app_zone))
    presence: dict[str, list[Interval]] = {}
    first = min(file.stage for file in users.files)
    for data_date, rows in users.snapshots():
        seen = set()
        for row in rows:
            uid = canonical_uid(row[users.mapping["uid"]])
            known = local_date(row.get(users.mapping.get("known_from", "")), days, zone)
            gone = local_date(row.get(users.mapping.get("gone_at", "")), days, zone)
            seen.add(uid)
            if uid not in presence:
                start = known if known is not None else None if data_date == first else data_date
                presence[uid] = [Interval(start, gone)]
                continue
            last = presence[uid][-1]
            if gone is not None:
                last.end = gone if last.end is None else last.end
            elif last.end is not None and last.end <= data_date:
                presence[uid].append(Interval(data_date, None))
        if users.mapping.get("absent") == "gone":
            for uid in presence.keys() - seen:
                last = presence[uid][-1]
                last.end = data_date if last.end is None else min(last.end, data_date)
    return presence


def _history(app: RawApp, users: RawSource, days: Days) -> dict[str, dict[str, list[tuple[date, Held]]]]:
    zone = zone_named(users.mapping.get("zone", app.zone))
    history: dict[str, dict[str, list[tuple[date, Held]]]] = {}
    for label in app.labels:
        if "derived" in label:
            continue
        changes = history.setdefault(label["code"], defaultdict(list))
        for data_date, rows in users.snapshots():
            for row in rows:
                raw = row[label.get("column", label["code"])]
                value = held(raw, label["type"], label.get("scale"), days, zone)
                changes[canonical_uid(row[users.mapping["uid"]])].append((data_date, value))
    return history


def _links(source: RawSource, days: Days, app_zone: str) -> dict[str, list[LinkedRow]]:
    zone = zone_named(source.mapping.get("zone", app_zone))
    rows: dict[str, list[LinkedRow]] = defaultdict(list)
    for snapshot, found in source.snapshots():
        for row in found:
            valid = Interval(
                local_date(row.get(source.mapping.get("valid_from", "")), days, zone),
                local_date(row.get(source.mapping.get("valid_to", "")), days, zone),
            )
            rows[canonical_uid(row[source.mapping["uid"]])].append(
                LinkedRow(row, snapshot, valid, zone, source.mapping.get("valid_from", ""))
            )
    return rows


def _events(app: RawApp, days: Days, known: dict[str, list[Interval]]) -> tuple[dict[str, list[Event]], int]:
    counted: list[Event] = []
    keyed: dict[str, list[Event]] = defaultdict(list)
    for key, event in _all_events(app, days):
        if key is None:
            counted.append(event)
        else:
            keyed[key].append(event)
    counted += [min(same, key=_order_of_duplicates) for same in keyed.values()]
    by_user: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(counted, key=lambda event: event.at):
        by_user[event.uid].append(event)
    aside = sum(len(events) for uid, events in by_user.items() if uid not in known)
    return {uid: events for uid, events in by_user.items() if uid in known}, aside


def _order_of_duplicates(event: Event) -> tuple[Any, ...]:
    content = [(value is None, 0 if value is None else value) for value in event.params.values()]
    return (event.at, event.name, event.uid, content)


def _all_events(app: RawApp, days: Days) -> Iterator[tuple[str | None, Event]]:
    """Every row with a declared name, with its key (None: it has none and repeats no other)."""
    declared = {event.get("source_name", event["code"]): event for event in app.events}
    parameters = {parameter["code"]: parameter for parameter in app.parameters}
    for source in app.source("events"):
        mapping = source.mapping
        zone = zone_named(mapping.get("zone", app.zone))
        for file in source.files:
            for row in file.rows:
                name = mapping["name"][1:] if mapping["name"].startswith("=") else row[mapping["name"]]
                if name not in declared:
                    continue
                key = row.get(mapping.get("key", ""))
                moment = row[mapping["time"]]
                at = instant_of(datetime.fromisoformat(moment) if isinstance(moment, str) else moment, zone)
                params = {}
                for code in declared[name].get("parameters", []):
                    parameter = parameters[code]
                    column = mapping.get("columns", {}).get(code, parameter.get("column", code))
                    scale = parameter.get("scale", DEFAULT_SCALE)
                    raw = row.get(column)
                    raw = None if raw == "" and file.path.endswith(".csv") else raw
                    params[code] = held(raw, parameter["type"], scale, days, zone)
                event = Event(canonical_uid(row[mapping["uid"]]), declared[name]["code"], at, days.day_of(at), params)
                yield None if key in (None, "") else canonical_uid(key), event
