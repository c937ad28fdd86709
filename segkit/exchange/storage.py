"""An export's zip to a storage elsewhere, through fsspec: whole under its name, or not there. Credentials are fsspec's.

fsspec and what it needs for a kind of storage are extras: `segkit[s3]`, `segkit[gcs]`, `segkit[azure]`.
"""

from __future__ import annotations

import hashlib
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
    files, folder = _opened(target)
    place = f"{folder.rstrip('/')}/{path.name}"
    try:
        if again and _holds(files, place, path):
            return f"{plain(target).rstrip('/')}/{path.name}"
        files.makedirs(folder, exist_ok=True)
        if _protocol(target) in _RENAMES:
            waiting = f"{folder.rstrip('/')}/.{path.name}.part"
            files.put_file(str(path), waiting)
            if files.exists(place):
                files.rm_file(place)
            files.mv(waiting, place)
        else:
            files.put_file(str(path), place)
        size = int(files.info(place)["size"])
    except Exception as error:  # each storage has errors of its own
        raise SegkitError(
            f"{path.name} could not be delivered to {plain(target)}: {type(error).__name__}; expected a folder there "
            "that may be written to, with credentials as its fsspec backend takes them. Nothing is on record as sent."
        ) from error
    if size != path.stat().st_size:
        raise SegkitError(f"{plain(target)}/{path.name}: found {size:,} bytes; expected {path.stat().st_size:,}")
    return f"{plain(target).rstrip('/')}/{path.name}"


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


def _opened(target: str) -> tuple[Any, str]:
    extra = _EXTRAS.get(_protocol(target), "storage")
    try:
        import fsspec

        files, folder = fsspec.core.url_to_fs(target)
    except ImportError as error:
        raise SegkitError(
            f"{plain(target)}: what reaches such a storage is not installed; `pip install 'segkit[{extra}]'`"
        ) from error
    except ValueError as error:
        raise SegkitError(f"{plain(target)}: {error}; expected such as s3://bucket/folder") from error
    return files, str(folder)
