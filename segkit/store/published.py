"""Which memberships are published: the records of snapshots. Their files are in `snapshots`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, tuple_

from segkit.errors import NotFound, Overtaken
from segkit.store.audit_chain import append
from segkit.store.records import Child, PublishedFile, Snapshot
from segkit.store.tables import segments, snapshots, versions

_COLUMNS = [snapshots.c[field.name] for field in fields(Snapshot)]
# Whoever refreshed an older version may publish after the newer one was: the version goes first.
NEWEST_FIRST = tuple(c.desc().nulls_last() for c in (snapshots.c.as_of, snapshots.c.version, snapshots.c.sequence))


def record_snapshots(connection: Connection, records: Sequence[Snapshot]) -> None:
    """Publishes these, all or none.

    Raises NotFound where a record names a version that the catalog never held, Overtaken where one read the rule of a
    segment that has a newer one by now: published later, it would stand over what was computed from that.
    """
    if len({record.app for record in records}) != 1:
        raise ValueError("expected snapshots of one app")
    _refuse_unknown_versions(connection, records)
    _refuse_what_was_overtaken(connection, records)
    connection.execute(insert(snapshots), [asdict(record) for record in records])
    for as_of in sorted({record.as_of for record in records}):
        _on_record(connection, [record for record in records if record.as_of == as_of])


def _on_record(connection: Connection, of_day: Sequence[Snapshot]) -> None:
    first = of_day[0]
    counts = {record.segment_id: record.count for record in of_day}
    append(
        connection,
        actor=first.actor,
        at=first.computed_at,
        app=first.app,
        action="refresh",
        subject=first.as_of.isoformat(),
        detail={"data_generation": first.data_generation, "counts": counts},
    )


def _refuse_unknown_versions(connection: Connection, records: Iterable[Snapshot]) -> None:
    wanted = {(r.segment_id, r.version) for r in records if r.version is not None}
    query = select(versions.c.segment_id, versions.c.number)
    query = query.where(tuple_(versions.c.segment_id, versions.c.number).in_(wanted))
    held = {(row.segment_id, row.number) for row in connection.execute(query)}
    for segment_id, number in sorted(wanted - held):
        raise NotFound(f"a snapshot of {segment_id} version {number}: the catalog holds no such version; save it first")


def _refuse_what_was_overtaken(connection: Connection, records: Iterable[Snapshot]) -> None:
    """Whoever read a snapshot of a segment read what was published; whoever read its rule must have read the last."""
    children = [child for record in records for child in record.children if child.snapshot is None]
    read = {child.segment_id: child.version for child in children if child.version is not None}
    query = select(segments.c.id, segments.c.name, segments.c.current_version).where(segments.c.id.in_(read))
    for row in connection.execute(query.order_by(segments.c.name)):
        if row.current_version > read[row.id]:
            raise Overtaken(
                f"‘{row.name}’ was read as version {read[row.id]}, and has version {row.current_version} by now. "
                "Nothing was published; refresh again."
            )


def newest_snapshot(connection: Connection, app: str, segment_id: str, as_of: date) -> Snapshot | None:
    """The snapshot with the last as_of not after the given one; of those the newest version, last published."""
    return _first(connection, _of(app, segment_id).where(snapshots.c.as_of <= as_of))


def snapshot(connection: Connection, app: str, segment_id: str, as_of: date) -> Snapshot | None:
    """The snapshot as of exactly this date: of the newest version, last published."""
    return _first(connection, _of(app, segment_id).where(snapshots.c.as_of == as_of))


def snapshot_of_id(connection: Connection, snapshot_id: str) -> Snapshot | None:
    """The snapshot with this id."""
    return _first(connection, select(*_COLUMNS).where(snapshots.c.id == snapshot_id))


def all_snapshots(connection: Connection, app: str, segment_id: str) -> tuple[Snapshot, ...]:
    """Every snapshot of a segment, the newest first."""
    return tuple(_snapshot(row) for row in connection.execute(_of(app, segment_id).order_by(*NEWEST_FIRST)))


def newest_snapshots(connection: Connection, app: str, as_of: date) -> dict[str, Snapshot]:
    """For each segment of the app what `newest_snapshot` gives, by segment id."""
    rank = func.row_number().over(partition_by=snapshots.c.segment_id, order_by=NEWEST_FIRST).label("rank")
    ranked = select(*_COLUMNS, rank).where(snapshots.c.app == app, snapshots.c.as_of <= as_of).subquery()
    rows = connection.execute(select(*(ranked.c[column.name] for column in _COLUMNS)).where(ranked.c.rank == 1))
    return {row.segment_id: _snapshot(row) for row in rows}


def counts_since(connection: Connection, app: str, since: date) -> dict[str, dict[date, int]]:
    """By segment id, how many users it had as of each date from `since` on: what `snapshot` gives of each, by date."""
    query = select(snapshots.c.segment_id, snapshots.c.as_of, snapshots.c.count)
    query = query.where(snapshots.c.app == app, snapshots.c.as_of >= since)
    found: dict[str, dict[date, int]] = {}
    for segment_id, as_of, count in connection.execute(query.order_by(*NEWEST_FIRST)):
        found.setdefault(segment_id, {}).setdefault(as_of, count)
    return {segment_id: dict(sorted(counts.items())) for segment_id, counts in found.items()}


def published_generations(connection: Connection, app: str, generations: Collection[str]) -> frozenset[str]:
    """Those of these generations that the catalog holds."""
    query = select(snapshots.c.generation).where(snapshots.c.app == app, snapshots.c.generation.in_(generations))
    return frozenset(connection.execute(query.distinct()).scalars())


def kept_files(connection: Connection) -> tuple[PublishedFile, ...]:
    """The files of all snapshots that are not retired, of every app."""
    query = select(snapshots.c.file, snapshots.c.size, snapshots.c.sha256).order_by(snapshots.c.file)
    query = query.where(snapshots.c.retired_at.is_(None))
    return tuple(PublishedFile(*row) for row in connection.execute(query))


def _of(app: str, segment_id: str) -> Select[Any]:
    return select(*_COLUMNS).where(snapshots.c.app == app, snapshots.c.segment_id == segment_id)


def _first(connection: Connection, query: Select[Any]) -> Snapshot | None:
    row = connection.execute(query.order_by(*NEWEST_FIRST).limit(1)).first()
    return None if row is None else _snapshot(row)


def _snapshot(row: Row[Any]) -> Snapshot:
    values = dict(row._mapping)
    children = tuple(Child(**child) for child in values.pop("children"))
    return Snapshot(**values, children=children)
