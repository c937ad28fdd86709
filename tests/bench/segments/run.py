"""All sides in turn, round after round; the answers are compared before anything is timed.

Ratios are of medians within one run. Each side is a process of its own, which keeps what it opened.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.bench.load import PARAMETERS
from tests.bench.segments.made import SIZES, Made
from tests.bench.segments.rules import Rule, event_leaf, label_leaf, leaves, rules
from tests.bench.segments.sides import SIDES

SEGMENTS, LEAVES = 110, 250
GROWTH = (1, 10, 30, 110, 300)
#: A side that takes longer than so many seconds is asked in so many rounds only.
LONG, FEW = 60.0, 1
#: Asked once more with nothing in the page cache.
COLD = ("segkit", "prepared", "clickhouse")
#: pandas holds all rows in memory, so it is asked at the smallest size only.
ONLY_AT = {"pandas": ("smoke", "S")}


class Process:
    """One side at work."""

    def __init__(self, name: str, made: Made, size: str) -> None:
        command = [sys.executable, "-m", "tests.bench.segments.sides", name, str(made.folder), size]
        self._log = (made.folder / f"{name}.log").open("w+")
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        opened = self._line()
        self.prepared, self.opened = opened["prepared"], opened["opened"]

    def _line(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            if line.startswith("{"):
                told: dict[str, Any] = json.loads(line)
                return told
        self._log.seek(0)
        raise RuntimeError((self._log.read().strip().splitlines() or ["it ended without a word"])[-1])

    def ask(self, asked: list[Rule], check: bool = False) -> dict[str, Any]:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"rules": asked, "check": check}, default=str) + "\n")
        self._child.stdin.flush()
        return self._line()

    def close(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(60)
        self._log.close()


@dataclass
class Measured:
    """What one side took for all segments, in seconds and bytes: medians of the rounds."""

    name: str
    prepared: float
    opened: float = 0.0
    checked: float = 0.0  # wall, of the first answer, which is compared and not counted
    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    differ: int = 0  # segments whose users are others than segkit's
    left_out: str = ""
    rounds: list[dict[str, float]] = field(default_factory=list)


def measure(size: str, folder: Path, rounds: int, names: list[str], say: Any) -> dict[str, Any]:
    """One size, all sides; plain data for the table, the picture and the JSON file."""
    made = Made(folder, SIZES[size])
    folder.mkdir(parents=True, exist_ok=True)
    say(f"{size}: {made.size.users:,} users, {made.size.events:,} events, {made.size.days} days")
    say(f"sources made in {made.make():.1f} s")
    asked = rules(SEGMENTS, leaves(LEAVES))
    found: dict[str, Measured] = {}
    processes = _started(size, made, names, found, say)
    try:
        _check(processes, asked, found, say)
        for number in range(rounds):
            order = list(processes)
            random.Random(number).shuffle(order)
            for name in order:
                if number >= FEW and found[name].checked > LONG:
                    continue
                told = processes[name].ask(asked)
                found[name].rounds.append({"wall": told["wall"], "cpu": told["cpu"]})
                found[name].peak = told["peak"]
                say(f"round {number + 1}: {SIDES[name][0]}: {told['wall']:.2f} s wall, {told['cpu']:.2f} s CPU")
        for one in found.values():
            if one.rounds:
                one.wall, one.cpu = (statistics.median(r[what] for r in one.rounds) for what in ("wall", "cpu"))
        growth = _growth(processes["segkit"], rounds)
    finally:
        for process in processes.values():
            process.close()
    cold = _cold(size, made, [name for name in COLD if name in processes], asked, say)
    return {
        "size": size,
        "users": made.size.users,
        "events": made.size.events,
        "days": made.size.days,
        "segments": SEGMENTS,
        "leaves": LEAVES,
        "rounds": rounds,
        "sides": {name: asdict(one) for name, one in found.items()},
        "cold": cold,
        "decoding": decoding(made),
        "growth": growth,
        "single": single_rules(made, 200 if size != "smoke" else 5),
        "load": made.load(),
    }


def _started(size: str, made: Made, names: list[str], found: dict[str, Measured], say: Any) -> dict[str, Process]:
    processes = {}
    for name in names:
        if size not in ONLY_AT.get(name, (size,)):
            found[name] = Measured(name, 0.0, left_out=f"asked at {' and '.join(ONLY_AT[name])} only")
            continue
        try:
            process = processes[name] = Process(name, made, size)
        except RuntimeError as error:
            found[name] = Measured(name, 0.0, left_out=f"could not be asked: {error}")
        else:
            found[name] = Measured(name, process.prepared, process.opened)
            say(f"{SIDES[name][0]}: prepared in {process.prepared:.1f} s, opened in {process.opened:.2f} s")
    return processes


def _check(processes: dict[str, Process], asked: list[Rule], found: dict[str, Measured], say: Any) -> None:
    """Asks each side once, and leaves out whoever finds other users; what is in the page cache is the same for all."""
    expected = processes["segkit"].ask(asked, check=True)["found"]
    for name, process in list(processes.items()):
        try:
            told = process.ask(asked, check=True)
            answers, found[name].checked = told["found"], told["wall"]
        except RuntimeError as error:
            found[name].left_out = f"could not answer: {error}"
        else:
            differ = [n for n, (one, other) in enumerate(zip(answers, expected, strict=True)) if one != other]
            found[name].differ = len(differ)
            if differ:
                found[name].left_out = f"finds other users for {len(differ)} segments, {differ[:5]} first"
        if found[name].left_out:
            say(f"{SIDES[name][0]}: left out, {found[name].left_out}")
            processes.pop(name).close()
    sizes = sorted(int(one.split()[0]) for one in expected)
    say(f"all others find the same users: {sizes[0]:,} to {sizes[-1]:,} a segment, median {sizes[len(sizes) // 2]:,}")


def _cold(size: str, made: Made, names: list[str], asked: list[Rule], say: Any) -> dict[str, float]:
    """Wall seconds of the first answer of a new process with nothing of the data in the page cache.

    Empty where this machine does not let the cache be dropped.
    """
    found = {}
    for name in names:
        process = Process(name, made, size)
        try:
            if not _dropped():
                return {}
            found[name] = process.ask(asked)["wall"]
            say(f"cold: {SIDES[name][0]}: {found[name]:.2f} s wall")
        finally:
            process.close()
    return found


def _dropped() -> bool:
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


def decoding(made: Made) -> float:
    """Wall seconds, the median of three, to decode from prepared Parquet, once, every column that the leaves need."""
    made.prepare_parquet()
    needed, spent = ["event", "user_no", "day", *PARAMETERS], []
    for _ in range(3):
        began = time.perf_counter()
        for file in sorted((made.prepared / "events").glob("*.parquet")):
            pq.read_table(file, columns=needed)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def _growth(process: Process, rounds: int) -> dict[str, dict[str, float]]:
    """How segkit's time grows with segments over the same leaves, and with days in the window."""
    pool = leaves(LEAVES)
    found = {}
    for count in GROWTH:
        found[f"{count} segments"] = _median(process, rules(count, pool), rounds)
    for days in (1, 7, 30, 90):
        chance = random.Random(f"growth {days}")
        found[f"30 leaves over {days} days"] = _median(process, [event_leaf(chance, days) for _ in range(30)], rounds)
    return found


def _median(process: Process, asked: list[Rule], rounds: int) -> dict[str, float]:
    told = [process.ask(asked) for _ in range(max(rounds, 3))]
    return {what: statistics.median(one[what] for one in told) for what in ("wall", "cpu")}


def single_rules(made: Made, count: int) -> dict[str, dict[str, float]]:
    """The exact count of a rule of five leaves: all of them cached, four, none; in milliseconds."""
    from tests.bench.segments.made import AS_OF
    from tests.bench.segments.sides import Segkit

    side = Segkit(made)
    side.open()
    evaluator = side.evaluator()
    evaluator.evaluate([side._parse(label_leaf(random.Random(0)))], AS_OF)  # opens what is opened once
    spent: dict[str, list[float]] = {"none cached": [], "four cached": [], "all cached": []}
    chance = random.Random("single")
    for _ in range(count):
        chosen = [event_leaf(chance) for _ in range(4)] + [label_leaf(chance)]
        cases = (
            ("none cached", chosen),
            ("four cached", [*chosen[:2], event_leaf(chance), *chosen[3:]]),
            ("all cached", chosen),
        )
        evaluator._cache._found.clear()
        evaluator._cache._bytes = 0
        evaluator.base(AS_OF)
        for name, parts in cases:
            rule = side._parse({"all": parts})
            began = time.perf_counter()
            _ = evaluator.evaluate([rule], AS_OF)[0].members.count
            spent[name].append((time.perf_counter() - began) * 1000)
    return {name: {"p50": statistics.median(ms), "p95": sorted(ms)[int(len(ms) * 0.95)]} for name, ms in spent.items()}
