"""The part of an app that is about exports: planned, made, made when due, and what was made before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.export_options import ExportOptions
    from segkit.api.export_plans import ExportPlan
    from segkit.api.export_preparing import Watch
    from segkit.api.exporting_due import DueExport
    from segkit.api.exports_made import ExportList
    from segkit.data.settings import ExportSettings
    from segkit.exchange.exports import ExportResult

Day = date | str | None
Tell = Callable[[str, float], None]


class AppExports:
    """Segments on their way out. What each needs is loaded when it is used."""

    def export(
        self,
        names: Sequence[str],
        path: str | Path | None = None,
        as_of: Day = None,
        *,
        progress: Tell | None = None,
        cancel: threading.Event | None = None,
        **options: Unpack[ExportOptions],
    ) -> ExportResult:
        """One zip of the named segments' published users with chosen labels and a manifest; imported ones are refused.

        Without `path` it lies in the workspace's `exports/`. On record, with the labels that were asked for. Options:
        labels, format, profile (also a platform's), channel, columns, holdout, seed, variants, changes, max_age_days;
        see `export_options.Wanted`. Given up by `cancel` it raises Cancelled, and nothing is written.
        """
        from segkit.api import exporting
        from segkit.api.export_options import Wanted

        app, wanted = self._with_exports, Wanted(**options)
        watch = _watch(progress, cancel)
        return exporting.export(app, names, app.day(as_of), wanted, Path(path) if path else None, watch=watch)

    def plan_export(
        self,
        names: Sequence[str],
        as_of: Day = None,
        *,
        progress: Tell | None = None,
        cancel: threading.Event | None = None,
        **options: Unpack[ExportOptions],
    ) -> ExportPlan:
        """What `export` with the same words would write: files, rows, columns, who is held back. Writes nothing."""
        from segkit.api.export_options import Wanted
        from segkit.api.export_plans import plan_export

        app = self._with_exports
        return plan_export(app, names, app.day(as_of), Wanted(**options), _watch(progress, cancel))

    def export_due(self, as_of: Day = None, names: Iterable[str] | None = None) -> list[DueExport]:
        """Makes the exports that `segkit.toml` has due on that date, each once."""
        from segkit.api import exporting_due

        app = self._with_exports
        return exporting_due.export_due(app, app.day(as_of), names)

    @property
    def due_exports(self) -> tuple[ExportSettings, ...]:
        """What the settings export of this app."""
        app = self._with_exports
        return tuple(export for export in app.workspace.settings.exports if export.app == app.name)

    def exports_made(self, limit: int | None = None) -> ExportList:
        """The exports on record, the newest first: when, by whom, which segments, how many rows, which file."""
        from segkit.api.exports_made import exports_made

        return exports_made(self._with_exports, limit)

    def export_manifest(self, number: int) -> dict[str, Any]:
        """The manifest of an export by its number. Raises NotFound if its file is gone, Damaged if it is another."""
        from segkit.api.exports_made import manifest_of

        return manifest_of(self._with_exports, number)

    def exported_file(self, number: int) -> Path:
        """The zip of an export by its number, whole as it was written. Whoever fetches it is on record."""
        from segkit.api.exports_made import exported_file

        return exported_file(self._with_exports, number)

    @property
    def _with_exports(self) -> App:
        return cast("App", self)


def _watch(progress: Tell | None, cancel: threading.Event | None) -> Watch:
    from segkit.api.export_preparing import Watch

    return Watch(progress or (lambda _step, _share: None), cancel or threading.Event())
