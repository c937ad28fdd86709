"""A night killed at random points, then run again: the same members as a night that was not, one export, one message.

3 points by default; the stated 50 with `pytest --full tests/faults/test_killed_night.py`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from random import Random

import pytest

import segkit
from segkit.api.doctor import examine
from segkit.data.demo import write_demo
from segkit.definitions.documents import read_document
from segkit.files.atomic import is_temporary
from segkit.files.hashing import sha256_of

#: Each message that arrives leaves its key in the file that the environment names.
TOLD = """
[[notifications]]
name = "ops"
kind = "command"
command = ["sh", "-c", "echo $SEGKIT_MESSAGE_ID >> $TOLD"]
"""
LATE = ("users/2026-06-01.parquet", "events/late-2026-05-31.parquet")


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with segments, before the night in which the last files arrive."""
    folder = tmp_path_factory.mktemp("night") / "evening"
    write_demo(folder, users=1_000)
    with (folder / "segkit.toml").open("a", encoding="utf-8") as settings:
        settings.write(TOLD)
    held_back = [folder / "sources" / "smart-home" / name for name in LATE]
    for path in held_back:
        path.rename(path.with_suffix(".held-back"))
    workspace = segkit.open(folder, actor="tester")
    workspace.load("smart-home")
    app = workspace.app("smart-home")
    for path in sorted((folder / "definitions" / "smart-home").glob("*.yaml")):
        app.save(read_document(path), publish=False)
    app.refresh(as_of="2026-05-31")
    workspace.close()
    for path in held_back:
        path.with_suffix(".held-back").rename(path)
    return folder


def start_night(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "segkit.cli", "nightly", "-w", str(folder), "--app", "smart-home"]
    told = {**os.environ, "TOLD": str(folder.parent / "told")}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, env=told
    )


def published(folder: Path) -> dict[str, set[str]]:
    """The uids of every snapshot as of the night, by the segment's name."""
    workspace = segkit.open(folder, actor="tester")
    app = workspace.app("smart-home")
    found = {}
    for info in app.segments():
        if info.as_of is not None and info.as_of.isoformat() == "2026-06-01":
            found[info.name] = set(app.members(info.name)["uid"])
            assert len(found[info.name]) == info.count
    workspace.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(evening: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, set[str]], float]:
    """What a night that nobody killed published, and how many seconds it took."""
    folder = Path(shutil.copytree(evening, tmp_path_factory.mktemp("undisturbed") / "workspace"))
    began = time.monotonic()
    night = start_night(folder)
    _, words = night.communicate()
    assert night.returncode == 0, words.decode()
    return published(folder), time.monotonic() - began


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "point" in metafunc.fixturenames:
        points = 50 if metafunc.config.getoption("--full") else 3
        metafunc.parametrize("point", range(points))


def test_a_killed_night_run_again_has_the_same_members_and_no_torn_file(
    point: int, evening: Path, undisturbed: tuple[dict[str, set[str]], float], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    assert len(expected) == 15  # ten predefined and five daily ones
    folder = Path(shutil.copytree(evening, tmp_path / "workspace"))
    night = start_night(folder)
    # Any moment of the night, the seed decides which.
    try:
        night.wait(timeout=Random(f"kill {point}").uniform(0.02, 0.98) * seconds)
    except subprocess.TimeoutExpired:
        os.killpg(night.pid, signal.SIGKILL)
    night.communicate()

    whole_before_the_rerun = examine(segkit.open(folder, actor="tester"), "smart-home", deep=True)
    assert [finding for finding in whole_before_the_rerun if finding.severity == "error"] == []

    again = start_night(folder)
    _, words = again.communicate()
    assert again.returncode == 0, words.decode()
    assert published(folder) == expected
    (exported,) = (folder / "exports").iterdir()
    assert zipfile.ZipFile(exported).testzip() is None
    (record,) = segkit.open(folder, actor="tester").catalog.exports("smart-home")
    assert (record.name, record.sha256) == ("campaigns", sha256_of(exported))
    keys = (tmp_path / "told").read_text().split()
    assert len(set(keys)) == 1  # a receiver that counts keys is told once, whenever the night was killed
    print(f"point {point}: {len(keys)} messages under one key")
    assert [str(f) for f in examine(segkit.open(folder, actor="tester"), "smart-home", deep=True)] == []
    assert [path for path in folder.rglob("*") if is_temporary(path) and "data" in path.parts] == []
