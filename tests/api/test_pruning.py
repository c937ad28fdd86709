"""A full refresh lets old snapshots go as segkit.toml says; counts stay, and the doctor is content."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import segkit
from segkit.api.doctor import examine
from segkit.api.restoring import restore
from segkit.errors import NotFound, SegkitError
from tests.small_workspace import SmallWorkspace

RULE = {"label": "country", "op": "eq", "value": "DE"}


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.settings = "[snapshots]\nkeep = 2\nkeep_days = 0"
    small.user("ana", country="DE")
    small.app.save({"name": "Germans", "rule": RULE}, publish=False)
    for day in (3, 4, 5):
        small.app.refresh(as_of=date(2024, 11, day))
    return small


def test_a_full_refresh_keeps_what_the_settings_say_and_tells_what_it_let_go(shop: SmallWorkspace) -> None:
    report = shop.app.refresh(as_of=date(2024, 11, 6))
    segments = len(report.published)
    told = f"{segments} older snapshots were let go, as [snapshots] in segkit.toml says; their counts stay"
    assert told in report.notes
    held = shop.workspace.catalog.snapshots("shop", shop.app.definitions()["Germans"].id)
    assert [(s.as_of.day, s.retired_at is None, s.count) for s in held] == [
        (6, True, 1), (5, True, 1), (4, False, 1), (3, False, 1),
    ]  # fmt: skip
    assert [f for f in examine(shop.workspace, deep=True) if f.severity == "error"] == []


def test_refreshing_by_name_lets_nothing_go(shop: SmallWorkspace) -> None:
    assert not any("let go" in note for note in shop.app.refresh(["Germans"], date(2024, 11, 6)).notes)


def test_a_date_that_was_let_go_is_said_and_can_be_computed_again(shop: SmallWorkspace) -> None:
    with pytest.raises((NotFound, SegkitError), match=r"as of 2024-11-03 were let go on .* computes it again"):
        shop.app.export(["Germans"], as_of=date(2024, 11, 3))
    assert [s.status for s in shop.app.refresh(["Germans"], date(2024, 11, 3)).segments] == ["published"]
    assert shop.app.export(["Germans"], as_of=date(2024, 11, 3)).rows == 1


def test_a_backup_has_what_is_kept_and_counts_of_what_was_let_go(shop: SmallWorkspace, tmp_path: Path) -> None:
    shop.workspace.backup(tmp_path / "b.zip")
    now = datetime(2026, 6, 1, tzinfo=UTC)
    restored = segkit.open(restore(tmp_path / "b.zip", tmp_path / "again", actor="tester", now=now).folder)
    assert [f for f in examine(restored, deep=True) if f.severity == "error"] == []
    segment_id = restored.app().definitions()["Germans"].id
    assert restored.catalog.snapshots("shop", segment_id) == shop.workspace.catalog.snapshots("shop", segment_id)
    there = {path.stem for path in restored.folder.rglob("*.bits")}
    held = restored.catalog.snapshots("shop", segment_id)
    assert [(s.as_of.day, s.id in there) for s in held] == [(5, True), (4, True), (3, False)]


def test_the_command_says_what_it_did(shop: SmallWorkspace, run_segkit: Callable[..., object]) -> None:
    toml = shop.folder / "segkit.toml"
    toml.write_text(toml.read_text().replace("keep = 2", "keep = 1"))
    segments = len(shop.app.refresh(as_of=date(2024, 11, 5)).published)
    shop.close()
    done = json.loads(run_segkit("prune", "-w", shop.folder, "--json").stdout)  # type: ignore[attr-defined]
    assert done == {"shop": {"retired": segments, "files": 0, "bytes": 0}}


@pytest.mark.parametrize(("key", "value"), [("keep", 0), ("keep_days", -1), ("keep", "many"), ("keeps", 3)])
def test_settings_that_keep_nothing_are_refused(small: SmallWorkspace, key: str, value: object) -> None:
    small.settings = f"[snapshots]\n{key} = {json.dumps(value)}"
    small.write()
    with pytest.raises(SegkitError, match=r"snapshots\." + key):
        segkit.open(small.folder)
