"""What segments can be found by: the columns that a document fills, and the questions that are asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, or_, select

from segkit.definitions.documents import Document, name_key
from segkit.store.tables import segments, tags

State = Literal["active", "archived", "deleted"]


@dataclass(frozen=True)
class Search:
    """What is looked for. Texts are found in every spelling; all that is given must hold.

    Each word of `text` must stand in the name, the description, the folder, a tag or the owner. A `folder` holds what
    is in the folders below it, which a `/` separates.
    """

    text: str = ""
    folder: str | None = None
    tag: str | None = None
    cycle: str | None = None
    kind: str | None = None
    owner: str | None = None

    def finds(self, document: Document, kind: str) -> bool:
        """Whether it finds a segment that no catalog holds."""
        held = document_words(document)
        in_folder = self.folder is None or _is_below(folder_key(document.folder or ""), folder_key(self.folder))
        tagged = self.tag is None or name_key(self.tag) in map(name_key, document.tags)
        owned = self.owner is None or name_key(self.owner) == name_key(document.owner or "")
        fits = self.cycle in (None, document.cycle) and self.kind in (None, kind)
        return all(word in held for word in name_key(self.text).split()) and in_folder and tagged and owned and fits

    def narrowed(self, query: Select[Any]) -> Select[Any]:
        """The query for what it finds among the catalog's segments."""
        return query.where(*self._wanted())

    def _wanted(self) -> Iterable[ColumnElement[bool]]:
        for word in name_key(self.text).split():
            yield segments.c.words.contains(word, autoescape=True)
        if self.folder is not None:
            key = folder_key(self.folder)
            yield or_(segments.c.folder_key == key, segments.c.folder_key.startswith(key + "/", autoescape=True))
        if self.tag is not None:
            of_it = select(tags.c.segment_id).where(tags.c.segment_id == segments.c.id)
            yield of_it.where(tags.c.tag_key == kept(name_key(self.tag))).exists()
        if self.owner is not None:
            yield segments.c.owner_key == kept(name_key(self.owner))
        if self.cycle is not None:
            yield segments.c.cycle == self.cycle
        if self.kind is not None:
            yield segments.c.kind == self.kind


def in_state(query: Select[Any], state: State) -> Select[Any]:
    """The query for segments that are there, were archived, or were deleted."""
    if state == "deleted":
        return query.where(segments.c.deleted_at.is_not(None))
    query = query.where(segments.c.deleted_at.is_(None))
    is_archived = segments.c.archived_at.is_not(None) if state == "archived" else segments.c.archived_at.is_(None)
    return query.where(is_archived)


def columns_of(document: Document) -> dict[str, object]:
    """What a document fills of the table of segments, to be found by."""
    told = columns(document.name, document.description, document.folder, document.tags, document.owner)
    return dict(told)


def columns(
    name: str, description: str, folder: str | None, tags: Sequence[str], owner: str | None
) -> dict[str, str | None]:
    """The same of what a document says."""
    return {
        "folder": None if folder is None else kept(folder),
        "folder_key": None if folder is None else folder_key(folder),
        "owner": None if owner is None else kept(owner),
        "owner_key": None if owner is None else kept(name_key(owner)),
        "words": words(name, description, folder, tags, owner),
    }


def write_tags(connection: Connection, segment_id: str, document: Document) -> None:
    """Writes the tags of a segment's current version."""
    connection.execute(delete(tags).where(tags.c.segment_id == segment_id))
    rows = [
        {"segment_id": segment_id, "position": n, "tag": kept(tag), "tag_key": kept(name_key(tag))}
        for n, tag in enumerate(document.tags)
    ]
    if rows:
        connection.execute(insert(tags), rows)


def document_words(document: Document) -> str:
    """Everything that a document is found by, folded."""
    return words(document.name, document.description, document.folder, document.tags, document.owner)


def words(name: str, description: str, folder: str | None, tags: Sequence[str], owner: str | None) -> str:
    """The same, of its parts."""
    return "\n".join(kept(name_key(text)) for text in (name, description, folder or "", *tags, owner or ""))


def folder_key(folder: str) -> str:
    """A folder in whatever spelling: `Campaigns / May/` is `campaigns/may`."""
    parts = (name_key(part) for part in folder.split("/"))
    return kept("/".join(part for part in parts if part))


def kept(text: str) -> str:
    """A text as every database keeps it: PostgreSQL knows no zero character."""
    return text.replace("\x00", "")


def _is_below(folder: str, wanted: str) -> bool:
    return folder == wanted or folder.startswith(wanted + "/")
