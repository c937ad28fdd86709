"""Days whose events are deleted, on record, so that a later load of the same sources does not bring them back."""

from __future__ import annotations

import shutil
from pathlib import Path

from segkit.data.contract import Agreement
from segkit.data.day_ranges import DayRanges
from segkit.data.generation import SCRATCH, Generation, clear_leftovers, newest_on_disk
from segkit.data.load import LOCK, nothing_new
from segkit.data.manifest import Manifest, read_manifest
from segkit.data.orphans import Orphans
from segkit.data.report import LoadReport
from segkit.data.settings import Settings
from segkit.data.stored_events import StoredEvents
from segkit.data.work import Work
from segkit.errors import NotFound
from segkit.files.disk import private_folder
from segkit.files.locks import Lock


def forget_days(workspace: Path, settings: Settings, app: str, days: DayRanges) -> LoadReport:
    """Deletes the events of some days of one app, those set aside included; their files go with the third generation
    after this one.

    Raises NotFound before the first load, Busy if a load is at work; then nothing has changed.
    """
    settings.app(app)
    folder = workspace.resolve() / "data" / app
    if not folder.is_dir():
        raise NotFound(f"app '{app}' has no data yet; `segkit load` brings it in")
    with Lock(folder / LOCK, f"forgetting days of {app}"):
        before = read_manifest(folder)
        clear_leftovers(folder, before)
        scratch = private_folder(folder / SCRATCH)
        generation = Generation(folder, max(before.generation, newest_on_disk(folder)) + 1)
        try:
            with Work(scratch, settings.limits, [folder]) as work:
                manifest, gone = _without(work, generation, scratch, folder, before, days)
            generation.publish(manifest)
        finally:
            generation.drop()
            shutil.rmtree(scratch, ignore_errors=True)
        clear_leftovers(folder, manifest)
    return nothing_new(manifest, (f"forgot {gone:,} events of {days}",))


def _without(
    work: Work, generation: Generation, scratch: Path, folder: Path, before: Manifest, days: DayRanges
) -> tuple[Manifest, int]:
    stored = StoredEvents(folder, before.days, before.orphans, Agreement(before.contract).parameter_kinds())
    gone = stored.drop(work, scratch, days)
    orphans = Orphans(work, generation, scratch, stored).kept()
    forgotten = DayRanges.of(before.forgotten) | days
    manifest = before.model_copy(
        update={
            "generation": generation.number,
            "days": tuple(stored.days.values()),
            "orphans": orphans,
            "forgotten": forgotten.ranges,
        }
    )
    return manifest, gone
