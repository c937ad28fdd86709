"""What segkit writes in a workspace only its owner can read, whatever the umask; what people put there it leaves."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import segkit
from tests.small_workspace import SmallWorkspace

Run = Callable[..., subprocess.CompletedProcess[str]]
OPEN = 0o022
DUE = """[[exports]]
name = "daily"
app = "shop"
segments = ["Germans"]
labels = ["email"]
target = "exports/crm/out"
"""


def open_to_others(folder: Path) -> dict[str, str]:
    """What group or others can reach below a folder, with its mode."""
    found = [folder, *folder.rglob("*")]
    modes = {path.relative_to(folder).as_posix(): stat.S_IMODE(path.lstat().st_mode) for path in found}
    return {name: f"{mode:o}" for name, mode in sorted(modes.items()) if mode & 0o077}


@pytest.fixture
def with_an_open_umask() -> Iterator[None]:
    before = os.umask(OPEN)
    yield
    os.umask(before)


@pytest.mark.usefixtures("with_an_open_umask")
def test_after_a_whole_night_nobody_else_can_read_what_segkit_wrote(
    small: SmallWorkspace, run_segkit: Run, tmp_path: Path
) -> None:
    small.settings = DUE
    small.user("ana", country="DE", email="ana@example.com")
    small.event("ana", "app_used", "2024-11-01 09:00")
    small.event("nobody known", "app_used", "2024-11-01 09:00")
    small.write()
    document = small.folder / "germans.yaml"
    document.write_text("segkit: 1\nname: Germans\nrule: {label: country, op: eq, value: DE}\n")
    theirs = open_to_others(small.folder)
    place = ("-w", small.folder)
    run_segkit("load", *place)
    run_segkit("save", document, *place)
    given = tmp_path / "list.csv"
    given.write_text("email\nana@example.com\nnew@example.org\n")
    run_segkit("import", given, "--name", "Spring", *place)
    small.user("new", email="new@example.org")
    small._write_users()
    run_segkit("nightly", *place)
    run_segkit("export", "Germans", *place)
    run_segkit("pull", small.folder / "pulled", *place)
    run_segkit("backup", tmp_path / "b.zip", *place)
    run_segkit("restore", tmp_path / "b.zip", tmp_path / "again")
    opened = segkit.open(small.folder)
    newest, *_ = opened.app().list_versions("Spring")  # the night matched the list again: the address is a user's now
    opened.close()
    assert (newest.cause, newest.matched, newest.external) == ("match", 2, 0)
    written = {"catalog.sqlite", "audit.anchor", "data", "snapshots", "imports", "exports", "runs", "locks", "pulled"}
    assert written <= {path.name for path in small.folder.iterdir()}
    assert [path.suffix for path in (small.folder / "runs").rglob("*.ipynb")] == [".ipynb"] * 2
    assert open_to_others(small.folder) == theirs
    assert open_to_others(tmp_path / "again") == {}
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600


@pytest.mark.usefixtures("with_an_open_umask")
def test_nor_what_is_open_while_it_is_in_use(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    small.write()
    theirs = open_to_others(small.folder)
    small.app.save({"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}})
    assert (small.folder / "catalog.sqlite-wal").exists()
    assert open_to_others(small.folder) == theirs


@pytest.mark.usefixtures("with_an_open_umask")
def test_nor_a_workspace_that_init_or_demo_made(run_segkit: Run, tmp_path: Path, demo_template: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("uid,email\nana,ana@example.com\n")
    run_segkit("init", tmp_path / "made", "--users", users, "--zone", "UTC", "--yes")
    run_segkit("load", "-w", tmp_path / "made")
    assert open_to_others(tmp_path / "made") == {}
    assert stat.S_IMODE(users.stat().st_mode) == 0o644
    assert open_to_others(demo_template) == {}  # made with an open umask, too
