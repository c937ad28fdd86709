"""What many processes do at once to one workspace, each until it is killed; what they saw is appended to files."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random

import segkit
from segkit.api import App
from segkit.errors import Busy, StaleSave
from segkit.store.snapshots import read_newest

NEWEST = date(2024, 11, 7)


class Notes:
    """A file that lines are appended to, each in one write, so that a kill leaves whole lines."""

    def __init__(self, folder: Path, name: str) -> None:
        self._fd = os.open(folder.parent / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def add(self, line: str) -> None:
        os.write(self._fd, f"{line}\n".encode())


def _for_ever(folder: Path, work: Callable[[App], None]) -> None:
    app = segkit.open(folder, actor="worker").app()
    try:
        while True:
            try:
                work(app)
            except Busy:
                continue
    except Exception:
        Notes(folder, "errors").add(traceback.format_exc())
        raise


def counters(tags: tuple[str, ...]) -> dict[str, int]:
    """How far each saver has counted, as the tags of a document say."""
    return {saver: int(count) for saver, count in (tag.split(":") for tag in tags)}


def save(folder: Path, number: int) -> None:
    """Counts its own tag on, one a version, beside what others save; notes each version that was acknowledged."""
    notes = Notes(folder, f"saved-{number}")

    def work(app: App) -> None:
        held = app.workspace.catalog.segment(app.name, "Shared")
        counted = counters(held.document.tags)
        counted[str(number)] += 1
        tags = tuple(f"{saver}:{count}" for saver, count in counted.items())
        changed = held.document.model_copy(update={"tags": tags})
        try:
            info = app.save(changed, based_on=held.version, publish=False)
        except StaleSave:
            return
        notes.add(f"{counted[str(number)]} {info.version}")

    _for_ever(folder, work)


def read(folder: Path, number: int) -> None:
    """Looks up and reads the newest users of one segment after the other; notes the seconds of each."""
    notes, chance = Notes(folder, f"read-{number}"), Random(number)

    def work(app: App) -> None:
        chosen = chance.choice([d.id for d in app.definitions().by_id.values() if not d.missing])
        began = time.monotonic()
        found = read_newest(folder, app.workspace.catalog, app.name, chosen, NEWEST)
        notes.add(f"{time.monotonic() - began:.6f}")
        assert found is None or found[0].count == found[1].count

    _for_ever(folder, work)


def refresh(folder: Path, number: int) -> None:
    """Publishes every segment as of one date after the other, and lets old ones go."""
    notes, chance = Notes(folder, "refreshed"), Random(number)

    def work(app: App) -> None:
        report = app.refresh(as_of=NEWEST - timedelta(days=chance.randrange(60)))
        assert report.failed == ()
        notes.add(str(len(report.published)))

    _for_ever(folder, work)


def export(folder: Path, number: int) -> None:
    """Exports one segment again and again."""
    notes = Notes(folder, "exported")

    def work(app: App) -> None:
        result = app.export(["Germans"], folder.parent / "out" / f"{number}.zip", labels=["country"])
        notes.add(str(result.rows))

    _for_ever(folder, work)
