"""Saving what the builder holds: over what it was opened from, as a new segment, or together with another's save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segkit.definitions.documents import Document
from segkit.definitions.naming import checked_name
from segkit.errors import DefinitionError, Held, PartlyDone, SegkitError, StaleSave

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.api.definitions import Definitions
    from segkit.store.conflicts import Conflict


@dataclass(frozen=True)
class Saved:
    """The segment as it was saved; `note` says what is left to do, such as publishing it."""

    document: Document
    version: int | None
    note: str = ""


def name_problem(name: str, definitions: Definitions, own_id: str | None) -> str:
    """Why a segment cannot have this name, if so."""
    try:
        checked_name(name)
    except ValueError as error:
        return str(error)[0].upper() + str(error)[1:] + "."
    taken = definitions[name] if name in definitions else definitions.archived(name)
    if taken is None or taken.id == own_id:
        return ""
    where = "exists in this app" if taken.name == name.strip() else f"is in this app already, as ‘{taken.name}’"
    return f"‘{name.strip()}’ {where}. Choose another name, or open it."


def save(app: App, document: Document, based_on: int | None) -> Saved:
    """Saves and publishes. Raises StaleSave with both sides, SegkitError with what keeps it from being saved."""
    try:
        info = app.save(document, based_on=based_on)
        note = ""
    except (PartlyDone, Held) as error:
        info, note = app.segment(document.name), str(error)
    return Saved(app.document(info.id), info.version, note)


def words_of_failure(error: SegkitError) -> str:
    """What keeps a segment from being saved, beginning with "Not saved"."""
    if isinstance(error, DefinitionError):
        return "Not saved: " + "; ".join(str(problem) for problem in error.problems)
    text = str(error)
    return text if text.startswith("Not saved") else f"Not saved: {text}"


def conflict_of(stale: StaleSave, app: App) -> dict[str, Any]:
    """Both sides of a stale save in words, and whether they can be saved together; plain data."""
    conflict = stale.conflict
    assert conflict is not None
    theirs, yours = conflict.changes(app.vocabulary, app.names())
    newest = conflict.saved[-1]
    return {
        "version": conflict.version, "by": newest.actor, "at": f"{newest.at:%Y-%m-%d %H:%M} UTC",
        "theirs": [str(each) for each in theirs], "yours": [str(each) for each in yours],
        "together": conflict.merged is not None,
    }  # fmt: skip


def chosen(conflict: Conflict, how: str, mine: Document) -> Document:
    """The document to go on with after a conflict: `mine`, `together` or `theirs`."""
    documents = {"mine": mine, "together": conflict.merged, "theirs": conflict.theirs}
    document = documents.get(how)
    if document is None:
        raise SegkitError("expected one of mine, together, theirs, as far as there is one")
    return document
