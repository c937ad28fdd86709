"""Reading stored segments and their versions. Saving is in `saving`, deleting and archiving in `life`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from segkit.definitions.documents import name_key
from segkit.errors import NotFound, nearest
from segkit.store.records import StoredSegment, Version
from segkit.store.references import ids_by_name
from segkit.store.searching import Search, State, in_state
from segkit.store.tables import segments, versions


def _segments_now() -> Select[Any]:
    return select(
        segments.c.id,
        segments.c.app,
        segments.c.name,
        segments.c.kind,
        segments.c.cycle,
        segments.c.current_version.label("version"),
        versions.c.document.label("text"),
        versions.c.actor,
        versions.c.at,
        versions.c.note,
        segments.c.created_at,
        segments.c.deleted_at,
        segments.c.archived_at,
    ).join(versions, (versions.c.segment_id == segments.c.id) & (versions.c.number == segments.c.current_version))


def segment_of_id(connection: Connection, segment_id: str) -> StoredSegment | None:
    """The segment with this id in whatever app, deleted or not."""
    row = connection.execute(_segments_now().where(segments.c.id == segment_id)).first()
    return None if row is None else StoredSegment(**row._mapping)


def segment_of_name(connection: Connection, app: str, name: str) -> StoredSegment | None:
    """The segment that has this name, in whatever spelling; deleted ones have none."""
    query = _segments_now().where(segments.c.app == app, segments.c.name_key == name_key(name))
    row = connection.execute(query.where(segments.c.deleted_at.is_(None))).first()
    return None if row is None else StoredSegment(**row._mapping)


def all_segments(
    connection: Connection, app: str, state: State, search: Search | None = None
) -> tuple[StoredSegment, ...]:
    """The app's segments by name: those that are there, were archived, or were deleted; of them what is looked for."""
    query = in_state(_segments_now().where(segments.c.app == app), state)
    rows = connection.execute(query if search is None else search.narrowed(query))
    found = [StoredSegment(**row._mapping) for row in rows]
    return tuple(sorted(found, key=lambda segment: (name_key(segment.name), segment.created_at, segment.id)))


def segment(connection: Connection, app: str, name_or_id: str) -> StoredSegment:
    """The segment of this name or id. Raises NotFound with who deleted it, or with the nearest name."""
    if not name_or_id.startswith("sg_"):
        found = segment_of_name(connection, app, name_or_id)
    else:
        found = segment_of_id(connection, name_or_id)
        if found is not None and found.app == app and found.deleted_at is not None:
            raise NotFound(f"segment ‘{found.name}’ ({found.id}) was deleted {_when_and_by_whom(connection, found.id)}")
    if found is None or found.app != app:
        known = ids_by_name(connection, app)
        raise NotFound(
            f"app '{app}' has no segment ‘{name_or_id}’.{nearest(name_or_id, known)} `segkit list` shows all."
        )
    return found


def _when_and_by_whom(connection: Connection, segment_id: str) -> str:
    found = connection.execute(
        select(segments.c.deleted_at, segments.c.deleted_by).where(segments.c.id == segment_id)
    ).one()
    return f"at {moment(found.deleted_at)} by {found.deleted_by}"


def moment(at: datetime) -> str:
    """An instant as messages show it: `2026-06-01 12:30 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def version(connection: Connection, segment_id: str, number: int) -> Version:
    """One version, of a deleted segment as well. Raises NotFound with the versions that there are."""
    row = connection.execute(
        select(versions).where(versions.c.segment_id == segment_id, versions.c.number == number)
    ).first()
    if row is not None:
        return _version(row)
    last = connection.execute(select(segments.c.current_version).where(segments.c.id == segment_id)).scalar()
    if last is None:
        raise NotFound(f"no segment {segment_id} in the catalog; `segkit list` shows all")
    raise NotFound(f"segment {segment_id} has no version {number}; expected 1 to {last}")


def all_versions(connection: Connection, segment_id: str) -> tuple[Version, ...]:
    """Every version from the first on. Raises NotFound if the catalog never held the segment."""
    rows = connection.execute(select(versions).where(versions.c.segment_id == segment_id).order_by(versions.c.number))
    found = tuple(_version(row) for row in rows)
    if not found:
        raise NotFound(f"no segment {segment_id} in the catalog; `segkit list` shows all")
    return found


def _version(row: Row[Any]) -> Version:
    return Version(row.segment_id, row.number, row.document, row.actor, row.at, row.note)
