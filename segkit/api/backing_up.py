"""A whole workspace into one file while it is in use: what goes in, and how it holds still meanwhile.

The catalog is copied first, as of one moment; then the files that the copy and the data's manifests name are linked
into `.backup/` in the workspace, where nobody takes them away; then all is written. Nothing waits for a backup, but for
an import while the catalog is copied.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from segkit.api.lists.keeping import FOLDER as LISTS
from segkit.api.lists.keeping import changing
from segkit.data.manifest import FILE as MANIFEST
from segkit.data.manifest import all_files, read_manifest_file
from segkit.errors import Damaged, SegkitError
from segkit.files.atomic import is_temporary, writing
from segkit.files.bundle import Contents, write_bundle
from segkit.files.disk import private_folder
from segkit.files.hashing import sha256_of
from segkit.files.locks import Lock
from segkit.store.audit_anchor import FILE as ANCHOR
from segkit.store.catalog import open_catalog
from segkit.store.copying import FILE as CATALOG

if TYPE_CHECKING:
    from segkit.api.workspace import Workspace

Part = Literal["sources", "exports", "runs"]
PARTS: tuple[Part, ...] = get_args(Part)
FORMAT = 1
STAGING = ".backup"
LOCK = "backup.lock"
#: What is taken through the catalog and the manifests, or means nothing elsewhere.
_NOT_AS_IT_LIES = frozenset(
    {"data", "snapshots", LISTS, "locks", STAGING, ANCHOR, CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm"}
)
_NOWHERE = frozenset({"__pycache__", ".ipynb_checkpoints"})
_TRIES = 10


@dataclass(frozen=True)
class BackupReport:
    """What was written where; `damaged` names what the workspace itself no longer has whole."""

    path: Path
    size: int
    sha256: str
    files: int
    catalog: str
    left_out: tuple[str, ...]
    notes: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "path": str(self.path)}

    def __repr__(self) -> str:
        lines = [f"{self.path}: {self.files:,} files, {self.size:,} bytes, sha256 {self.sha256}"]
        lines += [f"Note: {note}" for note in self.notes]
        return "\n".join([*lines, *(f"Damaged: {what}" for what in self.damaged)])


@dataclass
class _Taken:
    """The files that go in by name, what was written of each when it is known, and what is to be said."""

    files: dict[str, Path] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)  # sha256
    notes: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def back_up(workspace: Workspace, path: Path, without: Collection[Part] = ()) -> BackupReport:
    """Writes the workspace to one new file, whole or not at all, while others load, save and refresh.

    It holds every save that was acknowledged before. Raises SegkitError where the file exists, lies in the workspace,
    or cannot be written; Busy while another backup is at work.
    """
    target = path.absolute()
    _refuse(workspace.folder, target)
    with Lock(workspace.folder / "locks" / LOCK, "a backup"):
        staging = workspace.folder / STAGING
        shutil.rmtree(staging, ignore_errors=True)  # of a backup that was killed: the lock is ours
        try:
            taken = _take(workspace, private_folder(staging), without)
            contents = _write(workspace, target, taken, without)
        except OSError as error:
            wanted = f"{_total(staging):,} bytes wanted"
            reason = f"{target} could not be written: {error.strerror or error}; {wanted} in {target.parent}"
            raise SegkitError(f"{reason}. Free space there, or choose another folder.") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    report = _report(target, contents, taken, without)
    workspace.catalog.record_audit(
        actor=workspace.actor,
        at=workspace.clock(),
        app=None,
        action="backup",
        subject=target.name,
        detail={"sha256": report.sha256, "files": report.files, "left_out": list(report.left_out)},
    )
    return report


def _refuse(folder: Path, target: Path) -> None:
    if target.resolve().is_relative_to(folder):
        raise SegkitError(f"{target} lies in the workspace, and would be lost with it; choose a place outside")
    if os.path.lexists(target):
        raise SegkitError(f"{target} exists; choose another name, such as one with today's date")


def _total(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _take(workspace: Workspace, staging: Path, without: Collection[Part]) -> _Taken:
    """Holds still what the backup consists of."""
    taken = _Taken()
    _take_anchor(workspace.folder, staging, taken)  # before the catalog, which it must not be ahead of
    with ExitStack() as stack:  # what the catalog says of lists and their rows go together
        for app in workspace.app_names:
            if (workspace.folder / LISTS / app).is_dir():
                stack.enter_context(changing(workspace.app(app)))
        taken.files[CATALOG] = workspace.catalog.copy_to(staging)
        for path in sorted((workspace.folder / LISTS).glob("*/*/*.parquet")):
            name = path.relative_to(workspace.folder).as_posix()
            taken.files[name] = _held_still(workspace.folder, staging, name)
    _take_snapshots(workspace.folder, staging, taken)
    for app in workspace.app_names:  # after the catalog: what it names was computed on this data or on older
        _take_data(workspace.folder, staging, app, taken)
    for name, path in _other_files(workspace.folder, _left_out(workspace, without), taken):
        taken.files[name] = path
    return taken


def _take_anchor(folder: Path, staging: Path, taken: _Taken) -> None:
    with suppress(FileNotFoundError):
        taken.files[ANCHOR] = Path(shutil.copyfile(folder / ANCHOR, staging / ANCHOR))


def _take_snapshots(folder: Path, staging: Path, taken: _Taken) -> None:
    with open_catalog(staging) as copy:
        for record in copy.kept_files():
            try:
                taken.files[record.file] = _held_still(folder, staging, record.file)
                taken.written[record.file] = record.sha256
            except FileNotFoundError:
                taken.damaged.append(f"{record.file} is missing")


def _take_data(folder: Path, staging: Path, app: str, taken: _Taken) -> None:
    """One generation of an app's data. A load may take an old one away meanwhile: then the new one is taken."""
    place = f"data/{app}"
    manifest = folder / place / MANIFEST
    for is_last in (False,) * _TRIES + (True,):
        if not manifest.exists():
            return
        copied = private_folder(staging / "manifests") / f"{app}.json"
        shutil.copyfile(manifest, copied)
        try:
            generation = read_manifest_file(copied)
        except Damaged:
            taken.files[f"{place}/{MANIFEST}"] = copied
            taken.damaged.append(f"{place}/{MANIFEST} is not what segkit wrote; the data is not in the backup")
            return
        files, missing = {}, []
        for stored in all_files(generation):
            name = f"{place}/{stored.path}"
            try:
                files[name] = _held_still(folder, staging, name)
                taken.written[name] = stored.sha256
            except FileNotFoundError:
                missing.append(f"{name} is missing")
        if not missing or is_last:
            break
    taken.files |= files | {f"{place}/{MANIFEST}": copied, f"{place}/manifests/{generation.generation}.json": copied}
    taken.damaged += missing


def _held_still(folder: Path, staging: Path, name: str) -> Path:
    """The file under a second name, so that it stays when the first is taken away; a copy where that cannot be."""
    source, target = folder / name, staging / "held" / name
    private_folder(target.parent)
    if not target.exists():
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # a file system without links
            shutil.copy2(source, target)
    return target


def _left_out(workspace: Workspace, without: Collection[Part]) -> list[Path]:
    """Files and folders that were asked to be left out."""
    folder, settings = workspace.folder, workspace.settings
    found: list[Path] = [folder / "runs"] if "runs" in without else []
    if "exports" in without:
        found += [folder / target for target in {"exports", *(export.folder for export in settings.exports)}]
    if "sources" in without:
        for app in settings.apps.values():
            sources = (*app.users, *app.events, *app.links)
            patterns = [pattern for source in sources for pattern in (source.files, source.duckdb, *source.reads)]
            for pattern in filter(None, patterns):
                found += map(Path, glob.glob(f"{glob.escape(str(folder))}/{pattern}", recursive=True))
    return found


def _other_files(folder: Path, left_out: list[Path], taken: _Taken) -> Iterator[tuple[str, Path]]:
    """Whatever else lies in the workspace: settings, vocabulary, definitions, notebooks, sources, exports, runs."""
    skipped = {os.path.normpath(path) for path in left_out}
    for at, folders, names in os.walk(folder):
        here = Path(at)
        is_top = here == folder
        for name in sorted(folders):
            path = here / name
            if name in _NOWHERE or (is_top and name in _NOT_AS_IT_LIES) or os.path.normpath(path) in skipped:
                folders.remove(name)
            elif path.is_symlink():
                taken.notes.append(f"{path.relative_to(folder)} leads elsewhere, and is not in the backup")
        for name in sorted(names):
            path = here / name
            is_ours = is_top and name in _NOT_AS_IT_LIES
            if not is_ours and not is_temporary(path) and os.path.normpath(path) not in skipped and path.is_file():
                yield path.relative_to(folder).as_posix(), path


def _write(workspace: Workspace, target: Path, taken: _Taken, without: Collection[Part]) -> Contents:
    from segkit import __version__

    about = {
        "segkit_backup": FORMAT,
        "segkit": __version__,
        "made_at": workspace.clock().isoformat(),
        "actor": workspace.actor,
        "catalog": workspace.catalog.kind,
        "apps": list(workspace.app_names),
        "left_out": sorted(without),
        "damaged": taken.damaged,
    }
    with writing(target) as temporary:
        contents, changed = write_bundle(temporary, sorted(taken.files.items()), about)
    taken.notes += [f"{name} changed while it was read, and is as it was read" for name in changed]
    return contents


def _report(target: Path, contents: Contents, taken: _Taken, without: Collection[Part]) -> BackupReport:
    found = {member.name: member.sha256 for member in contents.members}
    differ = [n for n, expected in taken.written.items() if found.get(n, expected) != expected]
    return BackupReport(
        path=target,
        size=target.stat().st_size,
        sha256=sha256_of(target),
        files=len(contents.members),
        catalog=str(contents.about["catalog"]),
        left_out=tuple(sorted(without)),
        notes=tuple(taken.notes),
        damaged=(*taken.damaged, *(f"{name} is not what was written (its sha256 differs)" for name in differ)),
    )
