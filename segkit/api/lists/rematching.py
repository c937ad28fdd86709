"""Matching an app's lists again after a load, so that an external address that registers becomes a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from segkit.api.lists.finding import people_of
from segkit.api.lists.keeping import Change, changing, keep, rows_kept
from segkit.data.kept_out import read_kept_out
from segkit.exchange.lists.kept import matched_again
from segkit.exchange.lists.kept_out import kept_rows_without
from segkit.store.records import ListVersion

if TYPE_CHECKING:
    from segkit.api.app import App


def match_lists_again(app: App) -> list[ListVersion]:
    """A new version of every list that was matched with older data. Raises Damaged where rows are not whole."""
    definitions = [d for d in app.definitions().by_id.values() if d.kind == "imported"]
    if not definitions:
        return []
    found = []
    with changing(app):
        generation = app.manifest.generation
        people = None
        for definition in definitions:
            held = app.workspace.catalog.list_version(definition.id)
            if held is None or held.data_generation == generation:
                continue
            people = people or people_of(app, None)  # only e-mails are looked up again
            before = rows_kept(app, held)
            kept = without_erased(app, before)
            detail = dict(held.detail)
            if kept.num_rows < before.num_rows:
                detail["erased"] = detail.get("erased", 0) + before.num_rows - kept.num_rows
            rows = matched_again(kept, people)
            change = Change(definition.document, definition.version or 1, held, rows, "match", detail=detail)
            found.append(keep(app, change))
    return found


def without_erased(app: App, rows: pa.Table) -> pa.Table:
    """Rows of a list without those of people who were erased, who may be there again where a backup was restored."""
    return kept_rows_without(rows, read_kept_out(app.workspace.folder, app.name), app.manifest.dead)
