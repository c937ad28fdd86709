"""Saving a segment: what is checked inside the transaction that saves it, and what is written.

The checks of the rule itself (its labels, events, operators) are made before, in `definitions`.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from segkit.definitions.conditions import references
from segkit.definitions.documents import Document, document_data, name_key, to_json
from segkit.errors import NotFound, SegkitError, StaleSave
from segkit.store.audit_chain import append
from segkit.store.conflicts import Conflict
from segkit.store.records import Kind, SavedVersion, StoredSegment
from segkit.store.references import archived_ids_by_name, ids_by_name, path_back, with_ids
from segkit.store.searching import columns_of, write_tags
from segkit.store.segments import all_versions, moment, segment_of_id, segment_of_name, version
from segkit.store.tables import saves, segments, versions

_LETTERS = string.ascii_lowercase + string.digits


def new_id(prefix: str, length: int = 12) -> str:
    """A random id such as `sg_4k9…`."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


@dataclass(frozen=True)
class Save:
    """What somebody wants to save. `reserved` holds the names of predefined segments and their ids."""

    document: Document
    app: str
    actor: str
    now: datetime
    based_on: int | None
    kind: Kind = "custom"
    note: str = ""
    idempotency_key: str | None = None
    reserved: Mapping[str, str] = field(default_factory=dict)
    create: bool = False

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError(f"{self.now} has no zone; expected an aware instant")
        _refuse_what_no_database_keeps(self)

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the document as it was given."""
        return hashlib.sha256(to_json(document_data(self.document)).encode()).hexdigest()


def save(connection: Connection, wanted: Save) -> SavedVersion:
    """Saves a document as a new segment or a new version, or finds that the catalog holds exactly it."""
    answered = _answered_before(connection, wanted)
    if answered is not None:
        return answered
    held = _held(connection, wanted)
    document = _as_stored(connection, wanted)
    text = to_json(document_data(document))
    if held is not None and held.deleted_at is None and held.text == text:
        saved = _result(connection, wanted, held.id, held.version, is_new=False)
    else:
        _refuse_a_taken_name(connection, wanted, held)
        _refuse_a_stale_save(connection, wanted, document, held)
        _refuse_a_circle(connection, document, held)
        assert document.id is not None
        number = _write(connection, wanted, document.id, held, text)
        saved = _result(connection, wanted, document.id, number, is_new=True)
    _remember_the_answer(connection, wanted, saved)
    return saved


def _answered_before(connection: Connection, wanted: Save) -> SavedVersion | None:
    if wanted.idempotency_key is None:
        return None
    row = connection.execute(
        select(saves).where(saves.c.app == wanted.app, saves.c.key == wanted.idempotency_key)
    ).first()
    if row is None:
        return None
    if row.fingerprint != wanted.fingerprint:
        raise SegkitError(
            f"Not saved: the idempotency key '{wanted.idempotency_key}' was used to save another document as "
            f"version {row.number} of {row.segment_id}. Use a new key for each save, and the same only to try it again."
        )
    return _result(connection, wanted, row.segment_id, row.number, is_new=False)


def _held(connection: Connection, wanted: Save) -> StoredSegment | None:
    """The segment that the document's id names; none for a new one."""
    wanted_id = wanted.document.id
    if wanted_id is None:
        return None
    if wanted_id.startswith("pd_"):
        raise SegkitError(
            f"Not saved: {wanted_id} is predefined and read-only. Take out the `id` and change the name to save a copy."
        )
    held = segment_of_id(connection, wanted_id)
    if held is None:
        if not wanted.create:
            raise NotFound(
                f"Not saved: the catalog has no segment {wanted_id}. "
                f"Take out the `id` to save ‘{wanted.name}’ as a new one."
            )
        return None
    if held.app != wanted.app:
        raise SegkitError(
            f"Not saved: {wanted_id} is a segment of app '{held.app}'; expected one of '{wanted.app}'. "
            "Take out the `id` to save it as a new one."
        )
    if held.deleted_at is not None and not wanted.create:
        raise NotFound(
            f"Not saved: ‘{held.name}’ ({held.id}) was deleted at {moment(held.deleted_at)}. "
            f"Take out the `id` to save ‘{wanted.name}’ as a new one."
        )
    if held.archived_at is not None and held.deleted_at is None:
        raise SegkitError(
            f"Not saved: ‘{held.name}’ is archived, since {moment(held.archived_at)}. "
            f"`segkit unarchive '{held.name}'` brings it back."
        )
    if held.kind != wanted.kind:
        raise SegkitError(
            f"Not saved: ‘{held.name}’ is {held.kind}, and cannot become {wanted.kind}. Save it as a new one."
        )
    return held


def _as_stored(connection: Connection, wanted: Save) -> Document:
    """The document with its app, its id, and ids where its rule names other segments."""
    if wanted.document.app not in (None, wanted.app):
        raise SegkitError(
            f"Not saved: ‘{wanted.name}’ is written for app '{wanted.document.app}'; expected '{wanted.app}'."
        )
    own_id = wanted.document.id or new_id("sg_")
    document = wanted.document.model_copy(update={"id": own_id, "app": wanted.app})
    if not references(document.rule):
        return document
    names = {**ids_by_name(connection, wanted.app), **wanted.reserved, wanted.name: own_id}
    archived = archived_ids_by_name(connection, wanted.app)
    return document.model_copy(update={"rule": with_ids(document.rule, names, f"Segment ‘{wanted.name}’", archived)})


def _refuse_a_taken_name(connection: Connection, wanted: Save, held: StoredSegment | None) -> None:
    key = name_key(wanted.name)
    if key in {name_key(name) for name in wanted.reserved}:
        raise SegkitError(f"Not saved: ‘{wanted.name}’ is the name of a predefined segment. Choose another name.")
    other = segment_of_name(connection, wanted.app, wanted.name)
    if other is not None and (held is None or other.id != held.id):
        if other.archived_at is not None:
            raise SegkitError(
                f"Not saved: ‘{other.name}’ exists in this app, archived. Choose another name, or bring it back: "
                f"`segkit unarchive '{other.name}'`."
            )
        raise SegkitError(f"Not saved: ‘{other.name}’ exists in this app. Choose another name, or open it.")


def _refuse_a_stale_save(connection: Connection, wanted: Save, document: Document, held: StoredSegment | None) -> None:
    expected = None if held is None else held.version
    if wanted.based_on == expected or (held is not None and held.deleted_at is not None and wanted.based_on is None):
        return
    if held is None:
        raise StaleSave(
            f"Not saved: the save of ‘{wanted.name}’ is based on version {wanted.based_on}, but it would be a new "
            "segment. Open the segment and save it with its id."
        )
    if wanted.based_on is not None and not 1 <= wanted.based_on <= held.version:
        raise StaleSave(
            f"Not saved: ‘{held.name}’ has no version {wanted.based_on}; version {held.version} was saved at "
            f"{moment(held.at)} by {held.actor}. Open version {held.version}, and save your change based on it."
        )
    versions_so_far = all_versions(connection, held.id)
    base = None if wanted.based_on is None else versions_so_far[wanted.based_on - 1]
    since = versions_so_far[-1:] if base is None else versions_so_far[base.number :]
    conflict = Conflict(held.name, base, since, document)
    raise StaleSave(conflict.words(), conflict)


def _refuse_a_circle(connection: Connection, document: Document, held: StoredSegment | None) -> None:
    if held is None and document.id not in references(document.rule):
        return  # nothing can refer to what is new
    path = path_back(connection, document)
    if path:
        raise SegkitError(
            f"Not saved: ‘{document.name}’ would read itself: {' → '.join(f'‘{name}’' for name in path)}. "
            f"Take ‘{path[1]}’ out of its rule, or break the circle further on."
        )


def _write(connection: Connection, wanted: Save, segment_id: str, held: StoredSegment | None, text: str) -> int:
    number = 1 if held is None else held.version + 1
    values = {
        "name": wanted.name,
        "name_key": name_key(wanted.name),
        "cycle": wanted.document.cycle,
        "current_version": number,
        **columns_of(wanted.document),
    }
    if held is None:
        fixed = {"id": segment_id, "app": wanted.app, "kind": wanted.kind, "created_at": wanted.now}
        connection.execute(insert(segments).values(**fixed, **values))
    else:
        connection.execute(
            update(segments)
            .where(segments.c.id == segment_id)
            .values(**values, deleted_at=None, deleted_by=None, archived_at=None, archived_by=None)
        )
    connection.execute(
        insert(versions).values(
            segment_id=segment_id, number=number, document=text, actor=wanted.actor, at=wanted.now, note=wanted.note
        )
    )
    write_tags(connection, segment_id, wanted.document)
    append(
        connection,
        actor=wanted.actor,
        at=wanted.now,
        app=wanted.app,
        action="save",
        subject=segment_id,
        detail={"name": wanted.name, "version": number},
    )
    return number


def _result(connection: Connection, wanted: Save, segment_id: str, number: int, *, is_new: bool) -> SavedVersion:
    found = version(connection, segment_id, number)
    return SavedVersion(
        segment_id=segment_id,
        app=wanted.app,
        name=found.document.name,
        number=number,
        text=found.text,
        actor=found.actor,
        at=found.at,
        note=found.note,
        is_new=is_new,
    )


def _remember_the_answer(connection: Connection, wanted: Save, saved: SavedVersion) -> None:
    if wanted.idempotency_key is None:
        return
    connection.execute(
        insert(saves).values(
            app=wanted.app,
            key=wanted.idempotency_key,
            fingerprint=wanted.fingerprint,
            segment_id=saved.segment_id,
            number=saved.number,
        )
    )


def _refuse_what_no_database_keeps(wanted: Save) -> None:
    """Half characters (from JSON such as "\\ud800") have no UTF-8; PostgreSQL keeps no zero character."""
    document = to_json(document_data(wanted.document))
    kept = {"document": document, "actor": wanted.actor, "note": wanted.note, "idempotency key": wanted.idempotency_key}
    for what, text in kept.items():
        if text is not None and ("\x00" in text or not _has_utf8(text)):
            raise SegkitError(f"Not saved: the {what} holds a zero or half a character; take it out.")


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
