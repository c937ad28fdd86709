"""SQL text of the load: templates filled with parts, identifiers quoted. Values are bound by name, never pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PART_OF_NAME = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


def quoted(name: str) -> str:
    """An identifier of a source or of the vocabulary, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def filled(template: str, /, **parts: str | int) -> str:
    """`template` with each `{part}` in its place."""
    return template.format(**parts)


def listed(parts: Iterable[str]) -> str:
    """Parts separated by commas."""
    return ", ".join(parts)


def parts_of_name(name: str) -> list[str]:
    """`sales.orders` as `sales` and `orders`; a part in double quotes may hold dots. Raises ValueError for no name."""
    parts, at = [], 0
    while True:
        found = _PART_OF_NAME.match(name, at)
        if found is None:
            raise ValueError(f"found '{name}'; expected a table such as orders, sales.orders or \"odd.name\"")
        parts.append(found[1].replace('""', '"') if found[1] is not None else found[2])
        at = found.end()
        if at == len(name):
            return parts
        if name[at] != ".":
            raise ValueError(f"found '{name}'; expected dots between schema and table")
        at += 1
