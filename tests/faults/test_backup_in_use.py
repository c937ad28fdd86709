"""A backup of a workspace that is being worked in, on either database: whole, and with every save acknowledged before.

1 backup of each by default; 10 with `pytest --full tests/faults/test_backup_in_use.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import segkit
from segkit.api.doctor import examine
from segkit.api.restoring import restore
from segkit.errors import SegkitError
from segkit.store.catalog import open_catalog
from tests.small_workspace import SmallWorkspace
from tests.store.making import Start

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def save_for_ever(folder: Path) -> None:
    """Saves one segment after the other, and writes down each that was acknowledged."""
    app = segkit.open(folder, actor="saver").app()
    written = os.open(folder.parent / "acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in range(1_000_000):
        rule = {"label": "score", "op": "gt", "value": number}
        app.save({"name": f"Segment {number}", "rule": rule}, publish=number % 5 == 0)
        os.write(written, f"Segment {number}\n".encode())


def load_for_ever(folder: Path) -> None:
    """Everything read again and again: each is a generation, and the fourth last goes."""
    workspace = segkit.open(folder, actor="loader")
    for number in range(1_000_000):
        workspace.load(rebuild=True)
        (folder.parent / "loads").write_text(str(number))


def refresh_for_ever(folder: Path) -> None:
    app = segkit.open(folder, actor="refresher").app()
    while True:
        app.refresh()


def eventually(holds: Callable[[], bool]) -> None:
    patience = time.monotonic() + 600
    while not holds():
        assert time.monotonic() < patience
        time.sleep(0.02)


@pytest.fixture
def shop(tmp_path: Path, database_url: str | None) -> Path:
    small = SmallWorkspace(tmp_path / "workspace")
    if database_url is not None:
        small.top_settings = f'catalog = "{database_url}"'
    for number in range(30):
        small.user(f"u{number:02}", country="DE", score=number)
        small.event(f"u{number:02}", "app_used", at=f"2024-10-{number + 1:02} 10:00")
    small.workspace  # noqa: B018 (written and loaded)
    small.close()
    return small.folder


def test_a_backup_of_a_workspace_in_use_is_whole_and_has_every_save_acknowledged_before(
    shop: Path,
    tmp_path: Path,
    database_url: str | None,
    new_postgresql: Callable[[], str],
    start: Start,
    full: bool,
) -> None:
    acknowledged, loads = tmp_path / "acknowledged", tmp_path / "loads"
    children = [start(work, shop) for work in (save_for_ever, load_for_ever, refresh_for_ever)]
    eventually(lambda: acknowledged.exists() and acknowledged.read_text() != "" and loads.exists())
    workspace = segkit.open(shop, actor="tester")
    for turn in range(10 if full else 1):
        before = acknowledged.read_text().splitlines()
        report = workspace.backup(tmp_path / f"{turn}.zip")
        assert report.damaged == ()
        assert (report.catalog == "sqlite") == (database_url is None)
        # Into either database, whichever it came from.
        goes_to = new_postgresql() if (turn % 2 == 0) == (database_url is None) else "sqlite"
        path = tmp_path / f"{turn}.zip"
        folder = restore(path, tmp_path / f"again-{turn}", actor="tester", now=NOON, catalog=goes_to).folder
        opened = segkit.open(folder, actor="tester")
        assert [str(f) for f in examine(opened, deep=True) if f.severity == "error"] == []
        there = {s.name for s in opened.catalog.segments("shop")}
        assert set(before) <= there
        assert len(before) > 0
        assert opened.catalog.kind == ("sqlite" if goes_to == "sqlite" else "postgresql")
        after = opened.app().save({"name": "Afterwards", "rule": {"label": "country", "op": "eq", "value": "DE"}})
        assert after.count == 30  # numbered rows go on where they were
        opened.close()
        now = len(acknowledged.read_text())
        eventually(lambda now=now: len(acknowledged.read_text()) > now)  # type: ignore[misc]
    assert [child.exitcode for child in children] == [None, None, None]


def test_a_database_that_holds_a_catalog_is_never_restored_into(shop: Path, tmp_path: Path, database_url: str) -> None:
    if database_url is None:
        return  # a folder that holds one is refused before: see tests/api/test_backup.py
    workspace = segkit.open(shop, actor="tester")
    workspace.app().save({"name": "Mine", "rule": {"label": "country", "op": "eq", "value": "DE"}})
    workspace.backup(tmp_path / "b.zip")
    for url in (None, database_url):
        with pytest.raises(SegkitError, match=r"found .*1 segments, .*; expected an empty database"):
            restore(tmp_path / "b.zip", tmp_path / "again", actor="tester", now=NOON, catalog=url)
    assert not (tmp_path / "again").exists()
    with open_catalog(shop, database_url) as catalog:
        assert [s.name for s in catalog.segments("shop")] == ["Mine"]
