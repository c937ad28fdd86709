"""Evaluating as of D on everything equals loading only what was known by D, labels included.

15 past dates of 5 worlds by default; the stated 50 with `pytest --full tests/api/test_as_of.py`.

What has a date of its own was known from that date: events by their instant, rows of a linked table by their validity.
All else was known when its snapshot's data date says. Users about whom a later snapshot tells something older (known
from, or gone at, a day up to D) are left out of the comparison.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

import segkit
from tests.oracle.days import Days
from tests.oracle.generate import make_app
from tests.oracle.raw import RawApp, RawFile, RawSource, Row
from tests.oracle.rules import random_rules
from tests.oracle.typed import canonical_uid, local_date
from tests.oracle.workspace_files import write_workspace
from tests.oracle.world import World, build

WORLDS, RULES = 5, 20
DATES, DATES_IN_FULL = 3, 10


def past_dates(raw: RawApp, first: date, last: date, count: int, seed: str = "") -> list[date]:
    """Days from the first load on to the day behind the last event, among them data dates."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 2)]
    stages = [stage for stage in raw.stages() if first <= stage <= days[-1]][: count // 2]
    others = Random(seed or f"as of {raw.seed}").sample([d for d in days if d not in stages], count - len(stages))
    return sorted([*stages, *others])


class KnownBy:
    """The raw rows of a world that were known by a date."""

    def __init__(self, raw: RawApp, world: World, as_of: date) -> None:
        self._days: Days = world.days
        self._zone = ZoneInfo(raw.zone)
        self._as_of = as_of
        self._first = world.first_data_date
        self.raw = replace(raw, sources=[self._cut(source) for source in raw.sources])
        (users,) = raw.source("users")
        self.told_later = self._told_later(users)

    def _cut(self, source: RawSource) -> RawSource:
        if source.role != "links" or "valid_from" not in source.mapping:
            return source  # the load is told the date
        whole = max(source.files, key=lambda file: file.stage)
        first = self._first
        path = str(Path(whole.path).with_name(f"{first}.parquet"))
        rows = [row for row in map(self._row, [source] * len(whole.rows), whole.rows) if row is not None]
        return replace(source, files=[RawFile(path, first, whole.types, rows)])

    def _row(self, source: RawSource, row: Row) -> Row | None:
        start, end = (self._day(row.get(source.mapping.get(key, ""))) for key in ("valid_from", "valid_to"))
        if start is not None and start > self._as_of:
            return None
        return {**row, source.mapping["valid_to"]: None} if end is not None and end > self._as_of else row

    def _day(self, cell: object) -> date | None:
        return local_date(cell, self._days, self._zone)

    def _told_later(self, users: RawSource) -> set[str]:
        """Users about whom a later snapshot tells a day up to this one that no snapshot had told by then."""
        told: dict[str, set[object]] = {}
        later: set[str] = set()
        for stage, rows in users.snapshots():
            for row in rows:
                uid = canonical_uid(row[users.mapping["uid"]])
                facts = {(key, self._day(row.get(users.mapping.get(key, "")))) for key in ("known_from", "gone_at")}
                past = {fact for fact in facts if fact[1] is not None and fact[1] <= self._as_of}
                if stage <= self._as_of:
                    told.setdefault(uid, set()).update(past)
                elif past - told.get(uid, set()):
                    later.add(uid)
        return later


@pytest.mark.parametrize("seed", range(WORLDS))
def test_as_of_a_past_date_on_everything_equals_a_load_of_what_was_known_by_then(
    seed: int, tmp_path: Path, full: bool
) -> None:
    count = DATES_IN_FULL if full else DATES
    raw = make_app(seed)
    world = build(raw)
    write_workspace(raw, tmp_path / "everything")
    everything = segkit.open(tmp_path / "everything")
    everything.load()
    app = everything.app(raw.name)
    dates = past_dates(raw, app.manifest.first_data_date, app.manifest.days[-1].day, count)
    assert len(dates) == count
    compared = 0
    for as_of in dates:
        known = KnownBy(raw, world, as_of)
        write_workspace(known.raw, tmp_path / str(as_of))
        cut = segkit.open(tmp_path / str(as_of))
        cut.load(as_of_limit=as_of)
        rules = random_rules(world, as_of, {}, f"{seed} {as_of}", RULES)
        then = [set(found.uids()) - known.told_later for found in cut.app(raw.name).evaluate(rules, as_of)]
        now = [set(found.uids()) - known.told_later for found in app.evaluate(rules, as_of)]
        for rule, here, there in zip(rules, now, then, strict=True):
            assert here == there, f"world {seed}, as of {as_of}: {rule}"
        compared += len(set(app.base(as_of).uids()) - known.told_later)
        cut.close()
    assert compared > 15 * count, "hardly anybody is left to compare"
    everything.close()
