"""A column of values as the text that stands for them in a file: exact, and null where a value is missing.

Dates are ISO, lists JSON arrays, booleans `true` and `false`. Which text a format must put in quotes is not known here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from segkit.errors import SegkitError

#: Whole doubles below this one are written without a fraction; from there on the shortest form has an exponent.
_WHOLE = 1e16


def texts(column: pa.Array) -> pa.Array:
    """The text of each cell (large_string), null where it is missing. Raises SegkitError for a type of no label."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return texts(column.dictionary_decode())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _by_distinct_value(column, number_text)
    if is_list(kind):
        return pa.array([list_text(values) for values in column.to_pylist()], pa.large_string())
    if is_text(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind) or pa.types.is_integer(kind):
        return column.cast(pa.large_string())
    raise SegkitError(f"a column to export holds {kind}; expected text, numbers, dates, booleans or lists of text")


def is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def number_text(value: float | Decimal) -> str | None:
    """All digits of a number: a decimal at its scale, a double in its shortest form; NaN and infinities are missing."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if not math.isfinite(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else repr(value)


def list_text(values: list[str] | None) -> str | None:
    """A list as a JSON array."""
    return None if values is None else json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _by_distinct_value(column: pa.Array, text: Callable[[Any], str | None]) -> pa.Array:
    encoded = column.dictionary_encode()
    distinct = [None if value is None else text(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(distinct, pa.large_string()).take(encoded.indices)
