"""The night: load what is new, run the refresh and export notebooks with papermill, keep them, say what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from segkit.api import Workspace
from segkit.api.night import EXPORT, REFRESH, Night
from segkit.errors import Busy, Held, PartlyDone, SegkitError
from segkit.files.atomic import sweep
from segkit.files.locks import Lock
from segkit.operations.reporting import reported
from segkit.store.records import Run
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
    held: list[str]  # by a persona that is not where it must be
    gates: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@reported
def run_night(workspace: Workspace, app: str = "", as_of: date | None = None, tell: Tell | None = None) -> NightReport:
    """One whole night of one app, or of all; running it again does what was left undone.

    Raises Busy if another process is at it. What failed while the rest was done stands in the report's `failed`.
    """
    say = tell or (lambda step, share: None)
    with Lock(workspace.folder / "locks" / "night.lock", "the night"):
        began = workspace.clock()
        night = workspace.night(app, as_of)
        loads, failed = _load(workspace, night, say)
        executed = [_execute(workspace, name, app, night, say) for name in ("nightly_refresh", "nightly_export")]
        refreshes = {a.name: _run_since(workspace, a.name, night.as_of(a), REFRESH, began) for a in night.apps}
        exports = {a.name: _run_since(workspace, a.name, night.as_of(a), EXPORT, began) for a in night.apps}
        # A kernel outlives its killed night by a second or so; what it left half written is gone by now or is swept.
        for target in {"runs", *(due.target for a in night.apps for due in a.due_exports)}:
            sweep(workspace.folder / target)
    return NightReport(
        workspace=str(workspace.folder),
        as_of={name: day.isoformat() for name, day in night.dates.items()},
        loads=loads,
        refreshes={name: dict(run.detail) for name, run in refreshes.items()},
        exports=[{"app": name, **made} for name, run in exports.items() for made in run.detail.get("exports", [])],
        notebooks=[path.relative_to(workspace.folder).as_posix() for path in executed],
        failed=failed + [reason for runs in (refreshes, exports) for run in runs.values() for reason in _failures(run)],
        held=[reason for run in refreshes.values() for reason in _segments(run, "held")],
    )


def _load(workspace: Workspace, night: Night, say: Tell) -> tuple[dict[str, list[str]], list[str]]:
    """Brings in what is new, app by app; what one app's sources break leaves the others', and its own earlier data."""
    loads: dict[str, list[str]] = {}
    failed: list[str] = []
    for app in night.apps:
        try:
            reports = workspace.load(app.name, progress=lambda step, share: say(f"load: {step}", share))
            loads[app.name] = [line for report in reports for line in report.words()]
        except Busy:
            raise
        except SegkitError as error:
            failed.append(f"{app.name}: load: {error} What was loaded before is used.")
    return loads, failed


def raise_what_failed(report: NightReport) -> None:
    """Raises PartlyDone with every reason if something failed, Held if personas held some and nothing failed."""
    missing = [*report.failed, *report.held]
    if missing:
        kind = PartlyDone if report.failed else Held
        raise kind("the night is done but for:\n  " + "\n  ".join(missing))


def _execute(workspace: Workspace, name: str, app: str, night: Night, say: Tell) -> Path:
    """Runs one notebook; its executed copy lies under the date of the night, whole or not at all."""
    folder = workspace.folder / "runs" / max(night.dates.values()).isoformat()
    target = folder / (f"{name}-{app}.ipynb" if app else f"{name}.ipynb")
    # The dates are settled: a night that crosses midnight goes on as of the day on which it began.
    dates = {each: day.isoformat() for each, day in night.dates.items()}
    parameters: dict[str, object] = {
        "workspace": str(workspace.folder),
        "app": app,
        "as_of": dates[app] if app else dates,
    }
    if name == "nightly_refresh":
        parameters["segments"] = []
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
    return _segments(run, "failed")


def _segments(run: Run, status: str) -> list[str]:
    """The segments of a refresh that came to `status`, each with why."""
    segments = [s for s in run.detail.get("segments", []) if isinstance(s, dict)]
    return [f"{run.app}: ‘{s['name']}’ {status}: {s['reason']}" for s in segments if s["status"] == status]
