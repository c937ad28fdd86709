"""Exports that the settings have due on a date: each is made once, held where a gate holds what it includes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Literal

from segkit.api.definitions import Definitions
from segkit.api.export_options import Wanted
from segkit.api.exporting import export, file_name, inside
from segkit.api.gating import holding_data
from segkit.api.night import REFRESH
from segkit.data.settings import ExportSettings
from segkit.errors import Busy, PartlyDone, SegkitError
from segkit.operations.delivering import send_deliveries
from segkit.store.outbox import REPLACED
from segkit.store.records import ExportRecord

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True, slots=True)
class DueExport:
    """One export of the settings that is due on a date: made now or before, or why it was not made."""

    name: str
    status: Literal["made", "made before", "held", "failed"]
    file: str  # relative to the workspace where it lies inside; empty where none was made
    segments: int
    rows: int
    reason: str = ""


def export_due(app: App, as_of: date, names: Iterable[str] | None) -> list[DueExport]:
    """Every export of the settings that is due on a date; one made before is named, not repeated.

    One that includes what a gate holds is held with it: an old list would leave under a new date. Once that is
    published, it is made. What one export fails for leaves the others.
    """
    wanted = None if names is None else set(names)
    due = [e for e in app.due_exports if e.is_due(as_of) and (wanted is None or e.name in wanted)]
    made = [_due(app, settings, as_of) for settings in due]
    with suppress(Busy):
        send_deliveries(app.workspace, app=app.name)  # those of earlier nights, or made by hand, that are due again
    return made


def _due(app: App, settings: ExportSettings, as_of: date) -> DueExport:
    before = app.workspace.catalog.due_export(app.name, settings.name, as_of)
    try:
        if before is not None:
            return _made_before(app, before)
        reason = _held(app, settings, as_of)
        if reason:
            return DueExport(settings.name, "held", "", len(settings.segments), 0, reason)
        return _make(app, settings, as_of)
    except PartlyDone as error:  # it is written
        made = app.workspace.catalog.due_export(app.name, settings.name, as_of)
        return _told(made, "failed", str(error)) if made is not None else _not_made(settings, error)
    except SegkitError as error:
        return _not_made(settings, error)


def _not_made(settings: ExportSettings, error: SegkitError) -> DueExport:
    return DueExport(settings.name, "failed", "", len(settings.segments), 0, str(error))


def _made_before(app: App, record: ExportRecord) -> DueExport:
    """Makes nothing again; what waits to be delivered is tried again."""
    key = record.detail.get("delivery", {}).get("key")
    outbox = app.workspace.catalog.outbox
    message = None if key is None else outbox.by_key(key)
    if message is not None and message.is_waiting:
        problems = send_deliveries(app.workspace, key=message.key).problems
        if problems:
            return _told(record, "failed", "; ".join(problems))
        message = outbox.by_key(message.key)
    if message is None or message.sent_at is not None or message.last_error == REPLACED:
        return _told(record, "made before")
    return _told(record, "failed", f"it was not delivered: {message.last_error or 'it waits, see `segkit notify`'}")


def _told(record: ExportRecord, status: Literal["made before", "failed"], reason: str = "") -> DueExport:
    counts = record.detail["segments"].values()
    return DueExport(record.name or "", status, record.file, len(counts), sum(counts), reason)


def _held(app: App, settings: ExportSettings, as_of: date) -> str:
    """Why an export has to wait: what the gates found about the data, or the newest refresh about a segment in it."""
    of_data = "; ".join(finding.sentence for finding in holding_data(app, as_of))
    if of_data:
        return of_data
    definitions, catalog = app.definitions(), app.workspace.catalog
    ids = [definitions[name].id for name in settings.segments]
    for run in catalog.runs(app.name, as_of=as_of, kind=REFRESH, limit=1):
        for row in run.detail.get("segments", ()):
            if row["status"] == "held" and row["id"] in ids and not _is_published(app, row["id"], as_of, definitions):
                return f"‘{row['name']}’ is held: {row['reason']}"
    return ""


def _is_published(app: App, segment_id: str, as_of: date, definitions: Definitions) -> bool:
    """Whether a segment was published as of a date by its rule as it is now."""
    snapshot = app.workspace.catalog.snapshot(app.name, segment_id, as_of)
    return snapshot is not None and snapshot.rule_fingerprint == definitions.fingerprints[segment_id]


def _make(app: App, settings: ExportSettings, as_of: date) -> DueExport:
    result = export(
        app,
        settings.segments,
        as_of,
        _wanted(settings),
        app.workspace.folder / settings.folder / file_name(app, settings.name, as_of, ""),
        settings.name,
    )
    file = inside(result.path, app.workspace.folder)
    segments = {part.segment_id for part in result.segments}
    return DueExport(settings.name, "made", file, len(segments), sum(part.rows for part in result.segments))


def _wanted(settings: ExportSettings) -> Wanted:
    names = [field.name for field in fields(Wanted)]
    return Wanted(**{name: getattr(settings, name) for name in names})
