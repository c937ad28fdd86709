"""Matching an app's lists again after a load, so that an external address that registers becomes a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segkit.api.lists.finding import people_of
from segkit.api.lists.keeping import Change, changing, keep, rows_kept
from segkit.exchange.lists.kept import matched_again
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
            rows = matched_again(rows_kept(app, held), people)
            change = Change(definition.document, definition.version or 1, held, rows, "match", detail=held.detail)
            found.append(keep(app, change))
    return found
