"""Files that appear whole or not at all: written under a temporary name in the same folder, fsynced, renamed.

Whoever reads the path sees the old file or the new one, whatever dies in between. A temporary name says which process
made it, so that `sweep` can remove what dead ones left behind. Files are the owner's only (0600),
unless they are meant for others.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from itertools import count
from pathlib import Path

from segkit.files.disk import DISK, PRIVATE_FILE, private_folder, sync
from segkit.files.processes import lives, started

_TEMPORARY = re.compile(r"\..*\.(?P<pid>\d+)-(?P<start>\d+)-\d+\.segkit-tmp", re.DOTALL)
_COUNTER = count()


@contextmanager
def writing(path: Path, mode: int = PRIVATE_FILE, *, durable: bool = True) -> Iterator[Path]:
    """A temporary path to write to; when the block ends well, what was written there is the file at `path`.

    The temporary file exists, empty, and may be written by anything that takes a path (its extension says nothing, so
    give the format). If the block raises, or the disk does, the old file stays and the temporary one goes. After an
    OSError from the very last step, the fsync of the folder, the new file stands but may not survive a power cut.
    Without `durable` nothing is fsynced: for what is checked when it is read, and can be made again.
    """
    private_folder(path.parent)
    temporary = _temporary_name(path)
    fd = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        # Held until the file has its name: tells `sweep` in another container, where our number means nothing.
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield temporary
        temporary.chmod(mode)
        if durable:
            sync(temporary)
            DISK.rename(temporary, path)
        else:
            os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        os.close(fd)
    if durable:
        sync(path.parent)


def write_bytes(path: Path, data: bytes, mode: int = PRIVATE_FILE, *, durable: bool = True) -> None:
    """Makes `data` the content of the file at `path`; whole or not at all."""
    with writing(path, mode, durable=durable) as temporary, temporary.open("wb", buffering=0) as file:
        left = memoryview(data)
        while left:
            left = left[DISK.write(file.fileno(), left) :]


def write_text(path: Path, text: str, mode: int = PRIVATE_FILE) -> None:
    """Makes `text` in UTF-8 the content of the file at `path`; whole or not at all. Line ends stay as they are."""
    write_bytes(path, text.encode("utf-8"), mode)


def write_through(path: Path, fill: Callable[[Path], object]) -> None:
    """Calls `fill` with a temporary path to write to; once it returns, that is the file at `path`."""
    with writing(path) as temporary:
        fill(temporary)


def is_temporary(path: Path) -> bool:
    """Whether the name is one that `writing` makes up: a file in the making, or a leftover."""
    return _TEMPORARY.fullmatch(path.name) is not None


def sweep(folder: Path) -> list[Path]:
    """Removes the temporary files that dead processes left in `folder` and below it; which ones. The rest stays."""
    found = (Path(at, name) for at, _, names in os.walk(folder) for name in names)
    return [path for path in found if is_temporary(path) and _is_abandoned(path) and _removed(path)]


def sweep_of(path: Path) -> None:
    """Removes the temporary files of that one file which dead processes left beside it."""
    for found in path.parent.glob(f".{escape(path.name)}.*"):
        if is_temporary(found) and _is_abandoned(found):
            _removed(found)


def _temporary_name(path: Path) -> Path:
    pid = os.getpid()
    start = started(pid) or 0
    # A name may have 255 bytes; the part of the file's own name is only there for people.
    shown = path.name.encode("utf-8", "replace")[:150].decode("utf-8", "ignore")
    return path.with_name(f".{shown}.{pid}-{start}-{next(_COUNTER)}.segkit-tmp")


def _is_abandoned(path: Path) -> bool:
    maker = _TEMPORARY.fullmatch(path.name)
    if maker is None or lives(int(maker["pid"]), int(maker["start"])):
        return False
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False  # gone meanwhile, or not ours to judge
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def _removed(path: Path) -> bool:
    with suppress(FileNotFoundError):
        path.unlink()
        return True
    return False
