"""Many saves and deletes as one transaction: all that a folder of documents changes, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from segkit.definitions.documents import name_key
from segkit.errors import CatalogMoved
from segkit.store.audit_chain import append
from segkit.store.life import delete
from segkit.store.records import SavedVersion
from segkit.store.saving import Save, save
from segkit.store.tables import segments

#: The audit trail's word for a set of changes; its subject is their key.
ACTION = "apply"


@dataclass(frozen=True)
class Changes:
    """What is to be saved, children before parents, and deleted, parents before children.

    `expected` holds, by app, the current version of every segment of it that the changes rest on all of: the catalog
    must be at exactly these. `key` names the changes in the audit trail.
    """

    key: str
    actor: str
    now: datetime
    saves: tuple[Save, ...]
    deletes: tuple[tuple[str, str], ...]  # app, id
    expected: Mapping[str, Mapping[str, int]]

    @property
    def apps(self) -> tuple[str, ...]:
        return tuple(self.expected)


def apply(connection: Connection, changes: Changes) -> tuple[SavedVersion, ...]:
    """Makes the changes. Raises CatalogMoved if the catalog is not at what they expect."""
    _refuse_a_moved_catalog(connection, changes)
    given_up = _free_the_names(connection, changes)
    saved = tuple(save(connection, wanted) for wanted in changes.saves)
    for app, segment_id in changes.deletes:
        delete(connection, app, segment_id, actor=changes.actor, now=changes.now)
        _set_name_key(connection, segment_id, given_up[segment_id])  # which it has no more, but was its
    for app in changes.apps:
        detail = {
            "saved": {each.segment_id: each.number for each in saved if each.app == app},
            "deleted": [segment_id for of, segment_id in changes.deletes if of == app],
        }
        append(
            connection, actor=changes.actor, at=changes.now, app=app, action=ACTION, subject=changes.key, detail=detail
        )
    return saved


def current_versions(connection: Connection, app: str) -> dict[str, int]:
    """The current version of every segment of an app that is not deleted, by id: what a change may rest on."""
    query = select(segments.c.id, segments.c.current_version)
    rows = connection.execute(query.where(segments.c.app == app, segments.c.deleted_at.is_(None)))
    return {row.id: row.current_version for row in rows}


def _refuse_a_moved_catalog(connection: Connection, changes: Changes) -> None:
    for app, expected in changes.expected.items():
        found = current_versions(connection, app)
        if found != dict(expected):
            differing = sorted(i for i in {*found, *expected} if found.get(i) != expected.get(i))
            raise CatalogMoved(f"app '{app}': {differing[0]} was saved or deleted meanwhile. Nothing was changed.")


def _free_the_names(connection: Connection, changes: Changes) -> dict[str, str]:
    """Names may change hands, in a circle even: whoever gives one up is without until it is saved or deleted.

    Gives the names' keys as they were, by id.
    """
    query = select(segments.c.id, segments.c.name_key).where(segments.c.app.in_(changes.apps))
    held = {row.id: row.name_key for row in connection.execute(query)}
    renamed = [w.document.id for w in changes.saves if held.get(w.document.id or "") not in (None, name_key(w.name))]
    for segment_id in (*renamed, *(segment_id for _, segment_id in changes.deletes)):
        # No name begins with a control character, so that this is nobody's.
        _set_name_key(connection, segment_id or "", f"\x01 given up by {segment_id}")
    return held


def _set_name_key(connection: Connection, segment_id: str, key: str) -> None:
    connection.execute(update(segments).where(segments.c.id == segment_id).values(name_key=key))
