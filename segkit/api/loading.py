"""Loads of a workspace's apps, and what they accept on record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from segkit.api.lists.rematching import match_lists_again
from segkit.data.day_ranges import DayRanges
from segkit.data.load import load_app
from segkit.data.report import LoadReport
from segkit.data.watching.drift import Acceptance

if TYPE_CHECKING:
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
        match_lists_again(workspace.app(name))
        reports.append(report)
    return reports


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
