"""Files of the sources: missing, unreadable, changed since they were read, waiting, of another kind than accepted."""

from __future__ import annotations

from collections.abc import Iterator

from segkit.data.contract import agreed, contract_of
from segkit.data.examining.finding import Examined, Finding, of_error
from segkit.data.generation import SCRATCH
from segkit.data.plan import Plan, plan_of
from segkit.data.sources import files_of
from segkit.data.watching.drift import Drift, how_to_accept
from segkit.data.watching.foreseeing import foresee, sources_of
from segkit.data.watching.held import what_held
from segkit.data.watching.watch import Watch
from segkit.data.work import Work
from segkit.errors import SegkitError


def examine_sources(of: Examined) -> Iterator[Finding]:
    """Everything about the files that the next load would read."""
    manifest = of.manifest
    try:
        agreement = agreed(manifest.contract if manifest else None, contract_of(of.vocabulary, list(of.links)))
        plan = plan_of(of.workspace, of.app, of.links, manifest, agreement.labels, None)
        for _, source, _ in sources_of(of.app, of.links, of.vocabulary):
            for file in files_of(of.workspace, source)[-1:]:
                of.columns_of(file)
        drifts = _foreseen(of, plan)
    except SegkitError as error:
        why = "no load goes through until then; what was loaded before still counts"
        yield from of_error(error, of.name, why, "mend the file or the setting that is named, then load again")
        return
    for note in plan.notes:
        why = "what such files would bring is not there"
        yield Finding("warning", of.name, note, why, "mend the pattern in segkit.toml, or put files there")
    yield from _drift(of, plan, drifts)
    yield from _waiting(of, plan)


def _foreseen(of: Examined, plan: Plan) -> tuple[Drift, ...]:
    """What the columns of the waiting files say."""
    watch = Watch(of.manifest)
    if of.manifest is not None and plan.files:
        with Work(of.folder / SCRATCH, of.settings.limits, plan.folders) as work:
            foresee(work, watch, plan, of.vocabulary, of.columns_of)
    return watch.drifts


def _drift(of: Examined, plan: Plan, foreseen: tuple[Drift, ...]) -> Iterator[Finding]:
    waiting = {file.shown for file in plan.files}
    held = [drift for drift in what_held(of.folder) if drift.file in waiting]
    told = {(drift.file, drift.column) for drift in held}
    found = [*held, *(drift for drift in foreseen if (drift.file, drift.column) not in told)]
    accepting = how_to_accept(of.name, found)
    for drift in found:
        where = f"{of.name}, {drift.file}, column '{drift.column}'"
        why = "the load is held until it is mended or accepted; what was loaded before still counts"
        next_step = f"{drift.advice}; or {accepting}" if drift.can_be_accepted else drift.advice
        yield Finding("error", where, f"{drift.now}; {drift.was}", why, next_step)


def _waiting(of: Examined, plan: Plan) -> Iterator[Finding]:
    waiting = [file for file in plan.files if file.state is not None]  # what has none is read at every load
    if of.manifest is None or not waiting:
        return
    read = {record.path for record in of.manifest.sources}
    changed = [file.shown for file in waiting if file.shown in read]
    what = f"{len(waiting):,} source files are new or have changed since the last load"
    yield Finding("note", of.name, what, "numbers do not know them yet", of.command("load"))
    if changed:
        more = f" and {len(changed) - 1:,} more" if changed[1:] else ""
        yield Finding(
            "warning", of.name, f"{changed[0]}{more} changed after it was read",
            "what was read of it may no longer be what it says; events that were taken out of it still count",
            f"{of.command('load')} reads it again; {of.command('load', '--rebuild')} forgets what it said before",
        )  # fmt: skip
