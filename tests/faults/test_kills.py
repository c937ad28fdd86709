"""Processes killed (-9) at random points of each operation: nothing acknowledged is lost, nothing published is torn.

6 points of each by default; the stated 200 with `pytest --full tests/faults/test_kills.py`. Every second one is at a
random file operation, the others at a random moment.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from random import Random

import pytest

import segkit
from segkit.api import Workspace
from segkit.api.doctor import examine
from segkit.files.atomic import is_temporary, write_text
from segkit.files.locks import holder_of
from tests.faults.dying import count_steps, die_at
from tests.faults.operations import OPERATIONS
from tests.small_workspace import SmallWorkspace
from tests.store.making import Start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    small = SmallWorkspace(tmp_path / "workspace")
    small.settings = "[snapshots]\nkeep = 1000"
    for number in range(200):
        small.user(f"u{number:03}", country="DE" if number % 3 else "AT", score=number)
        small.event(f"u{number:03}", "app_used", at=f"2024-{1 + number % 10:02}-15 10:00")
    small.workspace  # noqa: B018 (written and loaded)
    small.close()
    return small.folder


def perform(folder: Path, kind: str, turn: int, step: int) -> None:
    """The operation, in a child; what was acknowledged is written down, as are its steps and seconds."""
    app = segkit.open(folder, actor="killed").app()
    app.segments()  # all is open, and ready to begin
    (folder.parent / "begun").touch()
    steps = count_steps(folder) if not step else [0]
    if step:
        die_at(step, folder)
    began = time.monotonic()
    acknowledged = OPERATIONS[kind].perform(app, turn)
    seconds = time.monotonic() - began
    write_text(folder.parent / "acknowledged", acknowledged)
    (folder.parent / "measured").write_text(f"{steps[0]} {seconds}")


def require_whole(workspace: Workspace) -> None:
    """Nothing torn, nothing unreadable, nobody said to be at work."""
    assert [str(f) for f in examine(workspace, deep=True) if f.severity == "error"] == []
    for lock in workspace.folder.rglob("*.lock"):
        assert holder_of(lock) is None
    for stored in workspace.catalog.segments("shop"):
        assert workspace.catalog.versions(stored.id)[-1].number == stored.version


def require_tidy(workspace: Workspace) -> None:
    """After the rerun no leftover of the killed one is there."""
    assert [path for path in workspace.folder.rglob("*") if is_temporary(path)] == []
    folder = workspace.folder / "snapshots" / "shop"
    if not folder.exists():
        return  # nothing was published yet
    there = {path.name for path in folder.iterdir() if path.is_dir()}
    assert workspace.catalog.published_generations("shop", there) == there
    assert {path.name for path in folder.iterdir() if path.is_file()} <= {"publish.lock"}


@pytest.mark.parametrize("kind", OPERATIONS)
def test_killed_at_random_points_nothing_is_torn_or_lost_and_a_rerun_completes(
    kind: str, folder: Path, start: Start, full: bool
) -> None:
    operation, chance = OPERATIONS[kind], Random(f"kill {kind}")
    workspace = segkit.open(folder, actor="tester")
    app = workspace.app()
    acknowledged, begun = folder.parent / "acknowledged", folder.parent / "begun"
    steps, seconds, outcomes = 0, 0.0, []
    for turn in range(1 + (200 if full else 6)):
        operation.prepare(app, turn)
        acknowledged.unlink(missing_ok=True)
        begun.unlink(missing_ok=True)
        by_step = steps and turn % 2 == 0
        child = start(perform, folder, kind, turn, chance.randint(1, steps) if by_step else 0)
        if turn > 0 and not by_step:
            while not begun.exists() and child.is_alive():
                time.sleep(0.001)
            time.sleep(chance.random() * seconds)
            child.kill()
        child.join()
        said = acknowledged.read_text() if acknowledged.exists() else None
        if turn == 0:  # undisturbed: how many steps and how long
            assert child.exitcode == 0
            counted, took = (folder.parent / "measured").read_text().split()
            steps, seconds = int(counted), float(took)
            continue
        outcomes.append((child.exitcode, said is not None))
        assert child.exitcode in (0, -signal.SIGKILL)
        require_whole(workspace)
        operation.require(app, turn, said)
        rerun = segkit.open(folder, actor="tester")  # as whoever finds it killed begins it again
        again = operation.perform(rerun.app(), turn)
        operation.require(app, turn, again if said is None else said)
        require_tidy(rerun)
        rerun.close()
    killed = [was_acknowledged for code, was_acknowledged in outcomes if code == -signal.SIGKILL]
    assert len(killed) >= len(outcomes) // 3
    assert False in killed
    print(f"{kind}: {len(killed)} kills, {sum(killed)} after the answer, {steps} steps, {seconds:.2f} s undisturbed")


def test_a_refresh_with_nothing_to_publish_sweeps_what_a_killed_one_left(folder: Path) -> None:
    workspace = segkit.open(folder, actor="tester")
    app = workspace.app()
    app.refresh()
    snapshots = folder / "snapshots" / "shop"
    [published] = [path for path in snapshots.iterdir() if path.is_dir()]
    (snapshots / f"{published.name}.unpublished").touch()  # killed after the catalog had it
    (snapshots / "begun.unpublished").touch()  # and one before
    (snapshots / "begun").mkdir()
    assert {s.status for s in app.refresh().segments} <= {"up to date", "unavailable"}
    assert {path.name for path in snapshots.iterdir()} == {published.name, "publish.lock"}


def test_an_apply_with_nothing_left_to_publish_sweeps_what_a_killed_one_left(folder: Path) -> None:
    app = segkit.open(folder, actor="tester").app()
    operation = OPERATIONS["apply"]
    operation.prepare(app, 1)
    operation.perform(app, 1)
    snapshots = folder / "snapshots" / "shop"
    published = max(path.name for path in snapshots.iterdir() if path.is_dir())
    (snapshots / f"{published}.unpublished").touch()  # killed after the catalog had it
    operation.perform(app, 1)
    assert [path.name for path in snapshots.iterdir() if path.is_file()] == ["publish.lock"]
