"""The first rows of a source as the load will understand them: typed, in the zones that were given."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from segkit.data.instants import Zones
from segkit.data.numbers import register
from segkit.data.proposal.declaring import stored_kind
from segkit.data.proposal.kinds import Kind
from segkit.data.proposal.look import Look
from segkit.data.proposal.model import Proposal, ProposedColumn, ProposedTable
from segkit.data.proposal.wishes import LEFT_OUT
from segkit.data.settings import Limits
from segkit.data.sql import filled, listed, quoted
from segkit.data.values import typed
from segkit.data.work import Work
from segkit.definitions.zones import zone as zone_of

_ROLES = {"uid": "uid", "key": "uid", "name": "string", "time": "instant"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown_columns(table: ProposedTable) -> tuple[ProposedColumn, ...]:
    """The columns of which rows are shown: all but those left out, the ones that make a row what it is first."""
    kept = [column for column in table.columns if column.role != LEFT_OUT]
    return tuple(sorted(kept, key=lambda c: ("uid", "time", "name", "key").index(c.role) if c.role in _ROLES else 9))


def understood(look: Look, proposal: Proposal, table: ProposedTable, most: int = 5) -> list[tuple[object, ...]]:
    """The first rows, in the order of `shown_columns`; instants on the clocks of the app's zone (UTC while it is open).

    May hold personal data: whoever shows it masks it.
    """
    zone = proposal.zone or "UTC"
    source_zone = (proposal.wishes.event_zone if table.role == "events" else None) or zone
    columns = shown_columns(table)
    head = look.head(table.seen, most)
    with tempfile.TemporaryDirectory() as scratch, Work(Path(scratch), Limits(), ()) as work:
        register(work)
        zones = Zones(work, zone)
        work.register("head", head)
        values = [
            typed(
                _kind(c), replace(table.seen.columns[c.column], sql=quoted(c.column), zone=zones.of(source_zone))
            ).value
            for c in columns
        ]
        rows = work.rows(filled("SELECT {values} FROM head", values=listed(values)))
    instants = [column.role == "time" for column in columns]
    return [
        tuple(_local(v, zone) if is_instant else v for v, is_instant in zip(row, instants, strict=True)) for row in rows
    ]


def _kind(column: ProposedColumn) -> str:
    if column.role in ("label", "parameter", "linked"):
        return stored_kind(Kind(column.type, column.scale))
    return _ROLES.get(column.role, "date")


def _local(value: object, zone: str) -> object:
    if not isinstance(value, int):
        return None
    return (_EPOCH + timedelta(microseconds=value)).astimezone(zone_of(zone)).replace(tzinfo=None)
