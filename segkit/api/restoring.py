"""A backup back into a workspace: verified first, unpacked beside, renamed last. Never over what is there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segkit.api.backing_up import FORMAT
from segkit.data.kept_out import carry_over
from segkit.data.settings import FILE as SETTINGS
from segkit.data.settings import read_settings
from segkit.errors import Busy, Damaged, SegkitError
from segkit.files.atomic import write_text
from segkit.files.bundle import Contents, unpack, verified
from segkit.files.disk import DISK, PRIVATE_FOLDER, private_folder, sync
from segkit.files.locks import holder_of
from segkit.files.processes import lives, started
from segkit.operations.roles import require
from segkit.store.catalog import open_catalog
from segkit.store.copying import FILE as CATALOG
from segkit.store.copying import put_into, require_empty

#: The word that puts the catalog into the workspace's own folder, wherever it was.
EMBEDDED = "sqlite"
_CATALOG_LINE = re.compile(r"^[ \t]*catalog[ \t]*=.*\n?", re.MULTILINE)
_FIRST_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_UNFINISHED = re.compile(r"\..*\.restoring-(?P<pid>\d+)-(?P<start>\d+)", re.DOTALL)


@dataclass(frozen=True)
class RestoreReport:
    """What was restored where. `aside` is where the workspace that was there before lies now."""

    folder: Path
    files: int
    made_at: str
    left_out: tuple[str, ...]
    damaged: tuple[str, ...]
    catalog: str
    aside: Path | None = None
    kept_out: int = 0  # values of people who were erased since, and may have come back with the backup

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "folder": str(self.folder), "aside": str(self.aside) if self.aside else None}


def restore(
    path: Path, folder: Path, *, actor: str, now: datetime, replace: bool = False, catalog: str | None = None
) -> RestoreReport:
    """Makes `folder` the workspace of a backup. Nothing is there before all of it is.

    `catalog` says where the catalog goes: a PostgreSQL URL, or `sqlite`; otherwise where the backup's settings have it.
    With `replace` a workspace that is there is kept aside. Raises Damaged with the member that is cut off or changed,
    SegkitError if something is in the folder or the database, Forbidden if `actor` is no admin of what is replaced,
    Busy if a process works in it; then nothing has changed.
    """
    target = folder.absolute()
    if not path.is_file():
        raise SegkitError(f"{path}: no such file; expected a backup that `segkit backup` wrote")
    contents = verified(path)
    _require_our_format(path, contents)
    is_there = _look_at(target, replace, actor)
    try:
        unfinished = _new_folder(target)
        try:
            return _restore(path, contents, unfinished, target, actor, now, catalog, is_there)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        wanted = sum(member.size for member in contents.members)
        reason = (
            f"{target} could not be restored: {error.strerror or error}; {wanted:,} bytes wanted in {target.parent}"
        )
        raise SegkitError(f"{reason}. What was there is as it was.") from error


def _require_our_format(path: Path, contents: Contents) -> None:
    found = contents.about.get("segkit_backup")
    if not isinstance(found, int):
        raise Damaged(f"{path}: not a backup of a workspace; expected one that `segkit backup` wrote")
    if found > FORMAT:
        raise SegkitError(f"{path}: a newer segkit wrote it (format {found}); upgrade segkit to restore it")


def _look_at(target: Path, replace: bool, actor: str) -> bool:
    """Whether a workspace is there that may be put aside. Raises SegkitError if anything else is."""
    if not os.path.lexists(target) or (target.is_dir() and not any(target.iterdir())):
        return False
    if not (target / SETTINGS).is_file():
        raise SegkitError(f"{target} holds other files; choose another folder, or an empty one. Nothing was changed.")
    if not replace:
        advice = "choose another folder, or say --replace, which keeps the old one aside"
        raise SegkitError(f"{target} is a workspace; {advice}. Nothing was changed.")
    require(read_settings(target).roles, actor, "admin", "restore")
    for lock in _locks(target):
        holder = holder_of(lock)
        if holder is not None:
            raise Busy(f"{target} is in use by {holder}. Try again once it has ended; nothing was changed.")
    return True


def _locks(folder: Path) -> Iterator[Path]:
    yield from (folder / "locks").glob("*.lock")
    yield from (folder / "data").glob("*/*.lock")
    yield from (folder / "snapshots").glob("*/*.lock")


def _new_folder(target: Path) -> Path:
    """An empty folder beside the target, named after this process; those of dead ones go."""
    parent = private_folder(target.parent)
    for left in parent.glob(f".{target.name}.restoring-*"):
        maker = _UNFINISHED.fullmatch(left.name)
        if maker and not lives(int(maker["pid"]), int(maker["start"])):
            shutil.rmtree(left, ignore_errors=True)
    made = parent / f".{target.name}.restoring-{os.getpid()}-{started(os.getpid()) or 0}"
    made.mkdir(PRIVATE_FOLDER)
    return made


def _restore(
    path: Path,
    contents: Contents,
    unfinished: Path,
    target: Path,
    actor: str,
    now: datetime,
    catalog: str | None,
    is_there: bool,
) -> RestoreReport:
    unpack(path, contents, unfinished)
    url = _settle_catalog(unfinished, catalog)
    if url is not None:
        require_empty(unfinished, url)
    with open_catalog(unfinished) as restored:
        detail = {"made_at": contents.about.get("made_at"), "files": len(contents.members)}
        restored.record_audit(actor=actor, at=now, app=None, action="restore", subject=path.name, detail=detail)
    if url is not None:
        put_into(unfinished, url)
        (unfinished / CATALOG).unlink()
    kept_out = carry_over(target, unfinished) if is_there else 0
    sync(unfinished)
    aside = target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%S}") if is_there else None
    if aside is not None:
        if os.path.lexists(aside):
            raise SegkitError(f"{aside} exists; move it away, or try again in a second. Nothing was changed.")
        DISK.rename(target, aside)
    DISK.rename(unfinished, target)
    sync(target.parent)
    return RestoreReport(
        folder=target,
        files=len(contents.members),
        made_at=str(contents.about.get("made_at", "")),
        left_out=tuple(contents.about.get("left_out", ())),
        damaged=tuple(contents.about.get("damaged", ())),
        catalog=EMBEDDED if url is None else "postgresql",
        aside=aside,
        kept_out=kept_out,
    )


def _settle_catalog(folder: Path, wanted: str | None) -> str | None:
    """The URL that the catalog goes to, none for the folder itself; the settings say so from now on."""
    if wanted is not None:
        url = None if wanted == EMBEDDED else wanted
        path = folder / SETTINGS
        write_text(path, _with_catalog(path.read_text(encoding="utf-8"), url))
        if read_settings(folder).catalog != url:
            raise SegkitError(f"the backup's {SETTINGS} names its catalog in a way that cannot be changed by --catalog")
    return read_settings(folder).catalog


def _with_catalog(text: str, url: str | None) -> str:
    """The settings with another catalog; the key stands before the first table."""
    found = _FIRST_TABLE.search(text)
    head, rest = (text[: found.start()], text[found.start() :]) if found else (text, "")
    head = _CATALOG_LINE.sub("", head)
    if url is not None:
        quoted = url.replace("\\", "\\\\").replace('"', '\\"')
        head = f'{head.rstrip()}\ncatalog = "{quoted}"\n\n'
    return head + rest
