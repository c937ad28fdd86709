"""Bitmaps of leaves that were evaluated, by key: the most recently used ones in memory and on disk, bounded in bytes.

A key says all that an answer depends on (see `cache_key`), so a hit is right whatever was loaded, declared or erased
since. On disk every file says its key and its checksum; one that is not what was written is a miss, and goes.
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from segkit.engine.bitmap import Bitmap
from segkit.files.atomic import sweep, write_bytes

_HEADER = struct.Struct("<8sQ32s")
_MAGIC = b"SEGKITLF"
_LOOK_AGAIN = 256  # files written until what others wrote is counted again
_ROOM = 0.8  # of the bound, after old files went


class BitmapCache:
    """In memory, and behind it on disk where there is a folder. Safe to use from several threads."""

    def __init__(self, most_bytes: int, disk: DiskCache | None = None) -> None:
        self._most_bytes = most_bytes
        self._disk = disk
        self._bytes = 0
        self._found: OrderedDict[str, Bitmap] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Bitmap | None:
        """The users of a leaf, if they are still here."""
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
        if found is None and self._disk is not None:
            found = self._disk.get(key)
            if found is not None:
                self._keep(key, found)
        return found

    def put(self, key: str, members: Bitmap) -> None:
        """Keeps the users of a leaf, and lets the least recently used go."""
        self._keep(key, members)
        if self._disk is not None:
            self._disk.put(key, members)

    def _keep(self, key: str, members: Bitmap) -> None:
        with self._lock:
            old = self._found.pop(key, None)
            self._bytes += len(members.packed) - (len(old.packed) if old is not None else 0)
            self._found[key] = members
            while self._bytes > self._most_bytes and self._found:
                _, gone = self._found.popitem(last=False)
                self._bytes -= len(gone.packed)


class DiskCache:
    """A folder of bitmaps, one file a key. A disk that refuses costs speed and nothing else."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._written = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> Bitmap | None:
        """The bitmap of a key; None if there is none that can be believed."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        found = _decoded(content, key)
        with suppress(OSError):
            if found is None:
                path.unlink()
            else:
                os.utime(path)  # tells that it was used
        return found

    def put(self, key: str, members: Bitmap) -> None:
        """Keeps a bitmap, and lets the least recently used go where all would take too much."""
        content = _encoded(key, members)
        with suppress(OSError):
            write_bytes(self._path(key), content, durable=False)
        with self._lock:
            if self._written % _LOOK_AGAIN == 0 or self._bytes > self._most_bytes:
                self._make_room()
            else:
                self._bytes += len(content)
            self._written += 1

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.bits"

    def _make_room(self) -> None:
        sweep(self._folder)
        files = []
        for path in self._folder.glob("*.bits") if self._folder.is_dir() else ():
            with suppress(OSError):
                status = path.stat()
                files.append((status.st_mtime_ns, status.st_size, path))
        self._bytes = sum(size for _, size, _ in files)
        if self._bytes <= self._most_bytes:
            return
        for _, size, path in sorted(files):
            if self._bytes <= self._most_bytes * _ROOM:
                break
            with suppress(OSError):
                path.unlink()
                self._bytes -= size


def _encoded(key: str, members: Bitmap) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(members.to_bytes(), asbytes=True)
    return _HEADER.pack(_MAGIC, members.size, _checksum(key, members.size, packed)) + packed


def _decoded(content: bytes, key: str) -> Bitmap | None:
    if len(content) < _HEADER.size:
        return None
    magic, size, checksum = _HEADER.unpack_from(content)
    packed = content[_HEADER.size :]
    if magic != _MAGIC or checksum != _checksum(key, size, packed):
        return None
    return Bitmap.from_bytes(pa.Codec("zstd").decompress(packed, (size + 7) // 8, asbytes=True), size)


def _checksum(key: str, size: int, packed: bytes) -> bytes:
    return hashlib.sha256(b"%s %d " % (key.encode(), size) + packed).digest()
