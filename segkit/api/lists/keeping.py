"""A new version of a list: its rows and result as private files, its users as a snapshot, its record, together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from segkit.api.definitions import fingerprint
from segkit.api.refreshing import vocabulary_fingerprint
from segkit.definitions import predefined
from segkit.definitions.documents import Document
from segkit.engine.bitmap import Bitmap
from segkit.errors import Damaged
from segkit.exchange.lists.kept import read_rows, users_in, write_rows
from segkit.files.disk import private_folder
from segkit.files.locks import Lock
from segkit.store.records import Computed, ListVersion, PublishedFile, Snapshot
from segkit.store.saving import Save, new_id
from segkit.store.snapshots import new_snapshot_id, publish

if TYPE_CHECKING:
    from segkit.api.app import App

FOLDER = "imports"
ROWS, RESULT = "rows", "result"
_PATIENCE = 60.0
_TRIES = 5


@dataclass(frozen=True)
class Change:
    """What becomes of a list. `held` is its version so far, none for a new one; without `result` that one's stays."""

    document: Document
    document_version: int
    held: ListVersion | None
    rows: pa.Table
    cause: Literal["import", "hand", "match", "erase"]
    result: pa.Table | None = None
    source_sha256: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def segment_id(self) -> str:
        return self.document.id or ""


def reading_folder(workspace: Path) -> Path:
    """Where files lie while they are read."""
    return workspace / FOLDER / ".reading"


def folder_of(app: App, segment_id: str) -> Path:
    """Where the files of a list lie."""
    return app.workspace.folder / FOLDER / app.name / segment_id


@contextmanager
def changing(app: App) -> Iterator[None]:
    """Keeps others from changing the app's lists. Raises Busy, with the holder, after a minute."""
    lists = private_folder(private_folder(app.workspace.folder / FOLDER) / app.name)
    with Lock(lists / "lists.lock", f"changing a list of {app.name}", wait=_PATIENCE):
        yield


def rows_kept(app: App, version: ListVersion) -> pa.Table:
    """The rows of a list's version. Raises Damaged."""
    return _read(app, version, ROWS)


def newest(app: App, segment_id: str, name: str = ROWS) -> tuple[ListVersion, pa.Table] | None:
    """The newest version of a list and its rows, or its last import's result; None where there is none.

    Somebody may change the list meanwhile, and take the files of the version away: then the next one is read.
    """
    tries = 0
    while (version := app.workspace.catalog.list_version(segment_id)) is not None:
        try:
            return (version, _read(app, version, name)) if name in version.files else None
        except Damaged:
            by_now = app.workspace.catalog.list_version(segment_id)
            tries += 1
            if tries > _TRIES or by_now is None or by_now.number == version.number:
                raise
    return None


def result_kept(app: App, version: ListVersion) -> pa.Table | None:
    """The result of the list's last import, row by row; None where there is none."""
    return _read(app, version, RESULT) if RESULT in version.files else None


def has_files(app: App, version: ListVersion) -> bool:
    """Whether a list's files are there: those of one that was deleted are let go in the end."""
    return all((app.workspace.folder / file.file).exists() for file in version.files.values())


def _read(app: App, version: ListVersion, name: str) -> pa.Table:
    file = version.files[name]
    return read_rows(app.workspace.folder / file.file, file.sha256)


def keep(app: App, change: Change) -> ListVersion:
    """Publishes a change, all or nothing of it. Only inside `changing`."""
    number = change.held.number + 1 if change.held else 1
    folder = private_folder(folder_of(app, change.segment_id))
    files = dict(change.held.files) if change.held else {}
    written: list[Path] = []
    try:
        for name, table in ((ROWS, change.rows), (RESULT, change.result)):
            if table is not None:
                path = folder / f"{number:05}-{new_id('', 6)}-{name}.parquet"
                written.append(path)
                size, sha256 = write_rows(path, table)
                files[name] = PublishedFile(path.relative_to(app.workspace.folder).as_posix(), size, sha256)
        version = _publish(app, change, number, files)
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    tidy(app, version)
    return version


def _publish(app: App, change: Change, number: int, files: dict[str, PublishedFile]) -> ListVersion:
    evaluator, now = app.evaluator(), app.workspace.clock()
    base = evaluator.base(app.as_of)
    members = Bitmap.from_user_nos(evaluator.size, users_in(change.rows)) & base
    computed = Computed(
        id=new_snapshot_id(),
        app=app.name,
        segment_id=change.segment_id,
        version=change.document_version,
        rule_fingerprint=fingerprint(change.document, {}),
        as_of=app.as_of,
        data_generation=evaluator.manifest.generation,
        evaluator=evaluator.version,
        vocabulary=vocabulary_fingerprint(app),
        tzdata=evaluator.manifest.tzdata,
        base=base.count,
        computed_at=now,
        actor=app.workspace.actor,
    )
    version = ListVersion(
        segment_id=change.segment_id,
        number=number,
        app=app.name,
        at=now,
        actor=app.workspace.actor,
        cause=change.cause,
        source_sha256=change.source_sha256,
        data_generation=evaluator.manifest.generation,
        matched=members.count,
        external=change.rows["user_no"].null_count,
        snapshot=computed.id,
        files=files,
        detail=dict(change.detail),
    )
    new = _save_of(app, change) if change.held is None and change.document_version == 1 else None

    def record(snapshots: tuple[Snapshot, ...]) -> None:
        app.workspace.catalog.record_list(snapshots, version, new)

    publish(app.workspace.folder, app.name, app.workspace.catalog, [(computed, members)], record)
    return version


def _save_of(app: App, change: Change) -> Save:
    return Save(
        document=change.document,
        app=app.name,
        actor=app.workspace.actor,
        now=app.workspace.clock(),
        based_on=None,
        kind="imported",
        reserved=dict(zip(predefined.names(), predefined.ids(), strict=True)),
        create=True,
    )


def tidy(app: App, version: ListVersion) -> None:
    """Takes away the rows of earlier versions: personal data that nothing reads any more. Only inside `changing`."""
    kept = {(app.workspace.folder / file.file).name for file in version.files.values()}
    for path in folder_of(app, version.segment_id).glob("*.parquet"):
        if path.name not in kept:
            with suppress(OSError):
                path.unlink()
