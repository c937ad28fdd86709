"""A safe file name made of any text, such as a segment's name; and different ones for different texts.

Safe on Linux, macOS and Windows, in a shell and inside a zip: no separators, no traversal, no hidden files, no
control or direction characters, no names that Windows reserves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import count

LONGEST = 100  # bytes of UTF-8, which leaves room for an extension and a date
_EDGES = "._-"
_RESERVED = re.compile(r"(con|prn|aux|nul|conin|conout|com\d|lpt\d)(\..*)?", re.IGNORECASE | re.DOTALL)


def safe_name(text: str, otherwise: str = "unnamed") -> str:
    """`text` as a part of a file name: letters, marks and digits of any script, `.`, `-`; `_` for a run of the rest.

    At most 100 bytes, never empty: `otherwise` where nothing is left. Not unique: see `safe_names`.
    """
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(c if _is_kept(c) else "_" for c in plain)
    name = _cut(re.sub(r"([_.])\1+", r"\1", kept).strip(_EDGES), LONGEST)
    if _RESERVED.fullmatch(name):
        name = _cut(f"x-{name}", LONGEST)
    return name or otherwise


def safe_names(texts: Iterable[str]) -> list[str]:
    """A safe name for each text, in order; where two are the same but for letter case, later ones get `-2`, `-3`."""
    taken: set[str] = set()
    return [_untaken(safe_name(text), taken) for text in texts]


def _untaken(name: str, taken: set[str]) -> str:
    for n in count(1):
        ending = "" if n == 1 else f"-{n}"
        candidate = _cut(name, LONGEST - len(ending)) + ending
        if candidate.casefold() not in taken:
            taken.add(candidate.casefold())
            return candidate
    raise AssertionError("unreachable")


def _is_kept(character: str) -> bool:
    return character in ".-" or unicodedata.category(character)[0] in "LMN"


def _cut(name: str, longest: int) -> str:
    return name.encode("utf-8")[:longest].decode("utf-8", "ignore").rstrip(_EDGES)
