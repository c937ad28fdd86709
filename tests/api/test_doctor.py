"""What the doctor finds in segments and snapshots, and how the command ends: each fault is planted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from segkit.api.doctor import examine
from segkit.data.doctor import Finding
from tests.small_workspace import SmallWorkspace

GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE", email="ana@example.com", tags=["a"])
    small.user("bo", country="AT", email="bo@example.com", tags=["b"])
    small.event("ana", "app_used", "2024-11-01 09:00")
    small.app.save(GERMANS)
    return small


def the_one(shop: SmallWorkspace, severity: str, *words: str, deep: bool = False) -> Finding:
    found = examine(shop.workspace, deep=deep)
    (one,) = [finding for finding in found if all(word in f"{finding.where}: {finding.what}" for word in words)]
    assert (one.severity, bool(one.why), bool(one.next_step)) == (severity, True, True)
    return one


def test_segments_with_which_nothing_is_wrong_have_no_findings(shop: SmallWorkspace) -> None:
    assert [finding for finding in examine(shop.workspace, deep=True) if "segment" in finding.where] == []


def test_the_worst_comes_first(shop: SmallWorkspace) -> None:
    (shop.folder / "catalog.sqlite").chmod(0o644)
    (shop.folder / "data" / "shop" / ".load").mkdir()
    forget_label(shop, "country")
    severities = [finding.severity for finding in examine(shop.workspace)]
    assert severities == sorted(severities, key=("error", "warning", "note").index)
    assert set(severities) == {"error", "warning", "note"}


def forget_label(shop: SmallWorkspace, code: str) -> None:
    path = shop.folder / "vocabulary" / "shop" / "labels.yaml"
    content = json.loads(path.read_text())
    content["labels"] = [declared for declared in content["labels"] if declared["code"] != code]
    path.write_text(json.dumps(content))


def test_a_segment_that_speaks_of_a_label_that_is_gone_is_an_error(shop: SmallWorkspace) -> None:
    forget_label(shop, "country")
    the_one(shop, "error", "segment ‘Germans’", "no label 'country'")


def test_a_condition_on_a_value_that_no_user_has_is_said(shop: SmallWorkspace) -> None:
    rule = {
        "any": [
            {"label": "country", "op": "in", "value": ["DE", "CH"]},
            {"label": "tags", "op": "contains", "value": "z"},
        ]
    }
    shop.app.save({"name": "Neighbours", "rule": rule})
    assert (
        "segkit values country" in the_one(shop, "warning", "‘Neighbours’, rule.any[0]", "no user has 'CH'").next_step
    )
    the_one(shop, "warning", "‘Neighbours’, rule.any[1]", "no user has 'z' as label 'tags'")


def test_a_personal_value_that_no_user_has_is_counted_and_not_told(shop: SmallWorkspace) -> None:
    shop.app.save({"name": "Cy", "rule": {"label": "email", "op": "eq", "value": "cy@example.com"}})
    assert "cy@example.com" not in str(the_one(shop, "warning", "‘Cy’", "1 of its values as label 'email'"))


def test_a_snapshot_of_an_older_rule_or_an_older_day_is_said(shop: SmallWorkspace) -> None:
    path = shop.folder / "segkit.toml"
    path.write_text(path.read_text().replace("as_of = 2024-11-07", "as_of = 2024-11-17"))
    events = shop.folder / "sources" / "events.parquet"
    shop.event("ana", "app_used", "2024-11-12 09:00")
    events.unlink()
    shop._write_events()
    shop.reopen()
    shop.workspace.load(rebuild=True)
    found = the_one(shop, "warning", "segment ‘Germans’", "its newest snapshot is as of 2024-11-07")
    assert found.next_step == "segkit refresh 'Germans' --app shop"


def test_a_damaged_snapshot_is_an_error_with_the_command_that_mends_it(shop: SmallWorkspace) -> None:
    (path,) = (shop.folder / "snapshots").rglob("*.bits")
    path.write_bytes(path.read_bytes()[:-1])
    found = the_one(shop, "error", "segment ‘Germans’, snapshot as of 2024-11-07")
    assert "segkit refresh 'Germans' --app shop --as-of 2024-11-07" in found.next_step


def test_what_a_dead_refresh_left_behind_is_noted(shop: SmallWorkspace) -> None:
    (shop.folder / "snapshots" / "shop" / "20241107T000000-dead.unpublished").touch(0o600)
    the_one(shop, "note", "shop, snapshots", "snapshots/shop/20241107T000000-dead was left behind")


def test_the_exit_code_is_1_for_errors_and_if_asked_for_warnings(shop: SmallWorkspace, run_segkit: Run) -> None:
    shop.close()
    text = run_segkit("doctor", "-w", shop.folder).stdout
    (shop.folder / "catalog.sqlite").chmod(0o644)
    assert "Nothing is wrong" not in (text := run_segkit("doctor", "-w", shop.folder).stdout)
    assert "why: it may hold personal data" in text
    run_segkit("doctor", "-w", shop.folder, "--strict", code=1)
    (shop.folder / "data" / "shop" / "manifest.json").write_text("{")
    found = json.loads(run_segkit("doctor", "-w", shop.folder, "--json", code=1).stdout)
    assert [set(finding) for finding in found] == [{"severity", "where", "what", "why", "next_step"}] * len(found)
