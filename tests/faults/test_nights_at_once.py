"""Many nights at once: one runs, the others end with 4 and name it; after a kill the lock is free at once.

5 processes by default; the stated 20 with `pytest --full tests/faults/test_nights_at_once.py`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from segkit.files.locks import Lock, holder_of
from tests.nightly_shop import NIGHT, NightlyShop

#: A night that begins when it is told to, with everything imported.
WAITING = """
import sys
import segkit.nightly, segkit.api.workspace, segkit.store.catalog
from segkit.cli import main
print("ready", flush=True)
sys.stdin.readline()
sys.argv = ["segkit", "nightly", "-w", sys.argv[1]]
main()
"""
SAID = "night.lock is held by process {pid} on "


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[NightlyShop]:
    made = NightlyShop(tmp_path / "shop")
    made.evening()
    made.bring()
    made.write(NIGHT)
    yield made
    made.close()


class Nights:
    """Nights in processes of their own, all begun at the same moment."""

    def __init__(self, folder: Path, count: int) -> None:
        self.lock = folder / "locks" / "night.lock"
        self.processes = {process.pid: process for process in (self._start(folder) for _ in range(count))}
        for process in self.processes.values():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in self.processes.values():
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def _start(self, folder: Path) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", WAITING, str(folder)]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True)

    def holder(self) -> subprocess.Popen[str]:
        """The one that has the lock, stopped, so that it is still at it when the others have asked."""
        while True:
            found = holder_of(self.lock)
            if found is not None:
                os.kill(found.pid, signal.SIGSTOP)
                return self.processes.pop(found.pid)
            assert any(process.poll() is None for process in self.processes.values())

    def said(self) -> list[tuple[int, str]]:
        """The exit codes of the others, and what they said."""
        return [(process.wait(), process.communicate()[1]) for process in self.processes.values()]


def test_of_many_nights_at_once_one_runs_and_the_others_name_it(shop: NightlyShop, full: bool) -> None:
    nights = Nights(shop.folder, 20 if full else 5)
    holder = nights.holder()
    said = nights.said()
    assert [code for code, _ in said] == [4] * (19 if full else 4)
    assert [words for _, words in said if SAID.format(pid=holder.pid) not in words] == []
    assert [words for _, words in said if "(the night, since " not in words] == []
    os.kill(holder.pid, signal.SIGCONT)
    _, words = holder.communicate()
    assert holder.returncode == 0, words
    assert {as_of for _, as_of in shop.served().values()} == {"2026-06-10"}
    assert [run.kind for run in shop.workspace.catalog.runs("shop", as_of=NIGHT)] == ["export", "refresh"]


def test_after_a_kill_the_lock_is_free_at_once_and_the_next_night_does_the_rest(shop: NightlyShop) -> None:
    nights = Nights(shop.folder, 1)
    holder = nights.holder()
    os.killpg(holder.pid, signal.SIGKILL)
    holder.communicate()
    assert holder.returncode == -signal.SIGKILL
    assert holder_of(nights.lock) is None
    with Lock(nights.lock, "looking"):
        pass
    ((code, words),) = [(p.wait(), p.communicate()[1]) for p in Nights(shop.folder, 1).processes.values()]
    assert code == 0, words
    assert {as_of for _, as_of in shop.served().values()} == {"2026-06-10"}
