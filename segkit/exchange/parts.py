"""What goes into an export, and what came of it: one file each, most often all users of one segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa

from segkit.exchange.disarming import RowRanges

Format = Literal["csv", "xlsx", "parquet", "jsonl"]
Profile = Literal["machine", "spreadsheet"]


@dataclass(frozen=True, slots=True)
class Split:
    """How much one file may hold where a platform takes no more; further files follow it."""

    rows: int | None = None
    bytes: int | None = None

    def is_past(self, rows: int, size: int) -> bool:
        """Whether a file of so many rows and bytes is too large."""
        return (self.rows is not None and rows > self.rows) or (self.bytes is not None and size > self.bytes)


#: Rows that are written at a time where a file may be full after each of them.
_STEP = 1_000


def sliced(batches: Iterable[pa.RecordBatch], split: Split) -> Iterator[pa.RecordBatch]:
    """The same rows in batches so small that a file is filled well."""
    if split == Split():
        yield from batches
        return
    step = min(_STEP, split.rows or _STEP)
    for batch in batches:
        for start in range(0, batch.num_rows, step):
            yield batch.slice(start, step)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPart:
    """Users of one segment to export. `batches` have the columns uid and the chosen labels, `count` rows in all.

    `piece` tells several parts of one segment apart: a variant, or who entered. `members` is how many users the segment
    has, where others than all of them are written, and `held_back` how many are not, by reason. `columns` are others
    than those of the export, where the part has its own. `schema` has the types of the columns, for formats with types.
    `words` and `document` are its rule as a sentence and as plain data. A predefined segment has no `version`.
    """

    segment_id: str
    name: str
    kind: str  # predefined | custom | imported
    words: str
    document: Mapping[str, Any]
    version: int | None
    as_of: date
    computed_at: datetime  # aware
    count: int
    batches: Iterable[pa.RecordBatch] = field(repr=False)
    piece: str = ""
    members: int | None = None
    held_back: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    schema: pa.Schema | None = field(default=None, repr=False)
    about: Mapping[str, Any] = field(default_factory=dict)  # what else the manifest says of the segment


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSegment:
    """One file in the zip. `disarmed` has the rows of each column whose text was changed."""

    segment_id: str
    name: str
    file: str
    rows: int
    size: int  # bytes
    sha256: str
    piece: str = ""
    sheets: int | None = None  # of a workbook
    disarmed: Mapping[str, RowRanges] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """The segment's name, and which piece of it."""
        return f"{self.name}, {self.piece}" if self.piece else self.name
