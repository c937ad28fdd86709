"""Which distinct values fulfil a comparison: as written here by hand, and as DuckDB's own predicate has it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from segkit.compile.predicates import ColumnType, predicate
from segkit.compile.sql import Sql
from segkit.engine.kernel.values import holding

AS_OF = date(2026, 6, 1)
TEXTS = pa.array(["", "lamp", "Lamp", "desk lamp", "lamp shade", "äöü", "100%_"])
TRUTHS = pa.array([True, False])
DAYS = pa.array([date(2026, 5, 31), date(2026, 6, 1), date(2020, 1, 1)], pa.date32())
EXACT = pa.array([Decimal("-0.01"), Decimal("0.10"), Decimal("2.50")], pa.decimal128(18, 2))
DOUBLES = pa.array([-1.5, 0.1, float(2**53), 1e300])
STRING, TRUTH, DAY = ColumnType("string"), ColumnType("bool"), ColumnType("date")
CENTS, DOUBLE = ColumnType("number", 2), ColumnType("number")

CASES: list[tuple[pa.Array, ColumnType, str, Any, list[int]]] = [
    (TEXTS, STRING, "eq", "lamp", [1]),
    (TEXTS, STRING, "in", ["lamp", "äöü", "gone"], [1, 5]),
    (TEXTS, STRING, "contains", "lamp", [1, 3, 4]),
    (TEXTS, STRING, "contains", "%", [6]),
    (TEXTS, STRING, "starts_with", "lamp", [1, 4]),
    (TEXTS, STRING, "ends_with", "lamp", [1, 3]),
    (TEXTS, STRING, "not_empty", None, [1, 2, 3, 4, 5, 6]),
    (TRUTHS, TRUTH, "eq", True, [0]),
    (TRUTHS, TRUTH, "eq", False, [1]),
    (DAYS, DAY, "before", date(2026, 6, 1), [0, 2]),
    (DAYS, DAY, "after", date(2026, 5, 31), [1]),
    (DAYS, DAY, "on", date(2026, 6, 1), [1]),
    (DAYS, DAY, "in_last", 1, [0]),
    (EXACT, CENTS, "ge", 0.1, [1, 2]),
    (EXACT, CENTS, "gt", 0.1, [2]),
    (EXACT, CENTS, "eq", 0.101, []),
    (EXACT, CENTS, "between", (-0.01, 0.1), [0, 1]),
    (DOUBLES, DOUBLE, "gt", 0.1, [2, 3]),
    (DOUBLES, DOUBLE, "ge", 0.1, [1, 2, 3]),
    (DOUBLES, DOUBLE, "lt", 0.1, [0]),
    (DOUBLES, DOUBLE, "le", 0.1, [0, 1]),
    (DOUBLES, DOUBLE, "eq", 2**53 + 1, []),
    (DOUBLES, DOUBLE, "lt", 2**53 + 1, [0, 1, 2]),
    (DOUBLES, DOUBLE, "between", (0.1, 2**53), [1, 2]),
    (DOUBLES, DOUBLE, "not_empty", None, [0, 1, 2, 3]),
]


@pytest.mark.parametrize(("values", "column", "op", "value", "expected"), CASES)
def test_values_are_compared_as_written_here_and_as_duckdb_does(
    values: pa.Array, column: ColumnType, op: str, value: Any, expected: list[int]
) -> None:
    found = holding(values, column, op, value, AS_OF)
    assert found is not None
    assert [int(place) for place in found.nonzero()[0]] == expected
    asked = predicate(Sql("value"), column, op, value, AS_OF)
    with duckdb.connect() as connection:
        connection.register("dictionary", pa.table({"place": list(range(len(values))), "value": values}))
        query = f"SELECT place FROM dictionary WHERE {asked.text} ORDER BY place"
        assert [row[0] for row in connection.execute(query, list(asked.values)).fetchall()] == expected


def test_lists_are_left_to_duckdb() -> None:
    assert holding(pa.array([["a"]]), ColumnType("list"), "contains", "a", AS_OF) is None
