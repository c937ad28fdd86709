"""A load killed at any of its steps: what was there is whole, and the next load completes.

6 points by default; the stated 100 with `pytest --full tests/data/test_killed_load.py`.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .made import APP, Made, event
from .test_generations import nights


def start(shop: Made, *step: int) -> subprocess.Popen[str]:
    """A load that has just begun, in a process of its own."""
    command = [sys.executable, "-m", "tests.data.killable", str(shop.folder), APP, *map(str, step)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def elsewhere(shop: Made, name: str) -> Made:
    """The same workspace in another place; its sources are as old as they were."""
    return Made(Path(shutil.copytree(shop.folder, shop.folder.with_name(name))))


@pytest.fixture
def evening(shop: Made) -> Made:
    """A loaded workspace to which two nights of sources came: new days, late events, repeated keys, users unknown."""
    nights(shop, 4)
    shop.load()
    nights(shop, 6)
    shop.events("strangers", *(event(f"x{n}", "seen", f"2026-05-0{n % 6 + 1} 08:00", f"{1000 + n}") for n in range(20)))
    return shop


def test_a_load_killed_at_any_step_leaves_what_was_and_the_next_one_completes(evening: Made, full: bool) -> None:
    before = evening.content()
    undisturbed = elsewhere(evening, "undisturbed")
    began = time.monotonic()
    process = start(undisturbed)
    names = process.communicate()[0].split()
    took, expected = time.monotonic() - began, undisturbed.content()
    assert process.returncode == 0
    assert expected != before
    drawn = random.Random(11)
    # Where it matters most is chosen first: about each rename, the last of which makes the load count.
    renames = [step + around for step, name in enumerate(names, 1) if name == "Disk.rename" for around in (0, 1)]
    steps = renames[-3:] if not full else [*renames, *drawn.choices(range(1, len(names) + 1), k=90 - len(renames))]
    steps += drawn.choices(range(1, len(names) + 1), k=2) if not full else []
    moments = [drawn.uniform(0, took) for _ in range(100 - len(steps) if full else 1)]
    seen = [_kill(elsewhere(evening, f"step-{n}"), before, expected, step=step) for n, step in enumerate(steps)]
    seen += [_kill(elsewhere(evening, f"time-{n}"), before, expected, after=wait) for n, wait in enumerate(moments)]
    assert len(seen) == (100 if full else 6)
    assert set(seen) == {"before", "after"}


def _kill(shop: Made, before: object, expected: object, *, step: int = 0, after: float = 0) -> str:
    """Kills a load and runs it again; which state the kill left."""
    process = start(shop, *([step] if step else []))
    if not step:
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
    process.communicate()
    left = shop.content()
    assert left in (before, expected), f"step {step}, after {after}"
    assert shop.stored.verify(deep=True) == []
    again = start(shop)
    again.communicate()
    assert again.returncode == 0
    assert shop.content() == expected
    assert not [path.name for path in shop.data.iterdir() if path.name.endswith(".part") or path.name == ".load"]
    shutil.rmtree(shop.folder)
    return "before" if left == before else "after"
