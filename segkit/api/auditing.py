"""The audit trail as people read it, and what the doctor finds in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from segkit.api.results import table_html
from segkit.errors import Damaged
from segkit.store.audit_anchor import FILE
from segkit.store.records import AuditEntry

if TYPE_CHECKING:
    from segkit.api.workspace import Workspace
    from segkit.data.doctor import Finding

HEADINGS = ("Entry", "When (UTC)", "Who", "App", "What", "Of what", "Detail")
_WHY = "the record of who did what cannot be relied on from there on"
_NEXT = (
    "somebody or something changed it outside segkit: keep catalog and audit.anchor as they are, and compare them with "
    "those of a backup"
)


class AuditTrail(list[AuditEntry]):
    """Entries of the audit trail, the newest first."""

    headings = HEADINGS

    def rows(self) -> list[tuple[object, ...]]:
        """The entries as a table's rows; the number of an entry is text, which nobody adds up."""
        return [(str(e.id), f"{e.at:%Y-%m-%d %H:%M:%S}", e.actor, e.app, e.action, e.subject, _detail(e)) for e in self]

    def to_list(self) -> list[dict[str, Any]]:
        """Plain data."""
        return [
            {
                "id": e.id, "at": e.at.isoformat(), "actor": e.actor, "app": e.app, "action": e.action,
                "subject": e.subject, "detail": dict(e.detail), "previous": e.previous, "hash": e.hash,
            }
            for e in self
        ]  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join("  ".join("" if cell is None else str(cell) for cell in row) for row in self.rows())

    def _repr_html_(self) -> str:
        return table_html(self.headings, self.rows(), "Audit trail")


def _detail(entry: AuditEntry) -> str:
    return ", ".join(f"{key} {_plain(value)}" for key, value in entry.detail.items())


def _plain(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "+".join(value)
    if isinstance(value, dict) and len(value) > 3:
        return f"of {len(value):,}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def examine_audit(workspace: Workspace) -> Iterator[Finding]:
    """Whether the audit trail is what was written, to its end."""
    from segkit.data.doctor import Finding

    try:
        found = workspace.catalog.audit_break()
    except Damaged as error:
        yield Finding("error", "audit trail", str(error), "an end that is cut off would not be missed", _NEXT)
        return
    if found is not None:
        yield Finding("error", f"audit trail, entry {found.entry}", found.what, _WHY, _NEXT)
    elif not (workspace.folder / FILE).exists() and workspace.catalog.audit(limit=1):
        yield Finding(
            "warning", "audit trail", f"{FILE} is missing", "an end of the trail that was cut off would not be missed",
            "bring it back from a backup; otherwise the next entry writes a new one",
        )  # fmt: skip
