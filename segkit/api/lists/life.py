"""What becomes of a list beside its imports: a new name, deleted and brought back, and when its files are let go.

A deleted list keeps its files for as many days as snapshots are kept, so that bringing it back brings its rows back.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.api.lists.keeping import FOLDER, changing, has_files, tidy
from segkit.api.lists.rematching import match_lists_again
from segkit.definitions import predefined
from segkit.errors import SegkitError
from segkit.store.records import StoredSegment

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.definitions import Definition
    from segkit.api.results import SegmentInfo
    from segkit.definitions.documents import Document


def require_same_users(held: Definition, document: Document) -> None:
    """Raises SegkitError if a document would give a list a rule: only what it is called can be saved."""
    if (document.rule, document.cycle) != (held.rule, held.cycle):
        raise SegkitError(
            f"‘{held.name}’ is an imported list: its users are those of its rows, and it has no rule to save. "
            "`segkit import FILE --into` changes its rows; its name and description can be saved."
        )


def refuse_to_copy(held: Definition) -> None:
    """Raises SegkitError for a list: its rows stay where they are."""
    if held.kind == "imported":
        raise SegkitError(
            f"‘{held.name}’ is an imported list, whose rows are not copied; a segment with the rule "
            f"{{segment: {held.id}}} picks its users"
        )


def bring_back(app: App, held: StoredSegment, document: Document, note: str) -> SegmentInfo:
    """A deleted list with its rows, matched again. Raises SegkitError where they were let go since."""
    version = app.workspace.catalog.list_version(held.id)
    if version is None or not has_files(app, version):
        raise SegkitError(
            f"‘{held.name}’ was deleted, and its rows were let go since, as keep_days of [snapshots] in segkit.toml "
            "says; import its file again, as a new list"
        )
    app.workspace.catalog.save(
        document,
        app=app.name,
        actor=app.workspace.actor,
        now=app.workspace.clock(),
        based_on=None,
        kind="imported",
        note=note,
        reserved=dict(zip(predefined.names(), predefined.ids(), strict=True)),
        create=True,
    )
    match_lists_again(app)
    return app.segment(held.id)


def let_go_of_lists(app: App) -> list[int]:
    """Removes the files of lists that were deleted long enough ago, and what killed imports left; the size of each."""
    folder = app.workspace.folder / FOLDER / app.name
    if not folder.is_dir():
        return []
    with changing(app):
        before = _files(folder)
        for gone in _deleted_long_ago(app, folder):
            shutil.rmtree(gone)
        for segment in _not_deleted(app):
            version = app.workspace.catalog.list_version(segment.id)
            if version is not None:
                tidy(app, version)
        return [size for path, size in before.items() if not path.exists()]


def _files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in folder.glob("*/*.parquet")}


def _not_deleted(app: App) -> Iterator[StoredSegment]:
    catalog = app.workspace.catalog
    for segment in (*catalog.segments(app.name), *catalog.segments(app.name, archived=True)):
        if segment.kind == "imported":
            yield segment


def _deleted_long_ago(app: App, folder: Path) -> Iterator[Path]:
    """Folders of lists that were deleted before the days that are kept, or that no list has."""
    since = app.workspace.clock() - timedelta(days=app.workspace.settings.snapshots.keep_days)
    kept = {segment.id for segment in _not_deleted(app)}
    for segment in app.workspace.catalog.segments(app.name, deleted=True):
        if segment.deleted_at is not None and segment.deleted_at > since:
            kept.add(segment.id)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in kept:
            yield path
