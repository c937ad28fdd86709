"""SQL text with its bound values in order, composed from parts; a value is never pasted into the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Sql:
    """A template with `?` for each of `values`."""

    text: str
    values: tuple[object, ...] = ()


def bound(value: object) -> Sql:
    """A value, bound."""
    return Sql("?", (value,))


def sql(template: str, *parts: Sql) -> Sql:
    """`template` with each `{}` replaced by the part in its turn."""
    pieces = template.split("{}")
    if len(pieces) != len(parts) + 1:
        raise ValueError(f"{len(parts)} parts for {len(pieces) - 1} places in {template!r}")
    text = pieces[0] + "".join(part.text + piece for part, piece in zip(parts, pieces[1:], strict=True))
    return Sql(text, tuple(value for part in parts for value in part.values))


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    """Parts side by side."""
    found = list(parts)
    return Sql(separator.join(part.text for part in found), tuple(v for part in found for v in part.values))


def identifier(name: str) -> Sql:
    """A column that the vocabulary names, quoted."""
    if not _IDENTIFIER.match(name):
        raise ValueError(f"{name!r} is no identifier")
    return Sql(f'"{name}"')


TRUE = Sql("TRUE")
FALSE = Sql("FALSE")
