"""That made worlds and rules are as hostile as they claim, equal for equal seeds, and readable from their files."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from .days import Days, instant_of
from .generate import as_of_dates, make_app
from .moments import TRANSITIONS
from .oracle import base, members
from .pools import MEASURE_OPERATORS, OPERATORS
from .raw import RawApp
from .rules import random_rules, random_segments
from .systematic import systematic_rules
from .workspace_files import write_workspace
from .world import build

SEEDS = range(len(TRANSITIONS))


@pytest.fixture(scope="module")
def apps() -> list[RawApp]:
    return [make_app(seed) for seed in SEEDS]


def _rows(app: RawApp, role: str) -> list[dict[str, Any]]:
    return [row for source in app.source(role) for file in source.files for row in file.rows]


def test_the_same_seed_makes_the_same_rows_and_rules() -> None:
    one, two = make_app(3), make_app(3)
    assert repr(one) == repr(two)
    as_of = as_of_dates(one, 5)[2]
    assert as_of_dates(two, 5)[2] == as_of
    assert random_rules(build(one), as_of, {}, 3, 20) == random_rules(build(two), as_of, {}, 3, 20)


def test_worlds_hold_every_trap(apps: list[RawApp]) -> None:
    assert {app.zone for app in apps} == {zone for zone, _ in TRANSITIONS}
    assert {app.staged for app in apps} == {True, False}
    assert {app.source("users")[0].mapping.get("absent") for app in apps} == {None, "gone"}
    for app in apps:
        world, days = build(app), Days(app.zone)
        events = [event for events in world.events.values() for event in events]
        beside = Counter(event.at - days.first_instant(event.day) for event in events)
        keys = Counter(row["event_id"] for row in app.source("events")[0].files[-1].rows)
        assert len(world.presence) == 60
        assert 1300 < len(events) < 1600
        assert beside[0] > 20
        assert beside[1] > 20
        assert sum(days.day_of(event.at + 1) != event.day for event in events) > 20
        assert world.left_aside > 10
        assert max(keys.values()) > 1
        assert any(row.get("what") == "debug.ping" for row in _rows(app, "events"))
        assert any(isinstance(row["score"], float) and math.isnan(row["score"]) for row in _rows(app, "users"))
        assert len({len(base(world, as_of)) for as_of in as_of_dates(app, 6)}) > 1
        assert any(len(intervals) > 1 for intervals in world.presence.values())


def test_late_events_arrive_in_later_files(apps: list[RawApp]) -> None:
    for app in apps:
        days, (source, *_) = Days(app.zone), app.source("events")
        utc = Days("UTC").zone
        arrived = [(file.stage, days.day_of(instant_of(row["at"], utc))) for file in source.files for row in file.rows]
        later = [stage for stage, day in arrived if any(day < other < stage for other in app.stages())]
        assert len(later) > 10


def test_most_random_rules_split_the_users_and_complements_share_out_the_base(apps: list[RawApp]) -> None:
    splitting = total = 0
    for app in apps[:4]:
        world = build(app)
        for as_of in as_of_dates(app, 5)[:3]:
            segments = random_segments(world, as_of, app.seed)
            everybody = base(world, as_of)
            for rule in random_rules(world, as_of, segments, app.seed, 25):
                picked = members({"all": [{"all": []}, rule]}, world, as_of, segments)
                others = members({"not": {"all": [{"all": []}, rule]}}, world, as_of, segments)
                assert picked | others == everybody
                assert not picked & others
                splitting += 0 < len(picked) < len(everybody)
                total += 1
    assert splitting > total / 2


def test_systematic_rules_hold_every_operator_and_split_users_without_a_value(apps: list[RawApp]) -> None:
    world, as_of = build(apps[0]), as_of_dates(apps[0], 5)[3]
    cases = list(systematic_rules(world, as_of))
    titles = " ".join(case.title for case in cases).split()
    assert all(op in titles for operators in OPERATORS.values() for op in operators)
    labels = {(world.labels[case.rule["label"]]["type"], case.rule["op"]) for case in cases if "label" in case.rule}
    wheres = [case.rule["where"] for case in cases if "parameter" in case.title]
    parameters = {(world.parameters[where["param"]]["type"], where["op"]) for where in wheres}
    every = {(type_, op) for type_, operators in OPERATORS.items() for op in operators}
    assert labels == parameters == every
    measured = {tuple(case.title.split()[1:]) for case in cases if case.title.startswith("measure")}
    assert measured == {(measure, op) for measure, operators in MEASURE_OPERATORS.items() for op in operators}
    assert sum(case.splits_missing(world, as_of) for case in cases) >= 50


def test_files_hold_the_rows(apps: list[RawApp], tmp_path: Path) -> None:
    write_workspace(apps[1], tmp_path)
    for source in apps[1].sources:
        for file in source.files:
            path = tmp_path / "sources" / file.path
            if path.suffix == ".parquet":
                assert pq.read_metadata(path).num_rows == len(file.rows)
                written = [{column: row[column] for column in file.types} for row in file.rows]
                assert _shown(pq.read_table(path).to_pylist()) == _shown(written)
    assert (tmp_path / "vocabulary" / apps[1].name / "labels.yaml").exists()


def _shown(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Values as text, decimals to four places, so that NaN equals itself."""
    return [[f"{v:.4f}" if isinstance(v, Decimal) else str(v) for v in row.values()] for row in rows]


def test_nothing_here_but_the_comparison_knows_segkit() -> None:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        knows = any(line.strip().startswith(("import segkit", "from segkit")) for line in text.splitlines())
        assert not knows, f"{path.name} imports segkit; the oracle shares no code with it"
