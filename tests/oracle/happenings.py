"""Events of made worlds: three sources with late, repeated, orphan and undeclared rows, and instants at every edge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from .days import HOUR, instant_of, moment_of, zone_named
from .moments import Timeline
from .people import Crowd
from .raw import RawFile, RawSource, Row

CATEGORIES = ["camera", "light", "Light", "caf\u00e9", "cafe\u0301", "50%", 'o\'brien, "jr"', "NULL", "true", "00123"]
TAGS = ["new", "sale", "caf\u00e9", "cafe\u0301", "New"]
#: With more digits than the scale of 2, ties among them.
AMOUNTS = ["0", "0.1", "0.10", "0.2", "0.3", "9.99", "12.345", "12.355", "-5", "-0.005", "100", "33.33", "1000000.01"]
ROUGH_AMOUNTS = [0.0, 0.1, 0.2, 0.3, 9.99, 12.344, 12.356, -5.0, 100.0, 33.33, 1000000.01, math.nan, math.inf]
RATIOS = [0.0, 0.5, 0.25, 0.1, 1 / 3, 2 / 3, 1.0, -1.5, 1e-7, math.nan, -math.inf]
#: Text of a CSV file; the scale is 6, and some lie exactly between two numbers of it.
RATIO_TEXTS = ["0.5", "0.0000005", "0.0000015", "0.3333333", "1", "", "2.0000000"]
SOURCE_NAMES = ["app_opened", "device_paired", "feedback_sent", "order.paid", "product_browsed"]
#: Which parameters an event of the mixed source carries; the vocabulary says the same.
CARRIED = {
    "app_opened": (),
    "device_paired": ("ratio", "gift", "category"),
    "feedback_sent": ("category", "amount_eur"),
    "order.paid": ("amount_eur", "category", "ship_on", "gift", "tags", "ratio"),
    "product_browsed": ("category", "tags", "ratio"),
}


@dataclass(frozen=True)
class Happenings:
    """What makes the events of one world."""

    random: Random
    line: Timeline
    people: Crowd
    uids: list[str]  # one for every event that a user may have: some have many, some none

    def stage_of(self, day: date) -> date:
        """The data date with which an event of a day arrives, or sometimes a later one."""
        dates = self.line.data_dates
        natural = next((number for number, stage in enumerate(dates) if stage > day), len(dates) - 1)
        late = self.random.random() < 0.08
        return dates[self.random.randrange(natural, len(dates))] if late else dates[natural]


def events_sources(random: Random, line: Timeline, people: Crowd, size: int) -> list[RawSource]:
    """About `size` events: Parquet with keys, CSV with keys and wall clocks, Parquet of one event without keys."""
    weights = [random.choice((0, 1, 1, 2, 4, 8)) for _ in people.people]
    uids = random.choices([person.uid for person in people.people], weights, k=size)
    made = Happenings(random, line, people, uids + people.ghosts * max(1, size // 100))
    return [_mixed(made, size * 7 // 10), _typed_in(made, size * 2 // 10), _visits(made, size // 10)]


def _mixed(made: Happenings, size: int) -> RawSource:
    random, people = made.random, made.people
    exact, dates_as_instants = random.random() < 0.6, random.random() < 0.4
    types = {
        "event_id": "string",
        "what": "string",
        "at": "timestamp[us, tz=UTC]",
        "uid": "int64" if people.whole_numbers and random.random() < 0.5 else "string",
        "amount_eur": "decimal128(18, 4)" if exact else "float64",
        "ratio": "float64",
        "category": "string",
        "ship_on": "timestamp[us, tz=UTC]" if dates_as_instants else "date32",
        "gift": "bool",
        "tags": "list<string>",
    }
    as_raw = people.uid if types["uid"] == "int64" else str
    rows: list[tuple[date, Row]] = []
    earlier: dict[str, int] = {}
    for number in range(size):
        uid = random.choice(made.uids)
        at = _instant_after(made, earlier.get(uid))
        earlier[uid] = at
        name = "debug.ping" if random.random() < 0.01 else random.choice(SOURCE_NAMES)
        content = _content(made, name, exact, dates_as_instants)
        key = None if random.random() < 0.01 else f"m{number}"
        row = {"event_id": key, "what": name, "at": moment_of(at), "uid": as_raw(uid), **content}
        rows.append((made.stage_of(made.line.days.day_of(at)), row))
    rows += [_repeated(made, stage, row) for stage, row in random.choices(rows, k=size // 20)]
    mapping = {"uid": "uid", "time": "at", "name": "what", "key": "event_id"}
    return RawSource("events", mapping, "events/*.parquet", _files(made, "events/{}.parquet", types, rows))


def _instant_after(made: Happenings, earlier: int | None) -> int:
    """Anywhere, or at the same instant as an earlier event of the user, or whole days of 24 hours after it."""
    random = made.random
    if earlier is None or random.random() < 0.7:
        return made.line.an_instant(random)
    return earlier + random.choice((0, 1, 24 * HOUR, 24 * HOUR + 1, 24 * HOUR - 1, 72 * HOUR, 72 * HOUR + 1))


def _content(made: Happenings, name: str, exact: bool, dates_as_instants: bool) -> Row:
    random = made.random
    shipped: Any = made.line.a_day(random) + timedelta(days=random.choice((0, 0, 20)))
    if dates_as_instants:
        shipped = moment_of(made.line.an_instant(random))
    values: Row = {
        "amount_eur": Decimal(random.choice(AMOUNTS)) if exact else random.choice(ROUGH_AMOUNTS),
        "ratio": random.choice(RATIOS),
        "category": random.choice([*CATEGORIES, ""]),
        "ship_on": shipped,
        "gift": random.random() < 0.5,
        "tags": random.choice(([], [random.choice(TAGS)], random.choices(TAGS, k=3), [random.choice(TAGS), None])),
    }
    carried = CARRIED.get(name, ())
    return {key: value if key in carried and random.random() < 0.8 else None for key, value in values.items()}


def _repeated(made: Happenings, stage: date, row: Row) -> tuple[date, Row]:
    """The same key again, in the same file or a later one: the same row, or one with other content or another user."""
    random = made.random
    again = dict(row)
    kind = random.choice(("same", "same", "instant", "instant", "content", "name", "uid"))
    if kind == "instant":
        moved = random.choice((-1, 1, 3 * HOUR, -30 * HOUR, 40 * 24 * HOUR))
        again["at"] = moment_of(instant_of(row["at"], zone_named("UTC")) + moved)
    elif kind == "content" and isinstance(row["amount_eur"], Decimal):
        again["amount_eur"] = row["amount_eur"] + random.choice((-1, 1))
    elif kind == "content" and row["category"]:
        again["category"] = row["category"] + "!"
    elif kind == "name" and row["what"] in CARRIED:
        again["what"] = random.choice(SOURCE_NAMES)
        again.update({key: None for values in CARRIED.values() for key in values if key not in CARRIED[again["what"]]})
    elif kind == "uid":
        again["uid"] = type(row["uid"])(random.choice(made.uids))
    stages = [date_ for date_ in made.line.data_dates if date_ >= stage]
    return random.choice(stages), again


def _typed_in(made: Happenings, size: int) -> RawSource:
    """A CSV file a data date: everything is text, the clock is a wall's in the zone of the source."""
    random = made.random
    aware = random.random() < 0.3
    zone = random.choice(("UTC", "Asia/Tokyo", None, None))
    mapping: dict[str, Any] = {"uid": "who", "time": "when", "name": "event", "key": "id"}
    mapping |= {"columns": {"amount": 'Amount "EUR"', "gift": "is gift"}} | ({"zone": zone} if zone else {})
    rows: list[tuple[date, Row]] = []
    for number in range(size):
        text = made.line.a_wall_clock(random)
        if aware:
            text = moment_of(made.line.an_instant(random)).isoformat(" ", "microseconds")
        name = random.choice(("feedback_sent", "product_browsed", "device_paired"))
        carried = CARRIED[name]
        row = {
            "id": "" if random.random() < 0.01 else f"c{number}",
            "who": random.choice(made.uids),
            "event": name,
            "when": text,
            'Amount "EUR"': random.choice([*AMOUNTS, ""]) if "amount_eur" in carried else "",
            "category": random.choice([*CATEGORIES, ""]) if "category" in carried else "",
            "ratio": random.choice(RATIO_TEXTS) if "ratio" in carried else "",
            "is gift": random.choice(("true", "false", "")) if "gift" in carried else "",
        }
        day = datetime.fromisoformat(text).replace(tzinfo=UTC).date()
        rows.append((made.stage_of(day), row))
    again = [(random.choice([later for later in made.line.data_dates if later >= stage]), dict(row))
             for stage, row in random.choices(rows, k=size // 15)]  # fmt: skip
    types = dict.fromkeys(rows[0][1], "text")
    return RawSource("events", mapping, "typed-in/*.csv", _files(made, "typed-in/{}.csv", types, rows + again))


def _visits(made: Happenings, size: int) -> RawSource:
    """One event by a constant, no key: two equal rows are two events. The clock is naive, in UTC."""
    random = made.random
    types = {"uid": "string", "at": "timestamp[us]", "amount_eur": "int64"}
    rows: list[tuple[date, Row]] = []
    for _ in range(size):
        at = made.line.an_instant(random)
        moment = moment_of(at).replace(tzinfo=None)
        row = {"uid": random.choice(made.uids), "at": moment, "amount_eur": random.choice((None, 0, 1, 7))}
        rows += [(made.stage_of(made.line.days.day_of(at)), row)] * random.choice((1, 1, 1, 1, 2))
    mapping = {"uid": "uid", "time": "at", "name": "=shop_visited", "zone": "UTC"}
    return RawSource("events", mapping, "visits/*.parquet", _files(made, "visits/{}.parquet", types, rows))


def _files(made: Happenings, path: str, types: dict[str, str], rows: list[tuple[date, Row]]) -> list[RawFile]:
    made.random.shuffle(rows)
    return [
        RawFile(path.format(stage), stage, types, [row for arrives, row in rows if arrives == stage])
        for stage in made.line.data_dates
    ]
