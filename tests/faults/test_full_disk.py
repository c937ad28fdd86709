"""A disk that is full: what was published before is intact, and the message names the folder and the bytes wanted.

5 sizes of a small disk by default; the stated 50 with `pytest --full tests/faults/test_full_disk.py`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segkit.errors import SegkitError
from segkit.files.locks import Lock
from segkit.store.catalog import open_catalog
from tests.faults.full_disk import BEFORE
from tests.small_workspace import SmallWorkspace
from tests.store.making import document

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def in_own_namespaces() -> list[str]:
    """The command that runs another where it may mount; skips where the system gives no such right."""
    command = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode != 0:
        pytest.skip("this system gives no mount namespaces, without which there is no small disk")
    return command


def test_at_every_size_of_the_disk_the_previous_publish_is_intact_and_the_message_says_what_was_wanted_where(
    small: SmallWorkspace, tmp_path: Path, in_own_namespaces: list[str], full: bool
) -> None:
    for number in range(2_000):
        small.user(f"u{number:04}", country="DE" if number % 3 else "AT", score=number * 7 % 13)
        small.event(f"u{number:04}", "app_used", at=f"2024-{1 + number % 10:02}-15 10:00")
    for number in range(12):
        rule = {"label": "score", "op": "gt", "value": number}
        small.app.save({"name": f"Before {number}", "rule": rule}, publish=False)
    for name in ("Before", "Doomed"):
        small.app.save({"name": name, "rule": {"label": "country", "op": "eq", "value": "DE"}}, publish=False)
    small.app.refresh(as_of=BEFORE)
    small.close()
    place = tmp_path / "disk"
    place.mkdir()
    sizes = 50 if full else 5
    command = [*in_own_namespaces, sys.executable, "-m", "tests.faults.full_disk", small.folder, place, sizes]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == sizes
    told = [(name, what) for each in found for name, what in each["outcomes"].items() if what != "done"]
    for name, what in told:
        assert str(place / "workspace") in what, (name, what)
        assert re.search(r"[0-9,]{2,} (more )?bytes wanted", what), (name, what)
    [previous] = {each["previous"] for each in found}
    assert previous.startswith("whole 24 ")
    assert {what for each in found for what in each["again"].values()} == {"done"}
    assert set(found[-1]["outcomes"].values()) == {"done"}
    assert {name for name, _ in told} >= {"save", "refresh"}
    print(f"{len(found)} of {sizes} intact; {len(told)} refusals of {sorted({name for name, _ in told})}")


def test_a_full_catalog_says_where_and_how_much_and_takes_the_save_once_there_is_room(tmp_path: Path) -> None:
    with open_catalog(tmp_path) as catalog:
        catalog.save(document("First"), app="shop", actor="ana", now=NOON, based_on=None)
        with catalog._database.reading() as connection:  # no other way to a full database on every machine
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        big = document("Big", tags=tuple(f"{n:064}" for n in range(200)))
        with pytest.raises(SegkitError, match=rf"^{tmp_path}: no space left for catalog\.sqlite .* 4,120 bytes wanted"):
            catalog.save(big, app="shop", actor="ana", now=NOON, based_on=None)
        assert [s.name for s in catalog.segments("shop")] == ["First"]
        with catalog._database.reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        catalog.save(big, app="shop", actor="ana", now=NOON, based_on=None)
    with sqlite3.connect(tmp_path / "catalog.sqlite") as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_lock_that_cannot_be_made_says_where_and_how_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(path: object, *rest: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full_disk)
    with pytest.raises(SegkitError, match=rf"^{tmp_path}: No space left on device; 4,096 bytes wanted"):
        Lock(tmp_path / "a.lock", "testing").__enter__()
