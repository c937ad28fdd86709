"""Published segments into a zip, and where that is to go; always on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from segkit.api.definitions import Definition, Definitions
from segkit.api.earlier_exports import Earlier
from segkit.api.export_options import Wanted
from segkit.api.export_parts import Chosen, Selection
from segkit.api.export_preparing import Watch, prepare
from segkit.data.settings import bytes_of
from segkit.definitions.documents import document_data
from segkit.definitions.sentences import sentence
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.engine.evaluator import ALONE, DuckEvaluator
from segkit.errors import Busy, PartlyDone
from segkit.exchange.delivery import is_url
from segkit.exchange.exports import ExportPart, ExportResult, Split, write_export
from segkit.exchange.manifest import instant_text
from segkit.operations.delivering import message_of, replace_older, send_deliveries
from segkit.store.outbox import NewMessage
from segkit.store.records import Snapshot
from segkit.store.sent import keep_sent

if TYPE_CHECKING:
    from segkit.api.app import App


#: What the engine holds in memory at most while it exports; the rest spills to disk.
_MEMORY = "500MB"


def export(
    app: App,
    names: Sequence[str],
    as_of: date,
    wanted: Wanted,
    path: Path | None = None,
    due: str | None = None,
    watch: Watch = Watch(),  # noqa: B008  # frozen
) -> ExportResult:
    """Writes one zip and records it. Raises SegkitError where a segment may not leave, or is not published for then."""
    with _evaluator(app) as evaluator:
        return _export(app, evaluator, names, as_of, wanted, path, due, watch)


@contextmanager
def _evaluator(app: App) -> Iterator[DuckEvaluator]:
    """One that takes little memory, however many users and labels there are, and lets go of it at the end."""
    limits = app.workspace.settings.limits
    limits = limits.model_copy(update={"memory": min(limits.memory, _MEMORY, key=bytes_of)})
    spill = app.workspace.folder / "data" / ".spill"
    evaluator = DuckEvaluator(app.folder, app.manifest, app.vocabulary, limits, spill, evaluation=ALONE)
    try:
        yield evaluator
    finally:
        evaluator.close()


def _export(
    app: App,
    evaluator: DuckEvaluator,
    names: Sequence[str],
    as_of: date,
    wanted: Wanted,
    path: Path | None,
    due: str | None,
    watch: Watch,
) -> ExportResult:
    prepared = prepare(app, evaluator, names, as_of, wanted, watch)
    selection, family, last = prepared.selection, prepared.family, prepared.last
    declared = [app.vocabulary.label(code) for code in wanted.labels]
    written = {definition.id: chosen for definition, _, chosen in prepared.segments}
    batches = watch.over(sum(piece.users.count for chosen in written.values() for piece in chosen.pieces))
    parts = [
        part
        for definition, snapshot, chosen in prepared.segments
        for part in _parts(app, definition, snapshot, chosen, selection, prepared.definitions, batches)
    ]
    made_at = app.workspace.clock()
    result = write_export(
        path or app.workspace.folder / wanted.folder / file_name(app, due, as_of, made_at.strftime("%H%M%S")),
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
    consent_of = None if selection.reachable is None else evaluator.manifest.generation
    message = _message(app, result, wanted, family, consent_of, made_at, due)
    app.workspace.catalog.record_export(
        app.name,
        name=due,
        as_of=as_of,
        file=inside(result.path, app.workspace.folder),
        sha256=result.sha256,
        at=made_at,
        actor=app.workspace.actor,
        detail={**_detail(app, written, result, wanted, family, message), "personal": selection.personal_columns},
        delivery=message,
    )
    if message is not None:
        _deliver(app, result, message, wanted)
    return result


def _parts(
    app: App,
    definition: Definition,
    snapshot: Snapshot,
    chosen: Chosen,
    selection: Selection,
    definitions: Definitions,
    watched: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
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
            batches=watched(selection.batches_of(piece)),
            piece=piece.name,
            columns=selection.columns_of(piece),
            schema=selection.schema_of(piece),
        )
        for piece in chosen.pieces
    ]


def _about(
    selection: Selection, wanted: Wanted, last: Earlier | None, declared: Sequence[LabelDeclaration]
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
        about["changes_since"] = None if last is None else last.told()
    return about


def _detail(
    app: App,
    written: Mapping[str, Chosen],
    result: ExportResult,
    wanted: Wanted,
    family: Mapping[str, Any],
    message: NewMessage | None,
) -> dict[str, Any]:
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
        "target": family["target"],
        **({"delivery": {"key": message.key, "place": family["target"]}} if message else {}),
        **({"held_back": held} if held else {}),
        **({"draw": drawn} if drawn else {}),
        "sent": {key: keep_sent(app.workspace.folder, app.name, chosen.sent) for key, chosen in written.items()},
    }


def _message(
    app: App,
    result: ExportResult,
    wanted: Wanted,
    family: Mapping[str, Any],
    consent_of: int | None,
    made_at: datetime,
    due: str | None,
) -> NewMessage | None:
    """What brings it to its URL, if it has one."""
    if wanted.target is None or not is_url(wanted.target):
        return None
    return message_of(
        app=app.name,
        name=due,
        file=inside(result.path, app.workspace.folder),
        sha256=result.sha256,
        made_at=instant_text(made_at),
        target=wanted.target,
        secret=wanted.secret,
        family=family,
        consent_of=consent_of,
    )


def _deliver(app: App, result: ExportResult, message: NewMessage, wanted: Wanted) -> None:
    """Brings it there now. Raises PartlyDone where it has to wait."""
    workspace = app.workspace
    replace_older(workspace, message)
    try:
        problems = send_deliveries(workspace, key=message.key, target=wanted.target).problems
    except Busy as error:
        problems = (f"it waits until what another process delivers has arrived: {error} `segkit notify` sends it",)
    if problems:
        raise PartlyDone(f"{result.path.name} is written, and on record. {'; '.join(problems)}.")


def file_name(app: App, due: str | None, as_of: date, time: str) -> str:
    """What a zip is called."""
    return f"{app.name}-{due}-{as_of}.zip" if due else f"{app.name}-{as_of}-{time}.zip"


def inside(path: Path, workspace: Path) -> str:
    """A path relative to the workspace where it lies inside, else as it is."""
    resolved = path.resolve()
    return resolved.relative_to(workspace).as_posix() if resolved.is_relative_to(workspace) else str(resolved)
