"""Overlap of stored segments and composition over 25 labels, on a workspace that is there already.

Each answer is compared with plain sums first: the regions with sets of numbers, one label's counts with a query.
`python -m tests.bench.analysis --workspace DIR`; `--smoke` makes a small demo workspace instead.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import segkit
from segkit.api import App
from segkit.data.demo import write_demo
from segkit.data.demo.smart_home import FEWEST_USERS
from segkit.store.snapshots import read_snapshot

SEGMENTS, LABELS = 8, 25


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each round, the first one as well."""
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return spent


def told(what: str, spent: list[float], limit: float) -> None:
    """The first and the median of the others, in milliseconds."""
    median = statistics.median(spent[1:] or spent)
    print(f"{what:>40}  first {spent[0] * 1000:8.1f} ms  median {median * 1000:8.1f} ms  (at most {limit * 1000:,.0f})")


def stored_segments(app: App, wanted: int) -> list[str]:
    """The names of segments whose newest snapshots are of one date, the largest first."""
    infos = [info for info in app.segments() if info.as_of is not None and info.cycle == "daily"]
    newest = max(info.as_of for info in infos if info.as_of)
    found = sorted((info for info in infos if info.as_of == newest), key=lambda info: -(info.count or 0))
    return [info.name for info in found][:wanted]


def labels_of(app: App, wanted: int) -> list[str]:
    """Labels that hold no personal data; where there are fewer, those are all."""
    return [label.code for label in app.vocabulary.labels if label.personal is None][:wanted]


def regions_by_sets(app: App, names: list[str]) -> dict[frozenset[str], int]:
    """The regions counted user by user over the snapshots' numbers."""
    catalog, ids = app.workspace.catalog, {info.name: info.id for info in app.segments()}
    of_user: dict[int, set[str]] = {}
    for name in names:
        snapshot = catalog.newest_snapshots(app.name, app.as_of)[ids[name]]
        for number in np.flatnonzero(read_snapshot(app.workspace.folder, snapshot).flags()).tolist():
            of_user.setdefault(number, set()).add(name)
    found: dict[frozenset[str], int] = {}
    for names_of_user in of_user.values():
        found[frozenset(names_of_user)] = found.get(frozenset(names_of_user), 0) + 1
    return found


def measure(app: App, rounds: int) -> int:
    names, labels = stored_segments(app, SEGMENTS), labels_of(app, LABELS)
    events = sum(day.rows for day in app.manifest.days)
    print(f"{app.manifest.user_count:,} users, {events:,} events, as of {app.as_of}; {len(names)} segments, "
          f"{len(labels)} labels, {rounds} rounds")  # fmt: skip
    found = app.overlap(*names)
    mine = {frozenset(s.name for s in r.inside): r.count for r in found.regions if r.count and r.inside}
    if mine != regions_by_sets(app, names):
        print("the regions differ from those counted user by user", file=sys.stderr)
        return 1
    told(f"overlap of {len(names)} stored segments", timed(lambda: app.overlap(*names), rounds), 0.3)
    told(f"composition over {len(labels)} labels", timed(lambda: app.compose(names[0], labels=labels), rounds), 2)
    told("the same, beside another segment", timed(lambda: app.compose(names[0], names[1], labels=labels), rounds), 2)

    def cold() -> None:
        app.close()
        app.compose(names[0], labels=labels)

    told("composition, with nothing in memory", timed(cold, min(3, rounds)), 2)
    told("conditions of a rule", timed(lambda: app.conditions(names[0]), rounds), 2)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.analysis", description=__doc__)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--app")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--smoke", action="store_true", help="a small one, to see that it runs")
    chosen = parser.parse_args()
    if chosen.workspace is not None:
        return measure(segkit.open(chosen.workspace, actor="bench").app(chosen.app), chosen.rounds)
    if not chosen.smoke:
        parser.error("expected --workspace DIR, or --smoke")
    with tempfile.TemporaryDirectory() as folder:
        write_demo(Path(folder) / "bench", users=max(2_000, FEWEST_USERS))
        workspace = segkit.open(Path(folder) / "bench", actor="bench")
        workspace.load("smart-home")
        workspace.app("smart-home").refresh()
        return measure(workspace.app("smart-home"), 2)


if __name__ == "__main__":
    sys.exit(main())
