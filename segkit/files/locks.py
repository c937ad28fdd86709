"""Locks between processes: the operating system's (flock), so that one is free the moment its holder dies.

The file of a lock stays where it is and means nothing by itself; what is written in it is only believed while somebody
holds the lock. For local disks: on a network file system flock may hold nobody back.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from segkit.errors import Busy
from segkit.files.disk import BLOCK, PRIVATE_FILE, private_folder, refused

_STEP = 0.01  # seconds between two tries
_PATIENCE = 0.5  # seconds; longer than anybody needs to look who holds a lock, on a busy machine too
_HELD: set[int] = set()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, what for, and since when (UTC)."""

    pid: int
    host: str
    purpose: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.purpose}, since {self.since})"


class Lock:
    """`with Lock(path, "nightly refresh"):` keeps every other process and thread out of the same lock.

    Raises Busy, which names the holder, if it is not free within `wait` seconds. Not re-entrant. A forked child does
    not hold its parent's locks.
    """

    def __init__(self, path: Path, purpose: str, wait: float = 0.0) -> None:
        self._path = path
        self._purpose = purpose
        self._wait = wait
        self._fd = -1
        self._pid = 0

    def __enter__(self) -> Self:
        try:
            private_folder(self._path.parent)
            fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
        except OSError as error:
            then = f"{self._path.name} could not be taken for {self._purpose}, and nothing was begun."
            raise refused(error, self._path.parent, BLOCK, then) from error
        try:
            self._acquire(fd)
            _record(fd, self._purpose)
        except BaseException:
            os.close(fd)
            raise
        self._fd, self._pid = fd, os.getpid()
        _HELD.add(fd)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pid == os.getpid():
            _HELD.discard(self._fd)
            os.ftruncate(self._fd, 0)
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)

    def _acquire(self, fd: int) -> None:
        give_up = time.monotonic() + max(self._wait, _PATIENCE)
        while not _try(fd, fcntl.LOCK_EX):
            if time.monotonic() >= give_up:
                raise Busy(
                    f"{self._path.name} is held by {_read(fd) or 'another process'}. Try again once it has ended."
                )
            time.sleep(_STEP)


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock at this moment; None if nobody does, whatever a dead holder left in the file.

    Looking takes no lock away from anybody: who wants it at this very moment tries for longer than that.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        give_up = time.monotonic() + _PATIENCE
        while not _try(fd, fcntl.LOCK_SH):
            found = _read(fd)
            if found or time.monotonic() >= give_up:
                return found
            time.sleep(_STEP)  # it has just been taken, and is not signed yet
        return None
    finally:
        os.close(fd)


def _try(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _record(fd: int, purpose: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    record = asdict(Holder(os.getpid(), socket.gethostname(), purpose, since))
    os.ftruncate(fd, 0)
    with suppress(OSError):  # on a full disk the lock is held all the same, by one who cannot sign
        os.pwrite(fd, json.dumps(record).encode("utf-8"), 0)


def _read(fd: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(fd, 65_536, 0)))
    except (ValueError, TypeError):
        return None


def _let_go_in_child() -> None:
    for fd in _HELD:
        os.close(fd)
    _HELD.clear()


# An open file is shared with a forked child, and with it the lock, which would then outlive its holder.
os.register_at_fork(after_in_child=_let_go_in_child)
