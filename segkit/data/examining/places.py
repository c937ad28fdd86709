"""The disk under a workspace: room for the next load, what dead processes left, who else can read what is kept."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from segkit.data.examining.finding import Finding
from segkit.data.generation import SCRATCH
from segkit.data.settings import Settings
from segkit.data.sources import files_of
from segkit.errors import SegkitError
from segkit.files.atomic import is_temporary
from segkit.files.locks import holder_of

#: What segkit itself writes, each for its owner only.
KEPT = ("catalog.sqlite", "audit.anchor", "data", "snapshots", "exports", "runs", "locks", "quarantine")
#: A load writes about what it reads, twice for a moment, and needs a little to begin with.
_LEAST = 200_000_000


def examine_places(workspace: Path, settings: Settings) -> Iterator[Finding]:
    """Everything about the folder as a place."""
    yield from _room(workspace, settings)
    yield from _permissions(workspace)
    for app in settings.apps:
        yield from _leftovers(workspace / "data" / app, app)
    quarantined = sorted((workspace / "quarantine").glob("*.reason.json"))
    if quarantined:
        yield Finding(
            "warning", "quarantine", f"{len(quarantined):,} damaged files were moved there, each with its reason",
            "something broke them; a disk that does so once may do so again",
            f"read {quarantined[0].relative_to(workspace)}, restore what is needed from a backup, then remove them",
        )  # fmt: skip


def _room(workspace: Path, settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(workspace).free
    needed = _LEAST + 2 * _size_of_sources(workspace, settings)
    if free < needed:
        yield Finding(
            "warning", "disk", f"{_in_mb(free)} are free; a load of all sources may need {_in_mb(needed)}",
            "a load that finds no room fails, and changes nothing", "make room, or move the workspace to a larger disk",
        )  # fmt: skip


def _size_of_sources(workspace: Path, settings: Settings) -> int:
    total = 0
    for source in (s for app in settings.apps.values() for s in (*app.users, *app.events, *app.links)):
        try:
            total += sum(file.state.size for file in files_of(workspace, source) if file.state is not None)
        except SegkitError:
            continue  # told where files are examined
    return total


def _in_mb(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"


def _permissions(workspace: Path) -> Iterator[Finding]:
    """Whether others than the owner can read or change what is kept; the first place of each that is open to them."""
    for name in KEPT:
        path = next((found for found in _below(workspace / name) if _is_open(found)), None)
        if path is not None:
            what = f"others than its owner can reach it (mode {stat.S_IMODE(path.stat().st_mode):04o})"
            where = path.relative_to(workspace).as_posix()
            yield Finding("warning", where, what, "it may hold personal data", f"chmod -R go= {name}")


def _below(path: Path) -> Iterator[Path]:
    """The path and, where it is a folder that can be entered, all below it."""
    if path.exists():
        yield path
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in sorted([*folders, *files]))


def _is_open(path: Path) -> bool:
    return not path.is_symlink() and bool(path.stat().st_mode & 0o077)


def _leftovers(folder: Path, app: str) -> Iterator[Finding]:
    """What a load that died left behind; nothing while one is at work."""
    if not folder.is_dir() or holder_of(folder / "load.lock") is not None:
        return
    found = [path for path in folder.iterdir() if path.name == SCRATCH or path.name.endswith(".part")]
    found += [path for path in folder.rglob("*") if is_temporary(path)]
    if found:
        yield Finding(
            "note", f"{app}, data", f"{found[0].name} was left behind by a load that died", "it only takes room",
            f"the next load removes it: segkit load --app {app}",
        )  # fmt: skip
