"""Writing the catalog's segments as documents into a folder, so that a plan of it is empty.

Files that say what the catalog says stay as they are, comments and all. What the catalog never had is a person's work:
it is left alone unless asked otherwise, and told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.api.planning.matching import same_text
from segkit.definitions.document_files import (
    DocumentFile,
    DocumentFolder,
    brought_up_to_date,
    read_folder,
    rewrite,
    with_id,
    written,
)
from segkit.definitions.documents import Document, name_key
from segkit.errors import DefinitionError, PartlyDone
from segkit.files.atomic import write_text
from segkit.files.disk import private_folder
from segkit.files.names import safe_name
from segkit.store.records import StoredSegment
from segkit.store.references import with_ids

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.workspace import Workspace


@dataclass(frozen=True)
class Pulled:
    """What pulling wrote, by place in the folder."""

    written: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    left: tuple[str, ...]  # files that were not touched though they are not what the catalog has, each with why
    others: tuple[str, ...]  # documents of segments that the catalog does not have, and files that are none

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {key: list(value) for key, value in asdict(self).items()}

    def raise_what_is_left(self) -> None:
        """Raises PartlyDone if a file could not be brought up to date without losing what somebody wrote."""
        if self.left:
            raise PartlyDone("not everything is as in the catalog:\n  " + "\n  ".join(self.left))


def pull(workspace: Workspace, folder: Path, app: str | None, overwrite: bool) -> Pulled:
    """Writes every custom segment of one app, or of all, as a document; see `Workspace.pull`."""
    apps = [workspace.app(app)] if app else list(workspace.apps())
    private_folder(folder)
    read = read_folder(folder)
    puller = _Puller(read, overwrite, is_only_app=len(apps) == 1)
    for each in apps:
        puller.pull(each, "" if len(apps) == 1 else f"{safe_name(each.name)}/")
    known = {file.place for file in puller.seen}
    others = [file.place for file in read.files if file.place not in known and file.document.app in _names(apps)]
    unread = sorted({problem.place.partition(": ")[0] for problem in read.problems})
    new, updated, unchanged, left = (tuple(sorted(places)) for places in puller.done())
    return Pulled(new, updated, unchanged, left, (*others, *unread))


def _names(apps: list[App]) -> set[str | None]:
    return {None, *(app.name for app in apps)}


class _Puller:
    def __init__(self, read: DocumentFolder, overwrite: bool, is_only_app: bool) -> None:
        self.seen: list[DocumentFile] = []
        self._read = read
        self._overwrite = overwrite
        self._is_only_app = is_only_app
        self._written: list[str] = []
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._left: list[str] = []

    def done(self) -> tuple[list[str], list[str], list[str], list[str]]:
        return self._written, self._updated, self._unchanged, self._left

    def pull(self, app: App, below: str) -> None:
        """Brings the files of one app up to date; new ones lie `below` a folder."""
        segments = [s for s in app.workspace.catalog.segments(app.name) if s.kind == "custom"]
        ids = app.definitions().ids
        for segment in segments:
            files = list(self._files_of(segment, app))
            self.seen += files
            if len(files) > 1:
                self._left.append(f"{files[1].place}: the same segment as {files[0].place}; take one of them out")
            elif files:
                self._bring_up_to_date(files[0], segment, app, ids)
            else:
                place = self._free_place(segment, below)
                write_text(self._read.folder / place, written(segment.document, place))
                self._written.append(place)

    def _files_of(self, segment: StoredSegment, app: App) -> Iterator[DocumentFile]:
        for file in self._read.files:
            document = file.document
            is_of_app = document.app == app.name or (document.app is None and self._is_only_app)
            is_named = document.id is None and is_of_app and name_key(document.name) == name_key(segment.name)
            if document.id == segment.id or is_named:
                yield file

    def _bring_up_to_date(self, file: DocumentFile, segment: StoredSegment, app: App, ids: Mapping[str, str]) -> None:
        found = _as_stored(file.document, segment, ids)
        if found == same_text(segment.document):
            if file.document.id is None:
                self._write(file, with_id(file, segment.id))
            else:
                self._unchanged.append(file.place)
        elif self._overwrite or found in _ever_said(app, segment):
            self._write(file, brought_up_to_date(file, segment.document))
        else:
            self._left.append(
                f"{file.place}: says of ‘{segment.name}’ ({segment.id}) what the catalog never had; "
                "`segkit plan` shows it, `--overwrite` replaces it"
            )

    def _write(self, file: DocumentFile, text: str) -> None:
        rewrite(self._read.path(file), text)
        self._updated.append(file.place)

    def _free_place(self, segment: StoredSegment, below: str) -> str:
        """A new file's place: the segment's name, for people, and its id, which no other has."""
        start = f"{below}{safe_name(segment.name)}.{segment.id}"
        number, place = 1, f"{start}.yaml"
        while (self._read.folder / place).exists():
            number += 1
            place = f"{start}-{number}.yaml"
        return place


def _as_stored(document: Document, segment: StoredSegment, ids: Mapping[str, str]) -> str:
    """The document as the catalog would hold it; no text of the catalog where it names segments that there are not."""
    try:
        rule = with_ids(document.rule, ids, "document")
    except DefinitionError:
        return ""
    return same_text(document.model_copy(update={"id": segment.id, "app": segment.app, "rule": rule}))


def _ever_said(app: App, segment: StoredSegment) -> set[str]:
    return {same_text(version.document) for version in app.workspace.catalog.versions(segment.id)}
