"""An erasure killed (-9) at any file operation, and run again, ends as one that was not; no load undoes it meanwhile.

5 points by default; 50 with `pytest --full tests/operations/test_killed_erasure.py`.
"""

from __future__ import annotations

import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

import segkit
from segkit.api import Workspace
from segkit.api.doctor import examine
from segkit.files.atomic import is_temporary
from tests.faults.dying import count_steps, die_at
from tests.operations.decoder import places_of
from tests.operations.shop import ANA, EMAIL, EVENTS, MOBILE, ROWS, UID, add_events, add_users, at_work
from tests.store.conftest import start
from tests.store.making import Start

__all__ = ["start"]


def opened(folder: Path) -> Workspace:
    return segkit.open(folder, actor="killed", clock=lambda: datetime(2024, 11, 10, 9, tzinfo=UTC))


def perform(folder: Path, step: int) -> None:
    """The erasure, in a child, killed at a step; without one, how many there are is written down."""
    workspace = opened(folder)
    workspace.catalog.segments("shop")  # all is open, and ready to begin
    steps = count_steps(folder) if not step else [0]
    if step:
        die_at(step, folder)
    workspace.erase(UID)
    (folder.parent / "steps").write_text(str(steps[0]))


def add_a_day(folder: Path) -> None:
    """What the next night brings: Ana is in it."""
    add_users(folder, "2024-11-06", ROWS)
    add_events(folder, "later", [*EVENTS, (6, UID, "app_used", "k6"), (6, "bo-0001", "app_used", "k7")])


def outcome(workspace: Workspace) -> dict[str, Any]:
    """What the erasure comes to: users, numbers, events by day, documents, exports and evidence that are there."""
    app = workspace.app()
    manifest = app.manifest
    return {
        "users": {uid: app.user_no(uid) for uid in app.members({"all": []})["uid"]},
        "dead": manifest.dead,
        "events": {file.day: file.rows for file in manifest.days},
        "labels": {code: sum(file.rows for file in files) for code, files in manifest.labels.items()},
        "documents": [v.text.replace(s.id, "") for s in workspace.catalog.segments("shop")
                      for v in workspace.catalog.versions(s.id)],
        "exports": sorted(path.name for path in (workspace.folder / "exports").iterdir()),
        "evidence": sorted(path.name for path in (workspace.folder / "runs").rglob("*") if path.is_file()),
        "lists": list_files(workspace),
        "erasures": [(e.app, len(e.detail["exports"])) for e in workspace.catalog.audit(action="erase")],
    }  # fmt: skip


def list_files(workspace: Workspace) -> list[list[dict[str, Any]]]:
    """The rows of each file of a list that there is."""
    paths = sorted((workspace.folder / "imports").rglob("*.parquet"), key=lambda path: path.name[-12:])
    return [pq.read_table(path).to_pylist() for path in paths]


def require_tidy(workspace: Workspace) -> None:
    folder = workspace.folder
    assert [path for path in folder.rglob("*") if is_temporary(path)] == []
    assert not (folder / "data" / "shop" / ".load").exists()
    assert [str(finding) for finding in examine(workspace, deep=True) if finding.severity == "error"] == []
    assert {place for word in ANA for place in places_of(folder, word)} == set()


def test_killed_at_any_point_and_run_again_it_ends_the_same(tmp_path: Path, start: Start, full: bool) -> None:
    template, folder = tmp_path / "template", tmp_path / "workspace"
    shop = at_work(template)
    given = tmp_path / "list.csv"
    given.write_text(f"email,uid,param1\n,{UID},{MOBILE}\n,bo-0001,{EMAIL}\nmary@outside.org,,x\n{EMAIL},bo-0001,\n")
    shop.app().import_list(given, name="Given")
    shop.close()
    shutil.copytree(template, folder)
    child = start(perform, folder, 0)
    child.join()
    assert child.exitcode == 0
    steps = int((tmp_path / "steps").read_text())
    workspace = opened(folder)
    expected = outcome(workspace)
    add_a_day(folder)
    workspace.load()
    expected_later = outcome(workspace)
    workspace.close()
    assert UID not in expected["users"]
    assert [len(rows) for rows in expected["lists"]] == [2, 2]
    assert expected_later["events"] == expected["events"] | {datetime(2024, 11, 6).date(): 1}  # noqa: DTZ001
    chance = Random("erasures")
    for turn in range(50 if full else 5):
        shutil.rmtree(folder)
        shutil.copytree(template, folder)
        step = chance.randint(turn * steps // (50 if full else 5), (turn + 1) * steps // (50 if full else 5))
        child = start(perform, folder, max(1, step))
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        workspace = opened(folder)
        if turn % 2 == 0:
            again(workspace)
            assert outcome(workspace) == expected, f"killed at step {step} of {steps}"
            add_a_day(folder)
            workspace.load()
        else:  # a night comes between
            add_a_day(folder)
            workspace.load()
            again(workspace)
        assert {k: v for k, v in outcome(workspace).items() if k != "labels"} == {
            k: v for k, v in expected_later.items() if k != "labels"
        }, f"killed at step {step} of {steps}"
        require_tidy(workspace)
        workspace.close()


def again(workspace: Workspace) -> None:
    report = workspace.erase(UID)
    assert report.erasure.startswith("er_")


@pytest.mark.parametrize("who", ["list", "scrubbed", "published"])
def test_once_the_list_says_so_no_load_brings_the_person_back(
    tmp_path: Path, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {
        "list": "segkit.api.erasing.take_exports",
        "scrubbed": "segkit.data.erasing.Generation.publish",
        "published": "segkit.data.erasing.clear_leftovers",
    }

    def dies(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    workspace = at_work(tmp_path / "workspace")
    with monkeypatch.context() as patched:
        patched.setattr(places[who], dies)
        with pytest.raises(KeyboardInterrupt):
            workspace.erase(UID)
    [told] = [finding for finding in examine(workspace) if finding.severity == "error"]
    assert "1 erasures were begun and not finished" in str(told)
    add_a_day(workspace.folder)
    workspace.load()
    assert {file.day.day: file.rows for file in workspace.app().manifest.days}[6] == 1  # only Bo's
    report = workspace.erase(again=True)
    require_tidy(workspace)
    [entry] = workspace.catalog.audit(action="erase")
    assert entry.detail["users"] == {"shop": 1}
    assert len(entry.detail["exports"]) == 3
    assert report.users == ({} if who == "published" else {"shop": 1})
    workspace.close()
