"""What becomes of a segment once it is saved: its history, earlier versions, copies, the archive, coming back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, cast

from segkit.analysis.lineage import Lineage, Node
from segkit.api.history import History, history_of
from segkit.api.infos import SegmentInfo
from segkit.api.lineage import lineage_of, read_by_segments
from segkit.api.lists import life as lists
from segkit.api.lists.rematching import match_lists_again
from segkit.api.overview import recent_counts, used_by
from segkit.definitions.documents import Document, document_data, name_key, parse_document
from segkit.errors import NotFound, SegkitError
from segkit.store.records import StoredSegment

if TYPE_CHECKING:
    from segkit.api.app import App


class SegmentLife:
    """The part of an app that is about the life of its segments. Names may be ids, in any spelling."""

    @property
    def _app(self) -> App:
        return cast("App", self)

    def history(self, name: str) -> History:
        """Who changed a segment, when, and what, in words; of an archived or deleted one as well."""
        held = stored(self._app, name)
        return history_of(self._app, held.id, held.name)

    def document_of_version(self, name: str, version: int) -> Document:
        """An earlier version's document, of an archived or deleted segment as well. Raises NotFound."""
        return self._app.workspace.catalog.version(stored(self._app, name).id, version).document

    def revert(self, name: str, to: int) -> SegmentInfo:
        """Saves what an earlier version says as a new version, and publishes it; nothing in between is lost."""
        held = stored(self._app, name)
        if held.deleted_at is not None:
            raise SegkitError(f"‘{held.name}’ is deleted. `segkit undelete {held.id}` brings it back.")
        document = self._app.workspace.catalog.version(held.id, to).document
        return self._app.save(document, based_on=held.version, note=f"as in version {to}")

    def duplicate(self, name: str, new_name: str) -> SegmentInfo:
        """Saves a copy under a new name, of a predefined or archived segment as well, and publishes it."""
        found = self._app.definitions().with_archived(name)
        lists.refuse_to_copy(found)
        copy = _renamed(found.document.model_copy(update={"id": None}), new_name)
        return self._app.save(copy, note=f"a copy of ‘{found.name}’")

    def archive(self, name: str) -> SegmentInfo:
        """Puts a segment out of the way: it keeps its name and all it has, and is neither listed nor refreshed.

        Raises SegkitError with the exact list while segments or exports use it.
        """
        held = _changeable(self._app, name, "archived")
        workspace = self._app.workspace
        workspace.catalog.archive(
            self._app.name,
            held.id,
            actor=workspace.actor,
            now=workspace.clock(),
            also_used_by=exports_that_use(self._app, held),
        )
        return self._app.segment(held.id)

    def unarchive(self, name: str) -> SegmentInfo:
        """Brings an archived segment back and, if it is daily, publishes it."""
        held = _changeable(self._app, name, "archived")
        workspace = self._app.workspace
        workspace.catalog.unarchive(self._app.name, held.id, actor=workspace.actor, now=workspace.clock())
        if held.kind == "imported":
            match_lists_again(self._app)  # loads leave archived lists alone
        return self._app.publish(held.id) if held.cycle == "daily" else self._app.segment(held.id)

    def undelete(self, name: str, as_name: str | None = None) -> SegmentInfo:
        """Brings a deleted segment back as its next version, under a new name where its own is taken by now."""
        held = stored(self._app, name, prefer_deleted=True)
        if held.deleted_at is None:
            raise SegkitError(
                f"‘{held.name}’ ({held.id}) is not deleted; `segkit list --deleted` shows those that are."
            )
        document = held.document if as_name is None else _renamed(held.document, as_name)
        note = "brought back after it was deleted"
        if held.kind == "imported":
            return lists.bring_back(self._app, held, document, note)
        return self._app.save(document, note=note)

    def lineage(self, name: str) -> Lineage:
        """What a segment reads, down to its sources, and which segments and exports use it; draws itself."""
        return lineage_of(self._app, name)

    def read_by_segments(self) -> dict[str, tuple[Node, ...]]:
        """By id, the segments and sources that each segment reads by itself."""
        return read_by_segments(self._app)

    def used_by(self) -> dict[str, tuple[str, ...]]:
        """By id, the segments and exports that use a segment by themselves, as messages name them."""
        return used_by(self._app)

    def recent_counts(self, days: int = 30) -> dict[str, dict[date, int]]:
        """By id, how many users each segment was published with on each of the last days that it was."""
        return recent_counts(self._app, days)

    def names(self) -> Callable[[str], str]:
        """Gives the name of a segment by its id; of archived and deleted ones too, and the id where there is none."""
        catalog = self._app.workspace.catalog
        away = [*catalog.segments(self._app.name, deleted=True), *catalog.segments(self._app.name, archived=True)]
        known = {segment.id: segment.name for segment in away}
        known |= {d.id: d.name for d in self._app.definitions().by_id.values()}
        return lambda segment_id: known.get(segment_id, segment_id)


def _renamed(document: Document, name: str) -> Document:
    return parse_document({**document_data(document), "name": name}, f"Segment '{name}'")


def delete(app: App, name: str) -> None:
    """Deletes a custom segment; see `App.delete`."""
    held = _changeable(app, name, "deleted")
    workspace = app.workspace
    workspace.catalog.delete(
        app.name, held.id, actor=workspace.actor, now=workspace.clock(), also_used_by=exports_that_use(app, held)
    )


def stored(app: App, name: str, *, prefer_deleted: bool = False) -> StoredSegment:
    """A segment that the catalog holds, by name or id, whatever became of it; one that is there before deleted ones.

    Raises SegkitError for a predefined one, and where several deleted ones had the name; NotFound for an unknown name.
    """
    definitions = app.definitions()
    if name in definitions and definitions[name].kind == "predefined":
        raise SegkitError(
            f"‘{definitions[name].name}’ is predefined: it has no versions, and stays. Its thresholds are set in "
            f"segkit.toml; `segkit duplicate '{definitions[name].name}' NEW` makes a copy to change."
        )
    gone = _deleted(app, name) if prefer_deleted else []
    if gone:
        return gone[0]
    try:
        return app.workspace.catalog.segment(app.name, name)
    except NotFound:
        gone = _deleted(app, name)
        if not gone:
            raise
        return gone[0]


def _deleted(app: App, name: str) -> list[StoredSegment]:
    """The deleted segment of this id or name, if any. Raises SegkitError where several had the name."""
    key = name_key(name)
    deleted = app.workspace.catalog.segments(app.name, deleted=True)
    found = [segment for segment in deleted if segment.id == name or name_key(segment.name) == key]
    if len(found) > 1:
        told = ", ".join(f"{s.id} (deleted {s.deleted_at:%Y-%m-%d %H:%M} UTC)" for s in found if s.deleted_at)
        raise SegkitError(f"{len(found)} deleted segments were called ‘{name}’: {told}. Name one by its id.")
    return found


def _changeable(app: App, name: str, done: str) -> StoredSegment:
    definitions = app.definitions()
    if name in definitions and definitions[name].kind == "predefined":
        raise SegkitError(f"‘{definitions[name].name}’ is predefined and stays; custom segments can be {done}")
    return app.workspace.catalog.segment(app.name, definitions.with_archived(name).id)


def exports_that_use(app: App, held: StoredSegment) -> list[str]:
    """The exports that `segkit.toml` has due with this segment, as messages name them."""
    mine = {held.id, name_key(held.name)}
    return [
        f"the export ‘{export.name}’ of segkit.toml"
        for export in app.due_exports
        if any(name in mine or name_key(name) in mine for name in export.segments)
    ]
