"""A night killed (-9) while it tells what it did, then run again: each message arrives once, told by its key.

5 points by default; the stated 50 with `pytest --full tests/faults/test_killed_sender.py`. Every second one is at a
random step (a file, a statement, a request, a program), the others at a random moment.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from segkit.api import Workspace
from segkit.operations.run_file import read_run
from tests.faults.killed_sender import end_a_night
from tests.operations.making import Clock, opened
from tests.operations.receivers import Received, http_receiver
from tests.small_workspace import SmallWorkspace
from tests.store.making import Start

DAY = date(2024, 11, 7)
_SETTINGS = """
[[notifications]]
name = "ops"
kind = "webhook"
url_env = "OPS_WEBHOOK"
[[notifications]]
name = "crm"
kind = "command"
command = ["sh", "-c", "cat > /dev/null; echo $SEGKIT_MESSAGE_ID >> ../commands"]
"""


class Nights:
    """Nights of one day after the other, each in a child that may be killed, and what arrived of them."""

    def __init__(self, folder: Path, received: Received, start: Start) -> None:
        self.folder, self.received, self._start = folder, received, start
        self._environment = {"OPS_WEBHOOK": received.url, "no_proxy": "127.0.0.1"}

    def end(self, day: date, fatal: int | str = 0, seconds: float | None = None) -> int | None:
        """Its exit code, -9 where it was killed: at a step, or so many seconds after it began."""
        begun = self.folder.parent / "begun"
        begun.unlink(missing_ok=True)
        child = self._start(end_a_night, self.folder, self._environment, day, fatal)
        if seconds is not None:
            while not begun.exists() and child.is_alive():
                time.sleep(0.001)
            time.sleep(seconds)
            child.kill()
        child.join()
        return child.exitcode

    def steps(self) -> int:
        """How many steps the last night took that was not killed."""
        return int((self.folder.parent / "steps").read_text())

    def arrived(self, day: date) -> dict[str, Counter[str]]:
        """How often each key arrived, by channel, of the messages of a night."""
        keys = {m.key: m.channel for m in self.workspace.catalog.outbox.messages() if day.isoformat() in m.subject}
        commands = self.folder.parent / "commands"
        everything = [*self.received.keys, *(commands.read_text().split() if commands.exists() else [])]
        found: dict[str, Counter[str]] = {channel: Counter() for channel in keys.values()}
        for key in everything:
            if key in keys:
                found[keys[key]][key] += 1
        return found

    @property
    def workspace(self) -> Workspace:
        return opened(self.folder, Clock())


@pytest.fixture
def nights(tmp_path: Path, start: Start) -> Iterator[Nights]:
    small = SmallWorkspace(tmp_path / "workspace")
    small.user("ana")
    small.event("ana", "app_used", at="2024-11-01 10:00")
    small.settings = _SETTINGS
    small.write()
    with http_receiver() as received:
        yield Nights(small.folder, received, start)


def test_killed_while_it_tells_and_run_again_each_message_arrives_once_by_its_key(nights: Nights, full: bool) -> None:
    chance, points = Random("killed sender"), 50 if full else 5
    assert nights.end(DAY) == 0
    steps = nights.steps()
    began = time.monotonic()
    assert nights.end(DAY - timedelta(days=1)) == 0
    seconds = time.monotonic() - began
    killed = repeated = 0
    for number in range(1, points + 1):
        day = DAY + timedelta(days=number)
        if number % 2:
            code = nights.end(day, fatal=chance.randint(1, steps))
        else:
            code = nights.end(day, seconds=chance.random() * seconds)
        killed += code == -signal.SIGKILL
        assert nights.end(day) == 0
        arrived = nights.arrived(day)
        assert {channel: len(keys) for channel, keys in arrived.items()} == {"ops": 1, "crm": 1}
        repeated += sum(count - 1 for keys in arrived.values() for count in keys.values())
        run = read_run(nights.folder / "runs" / day.isoformat())
        assert run is not None
        assert run["outcome"] == "done"
    assert nights.workspace.catalog.outbox.unsent() == ()
    assert killed >= points // 2
    assert repeated <= killed  # at most the one message that was on its way
    print(f"{points} points, {killed} kills, {repeated} messages repeated with their key, {steps} steps")


@pytest.mark.parametrize(
    ("mark", "times"),
    [
        ("before put", 1),
        ("after put", 1),
        ("before begin", 1),
        ("after begin", 1),
        ("after deliver", 2),  # it arrived, and nobody wrote it down: the one moment at which a key comes twice
        ("after sent", 1),
    ],
)
def test_only_between_the_answer_and_its_record_a_message_is_repeated(mark: str, times: int, nights: Nights) -> None:
    assert nights.end(DAY, fatal=mark) == -signal.SIGKILL
    assert nights.end(DAY) == 0
    arrived = nights.arrived(DAY)
    assert [list(keys.values()) for keys in (arrived["ops"], arrived["crm"])] == [[times], [1]]
