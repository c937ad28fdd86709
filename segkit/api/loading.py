"""Loads of a workspace's apps, and what they accept on record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.api.gating import HELD, LOAD, newest_load
from segkit.api.lists.rematching import match_lists_again
from segkit.data.day_ranges import DayRanges
from segkit.data.load import load_app
from segkit.data.manifest import FILE
from segkit.data.report import LoadReport
from segkit.data.watching.drift import Acceptance, Drifted

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.workspace import Workspace


def load(
    workspace: Workspace,
    apps: Sequence[str],
    *,
    as_of_limit: date | None,
    rebuild: bool,
    accept_drift: bool | Collection[str],
    days: DayRanges,
    progress: Callable[[str, float], None] | None,
) -> list[LoadReport]:
    """A load of each app in turn; see `Workspace.load`."""
    accept = _acceptance(workspace, accept_drift)
    reports = []
    for name in apps:
        with _gate_on_record(workspace, name):
            report = load_app(
                workspace.folder,
                workspace.settings,
                name,
                today=workspace.today(name),
                as_of_limit=as_of_limit,
                rebuild=rebuild,
                accept=accept,
                days=days,
                progress=progress,
            )
        _put_on_record(workspace, report)
        told = match_lists_again(workspace.app(name))
        reports.append(replace(report, notes=(*report.notes, *told)))
    return reports


@contextmanager
def _gate_on_record(workspace: Workspace, name: str) -> Iterator[None]:
    """Puts on record that drift held a load, and that one went through again; the gate of a refresh reads it."""
    app = workspace.app(name)
    try:
        yield
    except Drifted as drifted:
        if (app.folder / FILE).exists():
            told = [str(drift) for drift in drifted.drifts]
            _record(app, HELD, {"generation": app.manifest.generation, "drift": told})
        raise
    last = newest_load(app)
    if last is not None and last.outcome == HELD:
        _record(app, "done", {"generation": app.manifest.generation})


def _record(app: App, outcome: str, detail: dict[str, Any]) -> None:
    catalog, clock = app.workspace.catalog, app.workspace.clock
    run = catalog.begin_run(app.name, as_of=app.as_of, kind=LOAD, started_at=clock())
    catalog.end_run(run, ended_at=clock(), outcome=outcome, detail=detail)


def _acceptance(workspace: Workspace, accept_drift: bool | Collection[str]) -> Acceptance | None:
    if accept_drift is False:
        return None
    columns = None if accept_drift is True else frozenset(accept_drift)
    return Acceptance(by=workspace.actor, at=workspace.clock(), columns=columns)


def _put_on_record(workspace: Workspace, report: LoadReport) -> None:
    """Who took which drift, in the audit trail; the report that is kept with the data says the same."""
    if report.drift and report.accepted_at is not None:
        workspace.catalog.record_audit(
            actor=report.accepted_by,
            at=report.accepted_at,
            app=report.app,
            action="accept drift",
            subject=", ".join(dict.fromkeys(drift.column for drift in report.drift)),
            detail={"generation": report.generation, "drift": [drift.to_dict() for drift in report.drift]},
        )


def put_forgetting_on_record(workspace: Workspace, app: str, days: DayRanges, report: LoadReport) -> None:
    """Who deleted the events of which days, in the audit trail."""
    workspace.catalog.record_audit(
        actor=workspace.actor,
        at=workspace.clock(),
        app=app,
        action="forget days",
        subject=str(days),
        detail={"generation": report.generation, "notes": list(report.notes)},
    )
