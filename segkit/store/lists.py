"""The versions of imported lists: their counts and files. What stands in a list is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from segkit.errors import Overtaken
from segkit.store.published import record_snapshots
from segkit.store.records import ListVersion, PublishedFile, Snapshot
from segkit.store.saving import Save, save
from segkit.store.tables import lists, segments


def record(connection: Connection, snapshots: Sequence[Snapshot], version: ListVersion, new: Save | None) -> None:
    """A list's new version and its snapshot, and its segment where it is new. Raises Overtaken if there is that one."""
    if new is not None:
        save(connection, new)
    held = newest(connection, version.segment_id)
    if (held.number if held else 0) != version.number - 1:
        raise Overtaken("the list was changed by somebody else meanwhile. Nothing was changed; try it again.")
    record_snapshots(connection, snapshots)
    connection.execute(insert(lists).values(**asdict(version)))


def newest(connection: Connection, segment_id: str) -> ListVersion | None:
    """The newest version of a list."""
    query = select(lists).where(lists.c.segment_id == segment_id).order_by(lists.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def all_versions(connection: Connection, app: str, segment_id: str | None) -> tuple[ListVersion, ...]:
    """The versions of one list, or of all that are not deleted, the newest first."""
    query = select(lists).join(segments, segments.c.id == lists.c.segment_id).where(lists.c.app == app)
    if segment_id is None:
        query = query.where(segments.c.deleted_at.is_(None))
    else:
        query = query.where(lists.c.segment_id == segment_id)
    return tuple(_version(row) for row in connection.execute(query.order_by(lists.c.at.desc(), lists.c.number.desc())))


def _version(row: Row[Any]) -> ListVersion:
    files = {name: PublishedFile(**file) for name, file in row.files.items()}
    return ListVersion(**{**row._mapping, "files": files})
