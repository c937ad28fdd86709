"""An export's zip to a storage elsewhere, through fsspec: whole under its name, or not there. Credentials are fsspec's.

fsspec and what it needs for a kind of storage are extras: `segkit[s3]`, `segkit[gcs]`, `segkit[azure]`.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segkit.errors import SegkitError
from segkit.files.hashing import sha256_of

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}
#: Where a file is visible while it is being written; an object store shows an object when it is whole.
_RENAMES = ("file", "local", "memory", "sftp", "ssh", "smb", "ftp", "hdfs", "webhdfs")


def store(path: Path, target: str, *, again: bool = False) -> str:
    """Puts the file into the folder that `target` names, in the place of one with its name; where it is now.

    `again`: it may be there already, from a try that nobody knows the end of; then it is not put there twice.

    Raises SegkitError with what the storage said.
    """
    with _options(target) as options:
        try:
            size = _brought(path, target, options, again)
        except Exception as error:  # each storage has errors of its own
            error.__traceback__ = None  # what is at its end is let go of before the thread ends that it needs for that
            raise SegkitError(
                f"{path.name} could not be delivered to {plain(target)}: {type(error).__name__}; expected a folder "
                "there that may be written to, with credentials as its fsspec backend takes them"
            ) from None
    if size != path.stat().st_size:
        raise SegkitError(f"{plain(target)}/{path.name}: found {size:,} bytes; expected {path.stat().st_size:,}")
    return f"{plain(target).rstrip('/')}/{path.name}"


def _brought(path: Path, target: str, options: Mapping[str, Any], again: bool) -> int:
    """Opens the storage and sees to it that the file is there; the size that it has there."""
    import fsspec

    files, folder = fsspec.core.url_to_fs(target, **options)
    place = f"{folder.rstrip('/')}/{path.name}"
    if not (again and _holds(files, place, path)):
        _put(files, str(folder), place, path, target)
    return int(files.info(place)["size"])


def _put(files: Any, folder: str, place: str, path: Path, target: str) -> None:
    files.makedirs(folder, exist_ok=True)
    if _protocol(target) in _RENAMES:
        waiting = f"{folder.rstrip('/')}/.{path.name}.part"
        files.put_file(str(path), waiting)
        if files.exists(place):
            files.rm_file(place)
        files.mv(waiting, place)
    else:
        files.put_file(str(path), place)


def _holds(files: Any, place: str, path: Path) -> bool:
    """Whether the very file is there."""
    files.invalidate_cache()
    if not files.exists(place) or int(files.info(place)["size"]) != path.stat().st_size:
        return False
    found = hashlib.sha256()
    with files.open(place, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest() == sha256_of(path)


def plain(target: str) -> str:
    """A URL without what may be secret in it: user, password, query."""
    scheme, _, rest = target.partition("://")
    place = rest.partition("?")[0].partition("#")[0]
    host, slash, path = place.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _protocol(target: str) -> str:
    return target.partition("://")[0].casefold()


@contextmanager
def _options(target: str) -> Iterator[dict[str, Any]]:
    """What the storage is opened with. Raises SegkitError where nothing here reaches such a storage."""
    extra = _EXTRAS.get(_protocol(target), "storage")
    try:
        import fsspec

        needs_loop = fsspec.get_filesystem_class(_protocol(target)).async_impl
    except ImportError as error:
        raise SegkitError(
            f"{plain(target)}: what reaches such a storage is not installed; `pip install 'segkit[{extra}]'`"
        ) from error
    except ValueError as error:
        raise SegkitError(f"{plain(target)}: {error}; expected such as s3://bucket/folder") from error
    if not needs_loop:
        yield {}
        return
    with _loop() as loop:
        yield {"loop": loop, "skip_instance_cache": True}
        gc.collect()  # a storage closes its connections when it is let go of, and needs the loop for it


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A thread of its own that ends. fsspec's never does, and keeps whatever the process holds from being let go of."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="segkit storage", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
