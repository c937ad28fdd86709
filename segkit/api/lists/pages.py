"""The rows of a list's last import, a page at a time and masked, and the file of those that were rejected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from segkit.api.lists.finding import imported, not_kept
from segkit.api.lists.keeping import RESULT, newest
from segkit.definitions.vocabulary import Personal
from segkit.errors import SegkitError
from segkit.exchange.lists.failures import write_failures
from segkit.exchange.lists.headings import FIELDS
from segkit.exchange.lists.reasons import REASONS
from segkit.masking import masked
from segkit.store.records import ListVersion

if TYPE_CHECKING:
    import pandas as pd

    from segkit.api.app import App

Status = Literal["matched", "external", "rejected", "duplicate"]
STATUSES: tuple[Status, ...] = ("matched", "external", "rejected", "duplicate")
_KINDS: dict[str, Personal] = {"email": "email", "mobile": "mobile"}


def page(app: App, name: str, status: str | None, after: int, limit: int) -> pd.DataFrame:
    """Rows from place `after` on, masked; see `App.list_rows`."""
    import pandas as pd

    if status is not None and status not in STATUSES:
        raise SegkitError(f"status '{status}': expected {', '.join(STATUSES)}")
    table, version = _result(app, name)
    chosen = table if status is None else table.filter(pc.equal(table["status"], STATUSES.index(status)))
    rows = chosen.slice(after, limit).to_pylist()
    return pd.DataFrame([_shown(row, table, version) for row in rows], columns=_columns(version))


def failures(app: App, name: str, path: Path) -> int:
    """Writes the rejected rows of a list's last import; how many. On record."""
    table, version = _result(app, name)
    now = app.workspace.clock()
    count = write_failures(path, table, now, version.detail["sheets"])
    app.workspace.catalog.record_audit(
        actor=app.workspace.actor,
        at=now,
        app=app.name,
        action="list failures",
        subject=version.segment_id,
        detail={"version": version.number, "rows": count},
    )
    return count


def _result(app: App, name: str) -> tuple[pa.Table, ListVersion]:
    definition = imported(app, name)
    found = newest(app, definition.id, RESULT)
    if found is None:
        raise not_kept(definition.name)
    version, table = found
    return table, version


def _columns(version: ListVersion) -> list[str]:
    sheet = ["sheet"] if len(version.detail["sheets"]) > 1 else []
    return [*sheet, "row", *FIELDS, "status", "reason"]


def _shown(row: dict[str, Any], table: pa.Table, version: ListVersion) -> dict[str, Any]:
    status = STATUSES[row["status"]]
    reason = REASONS[row["reason"]].sentence if row["reason"] is not None else ""
    if status == "duplicate":
        reason = f"The same person as in row {table['row'][row['first']].as_py()}."
    sheets = version.detail["sheets"]
    shown = {field: masked(row[field], _KINDS.get(field)) for field in FIELDS}
    sheet = {"sheet": sheets[row["sheet"]]} if len(sheets) > 1 else {}
    return {**sheet, "row": row["row"], **shown, "status": status, "reason": reason}
