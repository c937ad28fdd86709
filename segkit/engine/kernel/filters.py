"""Filters of events (`where`) over coded columns: texts by a table of codes, numbers and dates by bounds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.compile.leaves import parameter_type
from segkit.compile.predicates import ColumnType
from segkit.data.coded.day_columns import CodedDay, Column, Stretch, missing_of
from segkit.data.coded.kinds import kind_of
from segkit.data.manifest import DayFile
from segkit.definitions.conditions import Condition, Param, WhereAll, is_muted
from segkit.definitions.operators import POSITIVE_OF
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.kernel.bounds import Bounds, NotForKernel, day_bounds, number_bounds
from segkit.engine.kernel.columns import Columns

Flags = NDArray[np.bool_]
#: Where rows of a stretch, from one place to another, fulfil a filter. Two-valued.
Filter = Callable[[CodedDay, Stretch, slice], Flags]
#: Where values of a type fulfil a positive comparison: asked once for each text of a dictionary.
Holds = Callable[[pa.Array, ColumnType, str, Any], Flags]


class Filters:
    """Makes filters over the coded columns of one app, as of one date."""

    def __init__(
        self, columns: Columns, vocabulary: Vocabulary, as_of: date, holds: Holds, cancel: threading.Event | None
    ) -> None:
        self._columns = columns
        self._vocabulary = vocabulary
        self._as_of = as_of
        self._holds = holds
        self._cancel = cancel

    def of(self, node: Condition | None, files: list[DayFile]) -> Filter | None:
        """A filter over these days; None takes every row. Raises NotForKernel."""
        if node is None or is_muted(node):
            return None
        return self._filter(node, files)

    def kind(self, code: str, files: list[DayFile]) -> str:
        """How a parameter is coded. Raises NotForKernel if it never is, or is not in some of the days that have it."""
        kind = kind_of(self._vocabulary.parameter(code))
        if kind is None or any(c is None or c.kind != kind for c in self._columns_of(code, files)):
            raise NotForKernel
        return kind

    def _columns_of(self, code: str, files: list[DayFile]) -> list[Column | None]:
        having = [file for file in files if code in file.columns]
        return [day.columns.get(code) for day in self._columns.days(having, self._cancel)]

    def _filter(self, node: Condition, files: list[DayFile]) -> Filter:
        if isinstance(node, Param):
            positive = self._positive(node, files)
            return _negated(positive) if node.op in POSITIVE_OF else positive
        parts = [self._filter(child, files) for child in node.children() if not is_muted(child)]
        if type(node).key_order[0] == "not":
            return _negated(parts[0])
        return _joined(parts, isinstance(node, WhereAll))

    def _positive(self, node: Param, files: list[DayFile]) -> Filter:
        kind = self.kind(node.param, files)
        op, name = POSITIVE_OF.get(node.op, node.op), f"p_{node.param}"
        if kind == "string":
            return self._by_texts(node, op, files)
        if kind == "bool":
            wanted = (1, 2) if op == "not_empty" else ((2,) if node.value else (1,))
            return _by_table(name, np.isin(np.arange(3), wanted))
        if kind == "date":
            return _by_bounds(name, day_bounds(op, node.value, self._as_of))
        return _by_bounds(name, number_bounds(op, node.value, int(kind.partition(":")[2])))

    def _by_texts(self, node: Param, op: str, files: list[DayFile]) -> Filter:
        """A filter that looks up whether a text fulfils the comparison."""
        if not self._columns_of(node.param, files):
            return _by_table(f"p_{node.param}", np.zeros(1, bool))
        dictionary = self._columns.dictionary(node.param)
        found = self._holds(dictionary.texts, parameter_type(self._vocabulary, node.param), op, node.value)
        by_code = _by_table(f"p_{node.param}", np.concatenate([[False], found]))

        def holds(day: CodedDay, stretch: Stretch, rows: slice) -> Flags:
            day.require_coded_by(node.param, dictionary)
            return by_code(day, stretch, rows)

        return holds


def _by_table(name: str, table: Flags) -> Filter:
    wanted = np.flatnonzero(table)

    def holds(day: CodedDay, stretch: Stretch, rows: slice) -> Flags:
        if not day.has(name):
            return np.zeros(rows.stop - rows.start, bool)
        codes = day.values(stretch, name)[rows]
        if len(wanted) == 1:
            return np.asarray(codes == wanted[0])
        found: Flags = table.take(codes)
        return found

    return holds


def _by_bounds(name: str, bounds: Bounds) -> Filter:
    def holds(day: CodedDay, stretch: Stretch, rows: slice) -> Flags:
        if not day.has(name):
            return np.zeros(rows.stop - rows.start, bool)
        return within(day.values(stretch, name)[rows], bounds)

    return holds


def within(values: NDArray[Any], bounds: Bounds) -> Flags:
    """Where numbers are there and lie within bounds."""
    found: Flags = bounds.hold(values) & (values != missing_of(values))
    return found


def _negated(inside: Filter) -> Filter:
    return lambda day, stretch, rows: ~inside(day, stretch, rows)


def _joined(parts: list[Filter], is_all: bool) -> Filter:
    def holds(day: CodedDay, stretch: Stretch, rows: slice) -> Flags:
        found = np.full(rows.stop - rows.start, is_all)
        for part in parts:
            if is_all:
                found &= part(day, stretch, rows)
            else:
                found |= part(day, stretch, rows)
        return found

    return holds
