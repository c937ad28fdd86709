"""Exports that the settings have due with all that an export can be asked for, and what an export refuses to write."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from segkit import label
from segkit.api.publishable import computing
from segkit.errors import SegkitError
from segkit.exchange import delivery
from tests.small_workspace import SmallWorkspace

REACH = """
[apps.shop.reach.email]
address = "email"
consent = ["marketing_consent"]
"""
DUE = """
[[exports]]
name = "lists"
app = "shop"
segments = ["Germans"]
profile = "webhook"
channel = "email"
labels = ["country"]
holdout = 10
seed = "spring"
variants = {{A = 50, B = 50}}
changes = true
max_age_days = 3
secret = "MY_SECRET"
target = "{target}"
"""


def _shop(small: SmallWorkspace, target: str) -> SmallWorkspace:
    for n in range(200):
        small.user(f"u{n:03}", country="DE", marketing_consent=n % 2 == 0, email=f"u{n:03}@example.org")
    small.app_settings = REACH
    small.settings = DUE.format(target=target)
    small.app.save_rule("Germans", label("country") == "DE")
    return small


def test_a_due_export_takes_everything_that_one_by_hand_takes(small: SmallWorkspace) -> None:
    shop = _shop(small, "out")
    (made,) = shop.app.export_due()
    path = shop.folder / made.file
    assert (made.status, made.file, made.segments) == ("made", "out/shop-lists-2024-11-07.zip", 1)
    told = json.loads(zipfile.ZipFile(path).read("manifest.json"))
    assert [entry["piece"] for entry in told["segments"]] == ["A-entered", "B-entered", "left"]
    assert (told["channel"], told["platform"]["profile"], told["format"]) == ("email", "webhook", "jsonl")
    held = told["segments"][0]["held_back"]
    assert held["no consent for e-mail"] == 100
    assert made.rows + held["control group"] == 100
    (again,) = shop.app.export_due()
    assert (again.status, again.rows) == ("made before", made.rows)


def test_a_due_export_is_delivered_to_a_url_once_and_the_record_says_so(
    small: SmallWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = _shop(small, "https://example.org/hook?token=hidden")
    sent: list[tuple[Any, ...]] = []

    def deliver(path: Path, target: str, *, key: str, secret: str | None, again: bool) -> delivery.Delivery:
        sent.append((path.name, target, secret))
        return delivery.Delivery(key, "https://example.org/hook", 3, 3)

    monkeypatch.setattr("segkit.operations.delivering.deliver", deliver)
    for _ in range(2):
        shop.app.export_due()
    assert sent == [("shop-lists-2024-11-07.zip", "https://example.org/hook?token=hidden", "MY_SECRET")]
    (record,) = shop.workspace.catalog.exports("shop")
    assert record.detail["delivery"]["place"] == "https://example.org/hook"
    assert len(record.detail["delivery"]["key"]) == 32
    assert "hidden" not in json.dumps(record.detail)


def test_a_storage_is_a_target_too(small: SmallWorkspace, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    shop = _shop(small, (tmp_path / "far").as_uri())
    (made,) = shop.app.export_due()
    assert (tmp_path / "far" / "shop-lists-2024-11-07.zip").read_bytes() == (shop.folder / made.file).read_bytes()


def test_a_folder_as_a_target_holds_the_zip_by_hand_as_well(small: SmallWorkspace, tmp_path: Path) -> None:
    shop = _shop(small, "out")
    for target, folder in (("mine", shop.folder / "mine"), (str(tmp_path / "other"), tmp_path / "other")):
        result = shop.app.export(["Germans"], target=target)
        assert [path.name for path in folder.iterdir()] == [result.path.name]
    assert not (shop.folder / "exports").exists()


# --- what may not be written -----------------------------------------------------------------------------------------


def test_what_is_older_than_the_limit_is_refused_with_its_age(small: SmallWorkspace) -> None:
    shop = _shop(small, "out")
    now = datetime.now(UTC)
    shop.workspace.clock = lambda: now + timedelta(days=3, hours=-1)
    assert len(shop.app.export_due()) == 1
    shop.workspace.clock = lambda: now + timedelta(days=4, hours=1)
    with pytest.raises(SegkitError, match=r"‘Germans’ was computed 4 days ago, .* at most 3 days old"):
        shop.app.export(["Germans"], max_age_days=3)
    shop.app.export(["Germans"])


def test_the_workspace_may_have_a_limit_for_all_exports(small: SmallWorkspace) -> None:
    small.settings = "[snapshots]\nmax_age_days = 1\n"
    small.user("ana", country="DE")
    small.app.save_rule("Germans", label("country") == "DE")
    now = datetime.now(UTC)
    small.workspace.clock = lambda: now + timedelta(days=2)
    with pytest.raises(SegkitError, match="at most 1 days old"):
        small.app.export(["Germans"], max_age_days=30)


def test_what_is_not_computed_or_is_being_computed_is_said_so(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    small.app.save_rule("Germans", label("country") == "DE")
    with pytest.raises(SegkitError, match="‘Germans’ is not computed as of 2024-11-05; `segkit refresh"):
        small.app.export(["Germans"], as_of="2024-11-05")
    with computing(small.app):
        with pytest.raises(SegkitError, match=r"‘Germans’ is being computed by process \d+ .*refreshing segments"):
            small.app.export(["Germans"], as_of="2024-11-05")
        small.app.export(["Germans"])
    assert not list((small.folder / "exports").glob("*2024-11-05*"))


def test_several_may_refresh_at_once(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    small.app.save_rule("Germans", label("country") == "DE")
    with computing(small.app):
        assert small.app.refresh(["Germans"]).failed == ()


# --- on the command line ---------------------------------------------------------------------------------------------


def test_the_command_line_takes_all_of_it(
    small: SmallWorkspace, run_segkit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    shop = _shop(small, "out")
    shop.close()
    words = [
        "export",
        "Germans",
        "-w",
        shop.folder,
        "--profile",
        "meta",
        "--channel",
        "email",
        "--column",
        "country=country",
    ]
    words += ["--holdout", "10", "--seed", "spring", "--variants", "A:50,B:50", "--json", "--max-age-days", "9"]
    made = json.loads(run_segkit(*words).stdout)
    assert [file["piece"] for file in made["files"]] == ["A", "B"]
    assert 80 < sum(file["rows"] for file in made["files"]) < 100
    told = json.loads(zipfile.ZipFile(made["file"]).read("manifest.json"))
    assert told["platform"]["profile"] == "meta"
    for form in ("parquet", "jsonl"):
        assert f"Germans {200:,}" in run_segkit("export", "Germans", "-w", shop.folder, "--format", form).stderr
    told_wrong = run_segkit("export", "Germans", "-w", shop.folder, "--profile", "mta", code=1).stderr
    assert "Did you mean 'meta'?" in told_wrong
    assert (
        "expected such as A:50,B:50"
        in run_segkit("export", "Germans", "-w", shop.folder, "--variants", "A=1", "--seed", "s", code=1).stderr
    )
