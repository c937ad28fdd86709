"""Users of made worlds and what is linked to them: snapshots by data date in which they come, go, return and change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from .days import moment_of, zone_named
from .moments import Timeline
from .raw import RawFile, RawSource, Row

COUNTRIES = ["DE", "DE", "AT", "de", "NO", "", None, "Österreich", "O\u0308sterreich", "50%_off", "o'b\"rien\\", "007"]
NICKNAMES = [
    "ana", "Ana", "caf\u00e9", "cafe\u0301", "", None, "100%", "1000", "a_b", "axb", "a\\b", "İstanbul", "istanbul",
    "straße", "strasse", "line\nbreak", "😀 smile", "NULL", "true", " ana ",
]  # fmt: skip
NO_NUMBERS = [None, math.nan, math.inf, -math.inf]
SCORES = [*NO_NUMBERS, 0.0, -0.0, 0.1, 0.1 + 0.2, 0.3, 1.0, 7.0, 7.5, 2.0**53, -3.25, 1e-9, 99.99]
#: With more digits than the scale of 2, ties among them; a decimal column keeps them exact.
BALANCES = [
    None, "0", "0.1", "0.105", "0.115", "12.345", "12.355", "-0.005", "-0.0051", "99.99", "99.995", "100", "0.0049",
]  # fmt: skip
#: As doubles, none of them within reach of a tie.
ROUGH_BALANCES = [None, math.nan, math.inf, 0.0, 0.1, 0.104, 0.107, 12.34, 12.349, -0.01, 99.99, 99.9912, 100.0]
INTERESTS = ["camera", "light", "lock", "caf\u00e9", "cafe\u0301", "", "o'brien", "Camera"]
KINDS = ["gateway", "lamp", "plug", "Größe", "Gro\u0308ße", None]
PLANS = ["basic", "gold", "Gold", "family"]
TEXT_UIDS = ["007", "7", "ANA", "ana", "a b", "o'brien", 'x"y', "NULL", "nan", "50%", "Zoë", "true", "1e3", "-1"]
#: Uids that no snapshot ever brings.
GHOSTS = 3


@dataclass(frozen=True)
class Person:
    """One user: the snapshots that hold him, and the days that those say of him."""

    uid: str
    snapshots: tuple[int, ...]
    known_from: date | None
    gone_at: date | None  # said by the snapshots numbered in `gone_in`
    gone_in: tuple[int, ...]


@dataclass(frozen=True)
class Crowd:
    """All users of a world and how its users source is laid out."""

    people: list[Person]
    ghosts: list[str]
    whole_numbers: bool  # uids are whole numbers in the source
    mapping: dict[str, Any]

    def uid(self, text: str) -> str | int:
        """A uid as a Parquet source holds it."""
        return int(text) if self.whole_numbers else text


def crowd(random: Random, line: Timeline, size: int) -> Crowd:
    """Users of whom some come late, leave, return, or are in some snapshots only."""
    whole_numbers = random.random() < 0.35
    uids = [str(number * 7 + 1) for number in range(size + GHOSTS)]
    if not whole_numbers:
        uids = (TEXT_UIDS + [f"u-{number}" for number in range(size)])[: size + GHOSTS]
        random.shuffle(uids)
    mapping: dict[str, Any] = {"uid": "user id", "data_date": "file"}
    if random.random() < 0.6:
        mapping["known_from"] = "known_from"
    if random.random() < 0.75:
        mapping["gone_at"] = "gone_at"
    if random.random() < 0.4 or "gone_at" not in mapping:
        mapping["absent"] = "gone"
    if random.random() < 0.5:
        mapping["zone"] = random.choice(("UTC", "Asia/Tokyo", "America/Los_Angeles"))
    people = [_person(random, uid, line, mapping) for uid in uids[GHOSTS:]]
    return Crowd(people, uids[:GHOSTS], whole_numbers, mapping)


def _person(random: Random, uid: str, line: Timeline, mapping: dict[str, Any]) -> Person:
    dates = line.data_dates
    arrives = random.choice((0, 0, 0, 0, 0, 1, 2, 3))
    present = [number for number in range(arrives, len(dates)) if number == arrives or random.random() < 0.85]
    known_from = None
    if random.random() < 0.7:
        known_from = dates[arrives] - timedelta(days=random.choice((0, 0, 1, 5, 12, 30, 70)))
    gone_at: date | None = None
    gone_in: tuple[int, ...] = ()
    if random.random() < 0.35:
        since = random.choice(present)
        gone_at = dates[since] - timedelta(days=random.choice((0, 1, 3)))
        if mapping.get("absent") != "gone" and random.random() < 0.25:
            gone_at = dates[since] + timedelta(days=random.choice((1, 4, 30)))
        if known_from is not None and known_from >= gone_at:
            known_from = gone_at - timedelta(days=2)
        until = random.choice((since, since + 1, len(dates)))
        gone_in = tuple(number for number in present if since <= number <= until)
    return Person(uid, tuple(present), known_from, gone_at, gone_in)


def users_source(random: Random, line: Timeline, people: Crowd) -> RawSource:
    """A snapshot of users a data date, some cut into two files."""
    exact = random.random() < 0.6
    instants = random.random() < 0.5  # days are given as instants
    # Some sources give the last login as a wall clock's time in their own zone.
    clock = zone_named(people.mapping.get("zone", line.days.zone.key)) if random.random() < 0.3 else None
    types = {
        "user id": "int64" if people.whole_numbers else "string",
        "country_code": "string",
        "nickname": "string",
        "score": "float64",
        "balance": "decimal128(18, 4)" if exact else "float64",
        "registered_on": "date32",
        "last_login": "timestamp[us]" if clock else "timestamp[us, tz=UTC]",
        "consent": "bool",
        "interests": "list<string>",
    }
    for column in ("known_from", "gone_at"):
        if column in people.mapping:
            types[column] = "timestamp[us, tz=UTC]" if instants else "date32"
    latest: dict[str, Row] = {}
    files = []
    for number, stage in enumerate(line.data_dates):
        rows = []
        for person in people.people:
            if number not in person.snapshots:
                continue
            row = _changed_row(random, line, latest.get(person.uid), exact, clock)
            latest[person.uid] = row
            gone_at = person.gone_at if number in person.gone_in else None
            days = {"known_from": person.known_from, "gone_at": gone_at}
            shown = {key: _day(random, line, day, instants) for key, day in days.items() if key in types}
            rows.append({"user id": people.uid(person.uid), **row, **shown})
        random.shuffle(rows)
        cut = random.choice((0, 0, len(rows) // 3))
        parts = [("", rows)] if cut == 0 else [("-a", rows[:cut]), ("-b", rows[cut:])]
        files += [RawFile(f"users/{stage}{name}.parquet", stage, types, part) for name, part in parts]
    return RawSource("users", people.mapping, "users/*.parquet", files)


def _day(random: Random, line: Timeline, day: date | None, instants: bool) -> Any:
    """A day as a date, or as an instant inside it, often at its edges."""
    if day is None or not instants:
        return day
    start, end = line.days.first_instant(day), line.days.first_instant(day + timedelta(days=1))
    return moment_of(random.choice((start, end - 1, random.randrange(start, end))))


def _changed_row(random: Random, line: Timeline, before: Row | None, exact: bool, clock: ZoneInfo | None) -> Row:
    balances: list[Any] = [None if text is None else Decimal(text) for text in BALANCES] if exact else ROUGH_BALANCES
    makers: dict[str, Any] = {
        "country_code": lambda: random.choice(COUNTRIES),
        "nickname": lambda: random.choice(NICKNAMES),
        "score": lambda: random.choice(SCORES),
        "balance": lambda: random.choice(balances),
        "registered_on": lambda: _a_date(random, line),
        "last_login": lambda: _a_login(random, line, clock),
        "consent": lambda: random.choice((True, True, False, None)),
        "interests": lambda: _some(random, INTERESTS),
    }
    if before is None:
        return {column: make() for column, make in makers.items()}
    return {column: make() if random.random() < 0.3 else before[column] for column, make in makers.items()}


def _a_date(random: Random, line: Timeline) -> date | None:
    if random.random() < 0.2:
        return None
    near = random.choice(line.data_dates)
    return near - timedelta(days=random.choice((-30, -7, -1, 0, 1, 6, 7, 8, 29, 30, 31, 90, 400)))


def _a_login(random: Random, line: Timeline, clock: ZoneInfo | None) -> Any:
    if random.random() < 0.2:
        return None
    moment = moment_of(line.an_instant(random))
    return moment if clock is None else moment.astimezone(clock).replace(tzinfo=None)


def _some(random: Random, texts: list[str]) -> list[str | None] | None:
    kind = random.random()
    if kind < 0.15:
        return None
    if kind < 0.3:
        return []
    chosen: list[str | None] = [random.choice(texts) for _ in range(random.randint(1, 3))]
    return [*chosen, None] if kind > 0.9 else chosen


def links_sources(random: Random, line: Timeline, people: Crowd, staged: bool) -> list[RawSource]:
    """Devices, whose rows say for which days they hold, and plans, a snapshot a data date."""
    return [_devices(random, line, people, staged), _plans(random, line, people, staged)]


def _devices(random: Random, line: Timeline, people: Crowd, staged: bool) -> RawSource:
    # Whoever is linked is a user by then: what a link says of users who come later is nobody's promise.
    stage = line.data_dates[0] if staged else line.data_dates[-1]
    known = [person.uid for person in people.people if not staged or 0 in person.snapshots]
    instants = random.random() < 0.5
    day_type = "timestamp[us, tz=UTC]" if instants else "date32"
    types = {
        "user id": "int64" if people.whole_numbers else "string",
        "kind": "string", "bound": "bool", "bound_at": day_type, "unbound_at": day_type,
        "price": "decimal128(18, 4)", "bought_at": "timestamp[us, tz=UTC]",
    }  # fmt: skip
    rows: list[Row] = []
    for _ in range(len(known) * 2):
        start = line.a_day(random)
        end = random.choice((None, start + timedelta(days=random.choice((0, 1, 7, 30, -3)))))
        rows.append({
            "user id": people.uid(random.choice([*known[: len(known) * 2 // 3], *people.ghosts])),
            "kind": random.choice(KINDS),
            "bound": random.choice((True, True, False, None)),
            "bound_at": _day(random, line, start, instants),
            "unbound_at": _day(random, line, end, instants),
        })  # fmt: skip
    _with_purchases(line, rows, "price", "bought_at")
    mapping = {
        "name": "devices", "uid": "user id", "valid_from": "bound_at", "valid_to": "unbound_at", "data_date": "file",
    }  # fmt: skip
    return RawSource("links", mapping, "devices/*.parquet", [RawFile(f"devices/{stage}.parquet", stage, types, rows)])


def _plans(random: Random, line: Timeline, people: Crowd, staged: bool) -> RawSource:
    types = {
        "uid": "int64" if people.whole_numbers else "string", "plan": "string", "paid": "bool",
        "fee": "decimal128(18, 4)", "booked_at": "timestamp[us, tz=UTC]",
    }  # fmt: skip
    begin = 0 if staged else random.choice((0, 0, 1))
    files = []
    for number, stage in list(enumerate(line.data_dates))[begin:]:
        known = [person.uid for person in people.people if min(person.snapshots) <= number]
        rows: list[Row] = [
            {
                "uid": people.uid(random.choice([*known, *people.ghosts])),
                "plan": random.choice([*PLANS, None]),
                "paid": random.choice((True, False, None)),
            }
            for _ in range(len(known))
        ]
        _with_purchases(line, rows, "fee", "booked_at")
        files.append(RawFile(f"plans/{stage}.parquet", stage, types, rows))
    return RawSource("links", {"name": "plans", "uid": "uid", "data_date": "file"}, "plans/*.parquet", files)


def _with_purchases(line: Timeline, rows: list[Row], price: str, moment: str) -> None:
    """Gives rows what was paid, and an instant that some of them share."""
    random = Random(f"purchases {line.transition} {price} {len(rows)}")
    moments = [moment_of(line.an_instant(random)) for _ in range(max(1, len(rows) // 4))]
    for row in rows:
        text = random.choice(BALANCES)
        row[price] = None if text is None else Decimal(text)
        row[moment] = random.choice([None, *moments, *moments])
