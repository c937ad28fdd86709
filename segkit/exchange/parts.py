"""What goes into an export, and what came of it: one segment each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa

from segkit.exchange.disarming import RowRanges

Format = Literal["csv", "xlsx"]
Profile = Literal["machine", "spreadsheet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPart:
    """One segment to export. `batches` have the columns uid and the chosen labels, `count` rows in all.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSegment:
    """One segment's file in the zip. `disarmed` has the rows of each column whose text was changed."""

    segment_id: str
    name: str
    file: str
    rows: int
    size: int  # bytes
    sha256: str
    sheets: int | None = None  # of a workbook
    disarmed: Mapping[str, RowRanges] = field(default_factory=dict, repr=False)
