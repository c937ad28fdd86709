"""Run as a process of its own, in namespaces of its own: a workspace on a small disk of one size after the other.

Prints a line of JSON a size: what became of each operation, and whether the previous publish is as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import segkit
from segkit.api import Workspace
from segkit.api.doctor import examine
from segkit.errors import SegkitError
from segkit.store.snapshots import read_snapshot

BEFORE, NEW = date(2024, 11, 6), date(2024, 11, 5)
_PAGE = 4_096
_MOST_PAGES = 160
RULE = {"label": "country", "op": "eq", "value": "AT"}


def main(template: Path, place: Path, sizes: int) -> None:
    """`template` is a workspace with a publish as of BEFORE; `place` where the small disk goes."""
    for number in range(sizes):
        # From no room at all to enough for everything, closer where there is little: a save wants only some pages.
        room = _PAGE * (_MOST_PAGES * number**2 // (sizes - 1) ** 2)
        mount(place, "size=100m")
        try:
            workspace_folder = Path(shutil.copytree(template, place / "workspace"))
            status = os.statvfs(place)
            mount(place, f"remount,size={(status.f_blocks - status.f_bfree) * status.f_frsize + room}")
            print(json.dumps({"room": room, **tried(workspace_folder, place)}), flush=True)
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)


def mount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)


def tried(folder: Path, place: Path) -> dict[str, Any]:
    """What became of each operation on the full disk, what is there afterwards, and what once there is room again."""
    outcomes = done_in(folder)
    mount(place, "remount,size=100m")
    return {"outcomes": outcomes, "previous": previous(folder), "again": done_in(folder)}


def done_in(folder: Path) -> dict[str, str]:
    try:
        workspace = segkit.open(folder, actor="tester")
        found = dict(outcome(name, work) for name, work in operations(workspace))
        workspace.close()
    except SegkitError as error:  # there is not even room to open it
        return {"open": str(error)}
    return found


def operations(workspace: Workspace) -> Iterator[tuple[str, Callable[[], object]]]:
    app = workspace.app()
    yield "save", lambda: app.save({"name": "Saved", "rule": RULE}, idempotency_key="saved")
    yield "refresh", lambda: app.refresh(as_of=NEW)
    yield "export", lambda: app.export(["Before"], as_of=BEFORE, labels=["country"])
    if "Doomed" in app.definitions():
        yield "delete", lambda: app.delete("Doomed")


def outcome(name: str, work: Callable[[], object]) -> tuple[str, str]:
    try:
        work()
    except SegkitError as error:
        return name, str(error)
    except BaseException:
        return name, f"RAW {traceback.format_exc()}"
    return name, "done"


def previous(folder: Path) -> str:
    """`whole` if what was published before is as it was, and nothing else is torn; as another process finds it."""
    workspace = segkit.open(folder, actor="tester")
    app, catalog = workspace.app(), workspace.catalog
    wrong = [str(f) for f in examine(workspace, deep=True) if f.severity == "error"]
    stored = {s.id for gone in (False, True) for s in catalog.segments("shop", deleted=gone)}
    daily = {d.id for d in app.definitions().by_id.values() if d.kind == "predefined" and not d.missing} | stored
    records = [record for id_ in sorted(daily) if (record := catalog.snapshot("shop", id_, BEFORE)) is not None]
    counts = [read_snapshot(folder, record).count for record in records]
    generations = {record.generation for id_ in daily if (record := catalog.snapshot("shop", id_, NEW)) is not None}
    if len(generations) > 1:
        wrong.append("the new publish is of several generations")
    workspace.close()
    return "; ".join(wrong) or f"whole {len(counts)} {sum(counts)}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
