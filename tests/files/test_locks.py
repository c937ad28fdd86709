"""One holder at a time, who is named while he lives and forgotten when he dies."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from segkit.errors import Busy
from segkit.files.locks import Lock, holder_of

HOLDER = """
import sys, time
from pathlib import Path
from segkit.files.locks import Lock
with Lock(Path(sys.argv[1]), "nightly refresh"):
    print("held", flush=True)
    sys.stdin.readline()
"""

# Reads a number, waits, writes it back one higher: loses some unless alone.
COUNTER = """
import sys, time
from pathlib import Path
from segkit.files.locks import Lock
folder = Path(sys.argv[1])
number = folder / "number"
for _ in range(40):
    with Lock(folder / "lock", "counting", wait=600):
        n = int(number.read_text())
        time.sleep(0.001)
        number.write_text(str(n + 1))
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is told a line, and is killed (-9) at the latest at the end."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_busy_lock_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "refresh.lock"
    with holder(path) as other:
        with pytest.raises(Busy) as raised, Lock(path, "save"):
            pass
        said = rf"refresh\.lock is held by process {other.pid} on \S+ \(nightly refresh, since \d{{4}}-.*\+00:00\)\."
        assert re.match(said, str(raised.value))
        found = holder_of(path)
        assert found is not None
        assert (found.pid, found.host, found.purpose) == (other.pid, socket.gethostname(), "nightly refresh")


def test_a_lock_is_free_at_once_when_its_holder_is_killed_and_nothing_says_running(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    for _ in range(5):
        with holder(path) as other:
            other.kill()
            other.wait()
            assert holder_of(path) is None
            with Lock(path, "next"):  # does not wait: it would raise Busy
                pass


def test_a_released_lock_is_free_and_its_file_empty_and_private(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock(path, "first"):
        pass
    assert path.read_bytes() == b""
    assert path.stat().st_mode & 0o777 == 0o600
    assert holder_of(path) is None
    with Lock(path, "second"):
        found = holder_of(path)
        assert found is not None
        assert (found.pid, found.purpose) == (os.getpid(), "second")


def test_a_lock_is_released_when_its_block_raises(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Lock(tmp_path / "lock", "first"):
        raise KeyError
    with Lock(tmp_path / "lock", "second"):
        pass


def test_a_lock_that_was_never_taken_has_no_holder(tmp_path: Path) -> None:
    assert holder_of(tmp_path / "lock") is None


def test_waiting_gets_the_lock_once_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as other:
        begun = time.monotonic()
        threading.Timer(0.3, other.stdin.close if other.stdin else other.kill).start()
        with Lock(path, "patient", wait=30):
            assert time.monotonic() - begun >= 0.3
        assert other.wait() == 0


def test_waiting_ends_after_the_time_given(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path):
        begun = time.monotonic()
        with pytest.raises(Busy), Lock(path, "patient", wait=0.4):
            pass
        assert time.monotonic() - begun >= 0.4


def test_a_thread_of_the_same_process_is_kept_out_too(tmp_path: Path) -> None:
    with (
        Lock(tmp_path / "lock", "first"),
        pytest.raises(Busy, match=f"process {os.getpid()} "),
        Lock(tmp_path / "lock", "second"),
    ):
        pass


def test_two_processes_that_contend_lose_no_turn(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    both = [subprocess.Popen([sys.executable, "-c", COUNTER, tmp_path]) for _ in range(2)]
    assert [process.wait(timeout=600) for process in both] == [0, 0]
    assert (tmp_path / "number").read_text() == "80"


def test_looking_at_a_lock_never_makes_it_busy(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            holder_of(path)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(200):
            with Lock(path, "taken at once"):
                pass
    finally:
        stop.set()
        looker.join()


KEEPS_NOTHING = """
wall = os.pipe()
with Lock(path, "parent"):
    child = os.fork()
    if child == 0:
        os.close(wall[1])
        os.read(wall[0], 1)  # until the parent lets go of the other end
        os._exit(0)
    os.close(wall[0])
    try:
        Lock(path, "other").__enter__()
    except Busy:
        print("busy")
with Lock(path, "while the child still runs"):
    print("free" if os.waitpid(child, os.WNOHANG) == (0, 0) else "the child has ended")
os.close(wall[1])
os.waitpid(child, 0)
"""
LEAVES_IT_ALONE = """
lock = Lock(path, "parent")
with lock:
    child = os.fork()
    if child == 0:
        try:
            lock.__exit__(None, None, None)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    print(holder_of(path).purpose)
"""


@pytest.mark.parametrize(("script", "says"), [(KEEPS_NOTHING, ["busy", "free"]), (LEAVES_IT_ALONE, ["parent"])])
def test_a_forked_child_neither_keeps_its_parents_lock_nor_releases_it(
    tmp_path: Path, script: str, says: list[str]
) -> None:
    imports = "import os, sys\nfrom pathlib import Path\nfrom segkit.errors import Busy\n"
    imports += "from segkit.files.locks import Lock, holder_of\npath = Path(sys.argv[1])\n"
    command = [sys.executable, "-c", imports + script, str(tmp_path / "lock")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == says


def test_kills_while_taking_and_giving_back_never_leave_a_lock_behind(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "lock"
    busy = "import sys\nfrom pathlib import Path\nfrom segkit.files.locks import Lock\nprint('ready', flush=True)\n"
    busy += "while True:\n    with Lock(Path(sys.argv[1]), 'again'):\n        pass\n"
    delays = random.Random(5)
    for _ in range(200 if request.config.getoption("--full", default=False) else 10):
        with subprocess.Popen([sys.executable, "-c", busy, path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delays.uniform(0, 0.01))
            process.kill()
        assert holder_of(path) is None
        with Lock(path, "after the kill"):
            pass
