"""Exact numbers as whole units of their decimal places."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.errors import Damaged


def units_of(column: pa.Array, places: int) -> NDArray[np.int64]:
    """Decimals of up to 18 digits as whole units of 10^-places; what is missing is any number."""
    if not pa.types.is_decimal128(column.type) or column.type.scale != places or column.type.precision > 18:
        raise Damaged(f"found {column.type}; expected decimals of {places} places")
    halves = np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset : 2 * (column.offset + len(column))]
    return halves[::2].copy()
