"""The made-up smart-home app: writes its sources as Parquet, the same bytes for the same seed.

A user's activity is heavy-tailed, follows his own clock and the week, and ends one day; phones, homes and releases
decide how pairing goes; failed pairings bring feedback. The sample grows slowly, with a launch week half way and a
spring sale. It holds what real data holds: missing values and NaN, labels that change, users who leave, come back or
were exported late, events that arrive late or twice, events of strangers, and users silent for exactly 7, 8, 29, 30
and 31 days.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from segkit.data.demo import world
from segkit.data.demo.activity import Scene, active_days, confine, log_arrival, log_feedback, log_marketing, log_use
from segkit.data.demo.clock import Array, Calendar, calendar, local_clocks
from segkit.data.demo.eventlog import EventLog, Events
from segkit.data.demo.mall import log_mall, shopping
from segkit.data.demo.pairing import Devices, all_devices, app_release, earlier_devices, log_pairing
from segkit.data.demo.people import People, Random, draw_people
from segkit.data.demo.quirks import arrivals, plant, with_strangers
from segkit.data.demo.snapshots import contacts, uids, use_as_of_snapshots, user_tables
from segkit.data.demo.tables import emptied, instants, words, write_parquet

APP = "smart-home"
AS_OF = date(2026, 6, 1)
FEWEST_USERS = 500

Progress = Callable[[str], None]


def write(
    folder: Path,
    *,
    users: int = 50_000,
    as_of: date = AS_OF,
    days: int = 120,
    seed: int = 7,
    progress: Progress | None = None,
) -> None:
    """Writes `users/`, `events/` and `devices/` under `folder/sources/smart-home`, in place of an earlier sample.

    `users` counts all that were ever seen, visitors included; events fall on the `days` local days before `as_of` in
    Europe/Berlin, about 40 a user over 120 days. `progress` is told what was just done, in words.
    Raises ValueError for fewer than 500 users or 40 days, which leave no room for the special cases.
    """
    if users < FEWEST_USERS:
        raise ValueError(f"users={users}: expected at least {FEWEST_USERS}, so that every special case occurs")
    tell = progress or (lambda _: None)
    home = folder / "sources" / APP
    when = calendar(as_of, days)
    clocks = local_clocks(when, world.zones())
    people = draw_people(_random(seed, "people"), when, clocks, users)
    earlier = earlier_devices(_random(seed, "devices"), when, people)
    plant(_random(seed, "quirks"), when, people, earlier)
    events = _events(seed, Scene(when, people, clocks))
    tell(f"{APP}: {len(events):,} events of {users:,} users made")
    _write_users(home / "users", seed, when, people, events)
    tell(f"{APP}: {len(when.snapshots)} snapshots of the users written")
    _write_devices(home / "devices", when, people, all_devices(_random(seed, "unbound"), when, people, earlier, events))
    _write_events(home / "events", seed, when, people, events)
    tell(f"{APP}: devices and events written")


def _random(seed: int, purpose: str) -> Random:
    """Random numbers of their own for each purpose, so that a change of one part leaves the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def _events(seed: int, scene: Scene) -> Events:
    """Everything that happened, strangers included, in the order of the instants."""
    log = EventLog()
    active = active_days(_random(seed, "active"), scene)
    log_marketing(_random(seed, "marketing"), log, scene, active)
    confine(active, scene)
    log_use(_random(seed, "use"), log, scene, active)
    log_arrival(_random(seed, "arrival"), log, scene, active)
    log_pairing(_random(seed, "pairing"), log, scene, active)
    log_mall(_random(seed, "mall"), log, scene, active)
    log_feedback(_random(seed, "feedback"), log, scene, active)
    return with_strangers(_random(seed, "strangers"), log.finished(scene.days, scene.people), scene.people)


def _write_users(folder: Path, seed: int, when: Calendar, people: People, events: Events) -> None:
    known = contacts(_random(seed, "contacts"), when, people)
    use = use_as_of_snapshots(when, people, events)
    bought = shopping(_random(seed, "shopping"), when, people, events)
    emptied(folder)
    for day, table in zip(when.snapshots, user_tables(when, people, known, use, bought), strict=True):
        write_parquet(table, folder / f"{when.date_of(int(day))}.parquet", unique=("user_id", "email", "mobile"))


def _write_devices(folder: Path, when: Calendar, people: People, devices: Devices) -> None:
    order = np.argsort(devices.bound_at, kind="stable")
    product = devices.product[order]
    catalogue = world.products()
    of_category = np.array([p.category for p in catalogue])
    table = pa.table(
        {
            "user_id": words(devices.user[order], uids(len(people))),
            "device_id": pa.array([f"d{number:08d}" for number in range(1, len(order) + 1)], pa.string()),
            "product": words(product, [p.pid for p in catalogue]),
            "category": words(of_category[product], world.CATEGORIES),
            "is_gateway": pa.array(np.array([p.is_gateway for p in catalogue])[product]),
            "bound_at": instants(devices.bound_at[order]),
            "unbound_at": instants(devices.unbound_at[order], devices.unbound_at[order] < 0),
        }
    )
    write_parquet(table, emptied(folder) / f"{when.as_of}.parquet", unique=("device_id",))


def _write_events(folder: Path, seed: int, when: Calendar, people: People, events: Events) -> None:
    """One file a calendar month, and one with what arrived late or a second time."""
    coming = arrivals(_random(seed, "arrivals"), when, events)
    emptied(folder)
    dates = [when.date_of(day) for day in range(when.days)]
    months = sorted({(day.year, day.month) for day in dates})
    month_of_day = np.array([months.index((day.year, day.month)) for day in dates])
    month = month_of_day[when.day_of(events.at[coming.on_time])]
    for number, (year, in_year) in enumerate(months):
        rows = coming.on_time[month == number]
        table = _event_table(when, people, events, rows, events.at[rows])
        write_parquet(table, folder / f"{year}-{in_year:02d}.parquet", unique=("event_id",))
    rows = np.concatenate([coming.late, coming.repeated])
    at = np.concatenate([events.at[coming.late], coming.repeated_at])
    order = np.argsort(at, kind="stable")
    late = _event_table(when, people, events, rows[order], at[order])
    write_parquet(late, folder / f"late-{when.as_of - timedelta(days=1)}.parquet", unique=("event_id",))


def _event_table(when: Calendar, people: People, events: Events, rows: Array, at: Array) -> pa.Table:
    """Rows of the events source; `rows` number the events, and so make their keys."""
    some = events.where(rows)
    strangers = int(events.user.max(initial=0)) + 1 - len(people)
    names = [*uids(len(people)), *(f"x{number:07d}" for number in range(1, strangers + 1))]
    cents = some.parameters["cents"]
    catalogue = world.products()
    columns = {
        "event_id": pa.array([f"e{row:09d}" for row in rows.tolist()], pa.string()),
        "user_id": words(some.user, names),
        "event": words(some.event, world.EVENTS),
        "at": instants(at),
        **_public_parameters(when, people, some),
        "pairing_type": words(some.parameters["pairing_type"], world.PAIRING_TYPES),
        "pid": words(some.parameters["product"], [p.pid for p in catalogue]),
        "issue_type": words(some.parameters["issue"], world.ISSUES),
        "campaign": words(some.parameters["campaign"], world.CAMPAIGNS),
        "category": words(some.parameters["category"], world.CATEGORIES),
        "amount": pa.array(cents / 100, mask=cents < 0),
    }
    return pa.table(columns)


def _public_parameters(when: Calendar, people: People, some: Events) -> dict[str, pa.Array]:
    """What every event carries. A stranger's phone looks like some user's."""
    who = some.user % len(people)
    day = when.day_of(some.at)
    state = when.state_of(day)
    platform, model = people.platform[state, who], people.model[state, who]
    most = max(len(models) for models in world.MODELS)
    models = [name for of in world.MODELS for name, *_ in (*of, *[("", 0.0, 0.0)] * (most - len(of)))]
    language = people.language[who]
    return {
        "time_zone_id": words(people.zone()[state, who], world.zones()),
        "language": words(np.where(language < 0, world.languages().index("en"), language), world.languages()),
        "os_version": _system_versions(people, who, day, platform),
        "os": words(platform, world.SYSTEMS),
        "model": words(platform * most + model, models),
        "app_version": words(app_release(when, people, who, day), [version for version, *_ in world.APP_RELEASES]),
    }


def _system_versions(people: People, who: Array, day: Array, platform: Array) -> pa.Array:
    most = max(len(releases) for releases in world.SYSTEM_RELEASES)
    number = np.zeros(len(who), dtype=np.int64)
    for system, releases in enumerate(world.SYSTEM_RELEASES):
        mine = platform == system
        found = np.searchsorted([out for _, out in releases], (day - people.system_lag[who])[mine], side="right") - 1
        number[mine] = system * most + np.maximum(found, 0)
    versions = [version for of in world.SYSTEM_RELEASES for version, _ in (*of, *[("", 0)] * (most - len(of)))]
    return words(number, versions)
