"""The calls to the operating system that durability hangs on, and private folders made with them.

`DISK` is the seam at which tests make a write, an fsync or a rename fail.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from segkit.errors import SegkitError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
#: Bytes that a disk gives to the smallest file.
BLOCK = 4_096


class Disk:
    """Each method is one call of the operating system; all raise OSError."""

    def write(self, fd: int, data: memoryview) -> int:
        """Writes some of `data`, at least one byte; how many bytes."""
        return os.write(fd, data)

    def sync(self, fd: int) -> None:
        """Returns once the file or folder is on the medium."""
        os.fsync(fd)

    def rename(self, source: Path, target: Path) -> None:
        """Puts `source` in the place of `target`, in one step."""
        os.replace(source, target)


DISK = Disk()


def sync(path: Path) -> None:
    """Brings a file's bytes, or a folder's names, onto the medium."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        DISK.sync(fd)
    finally:
        os.close(fd)


def private_folder(path: Path) -> Path:
    """That folder, made with its missing parents for the owner only (0700); one that exists is left as it is."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        sync(path.parent)
    return path


def free_bytes(folder: Path) -> int:
    """How many bytes the disk of a folder still takes from somebody without special rights."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


#: Refusals that no room on the disk would mend.
_NOT_ABOUT_ROOM = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS)


def refused(error: OSError, folder: Path, wanted: int, then: str) -> SegkitError:
    """What a person is told when the disk refuses: where, what, how many bytes were wanted, and what became of it."""
    room = "" if error.errno in _NOT_ABOUT_ROOM else f"; {wanted:,} bytes wanted"
    return SegkitError(f"{folder}: {error.strerror or error}{room}. {then}")
