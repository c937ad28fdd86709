"""What a list of segments shows beside each: who uses it, and how many users it had of late."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from segkit.definitions.conditions import live_references
from segkit.definitions.documents import name_key
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.app import App


def used_by(app: App) -> dict[str, tuple[str, ...]]:
    """By id, the segments and exports that use a segment by themselves; see `App.used_by`."""
    definitions = app.definitions()
    found: dict[str, list[str]] = {}
    for reader in definitions.by_id.values():
        for read in sorted(live_references(reader.rule)):
            found.setdefault(read, []).append(f"‘{reader.name}’")
    by_key = {name_key(d.name): d.id for d in definitions.by_id.values()}
    for export in app.due_exports:
        named = {name if name in definitions.by_id else by_key.get(name_key(name), "") for name in export.segments}
        for read in named - {""}:
            found.setdefault(read, []).append(f"the export ‘{export.name}’ of segkit.toml")
    return {read: tuple(users) for read, users in found.items()}


def recent_counts(app: App, days: int) -> dict[str, dict[date, int]]:
    """By id, the published counts of the last days; see `App.recent_counts`."""
    if days < 1:
        raise SegkitError(f"days: found {days}; expected 1 or more")
    return app.workspace.catalog.counts_since(app.name, app.as_of - timedelta(days - 1))
