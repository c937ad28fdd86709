"""The parts of a night that its notebooks call: refresh and export of one app or all, each on record as a run."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from segkit.api.app import App
from segkit.api.results import RefreshReport, table_html
from segkit.engine.protocol import Progress
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.exporting_due import DueExport
    from segkit.api.workspace import Workspace

T = TypeVar("T")
#: One date, one for each app by name, or each app's own.
NightDates = date | str | Mapping[str, date | str] | None
#: What the parts of a night are on record as.
REFRESH, EXPORT = "refresh", "export"


@dataclass(frozen=True)
class Refreshed:
    """The refreshes of a night, one an app, and why an app was not refreshed."""

    reports: tuple[RefreshReport, ...]
    failed: dict[str, str]

    def __iter__(self) -> Iterator[RefreshReport]:
        return iter(self.reports)

    def _repr_html_(self) -> str:
        failed = "".join(f"<p>{html.escape(app)} failed: {html.escape(why)}</p>" for app, why in self.failed.items())
        return "".join(report._repr_html_() for report in self.reports) + failed

    def __repr__(self) -> str:
        failed = [f"{app} failed: {why}" for app, why in self.failed.items()]
        return "\n\n".join([*(repr(report) for report in self.reports), *failed])


@dataclass(frozen=True)
class Exported:
    """The exports of a night by app, and why one was not made."""

    made: dict[str, tuple[DueExport, ...]]
    failed: dict[str, str]

    def _rows(self) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = [
            (app, e.name, e.segments, e.rows, e.status, e.reason or e.file)
            for app, exports in self.made.items()
            for e in exports
        ]
        return rows + [(app, "", None, None, "failed", reason) for app, reason in self.failed.items()]

    def _repr_html_(self) -> str:
        if not self._rows():
            return "<p>No export is due.</p>"
        return table_html(("App", "Export", "Segments", "Rows", "Status", "File, or why there is none"), self._rows())

    def __repr__(self) -> str:
        return "\n".join(" ".join(str(cell) for cell in row) for row in self._rows()) or "No export is due."


class Night:
    """One night of a workspace: `app` names one app, nothing is all; without a date each app is as of its own.

    The dates are settled when the night begins; `as_of` may also give each app's, by name.
    """

    def __init__(self, workspace: Workspace, app: str = "", as_of: NightDates = None) -> None:
        self.apps: tuple[App, ...] = (workspace.app(app),) if app else tuple(workspace.apps())
        self._workspace = workspace
        by_app = as_of if isinstance(as_of, Mapping) else dict.fromkeys((each.name for each in self.apps), as_of)
        self.dates: dict[str, date] = {each.name: each.day(by_app.get(each.name)) for each in self.apps}

    def as_of(self, app: App) -> date:
        """The date that an app's night evaluates for."""
        return self.dates[app.name]

    def refresh(
        self, segments: Sequence[str] = (), accept: Collection[str] = (), progress: Progress | None = None
    ) -> Refreshed:
        """Refreshes every daily segment, or the named ones, of each app. One app's failure leaves the others'.

        `accept` names gates, or segments, to let through, on record.
        """
        reports, failed = [], {}
        for app in self.apps:
            try:
                reports.append(self._refresh(app, segments, accept, progress))
            except SegkitError as error:
                failed[app.name] = str(error)
        return Refreshed(tuple(reports), failed)

    def _refresh(
        self, app: App, segments: Sequence[str], accept: Collection[str], progress: Progress | None
    ) -> RefreshReport:
        def work() -> tuple[RefreshReport, str, dict[str, Any]]:
            report = app.refresh(list(segments) or None, self.as_of(app), progress=progress, accept=accept)
            return report, "partly" if report.failed or report.held else "done", report.to_dict()

        return self._recorded(app, REFRESH, work)

    def export(self) -> Exported:
        """Makes what the settings have due, each export once. One app's failure leaves the others'."""
        made: dict[str, tuple[DueExport, ...]] = {}
        failed: dict[str, str] = {}
        for app in self.apps:
            try:
                made[app.name] = self._export(app)
            except SegkitError as error:
                failed[app.name] = str(error)
        return Exported(made, failed)

    def _export(self, app: App) -> tuple[DueExport, ...]:
        def work() -> tuple[tuple[DueExport, ...], str, dict[str, Any]]:
            exports = tuple(app.export_due(self.as_of(app)))
            is_done = all(export.status.startswith("made") for export in exports)
            return exports, "done" if is_done else "partly", {"exports": [asdict(export) for export in exports]}

        return self._recorded(app, EXPORT, work)

    def _recorded(self, app: App, kind: str, work: Callable[[], tuple[T, str, dict[str, Any]]]) -> T:
        catalog, clock = self._workspace.catalog, self._workspace.clock
        run = catalog.begin_run(app.name, as_of=self.as_of(app), kind=kind, started_at=clock())
        try:
            result, outcome, detail = work()
        except SegkitError as error:
            catalog.end_run(run, ended_at=clock(), outcome="failed", detail={"reason": str(error)})
            raise
        catalog.end_run(run, ended_at=clock(), outcome=outcome, detail=detail)
        return result

    def __repr__(self) -> str:
        return "Night of " + ", ".join(f"{app.name} as of {self.as_of(app)}" for app in self.apps)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"
