"""Matching an app's lists again after a load, so that an external address that registers becomes a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from segkit.api.lists.finding import people_of
from segkit.api.lists.keeping import Change, changing, keep, rows_kept
from segkit.data.kept_out import read_kept_out
from segkit.errors import Busy, Damaged
from segkit.exchange.lists.kept import matched_again
from segkit.exchange.lists.kept_out import kept_rows_without

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.definitions import Definition


def match_lists_again(app: App) -> list[str]:
    """A new version of every list that was matched with older data; what is worth telling, in sentences.

    A list that cannot be matched now is told and left as it is: the data is loaded all the same.
    """
    definitions = [d for d in app.definitions().by_id.values() if d.kind == "imported"]
    if not definitions:
        return []
    try:
        with changing(app):
            return _match(app, definitions)
    except Busy as busy:
        return [f"lists are not matched again yet: {busy} The next load does it."]


def _match(app: App, definitions: list[Definition]) -> list[str]:
    people, told = None, []
    for definition in definitions:
        held = app.workspace.catalog.list_version(definition.id)
        if held is None or held.data_generation == app.manifest.generation:
            continue
        try:
            before = rows_kept(app, held)
        except Damaged as damaged:
            told.append(f"list ‘{definition.name}’ is not matched again: {damaged}")
            continue
        people = people or people_of(app, None)  # only e-mails are looked up again
        kept = without_erased(app, before)
        rows = matched_again(kept, people)
        erased = before.num_rows - kept.num_rows
        detail = {**held.detail, **({"erased": held.detail.get("erased", 0) + erased} if erased else {})}
        version = keep(app, Change(definition.document, definition.version or 1, held, rows, "match", detail=detail))
        new = kept["user_no"].null_count - version.external
        told += [f"list ‘{definition.name}’: {new:,} external addresses are users by now"] if new else []
        told += [f"list ‘{definition.name}’: {erased:,} rows of people who were erased are kept out"] if erased else []
    return told


def without_erased(app: App, rows: pa.Table) -> pa.Table:
    """Rows of a list without those of people who were erased, who may be there again where a backup was restored."""
    return kept_rows_without(rows, read_kept_out(app.workspace.folder, app.name), app.manifest.dead)
