"""Sources read through the mapping into the next generation of an app's data. Only what was not read before is read.

Nothing here asks the clock, and nothing counts before the manifest is replaced at the very end: a load that fails, is
cancelled or killed leaves what was there.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from segkit.data.coded.coding import Coding
from segkit.data.contract import Agreement, agreed, contract_of
from segkit.data.day_ranges import DayRanges
from segkit.data.fetching import fetched, require_keys
from segkit.data.generation import (
    SCRATCH,
    Generation,
    clear_leftovers,
    newest_on_disk,
    newest_readable,
)
from segkit.data.growth import first_kept
from segkit.data.manifest import Manifest, read_manifest
from segkit.data.mapping import event_names, linked_labels, vocabulary_folder
from segkit.data.origins import Means
from segkit.data.plan import Plan, plan_of
from segkit.data.report import LoadReport
from segkit.data.run import Run
from segkit.data.settings import AppSettings, Limits, Settings
from segkit.data.sources import require_unchanged
from segkit.data.stored import misplaced_days
from segkit.data.watching.drift import Acceptance, Drifted
from segkit.data.watching.foreseeing import foresee
from segkit.data.watching.held import forget_held, remember_held
from segkit.data.watching.watch import Watch
from segkit.data.work import Progress, Work
from segkit.definitions.vocabulary import Vocabulary, read_vocabulary
from segkit.definitions.zones import tzdata_version
from segkit.errors import Damaged, DataProblem, NotFound
from segkit.files.disk import private_folder
from segkit.files.locks import Lock

__all__ = ["LoadReport", "load_app"]

LOCK = "load.lock"
_NO_DAYS = DayRanges()


def load_app(
    workspace: Path,
    settings: Settings,
    app: str,
    *,
    today: date,
    as_of_limit: date | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    rebuild: bool = False,
    accept: Acceptance | None = None,
    days: DayRanges = _NO_DAYS,
) -> LoadReport:
    """Brings in what is new in the sources of one app; all of it becomes current at once, or nothing does.

    `today` bounds the data date of what has none of its own. `as_of_limit` D loads what was known by D: snapshots of
    data dates up to D, events before its first instant. `progress` is told the stage and how much is done (0 to 1).
    `rebuild` reads everything again; the users keep their numbers. `days` are read again from all files: what is
    stored of them makes way for what the sources hold now. Both bring back days that were forgotten. `accept` takes
    files that are another than what was accepted so far.

    Raises Drifted, with everything that differs, for files that are and are not taken.
    Raises DataProblem or DefinitionError with the file, the place and what to do; Busy if another load is at work;
    Cancelled soon after `cancel` is set. Then nothing has changed.
    """
    workspace = workspace.resolve()
    of_app = settings.app(app)
    vocabulary = read_vocabulary(vocabulary_folder(workspace, app, of_app))
    links = linked_labels(of_app, vocabulary)
    event_names(vocabulary)
    folder = private_folder(workspace / "data" / app)
    with Lock(folder / LOCK, f"loading {app}"):
        before = _before(folder, rebuild=rebuild)
        clear_leftovers(folder, before.on_disk)
        _require_the_same_terms(folder, before.manifest, of_app.zone, as_of_limit)
        stored = before.manifest.contract if before.manifest else None
        agreement = agreed(stored, contract_of(vocabulary, links))
        plan = plan_of(workspace, of_app, links, before.manifest, agreement.labels, as_of_limit, days)
        if plan.is_empty and before.manifest is not None and not _is_too_old(before.manifest, of_app, today):
            forget_held(folder)
            Coding(folder, before.manifest, vocabulary).bring_up_to_date(cancel)
            return nothing_new(before.manifest, (*plan.notes, *agreement.notes))
        step = _Step(folder, app, of_app, settings.limits, vocabulary, before, agreement, today, as_of_limit)
        try:
            manifest, report = step.taken(plan, Watch(before.numbers, accept), progress, cancel)
        except Drifted as drifted:
            remember_held(folder, drifted)
            raise
        forget_held(folder)
        clear_leftovers(folder, manifest)
        Coding(folder, manifest, vocabulary).bring_up_to_date(cancel)
        return report


@dataclass(frozen=True, slots=True)
class _Before:
    """What is there: the manifest to go on from, if any; the one whose user numbers stay; the one on disk."""

    manifest: Manifest | None
    numbers: Manifest | None
    on_disk: Manifest | None
    last_generation: int


@dataclass(frozen=True, slots=True)
class _Step:
    """The way from one generation to the next, under the app's lock."""

    folder: Path
    app: str
    settings: AppSettings
    limits: Limits
    vocabulary: Vocabulary
    before: _Before
    agreement: Agreement
    today: date
    limit: date | None

    def taken(
        self, plan: Plan, watch: Watch, progress: Progress | None, cancel: threading.Event | None
    ) -> tuple[Manifest, LoadReport]:
        """Reads what is planned and publishes it; what was written on the way is gone afterwards."""
        scratch = private_folder(self.folder / SCRATCH)
        generation = Generation(self.folder, self.before.last_generation + 1)
        try:
            plan = fetched(plan, Means(scratch, self.limits, self.today, cancel), progress)
            with Work(scratch, self.limits, [*plan.folders, self.folder], progress, cancel) as work:
                manifest, report = self._read(plan, watch, work, generation)
                work.say("publishing", 0.98)
            generation.publish(manifest)
        finally:
            generation.drop()
            shutil.rmtree(scratch, ignore_errors=True)
        return manifest, report

    def _read(self, plan: Plan, watch: Watch, work: Work, generation: Generation) -> tuple[Manifest, LoadReport]:
        foresee(work, watch, plan, self.vocabulary)
        watch.require_readable(self.app)
        before = self.before
        run = Run(
            work, generation, self.folder, self.settings, self.vocabulary, plan, before.manifest, before.numbers, watch
        )
        manifest, report = run.load(self.app, self.agreement, today=self.today, limit=self.limit)
        require_unchanged(plan.files)
        require_keys(plan, {file.path: file.keyless_rows for file in manifest.sources})
        return manifest, report


def _before(folder: Path, *, rebuild: bool) -> _Before:
    """Raises Damaged if the manifest cannot be read, unless everything is to be read again."""
    try:
        manifest = read_manifest(folder)
    except NotFound:
        return _Before(None, None, None, newest_on_disk(folder))
    except Damaged:
        if not rebuild:
            raise
        kept = newest_readable(folder)
        return _Before(None, kept, kept, newest_on_disk(folder))
    last = max(manifest.generation, newest_on_disk(folder))
    return _Before(None if rebuild else manifest, manifest, manifest, last)


def _require_the_same_terms(folder: Path, manifest: Manifest | None, zone: str, limit: date | None) -> None:
    """Raises DataProblem if the stored days, or what was left out, do not go with what this load would add."""
    if manifest is None:
        return
    again = "run `segkit load --rebuild`, which reads everything again"
    if manifest.zone != zone:
        raise DataProblem(f"zone: the data was loaded by days in {manifest.zone}, segkit.toml says {zone}; {again}")
    if manifest.known_by is not None and manifest.known_by != limit:
        raise DataProblem(f"the data was loaded as it was known by {manifest.known_by}, and no later; {again}")
    if manifest.known_by is None and limit is not None:
        raise DataProblem(f"a load of what was known by {limit} needs an app without data; {again}, up to that date")
    if manifest.tzdata != tzdata_version():
        wrong = misplaced_days(folder, manifest)
        if wrong:
            raise DataProblem(
                f"zone: {zone} has other rules in tzdata {tzdata_version()} than in {manifest.tzdata}, and "
                f"{len(wrong):,} stored days ({wrong[0]} first) begin or end elsewhere; {again}"
            )


def _is_too_old(manifest: Manifest, app: AppSettings, today: date) -> bool:
    """Whether days are stored that the app no longer keeps."""
    if not manifest.days:
        return False
    data_date = max(manifest.last_data_date, min(manifest.days[-1].day + timedelta(days=1), today))
    kept_from = first_kept(data_date, app.keep_days)
    return kept_from is not None and manifest.days[0].day < kept_from


def nothing_new(manifest: Manifest, notes: tuple[str, ...]) -> LoadReport:
    """The report of what is there, where nothing was read."""
    return LoadReport(
        app=manifest.app,
        generation=manifest.generation,
        is_new=False,
        data_dates=(),
        users=manifest.living,
        new_users=0,
        events=sum(day.rows for day in manifest.days),
        written_days=0,
        missing_days=manifest.missing_days(),
        roles=(),
        notes=notes,
    )
