"""Published segments into a zip, by hand or because the settings have it due; always on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import require_available
from segkit.api.gating import holding_data
from segkit.data.settings import ExportSettings
from segkit.definitions.documents import document_data
from segkit.definitions.sentences import sentence
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.people import with_labels
from segkit.errors import SegkitError
from segkit.exchange.exports import ExportPart, ExportResult, write_export
from segkit.store.records import Snapshot
from segkit.store.snapshots import read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App

#: The kind of run that a night's refresh is on record as.
REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class DueExport:
    """One export of the settings that is due on a date: made now or before, or why it was not made."""

    name: str
    status: Literal["made", "made before", "held", "failed"]
    file: str  # relative to the workspace where it lies inside; empty where none was made
    segments: int
    rows: int
    reason: str = ""


def export(
    app: App,
    names: Sequence[str],
    as_of: date,
    *,
    labels: Sequence[str],
    format: Literal["csv", "xlsx"],
    profile: Literal["machine", "spreadsheet"] | None,
    path: Path | None,
    due: str | None = None,
) -> ExportResult:
    """Writes one zip and records it. Raises SegkitError where a segment is imported, or not published for the date."""
    definitions = app.definitions()
    declared = [app.vocabulary.label(code) for code in labels]
    chosen = list({d.id: d for d in (definitions[name] for name in names)}.values())
    found = [(definition, _published(app, definition, as_of, definitions)) for definition in chosen]
    evaluator = app.evaluator()
    members = {snapshot.id: _users(evaluator, app, snapshot, as_of) for _, snapshot in found}
    parts = [
        ExportPart(
            segment_id=definition.id,
            name=definition.name,
            kind=definition.kind,
            words=sentence(definition.rule, app.vocabulary, definitions.name_of),
            document=document_data(definition.document),
            version=snapshot.version,
            as_of=snapshot.as_of,
            computed_at=snapshot.computed_at,
            count=members[snapshot.id].count,
            batches=with_labels(evaluator, members[snapshot.id], labels, as_of),
        )
        for definition, snapshot in found
    ]
    made_at = app.workspace.clock()
    result = write_export(
        path or app.workspace.folder / "exports" / _file_name(app, due, as_of, made_at.strftime("%H%M%S")),
        parts,
        format=format,
        profile=profile,
        app=app.name,
        as_of=as_of,
        made_at=made_at,
        actor=app.workspace.actor,
        data_generation=evaluator.manifest.generation,
        engine=evaluator.version,
        labels=declared,
    )
    app.workspace.catalog.record_export(
        app.name,
        name=due,
        as_of=as_of,
        file=inside(result.path, app.workspace.folder),
        sha256=result.sha256,
        at=made_at,
        actor=app.workspace.actor,
        detail={"segments": {d.id: members[s.id].count for d, s in found}, "labels": list(labels), "format": format},
    )
    return result


def _users(evaluator: DuckEvaluator, app: App, snapshot: Snapshot, as_of: date) -> Bitmap:
    """Those of a snapshot who are still there: one with cycle once may be older than the date exported for."""
    return read_snapshot(app.workspace.folder, snapshot).resized(evaluator.size) & evaluator.base(as_of)


def _file_name(app: App, due: str | None, as_of: date, time: str) -> str:
    return f"{app.name}-{due}-{as_of}.zip" if due else f"{app.name}-{as_of}-{time}.zip"


def inside(path: Path, workspace: Path) -> str:
    """A path relative to the workspace where it lies inside, else as it is."""
    resolved = path.resolve()
    return resolved.relative_to(workspace).as_posix() if resolved.is_relative_to(workspace) else str(resolved)


def _published(app: App, definition: Definition, as_of: date, definitions: Definitions) -> Snapshot:
    """The snapshot that an export writes: as of that very date, or for cycle once the newest one before it."""
    if definition.kind == "imported":
        raise SegkitError(f"‘{definition.name}’ is an imported list; imported segments are never exported")
    require_available(definition)
    if definition.cycle == "once":
        snapshot = app.workspace.catalog.newest_snapshot(app.name, definition.id, as_of)
    else:
        snapshot = app.workspace.catalog.snapshot(app.name, definition.id, as_of)
    again = f"`segkit refresh '{definition.name}' --as-of {as_of}` computes it"
    if snapshot is None:
        raise SegkitError(f"‘{definition.name}’ is not computed as of {as_of}; {again}")
    if snapshot.rule_fingerprint != definitions.fingerprints[definition.id]:
        raise SegkitError(f"‘{definition.name}’ has changed since it was computed as of {snapshot.as_of}; {again}")
    return snapshot


def export_due(app: App, as_of: date, names: Iterable[str] | None) -> list[DueExport]:
    """Every export of the settings that is due on a date; one made before is named, not repeated.

    One that includes what a gate holds is held with it: an old list would leave under a new date. Once that is
    published, it is made. What one export fails for leaves the others.
    """
    wanted = None if names is None else set(names)
    due = [e for e in app.due_exports if e.is_due(as_of) and (wanted is None or e.name in wanted)]
    return [_due(app, settings, as_of) for settings in due]


def _due(app: App, settings: ExportSettings, as_of: date) -> DueExport:
    before = app.workspace.catalog.due_export(app.name, settings.name, as_of)
    if before is not None:
        counts = before.detail["segments"].values()
        return DueExport(settings.name, "made before", before.file, len(counts), sum(counts))
    try:
        reason = _held(app, settings, as_of)
        if reason:
            return DueExport(settings.name, "held", "", len(settings.segments), 0, reason)
        return _make(app, settings, as_of)
    except SegkitError as error:
        return DueExport(settings.name, "failed", "", len(settings.segments), 0, str(error))


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
        labels=settings.labels,
        format=settings.format,
        profile=settings.profile,
        path=app.workspace.folder / settings.target / _file_name(app, settings.name, as_of, ""),
        due=settings.name,
    )
    file = inside(result.path, app.workspace.folder)
    return DueExport(settings.name, "made", file, len(result.segments), sum(part.rows for part in result.segments))
