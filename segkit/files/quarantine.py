"""Damaged files are moved aside with a record of why, never deleted and never overwritten."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from segkit.files.atomic import write_text
from segkit.files.disk import DISK, PRIVATE_FILE, private_folder, sync
from segkit.files.hashing import sha256_of

_RECORD = ".reason.json"


def set_aside(path: Path, quarantine: Path, reason: str) -> Path:
    """Moves the file or folder at `path` into the folder `quarantine`; where it is now.

    Beside it lies `<name>.reason.json` with its old place, the reason, size, sha256 (null if it cannot be read) and
    the time. A second one of that name is numbered. The record is written first, so that no file is there without one.
    Raises FileNotFoundError if there is nothing at `path`, and OSError if the quarantine is on another disk.
    """
    size = path.lstat().st_size
    private_folder(quarantine)
    target, record = _claimed(quarantine, path.name)
    try:
        content = _reason(path, quarantine, reason, size)
        write_text(record, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        DISK.rename(path, target)
    except BaseException:
        if not os.path.lexists(target):
            record.unlink(missing_ok=True)
        raise
    for folder in (quarantine, path.parent):
        sync(folder)
    return target


def _claimed(quarantine: Path, name: str) -> tuple[Path, Path]:
    """A name that is free, and its record, which holds the name from now on."""
    short = name.encode("utf-8", "surrogateescape")[:200].decode("utf-8", "surrogateescape")
    for n in count(1):
        target = quarantine / (short if n == 1 else f"{short}.{n}")
        record = target.with_name(target.name + _RECORD)
        if os.path.lexists(target):
            continue
        try:
            os.close(os.open(record, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
        except FileExistsError:
            continue
        return target, record
    raise AssertionError("unreachable")


def _reason(path: Path, quarantine: Path, reason: str, size: int) -> dict[str, object]:
    return {
        "from": os.path.relpath(path, quarantine.parent),
        "reason": reason,
        "size": size,
        "sha256": _sha256_or_none(path),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _sha256_or_none(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None
