"""Snapshots let go by count and age. Their records stay, with counts and lineage; only the users of old dates go.

Never from under a reader, in two steps. A snapshot is first retired in the catalog, and nobody who asks from then on is
given its users. Its file goes at the earliest a day later (`GRACE`), when whoever was given it before has long read it;
one who has not asks again (`read_newest`) or is told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from segkit.files.locks import Lock
from segkit.store.catalog import Catalog
from segkit.store.retiring import Keep, pieces
from segkit.store.snapshots import PATIENCE, PUBLISHING, sweep

GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LetGo:
    """What retention did: snapshots retired now, and the files and bytes of earlier ones that are gone."""

    retired: int
    files: int
    size: int


def let_go(workspace: Path, app: str, catalog: Catalog, keep: Keep, now: datetime, grace: timedelta = GRACE) -> LetGo:
    """Retires what is beyond `keep`, and takes away the files of what was retired a day ago or more.

    Raises Busy if another process has been publishing in this app for a minute.
    """
    retired = catalog.retire_snapshots(app, keep, now)
    folder = workspace / "snapshots" / app
    if not folder.is_dir():
        return LetGo(retired, 0, 0)
    with Lock(folder / PUBLISHING, f"letting old snapshots go in {app}", wait=PATIENCE):
        sweep(folder, app, catalog)
        sizes = list(_take_away(workspace, folder, app, catalog, now - grace))
    return LetGo(retired, len(sizes), sum(sizes))


def _take_away(workspace: Path, folder: Path, app: str, catalog: Catalog, before: datetime) -> Iterator[int]:
    """Removes files, and folders that are then empty; the bytes of each file."""
    for some in pieces(sorted(path.name for path in folder.iterdir() if path.is_dir())):
        for file in catalog.retired_files(app, some, before):
            path = workspace / file
            if path.exists():  # else it went before
                size = path.stat().st_size
                path.unlink()
                yield size
        for name in some:
            if not any((folder / name).iterdir()):
                os.rmdir(folder / name)
