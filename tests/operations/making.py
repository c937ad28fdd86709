"""A workspace whose clock is told, and nights on it that end as a test says, with no notebook run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import segkit
from segkit.api import Workspace
from segkit.nightly import NightReport
from segkit.operations.reporting import reporting

BEGAN = datetime(2024, 11, 7, 2, 30, tzinfo=UTC)


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self, at: datetime = BEGAN) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def on(self, **by: float) -> None:
        """Goes on by so much."""
        self.at += timedelta(**by)


def opened(folder: Path, clock: Clock) -> Workspace:
    """The workspace at that clock."""
    return segkit.open(folder, actor="tester", clock=clock)


def segment(name: str, count: int | None, before: int | None = None, **more: Any) -> dict[str, Any]:
    """A segment as a refresh reports it: published, unless it is said otherwise."""
    change = None if count is None or before is None else count - before
    fixed = {"id": f"sg_{name}", "name": name, "kind": "custom", "status": "published", "reason": ""}
    return {**fixed, "count": count, "before": before, "change": change, **more}


def night(
    workspace: Workspace,
    *segments: Mapping[str, Any],
    clock: Clock | None = None,
    error: Exception | None = None,
    app: str = "",
    as_of: date | None = None,
    **more: Any,
) -> NightReport:
    """One night that reports these segments of every app in it, or dies of `error`; 90.5 seconds by the clock."""

    def run(workspace: Workspace, app: str = "", as_of: date | None = None) -> NightReport:
        if clock is not None:
            clock.on(seconds=90.5)
        if error is not None:
            raise error
        dates = {name: day.isoformat() for name, day in workspace.night(app, as_of).dates.items()}
        detail = {"base": 100, "data_generation": 1, "segments": [dict(each) for each in segments], "notes": []}
        fixed: dict[str, Any] = {
            "workspace": str(workspace.folder),
            "as_of": dates,
            "loads": {name: [f"{name}: nothing new"] for name in dates},
            "refreshes": {name: {"app": name, "as_of": day, **detail} for name, day in dates.items()},
            "exports": [],
            "notebooks": ["runs/2024-11-07/nightly_refresh.ipynb"],
            "failed": [],
            "held": [],
        }
        return NightReport(**{**fixed, **more})

    return reporting(workspace, workspace.night(app, as_of).dates, lambda: run(workspace, app, as_of))
