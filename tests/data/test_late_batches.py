"""Events that arrive late, in any order and some twice, lead to the same members as one load of everything.

1 world by default; the stated 20 with `pytest --full tests/data/test_late_batches.py`.
"""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

import segkit
from segkit import event as happened

from .made import APP, Made, Row, event, user

FIRST, DAYS, BATCHES = date(2026, 5, 1), 30, 20
AS_OF = "2026-06-01"
RULES = (
    happened("seen").last(10),
    happened("bought").last(30),
    happened("paid").count().last(30) >= 3,
    happened("bought").sum("amount").last(14) >= 60,
    happened("bought").avg("amount").last(30) >= 20,
    happened("seen").days().last(30) >= 4,
    ~happened("paid").last(7),
    happened("seen").count().last(21) <= 6,
    happened("bought").distinct("kind").last(30) >= 3,
    happened("paid").max("amount").last(30) >= 35,
)


def rows_of(made: random.Random) -> list[Row]:
    """A month of events, some of users who are not known yet; a hundredth of the keys stand there twice."""
    found = []
    for number in range(2_000):
        when = f"{FIRST + timedelta(days=made.randrange(DAYS))} {made.randrange(24):02}:{made.randrange(60):02}"
        uid, name = f"u{int(120 * made.random() ** 3):03}", made.choice(["seen", "seen", "bought", "order.paid"])
        key = f"k{number - 1 if made.random() < 0.01 else number}"
        found.append(event(uid, name, when, key, made.randrange(1, 4_000) / 100, made.choice(["a", "b", "c", None])))
    return found


def members(shop: Made) -> list[set[str]]:
    workspace = segkit.open(shop.folder, actor="tester")
    try:
        found = workspace.app(APP).evaluate(list(RULES), as_of=AS_OF)
        return [set(result.uids()) for result in found]
    finally:
        workspace.close()


@pytest.fixture
def seeds(full: bool) -> range:
    return range(20 if full else 1)


def test_held_back_events_in_later_batches_give_the_members_of_one_load(tmp_path: Path, seeds: range) -> None:
    for seed in seeds:
        made = random.Random(seed)
        rows = rows_of(made)
        held_back = made.sample(range(len(rows)), len(rows) // 100)
        whole, arriving = Made(tmp_path / f"whole-{seed}"), Made(tmp_path / f"arriving-{seed}")
        for shop in (whole, arriving):
            shop.users("2026-05-01", *(user(f"u{n:03}") for n in range(100)))
        whole.users("2026-05-02", *(user(f"u{n:03}") for n in range(115)))
        whole.events("all", *rows)
        whole.load()

        arriving.events("most", *(row for place, row in enumerate(rows) if place not in set(held_back)))
        arriving.load()
        made.shuffle(held_back)
        batches = [[rows[place] for place in held_back[n::BATCHES]] for n in range(BATCHES)]
        twice = made.randrange(BATCHES)
        for number, batch in enumerate(batches):
            if number == BATCHES // 2:
                arriving.users("2026-05-02", *(user(f"u{n:03}") for n in range(115)))
            arriving.events(f"late-{number:02}", *batch)
            arriving.load()
            if number == twice:
                arriving.events(f"again-{number:02}", *batch)
                assert arriving.load().role("events").kept == 0
        expected = members(whole)
        assert all(0 < len(found) < 115 for found in expected)
        assert members(arriving) == expected
        shutil.rmtree(whole.folder)
        shutil.rmtree(arriving.folder)
