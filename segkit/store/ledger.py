"""What happened: runs, exports, and what the audit trail says. Rows are added; only a run's end is filled in later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from segkit.errors import NotFound, SegkitError
from segkit.store.audit_chain import append
from segkit.store.outbox import NewMessage, put_in
from segkit.store.records import AuditEntry, ExportRecord, Run
from segkit.store.tables import audit, exports, runs


def begin_run(connection: Connection, app: str, as_of: date, kind: str, started_at: datetime) -> Run:
    """A run that has begun; says nothing of whether it is still running."""
    values = {"app": app, "as_of": as_of, "kind": kind, "started_at": started_at, "detail": {}}
    row = connection.execute(insert(runs).values(**values).returning(runs)).one()
    return Run(**row._mapping)


def end_run(connection: Connection, run_id: int, ended_at: datetime, outcome: str, detail: Mapping[str, Any]) -> Run:
    """The end of a run. Raises NotFound if there is no such run, SegkitError if it has ended before."""
    row = connection.execute(select(runs.c.outcome).where(runs.c.id == run_id)).first()
    if row is None:
        raise NotFound(f"no run {run_id} in the catalog")
    if row.outcome is not None:
        raise SegkitError(f"run {run_id} has ended before, with '{row.outcome}'; begin a new one")
    changed = update(runs).where(runs.c.id == run_id)
    ended = connection.execute(
        changed.values(ended_at=ended_at, outcome=outcome, detail=dict(detail)).returning(runs)
    ).one()
    return Run(**ended._mapping)


def all_runs(
    connection: Connection, app: str | None, as_of: date | None, kind: str | None, limit: int | None
) -> tuple[Run, ...]:
    """Runs, the newest first."""
    query = _where(select(runs), {runs.c.app: app, runs.c.as_of: as_of, runs.c.kind: kind})
    return tuple(Run(**row._mapping) for row in connection.execute(query.order_by(runs.c.id.desc()).limit(limit)))


def add_export(
    connection: Connection,
    *,
    app: str,
    name: str | None,
    as_of: date,
    file: str,
    sha256: str,
    at: datetime,
    actor: str,
    detail: Mapping[str, Any],
    delivery: NewMessage | None = None,
) -> ExportRecord:
    """Records a written export, and puts into the outbox that it is to be delivered; both or neither.

    Raises SegkitError if a due one is recorded for that day already.
    """
    earlier = None if name is None else due_export(connection, app, name, as_of)
    if earlier is not None:
        raise SegkitError(
            f"export '{name}' of app '{app}' as of {as_of} was made before: {earlier.file}, at "
            f"{earlier.at:%Y-%m-%d %H:%M} UTC by {earlier.actor}. It is made once a day; `segkit export` makes another."
        )
    values = {"app": app, "name": name, "as_of": as_of, "file": file, "sha256": sha256, "at": at, "actor": actor}
    row = connection.execute(insert(exports).values(**values, detail=dict(detail)).returning(exports)).one()
    audited = {"file": file, "as_of": as_of.isoformat(), **detail}
    append(connection, actor=actor, at=at, app=app, action="export", subject=name or "by hand", detail=audited)
    if delivery is not None:
        put_in(connection, [delivery], at)
    return ExportRecord(**row._mapping)


def due_export(connection: Connection, app: str, name: str, as_of: date) -> ExportRecord | None:
    """The export that was made for a day, if it was."""
    query = _where(select(exports), {exports.c.app: app, exports.c.name: name, exports.c.as_of: as_of})
    row = connection.execute(query).first()
    return None if row is None else ExportRecord(**row._mapping)


def all_exports(connection: Connection, app: str | None, limit: int | None) -> tuple[ExportRecord, ...]:
    """Exports, the newest first."""
    query = _where(select(exports), {exports.c.app: app}).order_by(exports.c.id.desc()).limit(limit)
    return tuple(ExportRecord(**row._mapping) for row in connection.execute(query))


def audit_trail(
    connection: Connection,
    app: str | None,
    actor: str | None,
    action: str | None,
    subject: str | None,
    limit: int | None,
) -> tuple[AuditEntry, ...]:
    """Entries of the audit trail, the newest first."""
    wanted = {audit.c.app: app, audit.c.actor: actor, audit.c.action: action, audit.c.subject: subject}
    query = _where(select(audit), wanted)
    return tuple(
        AuditEntry(**row._mapping) for row in connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    )


def _where(query: Select[Any], wanted: Mapping[Any, object]) -> Select[Any]:
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    return query
