"""The audit trail of a workspace: what stands in it, who sees it, and what the doctor says when it was changed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import segkit
from segkit.api.doctor import examine
from segkit.api.restoring import restore
from tests.small_workspace import SmallWorkspace

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.settings = '[[exports]]\nname = "daily"\napp = "shop"\nsegments = ["Germans"]\nlabels = ["country"]\n'
    small.user("ana", country="DE", email="ana@example.com")
    small.user("bo", country="AT", email="bo@example.com")
    small.event("ana", "app_used", "2024-11-01 09:00")
    small.app.save(GERMANS)
    return small


def of_audit(shop: SmallWorkspace) -> list[tuple[str, str, str]]:
    found = examine(shop.workspace)
    return [(f.severity, f.where, f.what) for f in found if "audit" in f.where]


def test_what_was_done_stands_in_the_trail_with_who_and_how_many(shop: SmallWorkspace, tmp_path: Path) -> None:
    germans = shop.app.segment("Germans").id
    shop.app.export_due()
    made = shop.app.export(["Germans"], labels=["email"])
    shop.app.members("Germans", labels=["email"])
    shop.app.members("Germans", labels=["email"], unmask=True)
    shop.workspace.forget_days(["2024-11-01"])
    shop.workspace.backup(tmp_path / "b.zip")
    trail = list(reversed(shop.workspace.audit()))
    assert [(e.action, e.subject, e.actor) for e in trail] == [
        ("save", germans, "tester"), ("refresh", "2024-11-07", "tester"), ("export", "daily", "tester"),
        ("export", "by hand", "tester"), ("unmask", germans, "tester"), ("forget days", "2024-11-01", "tester"),
        ("backup", "b.zip", "tester"),
    ]  # fmt: skip
    assert trail[1].detail["counts"] == {germans: 1}
    sent = trail[2].detail["sent"][germans]
    assert sent["users"] == 1
    assert trail[2].detail == {
        "file": "exports/shop-daily-2024-11-07.zip", "as_of": "2024-11-07", "segments": {germans: 1},
        "labels": ["country"], "personal": [], "format": "csv", "target": "exports", "sent": {germans: sent},
    }  # fmt: skip
    assert trail[3].detail["labels"] == ["email"]
    assert trail[3].detail["file"] == f"exports/{made.path.name}"
    assert trail[4].detail == {"labels": ["email"], "users": 1, "as_of": "2024-11-07"}
    assert "example.com" not in repr(shop.workspace.audit()) + shop.workspace.audit()._repr_html_()


def test_the_command_shows_it_by_action_subject_person_and_app(shop: SmallWorkspace, run_segkit: Run) -> None:
    shop.app.export(["Germans"])
    shop.close()
    place = ("-w", shop.folder)
    assert "Germans" in run_segkit("audit", *place).stdout
    entries = json.loads(run_segkit("audit", "--json", *place).stdout)
    assert [(e["id"], e["action"]) for e in entries] == [(3, "export"), (2, "refresh"), (1, "save")]
    assert [len(e["hash"]) for e in entries] == [64, 64, 64]
    for words, expected in [
        (("--action", "save"), [1]), (("--subject", "by hand"), [3]), (("--app", "shop", "--limit", "1"), [3]),
        (("--actor", "nobody"), []), (("--actor", "tester"), [3, 2, 1]),
    ]:  # fmt: skip
        assert [e["id"] for e in json.loads(run_segkit("audit", "--json", *words, *place).stdout)] == expected


def test_the_doctor_names_the_first_entry_that_is_wrong(shop: SmallWorkspace, run_segkit: Run) -> None:
    assert of_audit(shop) == []
    connection = sqlite3.connect(shop.folder / "catalog.sqlite")
    connection.execute("DROP TRIGGER audit_no_update")
    connection.execute("UPDATE audit SET actor = 'testes' WHERE id = 2")
    connection.commit()
    connection.close()
    assert of_audit(shop) == [("error", "audit trail, entry 2", "it is not what was written there")]
    shop.close()
    assert "audit trail, entry 2" in run_segkit("doctor", "-w", shop.folder, code=1).stdout


def test_the_doctor_warns_where_the_anchor_is_missing_or_damaged(shop: SmallWorkspace) -> None:
    anchor = shop.folder / "audit.anchor"
    whole = anchor.read_text()
    anchor.write_text("{")
    assert [(severity, where) for severity, where, _ in of_audit(shop)] == [("error", "audit trail")]
    anchor.unlink()
    assert of_audit(shop) == [("warning", "audit trail", "audit.anchor is missing")]
    anchor.write_text(whole)
    anchor.chmod(0o644)
    assert [f.where for f in examine(shop.workspace) if "chmod" in f.next_step] == ["audit.anchor"]


def test_a_backup_carries_the_trail_and_its_anchor_and_a_restore_goes_on_with_it(
    shop: SmallWorkspace, tmp_path: Path, new_postgresql: Callable[[], str]
) -> None:
    shop.workspace.backup(tmp_path / "b.zip")
    before = json.loads((shop.folder / "audit.anchor").read_text())["entries"] - 1  # without the backup itself
    for name, catalog in (("lite", "sqlite"), ("post", new_postgresql())):
        folder = tmp_path / name
        restore(tmp_path / "b.zip", folder, actor="tester", now=NOON, catalog=catalog)
        assert json.loads((folder / "audit.anchor").read_text())["entries"] == before + 1
        opened = segkit.open(folder, actor="tester")
        assert [entry.action for entry in opened.audit()] == ["restore", "refresh", "save"]
        assert [f for f in examine(opened) if "audit" in f.where] == []
        opened.close()


def test_a_trail_that_was_cut_off_is_not_mended_by_a_backup_and_restore(shop: SmallWorkspace, tmp_path: Path) -> None:
    connection = sqlite3.connect(shop.folder / "catalog.sqlite")
    connection.execute("DROP TRIGGER audit_no_delete")
    connection.execute("DELETE FROM audit WHERE id = 2")
    connection.commit()
    connection.close()
    shop.workspace.backup(tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "again", actor="tester", now=NOON)
    opened = segkit.open(tmp_path / "again", actor="tester")
    assert [f.where for f in examine(opened) if "audit" in f.where] == ["audit trail, entry 2"]
    opened.close()
