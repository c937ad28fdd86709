"""The catalog: segments and all their versions, published snapshots, runs, exports, the audit trail.

Each method is one short transaction. Every instant is passed in, aware; nothing here asks the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from sqlalchemy import Connection

from segkit.definitions.documents import Document
from segkit.store import audit_anchor, audit_chain, ledger, life, lists, published, retiring, segments
from segkit.store.audit_chain import Break
from segkit.store.changes import Changes, apply, current_versions
from segkit.store.copying import copy_catalog
from segkit.store.database import Database, open_database
from segkit.store.outbox import NewMessage, Outbox
from segkit.store.records import (
    AuditEntry,
    ExportRecord,
    Kind,
    ListVersion,
    PublishedFile,
    Run,
    SavedVersion,
    Snapshot,
    StoredSegment,
    Version,
)
from segkit.store.references import users_of
from segkit.store.retiring import Keep
from segkit.store.saving import Save, save
from segkit.store.scrubbing import Scrubbed, TermsOf, scrub
from segkit.store.searching import Search, State

T = TypeVar("T")
PATIENCE = 30.0


def open_catalog(workspace: Path, url: str | None = None, *, patience: float = PATIENCE) -> Catalog:
    """The workspace's catalog: `catalog.sqlite` in its folder, made where it is missing, or the PostgreSQL of `url`.

    `patience` is how many seconds a write waits for others. Raises SegkitError if there is no such database or a newer
    segkit wrote it, Damaged if it cannot be read.
    """
    anchor = workspace / audit_anchor.FILE
    audit_anchor.tidy(anchor)
    return Catalog(open_database(workspace, url, patience), anchor)


class Catalog:
    """An open catalog. May be shared by threads; a process that forks may use it on either side."""

    def __init__(self, database: Database, anchor: Path) -> None:
        self._database = database
        self._anchor = anchor

    def close(self) -> None:
        """Gives the connections back; the catalog opens new ones if it is used again."""
        self._database.close()

    @property
    def kind(self) -> Literal["sqlite", "postgresql"]:
        """Which database it lies in."""
        return "sqlite" if self._database.is_sqlite else "postgresql"

    @property
    def outbox(self) -> Outbox:
        """Messages that are to be sent once each."""
        return Outbox(self._database)

    def copy_to(self, folder: Path) -> Path:
        """Writes all of it, as it is at one moment, to `catalog.sqlite` in `folder`. Nobody waits meanwhile."""
        return copy_catalog(self._database, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # --- segments ---

    def save(
        self,
        document: Document,
        *,
        app: str,
        actor: str,
        now: datetime,
        based_on: int | None,
        kind: Kind = "custom",
        note: str = "",
        idempotency_key: str | None = None,
        reserved: Mapping[str, str] | None = None,
        create: bool = False,
    ) -> SavedVersion:
        """Saves a document as a new segment (no `id`, no `based_on`) or as the next version of the one that it names.

        What is stored has its id and app, and ids where its rule names segments; `reserved` gives the ids of the
        predefined ones by name, whose names nobody else may take. A document that the catalog holds as it is makes no
        new version. The same `idempotency_key` with the same document gives the version that the first try saved.
        With `create`, a document may bring an id that the catalog lacks, or bring back a deleted segment.

        Raises StaleSave if `based_on` is not the current version; SegkitError if the name is taken or reserved, or
        the rule would read itself; DefinitionError if it names segments that there are not; NotFound for an unknown id.
        """
        wanted = Save(
            document=document,
            app=app,
            actor=actor,
            now=now,
            based_on=based_on,
            kind=kind,
            note=note,
            idempotency_key=idempotency_key,
            reserved=reserved or {},
            create=create,
        )
        return self._on_record(lambda connection: save(connection, wanted), app)

    def segment(self, app: str, name_or_id: str) -> StoredSegment:
        """The segment of this name, in any spelling, or id. Raises NotFound with the nearest name."""
        with self._database.reading() as connection:
            return segments.segment(connection, app, name_or_id)

    def segments(
        self, app: str, *, deleted: bool = False, archived: bool = False, search: Search | None = None
    ) -> tuple[StoredSegment, ...]:
        """The app's segments by name; with `archived` or `deleted`, only those that are. Of them what is looked for."""
        state: State = "deleted" if deleted else "archived" if archived else "active"
        with self._database.reading() as connection:
            return segments.all_segments(connection, app, state, search)

    def version(self, segment_id: str, number: int) -> Version:
        """One version, of a deleted segment as well. Raises NotFound with the versions that there are."""
        with self._database.reading() as connection:
            return segments.version(connection, segment_id, number)

    def versions(self, segment_id: str) -> tuple[Version, ...]:
        """Every version from the first on, of a deleted segment as well. Raises NotFound."""
        with self._database.reading() as connection:
            return segments.all_versions(connection, segment_id)

    def dependants(self, app: str, segment_id: str) -> tuple[str, ...]:
        """The names of the app's segments whose current rule refers to this one; archived ones too."""
        with self._database.reading() as connection:
            return tuple(user.name for user in users_of(connection, app, segment_id))

    def delete(
        self, app: str, name_or_id: str, *, actor: str, now: datetime, also_used_by: Sequence[str] = ()
    ) -> StoredSegment:
        """Deletes a segment: its versions stay, its name is free again. Gives what it was.

        Raises NotFound, and SegkitError with their names while others refer to it; `also_used_by` adds to those.
        """
        return self._on_record(lambda c: life.delete(c, app, name_or_id, actor=actor, now=now, also=also_used_by), app)

    def archive(
        self, app: str, name_or_id: str, *, actor: str, now: datetime, also_used_by: Sequence[str] = ()
    ) -> StoredSegment:
        """Archives a segment: it stays with its name and all it has, but is neither listed nor read.

        Raises NotFound, and SegkitError with their names while others refer to it; `also_used_by` adds to those.
        """
        return self._on_record(lambda c: life.archive(c, app, name_or_id, actor=actor, now=now, also=also_used_by), app)

    def unarchive(self, app: str, name_or_id: str, *, actor: str, now: datetime) -> StoredSegment:
        """Brings an archived segment back. Raises SegkitError while something that it reads is not there."""
        return self._on_record(lambda c: life.unarchive(c, app, name_or_id, actor=actor, now=now), app)

    def current_versions(self, app: str) -> dict[str, int]:
        """The current version of every segment of the app, by id: what `Changes` expect."""
        with self._database.reading() as connection:
            return current_versions(connection, app)

    def apply(self, changes: Changes) -> tuple[SavedVersion, ...]:
        """Saves and deletes segments of one or several apps, all or none, in one transaction.

        Raises CatalogMoved if the catalog is not at the versions that `changes` expects, and whatever `save` raises.
        """
        return self._on_record(lambda connection: apply(connection, changes), *changes.apps)

    # --- snapshots ---

    def record_snapshots(self, records: Sequence[Snapshot]) -> None:
        """Publishes snapshots of one app whose files are in place, all or none.

        Raises NotFound where one names a version that the catalog never held.
        """
        if records:
            self._on_record(lambda connection: published.record_snapshots(connection, records), records[0].app)

    def newest_snapshot(self, app: str, segment_id: str, as_of: date) -> Snapshot | None:
        """The snapshot with the last as_of that is not after the given one."""
        with self._database.reading() as connection:
            return published.newest_snapshot(connection, app, segment_id, as_of)

    def newest_snapshots(self, app: str, as_of: date) -> dict[str, Snapshot]:
        """The same for every segment of the app that has one, by segment id."""
        with self._database.reading() as connection:
            return published.newest_snapshots(connection, app, as_of)

    def counts_since(self, app: str, since: date) -> dict[str, dict[date, int]]:
        """By segment id, how many users it was published with as of each date from `since` on."""
        with self._database.reading() as connection:
            return published.counts_since(connection, app, since)

    def snapshot(self, app: str, segment_id: str, as_of: date) -> Snapshot | None:
        """The snapshot as of exactly this date; of several that of the newest version, last published."""
        with self._database.reading() as connection:
            return published.snapshot(connection, app, segment_id, as_of)

    def snapshot_of_id(self, snapshot_id: str) -> Snapshot | None:
        """The snapshot with this id."""
        with self._database.reading() as connection:
            return published.snapshot_of_id(connection, snapshot_id)

    def snapshots(self, app: str, segment_id: str) -> tuple[Snapshot, ...]:
        """Every snapshot of a segment, the newest first."""
        with self._database.reading() as connection:
            return published.all_snapshots(connection, app, segment_id)

    def kept_files(self) -> tuple[PublishedFile, ...]:
        """The files of all snapshots that are kept, of every app."""
        with self._database.reading() as connection:
            return published.kept_files(connection)

    def retire_snapshots(self, app: str, keep: Keep, now: datetime) -> int:
        """Marks what is beyond `keep` as let go; how many snapshots. Records and counts stay."""
        return self._database.write(lambda connection: retiring.retire(connection, app, keep, now), app)

    def retired_files(self, app: str, generations: Collection[str], before: datetime) -> tuple[str, ...]:
        """The files in these generations whose snapshots were let go by then."""
        with self._database.reading() as connection:
            return retiring.retired_files(connection, app, generations, before)

    def published_generations(self, app: str, generations: Collection[str]) -> frozenset[str]:
        """Those of these generations that the catalog holds."""
        with self._database.reading() as connection:
            return published.published_generations(connection, app, generations)

    def scrub(self, apps: Sequence[str], terms_of: TermsOf) -> Scrubbed:
        """Takes a person out of all that is written, of these apps and of none; see `scrubbing`.

        Raises Busy while others are in the way of what must be written anew.
        """
        return scrub(self._database, tuple(apps), terms_of)

    # --- imported lists ---

    def record_list(self, snapshots: Sequence[Snapshot], version: ListVersion, new: Save | None = None) -> None:
        """Publishes a list's new version with its snapshot, and saves its segment if it is `new`, all or none.

        Raises Overtaken if the list has this version already, and whatever `save` raises.
        """
        self._database.write(lambda connection: lists.record(connection, snapshots, version, new), version.app)

    def list_version(self, segment_id: str) -> ListVersion | None:
        """The newest version of an imported list."""
        with self._database.reading() as connection:
            return lists.newest(connection, segment_id)

    def list_versions(self, app: str, segment_id: str | None = None) -> tuple[ListVersion, ...]:
        """Every version of one of an app's lists, or of all that are not deleted, the newest first."""
        with self._database.reading() as connection:
            return lists.all_versions(connection, app, segment_id)

    # --- what happened ---

    def begin_run(self, app: str, *, as_of: date, kind: str, started_at: datetime) -> Run:
        """A run that has begun. A run without an end is not one that is running: see the lock."""
        return self._database.write(lambda c: ledger.begin_run(c, app, as_of, kind, started_at), app)

    def end_run(self, run: Run, *, ended_at: datetime, outcome: str, detail: Mapping[str, Any] | None = None) -> Run:
        """Records how a run ended. Raises SegkitError if it has ended before."""
        return self._database.write(lambda c: ledger.end_run(c, run.id, ended_at, outcome, detail or {}), run.app)

    def runs(
        self, app: str | None = None, *, as_of: date | None = None, kind: str | None = None, limit: int | None = None
    ) -> tuple[Run, ...]:
        """Runs, the newest first."""
        with self._database.reading() as connection:
            return ledger.all_runs(connection, app, as_of, kind, limit)

    def record_export(
        self,
        app: str,
        *,
        name: str | None,
        as_of: date,
        file: str,
        sha256: str,
        at: datetime,
        actor: str,
        detail: Mapping[str, Any] | None = None,
        delivery: NewMessage | None = None,
    ) -> ExportRecord:
        """Records a written export, with the message that delivers it, if it has one. A due one has its name, and is
        recorded once for a day: raises SegkitError."""
        return self._on_record(
            lambda connection: ledger.add_export(
                connection,
                app=app,
                name=name,
                as_of=as_of,
                file=file,
                sha256=sha256,
                at=at,
                actor=actor,
                detail=detail or {},
                delivery=delivery,
            ),
            app,
        )

    def due_export(self, app: str, name: str, as_of: date) -> ExportRecord | None:
        """The due export that was made for a day, if it was."""
        with self._database.reading() as connection:
            return ledger.due_export(connection, app, name, as_of)

    def exports(self, app: str | None = None, *, limit: int | None = None) -> tuple[ExportRecord, ...]:
        """Exports, the newest first."""
        with self._database.reading() as connection:
            return ledger.all_exports(connection, app, limit)

    def record_audit(
        self,
        *,
        actor: str,
        at: datetime,
        app: str | None,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
    ) -> AuditEntry:
        """Adds to the audit trail. Saving and deleting add their own entry."""
        return self._on_record(
            lambda connection: audit_chain.append(
                connection, actor=actor, at=at, app=app, action=action, subject=subject, detail=detail or {}
            ),
            app or "",
        )

    def audit(
        self,
        app: str | None = None,
        *,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        limit: int | None = None,
    ) -> tuple[AuditEntry, ...]:
        """Entries of the audit trail, the newest first."""
        with self._database.reading() as connection:
            return ledger.audit_trail(connection, app, actor, action, subject, limit)

    def audit_break(self) -> Break | None:
        """The first entry of the audit trail that is not what was written, by its chain and `audit.anchor`, if any.

        Raises Damaged if the anchor is not what segkit wrote.
        """
        anchor = audit_anchor.read_anchor(self._anchor)  # first: by now the trail may be longer, never shorter
        with self._database.reading() as connection:
            return audit_chain.first_break(connection, anchor)

    def _on_record(self, work: Callable[[Connection], T], *apps: str) -> T:
        """What `work` gives, which adds to the audit trail; then the anchor follows."""
        done = self._database.write(work, *apps)
        with self._database.reading() as connection:
            audit_anchor.advance(self._anchor, connection)
        return done
