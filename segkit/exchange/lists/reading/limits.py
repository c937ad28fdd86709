"""How much of a machine a list may take while it is read, and the sentence for each limit that stops it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Sizes in bytes, times in seconds. `ratio` is unpacked to packed size, of parts beyond `unpacked_freely`."""

    file: int = 1_000 * _MB
    unpacked: int = 2_500 * _MB
    unpacked_freely: int = 20 * _MB
    ratio: int = 250
    parts: int = 2_000
    rows: int = 2_100_000
    columns: int = 702  # to column ZZ of a spreadsheet
    cell: int = 32_767  # characters, as a spreadsheet has it
    memory: int = 1_000 * _MB
    cpu: int = 120
    wall: int = 300

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the child."""
        return asdict(self)


class Refused(Exception):
    """What a file is not read for, as a sentence for the person who brought it."""


def megabytes(size: int) -> str:
    """`12 MB`; at least one."""
    return f"{max(1, round(size / _MB)):,} MB"
