"""Published segments into a zip, by hand or because the settings have it due; always on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segkit.api.definitions import Definition, Definitions
from segkit.api.export_options import Wanted
from segkit.api.export_parts import Chosen, Selection
from segkit.api.gating import holding_data
from segkit.api.publishable import publishable
from segkit.data.settings import ExportSettings
from segkit.definitions.documents import document_data
from segkit.definitions.sentences import sentence
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.errors import SegkitError
from segkit.exchange.delivery import Delivery, deliver, delivery_key, is_url
from segkit.exchange.exports import ExportPart, ExportResult, Split, write_export
from segkit.exchange.manifest import instant_text
from segkit.exchange.storage import plain
from segkit.store.records import ExportRecord, Snapshot
from segkit.store.sent import keep_sent, read_sent
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
    app: App, names: Sequence[str], as_of: date, wanted: Wanted, path: Path | None = None, due: str | None = None
) -> ExportResult:
    """Writes one zip and records it. Raises SegkitError where a segment may not leave, or is not published for then."""
    definitions = app.definitions()
    declared = [app.vocabulary.label(code) for code in wanted.labels]
    chosen = list({d.id: d for d in (definitions[name] for name in names)}.values())
    found = [(d, publishable(app, d, as_of, definitions, wanted.max_age_days)) for d in chosen]
    evaluator = app.evaluator()
    selection = Selection(app, evaluator, as_of, wanted)
    last = _last_export(app, chosen, wanted) if wanted.changes else None
    written: dict[str, Chosen] = {}
    parts: list[ExportPart] = []
    for definition, snapshot in found:
        kept = last.detail["sent"][definition.id] if last is not None else None
        before = read_sent(app.workspace.folder, kept, evaluator.size) if kept is not None else None
        written[definition.id] = selection.of(_users(evaluator, app, snapshot, as_of), before)
        parts += _parts(app, definition, snapshot, written[definition.id], selection, definitions)
    made_at = app.workspace.clock()
    result = write_export(
        path or app.workspace.folder / "exports" / _file_name(app, due, as_of, made_at.strftime("%H%M%S")),
        parts,
        format=wanted.file_format,
        profile=wanted.file_profile,
        app=app.name,
        as_of=as_of,
        made_at=made_at,
        actor=app.workspace.actor,
        data_generation=evaluator.manifest.generation,
        engine=evaluator.version,
        labels=declared,
        split=Split() if wanted.platform is None else wanted.platform.split,
        about=_about(selection, wanted, last, declared),
    )
    delivery = _deliver(app, result, wanted, as_of, due)
    app.workspace.catalog.record_export(
        app.name,
        name=due,
        as_of=as_of,
        file=inside(result.path, app.workspace.folder),
        sha256=result.sha256,
        at=made_at,
        actor=app.workspace.actor,
        detail={**_detail(app, written, result, wanted), **({"delivery": delivery.told()} if delivery else {})},
    )
    return result


def _parts(
    app: App,
    definition: Definition,
    snapshot: Snapshot,
    chosen: Chosen,
    selection: Selection,
    definitions: Definitions,
) -> list[ExportPart]:
    told: dict[str, Any] = {
        "segment_id": definition.id,
        "name": definition.name,
        "kind": definition.kind,
        "words": sentence(definition.rule, app.vocabulary, definitions.name_of),
        "document": document_data(definition.document),
        "version": snapshot.version,
        "as_of": snapshot.as_of,
        "computed_at": snapshot.computed_at,
        "members": chosen.members,
        "held_back": chosen.held_back,
        "about": chosen.told,
    }
    return [
        ExportPart(
            **told,
            count=piece.users.count,
            batches=selection.batches_of(piece),
            piece=piece.name,
            columns=selection.columns_of(piece),
            schema=selection.schema_of(piece),
        )
        for piece in chosen.pieces
    ]


def _about(
    selection: Selection, wanted: Wanted, last: ExportRecord | None, declared: Sequence[LabelDeclaration]
) -> dict[str, Any]:
    """What the manifest says of the whole export, beside what every manifest says."""
    about: dict[str, Any] = {}
    if wanted.channel is not None:
        about["channel"] = wanted.channel
    if selection.reachable is not None:
        about["consent_as_of"] = selection.reachable.as_of.isoformat()
    if selection.addressing is not None:
        by_code = {label.code: label.type for label in declared}
        about["platform"] = selection.addressing.platform.told()
        about["columns"] = [
            {"code": name, "name": name, "type": by_code.get(name, "string")} for name in selection.addressing.columns
        ]
    if wanted.changes:
        about["changes_since"] = None if last is None else {"export": last.id, "made_at": instant_text(last.at)}
    return about


def _detail(app: App, written: Mapping[str, Chosen], result: ExportResult, wanted: Wanted) -> dict[str, Any]:
    rows = dict.fromkeys(written, 0)
    for file in result.segments:
        rows[file.segment_id] += file.rows
    held = {key: chosen.held_back for key, chosen in written.items() if chosen.held_back}
    drawn = {key: chosen.told for key, chosen in written.items() if chosen.told}
    return {
        "segments": rows,
        "labels": list(wanted.labels),
        "format": wanted.file_format,
        **wanted.told(),
        "target": _target(wanted),
        **({"held_back": held} if held else {}),
        **({"draw": drawn} if drawn else {}),
        "sent": {key: keep_sent(app.workspace.folder, app.name, chosen.sent) for key, chosen in written.items()},
    }


def _target(wanted: Wanted) -> str:
    """Where it goes, as the record says it: nothing secret of a URL."""
    target = wanted.target or "exports"
    return plain(target) if is_url(target) else target


def _deliver(app: App, result: ExportResult, wanted: Wanted, as_of: date, due: str | None) -> Delivery | None:
    """Brings the zip to its URL, if it has one. What could not be delivered is not kept, and audited."""
    if wanted.target is None or not is_url(wanted.target):
        return None
    key = delivery_key(app.name, due or result.path.name, as_of.isoformat(), _target(wanted))
    try:
        return deliver(result.path, wanted.target, key=key, secret=wanted.secret)
    except SegkitError as error:
        result.path.unlink()
        app.workspace.catalog.record_audit(
            actor=app.workspace.actor,
            at=app.workspace.clock(),
            app=app.name,
            action="export not delivered",
            subject=due or result.path.name,
            detail={"target": _target(wanted), "key": key, "rows": result.rows, "said": str(error)},
        )
        raise


def _last_export(app: App, chosen: Sequence[Definition], wanted: Wanted) -> ExportRecord | None:
    """The last recorded export of the same segments to the same place, by the same profile and channel."""
    ids = {definition.id for definition in chosen}
    for record in app.workspace.catalog.exports(app.name):
        detail = record.detail
        same = (detail.get("target"), detail.get("profile"), detail.get("channel"))
        if same == (_target(wanted), wanted.profile, wanted.channel) and detail.get("sent", {}).keys() == ids:
            return record
    return None


def _users(evaluator: DuckEvaluator, app: App, snapshot: Snapshot, as_of: date) -> Bitmap:
    """Those of a snapshot who are still there: one with cycle once may be older than the date exported for."""
    return read_snapshot(app.workspace.folder, snapshot).resized(evaluator.size) & evaluator.base(as_of)


def _file_name(app: App, due: str | None, as_of: date, time: str) -> str:
    return f"{app.name}-{due}-{as_of}.zip" if due else f"{app.name}-{as_of}-{time}.zip"


def inside(path: Path, workspace: Path) -> str:
    """A path relative to the workspace where it lies inside, else as it is."""
    resolved = path.resolve()
    return resolved.relative_to(workspace).as_posix() if resolved.is_relative_to(workspace) else str(resolved)


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
    folder = "exports" if is_url(settings.target) else settings.target
    result = export(
        app,
        settings.segments,
        as_of,
        _wanted(settings),
        app.workspace.folder / folder / _file_name(app, settings.name, as_of, ""),
        settings.name,
    )
    file = inside(result.path, app.workspace.folder)
    segments = {part.segment_id for part in result.segments}
    return DueExport(settings.name, "made", file, len(segments), sum(part.rows for part in result.segments))


def _wanted(settings: ExportSettings) -> Wanted:
    names = [field.name for field in fields(Wanted)]
    return Wanted(**{name: getattr(settings, name) for name in names})
