"""Dictionaries of string parameters: text to code, one file each. They only grow, so a code means the same for ever.

Code 0 is a missing value; code n is the nth text. A dictionary that would grow past `MOST_TEXTS` is given up: it stays
empty and `is_wide`, and DuckDB evaluates what asks for the parameter.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.data.coded.checking import check_of_texts, read_columns, write_columns
from segkit.errors import Damaged

MOST_TEXTS = 200_000
_FORMAT = 1


@dataclass
class Dictionary:
    """The texts of one parameter. `id` tells it from one that was begun anew, whose codes mean other texts."""

    id: str
    texts: pa.Array = field(default_factory=lambda: pa.array([], pa.large_string()))
    is_wide: bool = False

    def __len__(self) -> int:
        return len(self.texts)


def read_dictionary(folder: Path, code: str) -> Dictionary | None:
    """The dictionary of a parameter; None where there is none. Raises Damaged."""
    path = _path(folder, code)
    try:
        batch, about, _ = read_columns(path)
    except FileNotFoundError:
        return None
    texts = batch.column(0)
    if about.get("format") != _FORMAT or about.get("parameter") != code:
        raise Damaged(f"{path} is of another kind")
    try:
        is_sound = texts.type == pa.large_string() and check_of_texts(texts) == about["check"]
    except (ValueError, IndexError):
        is_sound = False
    if not is_sound:
        raise Damaged(f"{path} is not what was written there")
    return Dictionary(about["id"], texts, about["is_wide"])


class Growing:
    """The dictionaries of one app while days are coded. Needs the lock of what is coded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, Dictionary] = {}
        self._codes: dict[str, dict[str, int]] = {}
        self._grown: set[str] = set()

    def of(self, code: str) -> Dictionary:
        """The dictionary of a parameter, begun anew where there is none that can be believed."""
        if code not in self._found:
            try:
                found = read_dictionary(self._folder, code)
            except Damaged:
                found = None
            self._found[code] = found or Dictionary(secrets.token_hex(8))
            if found is None:
                self._grown.add(code)
        return self._found[code]

    def codes(self, code: str, texts: pa.Array) -> NDArray[np.uint32] | None:
        """The codes of distinct texts, new ones added; None if there are too many."""
        if self.of(code).is_wide:
            return None
        known, asked = self._known(code), texts.to_pylist()
        before = len(known)
        for text in asked:
            known.setdefault(text, len(known) + 1)
        if len(known) > before:
            self._grown.add(code)
        if len(known) > MOST_TEXTS:
            self._found[code] = Dictionary(self.of(code).id, is_wide=True)
            del self._codes[code]
            return None
        return np.array([known[text] for text in asked], np.uint32)

    def count(self, code: str) -> int:
        """How many texts a dictionary has by now."""
        return len(self._known(code))

    def _known(self, code: str) -> dict[str, int]:
        if code not in self._codes:
            self._codes[code] = {text: n for n, text in enumerate(self.of(code).texts.to_pylist(), 1)}
        return self._codes[code]

    def save(self) -> None:
        """Writes those that have grown. What is coded with them may be written once this returned."""
        for code in sorted(self._grown):
            dictionary = self._found[code]
            if not dictionary.is_wide:
                dictionary.texts = pa.array(self._known(code), pa.large_string())
            about = {
                "format": _FORMAT,
                "parameter": code,
                "id": dictionary.id,
                "is_wide": dictionary.is_wide,
                "check": check_of_texts(dictionary.texts),
            }
            batch = pa.record_batch([dictionary.texts], names=["text"])
            write_columns(_path(self._folder, code), batch, about, {})
        self._grown.clear()


def _path(folder: Path, code: str) -> Path:
    return folder / "dictionaries" / f"{code}.arrow"
