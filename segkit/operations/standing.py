"""Files of a workspace in which a person is named: the evidence of nights is removed, people's own files are told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from segkit.files.disk import sync
from segkit.operations.decoding import texts_of_file
from segkit.store.terms import Terms

RUNS = "runs"
#: What erasing looks after by itself.
_LOOKED_AFTER = frozenset({"data", "snapshots", "imports", "erasures", "locks", RUNS})
_CATALOG = "catalog.sqlite"


def remove_evidence(workspace: Path, terms: Terms) -> list[str]:
    """Removes the files of nights in which a person is named; which ones, without the person in their names."""
    removed = []
    for path in list(_files(workspace / RUNS)):
        if _names(path, workspace, terms):
            path.unlink()
            sync(path.parent)
            removed.append(terms.masked(path.relative_to(workspace).as_posix()))
    return removed


def files_that_name(workspace: Path, terms: Terms) -> list[str]:
    """Files of people's own that name a person: sources, documents, notebooks. They are not segkit's to change."""
    found = []
    for path in _files(workspace):
        place = path.relative_to(workspace)
        is_ours = place.parts[0] in _LOOKED_AFTER or place.parts[0].startswith(_CATALOG)
        if not is_ours and _names(path, workspace, terms):
            found.append(terms.masked(place.as_posix()))
    return found


def _files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(at, name) for name in sorted(names) if Path(at, name).is_file())


def _names(path: Path, workspace: Path, terms: Terms) -> bool:
    if terms.stand_in(path.relative_to(workspace).as_posix()):
        return True
    try:
        return any(terms.stand_in(text) for text in texts_of_file(path))
    except OSError:
        return False
