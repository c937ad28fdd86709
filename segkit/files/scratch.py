"""Folders that a process has to itself for what does not fit in memory; what dead ones left in theirs is removed.

A folder is held by a lock of the operating system as long as its process lives, so that nobody else takes it away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from segkit.files.disk import private_folder
from segkit.files.processes import started

_MINE: dict[Path, int] = {}


def own_folder(parent: Path) -> Path:
    """This process's folder below `parent`, which it keeps until it ends; those of dead processes go."""
    pid = os.getpid()
    mine = parent / f"{pid}-{started(pid) or 0}"
    if mine not in _MINE or not mine.is_dir():
        sweep_folders(parent)
        fd = os.open(private_folder(mine), os.O_RDONLY | os.O_CLOEXEC)
        with suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _MINE[mine] = fd
    return mine


def sweep_folders(parent: Path) -> None:
    """Removes the folders below `parent` that no living process holds."""
    for path in list(parent.iterdir()) if parent.is_dir() else []:
        if path in _MINE or not path.is_dir():
            continue
        with suppress(FileNotFoundError, BlockingIOError):
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(fd)
