"""A source's column as the load sees it, and what becomes of it: a value of a kind, in SQL.

Kinds: string, double, decimal(18,s), date, bool, list, and of the columns that make a row what it is: uid, instant.
"""

from __future__ import annotations

from dataclasses import dataclass

from segkit.data.dialect_settings import CsvFormat
from segkit.data.sql import filled

_CLASSES = {
    "text": ("VARCHAR", "ENUM", "JSON", "UUID"),
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
                "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    "float": ("FLOAT", "DOUBLE"),
    "decimal": ("DECIMAL",),
    "bool": ("BOOLEAN",),
    "date": ("DATE",),
    "naive": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    "instant": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"),
    "nothing": ('"NULL"',),
}  # fmt: skip
_CLASS_OF = {name: of for of, names in _CLASSES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Typed:
    """SQL of a value, and conditions that call it `{value}`: it is there and cannot be read; it had more digits."""

    value: str
    unreadable: str | None = None
    rounded: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its SQL without braces, its type in DuckDB's words, and the ending of its zone's functions."""

    sql: str
    type: str
    zone: int
    form: CsvFormat | None = None  # how a text without a type of its own is written

    @property
    def of(self) -> str:
        """The class of its type."""
        if self.type.endswith("[]"):
            return "list"
        return _CLASS_OF.get(self.type.split("(")[0], "other")

    @property
    def text(self) -> str:
        """SQL of its text, for columns of the class text."""
        return filled("CAST({x} AS VARCHAR)", x=self.sql)


def stored_type(kind: str) -> str:
    """The DuckDB type of a kind."""
    fixed = {"string": "VARCHAR", "uid": "VARCHAR", "list": "VARCHAR[]", "bool": "BOOLEAN", "instant": "BIGINT"}
    return fixed.get(kind, kind.upper())


def decimal_kind(scale: int) -> str:
    """The kind of exact numbers with so many decimal places."""
    return f"decimal(18,{scale})"


def scale_of(kind: str) -> int:
    """The decimal places of a kind of exact numbers."""
    return int(kind.removesuffix(")").rpartition(",")[2])
