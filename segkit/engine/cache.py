"""Bitmaps of leaves that were evaluated for one generation of data, the most recently used ones, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date

from segkit.engine.bitmap import Bitmap


class BitmapCache:
    """By canonical leaf and as_of. Lives and dies with the evaluator of one generation, so a hit is never stale."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._found: OrderedDict[tuple[str, date], Bitmap] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, leaf: str, as_of: date) -> Bitmap | None:
        """The users of a leaf, if they are still here."""
        with self._lock:
            found = self._found.get((leaf, as_of))
            if found is not None:
                self._found.move_to_end((leaf, as_of))
            return found

    def put(self, leaf: str, as_of: date, members: Bitmap) -> None:
        """Keeps the users of a leaf, and lets the least recently used go."""
        with self._lock:
            old = self._found.pop((leaf, as_of), None)
            self._bytes += len(members.packed) - (len(old.packed) if old is not None else 0)
            self._found[leaf, as_of] = members
            while self._bytes > self._most_bytes and len(self._found) > 1:
                _, gone = self._found.popitem(last=False)
                self._bytes -= len(gone.packed)
