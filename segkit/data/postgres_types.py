"""PostgreSQL's types, exactly: how a column is asked for, what Arrow makes of it, and how its values come in.

Decimals whose digits the server does not bound come as text in plain digits; JSON, UUID and whatever else is not here
as the server's own text. Instants and dates come as whole numbers: Python's cannot hold all that PostgreSQL has.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.adapt import Loader
from psycopg.pq import Format

_UNIX_DAYS = 10_957  # from 1970-01-01 to PostgreSQL's 2000-01-01
_UNIX_MICROSECONDS = _UNIX_DAYS * 86_400_000_000
_MOST, _LEAST = 2**63 - 1, -(2**63) + 1  # what Parquet's readers take as infinity
_LAST_DAY = 2**31 - 1
_PLAIN: dict[str, pa.DataType] = {
    "bool": pa.bool_(), "int2": pa.int16(), "int4": pa.int32(), "int8": pa.int64(), "oid": pa.int64(),
    "float4": pa.float32(), "float8": pa.float64(), "text": pa.string(), "varchar": pa.string(),
    "bpchar": pa.string(), "name": pa.string(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PgColumn:
    """A column of a result: its name, the name of its type (of its elements, in an array), and its Arrow type."""

    name: str
    type_name: str
    is_array: bool
    arrow: pa.DataType
    as_text: bool

    def asked(self) -> sql.Composable:
        """SQL that gives it in a form that is understood here."""
        column = sql.Identifier(self.name)
        if not self.as_text:
            return column
        if self.type_name == "numeric":
            no_number = sql.SQL("array_remove({}, 'NaN')" if self.is_array else "nullif({}, 'NaN')").format(column)
            text = "{}::text[] AS {}" if self.is_array else "trim_scale({})::text AS {}"
            return sql.SQL(text).format(no_number, column)
        return sql.SQL("{}::text[] AS {}" if self.is_array else "{}::text AS {}").format(column, column)

    def array(self, values: Sequence[Any]) -> pa.Array:
        """Values off the wire as Arrow has them."""
        if self.is_array:
            return pa.array([None if value is None else list(_flat(value)) for value in values], self.arrow)
        if pa.types.is_decimal(self.arrow):
            values = [value if value is not None and value.is_finite() else None for value in values]
        return pa.array(values, self.arrow)


def _flat(value: list[Any]) -> list[Any]:
    """An array of several dimensions as one list."""
    return [one for inner in value for one in (_flat(inner) if isinstance(inner, list) else [inner])]


def columns_of(cursor: psycopg.Cursor[Any]) -> list[PgColumn]:
    """The columns of a query that was run."""
    types = cursor.connection.adapters.types
    found = []
    for column in cursor.description or ():
        info = types.get(column.type_code)
        is_array = info is not None and info.array_oid == column.type_code and info.oid != column.type_code
        name = info.name if info is not None else "unknown"
        # A negative scale, or more digits than Arrow's decimals have, comes as text too.
        digits, scale = column.precision or 0, column.scale or 0
        if name == "numeric" and not is_array and 0 < digits <= 38 and 0 <= scale <= digits:
            found.append(PgColumn(column.name, name, False, pa.decimal128(digits, scale), as_text=False))
            continue
        plain = _PLAIN.get(name)
        arrow = plain if plain is not None else pa.string()
        found.append(PgColumn(column.name, name, is_array, pa.list_(arrow) if is_array else arrow, plain is None))
    return found


class _Moments(Loader):
    """Microseconds since the Unix epoch, or on the wall since 1970."""

    format = Format.BINARY

    def load(self, data: Any) -> int:
        (since_2000,) = struct.unpack("!q", data)
        return int(min(_MOST, max(_LEAST, since_2000 + _UNIX_MICROSECONDS)))


class _Days(Loader):
    """Days since 1970-01-01."""

    format = Format.BINARY

    def load(self, data: Any) -> int:
        (since_2000,) = struct.unpack("!i", data)
        return int(min(_LAST_DAY, max(-_LAST_DAY, since_2000 + _UNIX_DAYS)))


def register(connection: psycopg.Connection[Any]) -> None:
    """Has instants and dates come as whole numbers."""
    connection.adapters.register_loader("timestamptz", _Moments)
    connection.adapters.register_loader("timestamp", _Moments)
    connection.adapters.register_loader("date", _Days)
