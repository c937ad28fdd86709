"""What the oracle and segkit are both given: one app's source rows, their mapping and the vocabulary, as plain data.

Nothing is read into the rows here; `typed` and `world` do that for the oracle, segkit's load for segkit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

#: One source row: column to raw value (text, int, float, Decimal, date, datetime, bool, list or None; text in CSV).
Row = dict[str, Any]


@dataclass(frozen=True)
class RawFile:
    """One source file. `path` is relative to the workspace's `sources`; `.parquet` or `.csv`."""

    path: str
    stage: date  # the data date with which it arrives
    types: dict[str, str]  # column to Arrow type, in the order of the file
    rows: list[Row]


@dataclass(frozen=True)
class RawSource:
    """One source of an app: its role, its mapping with the keys of segkit.toml, its files."""

    role: str  # users | events | links
    mapping: dict[str, Any]
    pattern: str  # of the files, relative to `sources`
    files: list[RawFile]

    def snapshots(self) -> Iterator[tuple[date, list[Row]]]:
        """The rows of each data date, in order."""
        for stage in sorted({file.stage for file in self.files}):
            yield stage, [row for file in self.files if file.stage == stage for row in file.rows]


@dataclass(frozen=True)
class RawApp:
    """All that one app's data folder is made from. The vocabulary's entries are as they stand in its YAML files."""

    name: str
    zone: str
    as_of: date
    labels: list[dict[str, Any]]
    parameters: list[dict[str, Any]]
    events: list[dict[str, Any]]
    sources: list[RawSource]
    seed: int = 0
    #: Whether the files of each data date are loaded before those of the next arrive, or all at once.
    staged: bool = False
    transition: date | None = field(default=None, compare=False)

    def source(self, role: str) -> list[RawSource]:
        """The sources of one role."""
        return [source for source in self.sources if source.role == role]

    def stages(self) -> list[date]:
        """The data dates on which files arrive."""
        return sorted({file.stage for source in self.sources for file in source.files})

    def until(self, stage: date) -> RawApp:
        """The same app with the files only that had arrived by a data date."""
        arrived = [
            replace(source, files=[file for file in source.files if file.stage <= stage]) for source in self.sources
        ]
        return replace(self, sources=arrived)
