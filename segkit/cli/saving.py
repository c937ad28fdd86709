"""Saving a document's file: what it came to, written back as the id that the segment was given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.cli.options import app_of, say
from segkit.definitions.document_files import read_file, rewrite, with_id, written
from segkit.errors import SegkitError, StaleSave

if TYPE_CHECKING:
    from segkit.api import SegmentInfo, Workspace


def save_files(
    workspace: Workspace, app: str | None, paths: Sequence[Path], based_on: int | None, merge: bool = False
) -> tuple[list[SegmentInfo], list[SegkitError]]:
    """Saves each file's segment, in their order; those that are saved, and why the others are not."""
    saved, failed = [], []
    for path in paths:
        try:
            saved.append(_save_file(workspace, app, path, based_on, merge))
        except SegkitError as error:
            failed.append(error)
    return saved, failed


def _save_file(
    workspace: Workspace, app_name: str | None, path: Path, based_on: int | None, merge: bool
) -> SegmentInfo:
    """Saves the segment in a file. A new one's id is put into the file, so that saving it again is an edit."""
    file = read_file(path, str(path), say)
    if file is None:
        raise SegkitError(f"{path}: found a plan, which `segkit apply DIR --plan FILE` does; expected a document")
    app = app_of(file.document, workspace, app_name)
    try:
        info = app.save(file.document, based_on=based_on, publish=False)
    except StaleSave as stale:
        if not merge or stale.conflict is None or stale.conflict.merged is None:
            raise
        info = app.save(stale.conflict.merged, based_on=stale.conflict.version, publish=False)
        rewrite(path, written(app.document(info.id), file.place))
        say(f"{path} now holds both changes, as version {info.version}.")
    else:
        if file.document.id is None:
            rewrite(path, with_id(file, info.id))
    # Published only now: whatever fails here, saving the file again is an edit of the segment that it names.
    return app.publish(info.id)
