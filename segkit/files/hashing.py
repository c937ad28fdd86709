"""The sha256 of a file, or of a text."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any


def sha256_of(path: Path) -> str:
    """The file's sha256 in lower-case hexadecimal; reads it in pieces, so that its size does not matter."""
    with path.open("rb") as file:
        return sha256_of_open(file)


def sha256_of_open(file: io.BufferedReader) -> str:
    """As `sha256_of`, of an open file from where it stands to its end."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """A text's sha256 in lower-case hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class HashingStream(io.RawIOBase):
    """A stream that keeps nothing of what is written to it but its sha256."""

    def __init__(self) -> None:
        super().__init__()
        self._digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """Of all that was written so far."""
        return self._digest.hexdigest()
