"""Users as JSON lines in UTF-8, for programs: one object a user, numbers as numbers, lists as lists, days as ISO text.

A missing value is null. Decimals have all their places, as JSON numbers; NaN and infinities are missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from segkit.exchange.cells import number_text
from segkit.exchange.disarming import RowRanges


class JsonLines:
    """The lines of one file, a batch at a time."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._keys = [json.dumps(name, ensure_ascii=False) for name in columns]
        self.disarmed: dict[str, RowRanges] = {}

    def heading(self) -> bytes:
        return b""

    def lines(self, batch: pa.RecordBatch) -> bytes:
        """The rows of the next batch."""
        columns = [map(_json, column.to_pylist()) for column in batch.columns]
        rows = zip(*columns, strict=True)
        return "".join(
            "{" + ",".join(f"{key}:{value}" for key, value in zip(self._keys, row, strict=True)) + "}\n" for row in rows
        ).encode("utf-8", "backslashreplace")


def _json(value: Any) -> str:
    if isinstance(value, Decimal):
        return number_text(value) or "null"
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    return json.dumps(value.isoformat() if isinstance(value, date) else value, ensure_ascii=False)
