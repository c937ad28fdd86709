"""The night: load what is new, run the refresh and export notebooks with papermill, keep them, say what happened."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from segkit.api import App, Workspace
from segkit.api.gating import require_acceptable
from segkit.api.night import EXPORT, REFRESH, Night
from segkit.api.night_health import load_health
from segkit.errors import Busy, Held, PartlyDone, SegkitError
from segkit.files.atomic import sweep, write_text
from segkit.files.locks import Lock
from segkit.operations.gates import Finding, words_of_held
from segkit.operations.reporting import reporting
from segkit.store.records import Run
from segkit.workbench.night_page import failed_page, night_page
from segkit.workbench.notebooks import execute, notebook

#: Told what is being done, and how far it is (0 to 1).
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class NightReport:
    """What a night did: counts by app, the executed notebooks and the exports, relative to the workspace."""

    workspace: str
    as_of: dict[str, str]
    loads: dict[str, list[str]]
    refreshes: dict[str, dict[str, Any]]
    exports: list[dict[str, Any]]
    notebooks: list[str]
    failed: list[str]
    held: list[str]  # segments and exports, each with why
    #: What the gates found, also where somebody let it through; see `Finding`.
    gates: list[dict[str, Any]] = field(default_factory=list)
    page: str = ""  # for people to read, relative to the workspace

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def run_night(
    workspace: Workspace,
    app: str = "",
    as_of: date | None = None,
    tell: Tell | None = None,
    accept: Sequence[str] = (),
) -> NightReport:
    """One whole night of one app, or of all; running it again does what was left undone.

    `accept` names gates, or segments, to let through, on record. Raises Busy if another process is at it. What failed
    while the rest was done stands in the report's `failed`, what gates held in `held`.
    """
    require_acceptable(workspace, accept, app)
    with Lock(workspace.folder / "locks" / "night.lock", "the night"):
        night = workspace.night(app, as_of)
        work = partial(_run, workspace, night, app, list(night.apps), accept, tell or (lambda step, share: None))
        return reporting(workspace, night.dates, work)


def run_nights(
    workspace: Workspace,
    first: date,
    last: date,
    app: str = "",
    tell: Tell | None = None,
    accept: Sequence[str] = (),
    export: bool = False,
) -> Iterator[NightReport]:
    """A night for each date from `first` to `last`, one after the other: each as it would have been on its day.

    Of the past nothing is exported unless `export`. Raises SegkitError for dates after an app's own, Busy as above.
    """
    _require_past(workspace, first, last, app)
    require_acceptable(workspace, accept, app)
    with Lock(workspace.folder / "locks" / "night.lock", f"the nights from {first} to {last}"):
        for number in range((last - first).days + 1):
            night = workspace.night(app, first + timedelta(days=number))
            exported = [each for each in night.apps if export or night.as_of(each) == each.as_of]
            work = partial(_run, workspace, night, app, exported, accept, tell or (lambda step, share: None))
            is_past = any(night.as_of(each) != each.as_of for each in night.apps)
            yield reporting(workspace, night.dates, work, is_past=is_past)


def _require_past(workspace: Workspace, first: date, last: date, app: str) -> None:
    if last < first:
        raise SegkitError(f"--from {first} --to {last}: expected the earlier day first")
    for each in (workspace.app(app),) if app else tuple(workspace.apps()):
        if last > each.as_of:
            raise SegkitError(
                f"--to {last} lies after {each.as_of}, the own date of app '{each.name}'; published is what is known. "
                "Choose an earlier day, or one app with --app."
            )


def _run(
    workspace: Workspace, night: Night, app: str, exported: Sequence[App], accept: Sequence[str], say: Tell
) -> NightReport:
    """The night itself, and its page; needs the lock."""
    page = folder_of(workspace, night) / (f"night-{app}.html" if app else "night.html")
    try:
        report = _work(workspace, night, app, exported, accept, say)
    except SegkitError as error:
        write_text(page, failed_page(night.dates, str(error), _made_at(workspace)))
        raise
    found = {each.name: load_health(each, night.as_of(each)) for each in night.apps}
    write_text(page, night_page(report.to_dict(), found, _made_at(workspace)))
    return replace(report, page=page.relative_to(workspace.folder).as_posix())


def folder_of(workspace: Workspace, night: Night) -> Path:
    """Where a night's evidence lies: a folder of its date."""
    return workspace.folder / "runs" / max(night.dates.values()).isoformat()


def _made_at(workspace: Workspace) -> str:
    return f"Made on {workspace.clock():%Y-%m-%d at %H:%M} UTC"


def _work(
    workspace: Workspace, night: Night, app: str, exported: Sequence[App], accept: Sequence[str], say: Tell
) -> NightReport:
    began = workspace.clock()
    loads, failed = _load(workspace, night, accept, say)
    executed = [_execute(workspace, "nightly_refresh", app, night, say, {"segments": [], "accept": list(accept)})]
    refreshes = {a.name: _run_since(workspace, a.name, night.as_of(a), REFRESH, began) for a in night.apps}
    # All at once, unless a backfill exports of one app and not of another.
    names = [app] if len(exported) == len(night.apps) else [each.name for each in exported]
    executed += [_execute(workspace, "nightly_export", name, night, say, {}) for name in names]
    exports = {a.name: _run_since(workspace, a.name, night.as_of(a), EXPORT, began) for a in exported}
    # A kernel outlives its killed night by a second or so; what it left half written is gone by now or is swept.
    for target in {"runs", *(due.folder for a in night.apps for due in a.due_exports)}:
        sweep(workspace.folder / target)
    runs = [*refreshes.values(), *exports.values()]
    return NightReport(
        workspace=str(workspace.folder),
        as_of={name: day.isoformat() for name, day in night.dates.items()},
        loads=loads,
        refreshes={name: dict(run.detail) for name, run in refreshes.items()},
        exports=[{"app": name, **made} for name, run in exports.items() for made in run.detail.get("exports", [])],
        notebooks=[path.relative_to(workspace.folder).as_posix() for path in executed],
        failed=failed + [reason for run in runs for reason in _failures(run)],
        held=[reason for run in runs for reason in _held(run)],
        gates=[found for run in refreshes.values() for found in run.detail.get("gates", [])],
    )


def _load(
    workspace: Workspace, night: Night, accept: Sequence[str], say: Tell
) -> tuple[dict[str, list[str]], list[str]]:
    """Brings in what is new, app by app; what one app's sources break leaves the others', and its own earlier data."""
    loads: dict[str, list[str]] = {}
    failed: list[str] = []
    for app in night.apps:
        try:
            reports = workspace.load(
                app.name,
                accept_drift="drift" in accept,
                progress=lambda step, share: say(f"load: {step}", share),
            )
            loads[app.name] = [line for report in reports for line in report.words()]
        except Busy:
            raise
        except Held as held:
            loads[app.name] = str(held).splitlines()  # it is on record, and holds the refresh
        except SegkitError as error:
            failed.append(f"{app.name}: load: {error} What was loaded before is used.")
    return loads, failed


def raise_what_failed(*reports: NightReport) -> None:
    """Raises PartlyDone with every reason if something failed, Held if gates held some and nothing failed."""
    failed = [reason for report in reports for reason in _dated(report.failed, report, reports)]
    held = [reason for report in reports for reason in _dated(report.held, report, reports)]
    if failed or held:
        kind, done = PartlyDone if failed else Held, "the night is" if len(reports) == 1 else "the nights are"
        raise kind(f"{done} done but for:\n  " + "\n  ".join([*failed, *held, *_how_to_go_on(reports)]))


def _dated(reasons: Sequence[str], report: NightReport, reports: Sequence[NightReport]) -> list[str]:
    """Reasons, with their date where there are several nights."""
    return [*reasons] if len(reports) == 1 else [f"as of {max(report.as_of.values())}: {each}" for each in reasons]


def _how_to_go_on(reports: Sequence[NightReport]) -> list[str]:
    """What opens a gate, said once for all that are shut."""
    found = [found for report in reports for found in report.gates if not found["accepted"]]
    shut = dict.fromkeys(each["holds"] or each["gate"] for each in found)
    if not shut:
        return []
    names = " ".join(f"--accept {shlex.quote(name)}" for name in shut)
    return [f"What was published before is still served. If this is right: segkit nightly {names}"]


def _execute(workspace: Workspace, name: str, app: str, night: Night, say: Tell, more: Mapping[str, object]) -> Path:
    """Runs one notebook; its executed copy lies under the date of the night, whole or not at all."""
    target = folder_of(workspace, night) / (f"{name}-{app}.ipynb" if app else f"{name}.ipynb")
    # The dates are settled: a night that crosses midnight goes on as of the day on which it began.
    dates = {each: day.isoformat() for each, day in night.dates.items()}
    parameters = {"workspace": str(workspace.folder), "app": app, "as_of": dates[app] if app else dates, **more}
    environment = {"SEGKIT_ACTOR": workspace.actor}
    execute(notebook(name), target, parameters, environment, lambda share: say(name.replace("_", " "), share))
    return target


def _run_since(workspace: Workspace, app: str, as_of: date, kind: str, began: datetime) -> Run:
    """The run that this night's notebook put on record. Raises SegkitError if it did not, or did not end."""
    for run in workspace.catalog.runs(app, as_of=as_of, kind=kind, limit=1):
        if run.started_at >= began and run.outcome is not None:
            return run
    raise SegkitError(f"the {kind} notebook ended without a record for app '{app}'; look into runs/{as_of}")


def _failures(run: Run) -> list[str]:
    if run.outcome == "failed":
        return [f"{run.app}: {run.kind}: {run.detail.get('reason', 'no reason on record')}"]
    return _of_status(run, "failed")


def _held(run: Run) -> list[str]:
    """Held segments, what holds all of them said once; or held exports."""
    if run.kind == EXPORT:
        return _of_status(run, "held")
    rows = [row for row in run.detail.get("segments", []) if row["status"] == "held"]
    findings = [Finding(**found) for found in run.detail.get("gates", [])]
    words = words_of_held([row["name"] for row in rows], [row["reason"] for row in rows], findings)
    return [f"{run.app}: {each}" for each in words]


def _of_status(run: Run, status: str) -> list[str]:
    """The segments of a refresh, or the exports, that came to `status`, each with why."""
    rows = [*run.detail.get("segments", []), *run.detail.get("exports", [])]
    what = "export " if run.kind == EXPORT else ""
    return [f"{run.app}: {what}‘{row['name']}’ {status}: {row['reason']}" for row in rows if row["status"] == status]
