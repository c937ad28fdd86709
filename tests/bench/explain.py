"""Explaining one user of a large workspace: a process of its own each time, from the opened workspace to the words.

`python -m tests.bench.explain FOLDER --users 2000000 --events 60000000` makes the workspace first, if it is not there
(see `tests.bench.stored`). Every answer is checked against the published segment. `--smoke` for a small one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import segkit
from tests.bench.load import Size
from tests.bench.stored import SEGMENTS, make

FEW, MANY = 4, 10  # users asked about, of each segment


def one(folder: Path, uid: str, name: str) -> dict[str, Any]:
    """One explanation in this process; seconds after the workspace is open, and its verdict."""
    workspace = segkit.open(folder, actor="bench")
    began, cpu = time.perf_counter(), time.process_time()
    found = workspace.app("shop").explain(uid, name)
    length = len(found.words) + len(found._repr_html_())
    spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    return {**spent, "in": found.holds, "length": length}


def asked(folder: Path, uid: str, name: str) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.explain", str(folder), "--one", uid, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compare(folder: Path, rounds: int) -> int:
    """Explains users who do much and users who do little, of every segment; the median, and the slowest."""
    workspace = segkit.open(folder, actor="bench")
    app = workspace.app("shop")
    count = app.manifest.user_count
    users = [f"u{n * count // rounds:09d}" for n in range(rounds)]
    published = {name: set(app.evaluate([name])[0].uids()) for name in SEGMENTS}
    print(f"{count:,} users, {sum(day.rows for day in app.manifest.days):,} events", flush=True)
    workspace.close()
    every: list[dict[str, Any]] = []
    for name in SEGMENTS:
        answers = []
        for uid in users:
            found = asked(folder, uid, name)
            if found["in"] != (uid in published[name]):
                print(f"{name}: the explanation of {uid} has another verdict than the segment", file=sys.stderr)
                return 1
            answers.append(found)
        every += answers
        show(name, answers)
    show(f"all {len(every)}", every)
    return 0


def show(name: str, answers: list[dict[str, Any]]) -> None:
    """Wall seconds, which a busy machine makes longer, and CPU seconds of two threads."""
    wall, cpu = ([each[what] for each in answers] for what in ("seconds", "cpu"))
    told = f"median {statistics.median(wall):.2f} s, slowest {max(wall):.2f} s"
    print(f"{name:>20}  {told}; CPU {statistics.median(cpu):.2f} s, most {max(cpu):.2f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.explain", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--users", type=int, default=2_000_000)
    parser.add_argument("--events", type=int, default=60_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--smoke", action="store_true", help="a small one, to see that it runs")
    parser.add_argument("--one", nargs=2, metavar=("UID", "NAME"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(one(chosen.folder, *chosen.one)))
        return 0
    size = Size(1_000, 20_000, 90) if chosen.smoke else Size(chosen.users, chosen.events, chosen.days)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary) / "bench"
        make(folder, size)
        return compare(folder, FEW if chosen.smoke else MANY)


if __name__ == "__main__":
    sys.exit(main())
