"""A night as of a past date on everything publishes what a night on data cut at that date publishes.

5 dates of one world by default; the stated 100 with `pytest --full tests/api/test_backfill.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

import segkit
from segkit.api import Workspace
from segkit.data.gate_settings import GATES
from segkit.store.snapshots import read_snapshot
from tests.api.test_as_of import KnownBy, past_dates
from tests.oracle.generate import make_app
from tests.oracle.rules import random_rules
from tests.oracle.workspace_files import write_workspace
from tests.oracle.world import build

RULES = 8


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    full = metafunc.config.getoption("--full")
    metafunc.parametrize(("seed", "dates"), [(seed, 20) for seed in range(5)] if full else [(3, 5)])


def save(workspace: Workspace, app: str, rules: Sequence[object]) -> None:
    for number, rule in enumerate(rules):
        workspace.app(app).save({"name": f"Rule {number}", "rule": rule}, publish=False)


def published(workspace: Workspace, app_name: str, as_of: date) -> dict[str, set[str]]:
    """The users of each segment in the snapshot that the night of a date published."""
    # Random worlds are late, full of holes and of unknown users.
    (report,) = workspace.night(app_name, as_of).refresh(accept=GATES)
    app, found = workspace.app(app_name), {}
    for row in report.segments:
        if row.kind == "custom":
            snapshot = workspace.catalog.snapshot(app_name, row.id, as_of)
            assert (row.status, snapshot is not None) == ("published", True), row
            assert snapshot is not None
            uids = app.uids()
            found[row.name] = {uids[number] for number in read_snapshot(workspace.folder, snapshot).user_nos()}
            assert len(found[row.name]) == row.count
    return found


def test_a_backfilled_night_publishes_what_a_night_on_cut_data_publishes(seed: int, dates: int, tmp_path: Path) -> None:
    raw = make_app(seed)
    world = build(raw)
    write_workspace(raw, tmp_path / "everything")
    everything = segkit.open(tmp_path / "everything", actor="tester")
    everything.load()
    app = everything.app(raw.name)
    last = min(
        app.manifest.days[-1].day, app.as_of - timedelta(days=1)
    )  # nothing is published after the app's own date
    days = past_dates(raw, app.manifest.first_data_date, last, dates, f"backfill {seed}")
    assert len(days) == dates
    rules = random_rules(world, days[dates // 2], {}, f"backfill {seed}", RULES)
    save(everything, raw.name, rules)
    compared = 0
    for as_of in days:
        known = KnownBy(raw, world, as_of)
        write_workspace(known.raw, tmp_path / str(as_of))
        cut = segkit.open(tmp_path / str(as_of), actor="tester")
        cut.load(as_of_limit=as_of)
        save(cut, raw.name, rules)
        now, then = published(everything, raw.name, as_of), published(cut, raw.name, as_of)
        assert set(now) == set(then) == {f"Rule {number}" for number in range(RULES)}
        for name in now:
            assert now[name] - known.told_later == then[name] - known.told_later, f"world {seed}, as of {as_of}: {name}"
        compared += len(set(app.base(as_of).uids()) - known.told_later)
        cut.close()
    assert compared > 15 * dates, "hardly anybody is left to compare"
    everything.close()
