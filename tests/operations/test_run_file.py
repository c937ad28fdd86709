"""What `runs/<date>/run.json` says of a night, of a night run again, and of one that died."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from segkit.api import Workspace
from segkit.errors import Busy, DataProblem, NotFound, PartlyDone
from segkit.files.locks import Lock
from segkit.nightly import raise_what_failed, run_night
from segkit.operations.run_file import FILE
from tests.operations.making import Clock, night, opened, segment
from tests.small_workspace import SmallWorkspace


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(small: SmallWorkspace, clock: Clock) -> Workspace:
    small.user("ana", country="DE", email="ana@example.org")
    small.event("ana", "app_used", at="2024-11-01 10:00")
    small.event("nobody-known", "app_used", at="2024-11-01 10:00")
    del small._users["nobody-known"]
    return opened(small.workspace.folder, clock)


def run_json(workspace: Workspace, day: str = "2024-11-07") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.folder / "runs" / day / FILE).read_text(encoding="utf-8"))
    return found


def test_a_night_is_told_in_counts_under_keys_that_stay(workspace: Workspace, clock: Clock) -> None:
    export = {"app": "shop", "name": "crm", "status": "made", "file": "exports/a.zip", "segments": 1, "rows": 40}
    night(workspace, segment("Germans", 40, 38), clock=clock, exports=[export])
    told = run_json(workspace)
    loaded = told["apps"]["shop"].pop("load")
    assert told == {
        "segkit": 1,
        "date": "2024-11-07",
        "attempt": 1,
        "outcome": "done",
        "exit_code": 0,
        "error": "",
        "started_at": "2024-11-07T02:30:00.000Z",
        "ended_at": "2024-11-07T02:31:30.500Z",
        "duration_seconds": 90.5,
        "as_of": {"shop": "2024-11-07"},
        "failed": [],
        "held": [],
        "gates": [],
        "notebooks": ["runs/2024-11-07/nightly_refresh.ipynb"],
        "reports": [],
        "apps": {
            "shop": {
                "attempt": 1,
                "as_of": "2024-11-07",
                "outcome": "done",
                "last_success_at": "2024-11-07T02:31:30.500Z",
                "base": 100,
                "data_generation": 1,
                "segments": [
                    {
                        "id": "sg_Germans",
                        "name": "Germans",
                        "kind": "custom",
                        "status": "published",
                        "reason": "",
                        "count": 40,
                        "before": 38,
                        "change": 2,
                    }
                ],
                "exports": [{"name": "crm", "status": "made", "file": "exports/a.zip", "segments": 1, "rows": 40}],
                "notes": [],
            }
        },
        "attempts": [],
    }
    assert loaded["lines"] == ["shop: nothing new"]
    assert (loaded["users"], loaded["events"], loaded["generation"]) == (1, 1, 1)
    assert loaded["rows"]["events.orphan"] == 1
    path = workspace.folder / "runs" / "2024-11-07" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_night_run_again_takes_its_place_and_keeps_the_earlier_attempts_in_short(
    workspace: Workspace, clock: Clock
) -> None:
    night(workspace, segment("Germans", 40), clock=clock, failed=["shop: ‘Germans’ failed: no such label"])
    clock.on(hours=1)
    night(workspace, clock=clock, held=["shop: ‘Germans’ held: a persona"])
    clock.on(hours=1)
    night(workspace, segment("Germans", 41), clock=clock)
    told = run_json(workspace)
    assert (told["attempt"], told["outcome"], told["apps"]["shop"]["segments"][0]["count"]) == (3, "done", 41)
    assert [(a["attempt"], a["outcome"], a["exit_code"], a["failed"], a["held"]) for a in told["attempts"]] == [
        (1, "partly", 5, 1, 0),
        (2, "held", 3, 0, 1),
    ]
    assert told["attempts"][1]["started_at"] == "2024-11-07T03:31:30.500Z"


def test_the_night_of_one_app_leaves_what_is_told_of_the_others(tmp_path: Path, clock: Clock) -> None:
    small = SmallWorkspace(tmp_path / "two")
    small.user("ana")
    small.event("ana", "app_used", at="2024-11-01 10:00")
    small.settings = '[apps.mall]\nzone = "Europe/Berlin"\nas_of = 2024-11-07\nvocabulary = "vocabulary/shop"'
    small.write()
    workspace = opened(small.folder, clock)
    night(workspace, segment("All", 7), clock=clock)
    night(workspace, segment("All", 9), clock=clock, app="mall", failed=["mall: ‘All’ failed: why"])
    apps = run_json(workspace)["apps"]
    assert [(name, a["attempt"], a["outcome"], a["segments"][0]["count"]) for name, a in apps.items()] == [
        ("shop", 1, "done", 7),
        ("mall", 2, "partly", 9),
    ]
    assert apps["mall"]["last_success_at"] == apps["shop"]["last_success_at"] == "2024-11-07T02:31:30.500Z"


def test_a_night_that_dies_is_told_with_its_reason_and_keeps_the_last_success(
    workspace: Workspace, clock: Clock
) -> None:
    night(workspace, segment("Germans", 40), clock=clock)
    with pytest.raises(DataProblem):
        night(workspace, clock=clock, error=DataProblem("orders.csv: line 3 has 4 fields, expected 5"))
    told = run_json(workspace)
    assert (told["outcome"], told["exit_code"]) == ("failed", 1)
    assert told["error"] == "orders.csv: line 3 has 4 fields, expected 5"
    assert told["apps"]["shop"]["last_success_at"] == "2024-11-07T02:31:30.500Z"
    assert told["apps"]["shop"]["segments"] == []


def test_what_segkit_does_not_know_is_told_by_its_kind_only(workspace: Workspace) -> None:
    with pytest.raises(KeyError):
        night(workspace, error=KeyError("ana@example.org"))
    assert run_json(workspace)["error"] == "an error that segkit does not know (KeyError)"


def test_a_night_that_another_keeps_out_is_not_told_for_the_other_tells_of_itself(workspace: Workspace) -> None:
    with Lock(workspace.folder / "locks" / "night.lock", "the night"), pytest.raises(Busy):
        run_night(workspace)
    assert not (workspace.folder / "runs").exists()


def test_a_night_that_a_load_by_hand_keeps_from_being_done_is_told_as_failed(workspace: Workspace) -> None:
    with pytest.raises(Busy):
        night(workspace, error=Busy("load.lock is held by process 7"))
    assert (run_json(workspace)["outcome"], run_json(workspace)["exit_code"]) == ("failed", 4)


def test_a_night_of_no_such_app_is_an_error_and_no_night(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        night(workspace, app="shpo")
    assert not (workspace.folder / "runs").exists()


def test_a_run_file_that_cannot_be_written_is_told_and_the_night_stays_what_it_was(workspace: Workspace) -> None:
    (workspace.folder / "runs" / "2024-11-07" / FILE).mkdir(parents=True)
    done = night(workspace, segment("Germans", 40))
    assert done.refreshes["shop"]["segments"][0]["count"] == 40
    assert [reason.partition(": ")[0] for reason in done.failed] == ["run.json could not be made"]
    with pytest.raises(PartlyDone, match=r"run\.json could not be made"):
        raise_what_failed(done)


def test_a_file_that_holds_no_run_is_replaced(workspace: Workspace) -> None:
    folder = workspace.folder / "runs" / "2024-11-07"
    folder.mkdir(parents=True)
    (folder / FILE).write_text('{"segkit": 2}')
    night(workspace)
    assert run_json(workspace)["attempt"] == 1


def test_a_real_night_is_told_with_its_segments_and_without_any_user(small: SmallWorkspace) -> None:
    small.user("ana-7731", country="DE", email="ana@example.org")
    small.event("ana-7731", "app_used", at="2024-11-01 10:00")
    document = {"name": "Germans", "cycle": "daily", "rule": {"label": "country", "op": "eq", "value": "DE"}}
    small.app.save(document, publish=False)
    done = run_night(small.workspace, as_of=date(2024, 11, 7))
    told = run_json(small.workspace)
    assert (told["outcome"], told["exit_code"]) == ("done", 0)
    assert told["notebooks"] == done.notebooks
    counts = {s["name"]: s["count"] for s in told["apps"]["shop"]["segments"]}
    assert counts["Germans"] == 1
    text = (small.workspace.folder / "runs" / "2024-11-07" / FILE).read_text()
    assert "ana-7731" not in text
    assert "ana@example.org" not in text
