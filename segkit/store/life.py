"""Deleting, archiving and bringing back what was archived; refused while others use it, with their exact list.

A deleted segment keeps its versions and gives its name free; saving its document again brings it back. An archived one
keeps its name too: it is out of the way, not gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from segkit.definitions.conditions import references
from segkit.errors import SegkitError
from segkit.store.audit_chain import append
from segkit.store.records import StoredSegment
from segkit.store.references import User, users_of
from segkit.store.segments import moment, segment, segment_of_id
from segkit.store.tables import segments


def delete(
    connection: Connection, app: str, name_or_id: str, *, actor: str, now: datetime, also: Sequence[str] = ()
) -> StoredSegment:
    """Deletes a segment, archived or not. `also` names what uses it beside segments."""
    found = segment(connection, app, name_or_id)
    users = users_of(connection, app, found.id)
    _refuse_while_used("deleted", found.name, users, also, "Take it out of their rules, or delete them first.")
    connection.execute(update(segments).where(segments.c.id == found.id).values(deleted_at=now, deleted_by=actor))
    _on_record(connection, "delete", found, actor, now)
    return found


def archive(
    connection: Connection, app: str, name_or_id: str, *, actor: str, now: datetime, also: Sequence[str] = ()
) -> StoredSegment:
    """Archives a segment; archived ones may go on using it. `also` names what uses it beside segments."""
    found = segment(connection, app, name_or_id)
    if found.archived_at is not None:
        raise SegkitError(f"‘{found.name}’ is archived already, since {moment(found.archived_at)}.")
    users = [user for user in users_of(connection, app, found.id) if not user.is_archived]
    _refuse_while_used("archived", found.name, users, also, "Take it out of their rules, or archive them first.")
    connection.execute(update(segments).where(segments.c.id == found.id).values(archived_at=now, archived_by=actor))
    _on_record(connection, "archive", found, actor, now)
    return found


def unarchive(connection: Connection, app: str, name_or_id: str, *, actor: str, now: datetime) -> StoredSegment:
    """Brings an archived segment back. Refused while what it reads is archived or deleted itself."""
    found = segment(connection, app, name_or_id)
    if found.archived_at is None:
        raise SegkitError(f"‘{found.name}’ is not archived; `segkit list --archived` shows those that are.")
    away = [_away(connection, reference) for reference in references(found.document.rule)]
    if any(away):
        told = ", ".join(sorted(name for name in away if name))
        raise SegkitError(f"Not brought back: ‘{found.name}’ reads {told}. Bring that back first.")
    connection.execute(update(segments).where(segments.c.id == found.id).values(archived_at=None, archived_by=None))
    _on_record(connection, "unarchive", found, actor, now)
    return found


def _away(connection: Connection, reference: str) -> str:
    if reference.startswith("pd_"):
        return ""
    held = segment_of_id(connection, reference)
    if held is None:
        return f"{reference}, which is gone"
    if held.deleted_at is not None:
        return f"‘{held.name}’, which is deleted"
    return f"‘{held.name}’, which is archived" if held.archived_at is not None else ""


def _refuse_while_used(done: str, name: str, users: Sequence[User], also: Sequence[str], mend: str) -> None:
    by = [f"‘{user.name}’ (archived)" if user.is_archived else f"‘{user.name}’" for user in users]
    if by or also:
        raise SegkitError(f"Not {done}: ‘{name}’ is used by {', '.join([*by, *also])}. {mend}")


def _on_record(connection: Connection, action: str, found: StoredSegment, actor: str, now: datetime) -> None:
    append(connection, actor=actor, at=now, app=found.app, action=action, subject=found.id, detail={"name": found.name})
