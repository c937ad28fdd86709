"""Which snapshots are let go, by count and age, and the mark that says so in the catalog. Their files: `retention`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select, update

from segkit.store.published import NEWEST_FIRST
from segkit.store.tables import segments, snapshots

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Keep:
    """How much stays of each segment: its newest `count` dates, and whatever was computed in the last `days` days."""

    count: int
    days: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.days < 0:
            raise ValueError(f"found {self}; expected at least one date, and no negative days")


@dataclass(frozen=True, slots=True)
class Kept:
    """What retention must know of a snapshot; those of a segment come with the one that counts first."""

    id: str
    segment_id: str
    as_of: date
    computed_at: datetime
    reads: tuple[str, ...]  # ids of the snapshots that it was computed from


def beyond(held: Iterable[Kept], keep: Keep, now: datetime) -> set[str]:
    """The ids of those that are let go. Of each segment the newest one never is, nor what a kept one was computed from.

    Of several of one date only the first counts; nobody reads the others.
    """
    by_id: dict[str, Kept] = {}
    dates: dict[str, list[date]] = {}
    waiting: list[str] = []
    for one in held:
        by_id[one.id] = one
        of_segment = dates.setdefault(one.segment_id, [])
        if one.as_of in of_segment:
            continue
        of_segment.append(one.as_of)
        if len(of_segment) <= keep.count or one.computed_at > now - timedelta(days=keep.days):
            waiting.append(one.id)
    kept: set[str] = set()
    while waiting:
        found = waiting.pop()
        if found in by_id and found not in kept:
            kept.add(found)
            waiting.extend(by_id[found].reads)
    return set(by_id) - kept


def retire(connection: Connection, app: str, keep: Keep, now: datetime) -> int:
    """Marks what is beyond `keep`; how many snapshots. Nobody who asks from now on is given their users."""
    chosen = sorted(beyond(_held(connection, app), keep, now))
    for some in pieces(chosen):
        connection.execute(update(snapshots).where(snapshots.c.id.in_(some)).values(retired_at=now))
    return len(chosen)


def _held(connection: Connection, app: str) -> Iterator[Kept]:
    """What is not retired, but for imported lists, which nothing could compute again."""
    columns = (snapshots.c[name] for name in ("id", "segment_id", "as_of", "computed_at", "children"))
    imported = select(segments.c.id).where(segments.c.app == app, segments.c.kind == "imported")
    query = select(*columns).where(snapshots.c.app == app, snapshots.c.retired_at.is_(None))
    query = query.where(snapshots.c.segment_id.not_in(imported)).order_by(snapshots.c.segment_id, *NEWEST_FIRST)
    for row in connection.execute(query):
        reads = tuple(child["snapshot"] for child in row.children if child["snapshot"] is not None)
        yield Kept(row.id, row.segment_id, row.as_of, row.computed_at, reads)


def retired_files(connection: Connection, app: str, generations: Collection[str], before: datetime) -> tuple[str, ...]:
    """The files in these generations whose snapshots were retired by then, relative to the workspace."""
    query = select(snapshots.c.file).where(snapshots.c.app == app, snapshots.c.generation.in_(generations))
    return tuple(connection.execute(query.where(snapshots.c.retired_at <= before)).scalars())


def pieces(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """As few at once as every database takes."""
    return (names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE))
