"""Leaves answered by the kernel: which ones it takes, and whom they pick, within the base or its complement."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from segkit.compile.leaves import label_type
from segkit.compile.predicates import ColumnType, predicate
from segkit.compile.sql import Sql, sql
from segkit.data.manifest import Manifest
from segkit.definitions.conditions import Event, Label, Leaf
from segkit.definitions.operators import POSITIVE_OF
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.bitmap import Bitmap
from segkit.engine.connection import Runner
from segkit.engine.kernel.bounds import NotForKernel
from segkit.engine.kernel.columns import Columns
from segkit.engine.kernel.filters import Filters, Flags
from segkit.engine.kernel.measures import Measures, files_of
from segkit.engine.kernel.values import holding
from segkit.errors import Damaged

#: Changes whenever what the kernel answers could differ from before.
VERSION = "kernel-2"


class Kernel:
    """Answers leaves over the coded columns of one generation of one app's data. Safe to use from several threads."""

    def __init__(self, folder: Path, manifest: Manifest, vocabulary: Vocabulary, runner: Runner) -> None:
        self._manifest = manifest
        self._vocabulary = vocabulary
        self._runner = runner
        self._columns = Columns(folder, manifest, vocabulary)
        self.answered = 0  # leaves, for those who measure

    def members(
        self, leaves: Mapping[str, Leaf], as_of: date, base: Bitmap, cancel: threading.Event | None
    ) -> Iterator[tuple[str, Bitmap]]:
        """The users within the base of the leaves that the kernel answers; others are DuckDB's. Raises Cancelled."""
        self._columns.begin()
        for key, leaf in leaves.items():
            try:
                if isinstance(leaf, Event):
                    found = self._event(leaf, as_of, cancel)
                elif isinstance(leaf, Label):
                    found = self._label(leaf, as_of, cancel)
                else:
                    continue
            except NotForKernel:
                continue
            self.answered += 1
            yield key, base - found if leaf.op in POSITIVE_OF else base & found

    def _event(self, leaf: Event, as_of: date, cancel: threading.Event | None) -> Bitmap:
        files = files_of(leaf, self._manifest.days, as_of)
        filters = Filters(self._columns, self._vocabulary, as_of, partial(self._holds, as_of), cancel)
        size = self._manifest.user_count
        measures = Measures(self._columns, filters, self._vocabulary, size, as_of, cancel)
        try:
            return measures.users(leaf, files)
        except Damaged:
            self._columns.mend(files, cancel)
        try:
            return measures.users(leaf, files)
        except Damaged:
            raise NotForKernel from None

    def _label(self, leaf: Label, as_of: date, cancel: threading.Event | None) -> Bitmap:
        size = self._manifest.user_count
        if not self._manifest.labels.get(leaf.label):
            return Bitmap.none(size)
        coded = self._columns.label(leaf.label, self._manifest.label_date(leaf.label, as_of), cancel)
        positive = POSITIVE_OF.get(leaf.op, leaf.op)
        if coded.values is None:
            if positive != "not_empty":
                raise NotForKernel
            return Bitmap.from_flags(coded.codes == 2)
        type_ = label_type(self._vocabulary, leaf.label)
        table = np.concatenate([[False], self._holds(as_of, coded.values, type_, positive, leaf.value)])
        wanted = np.flatnonzero(table)
        if len(wanted) == 1:
            return Bitmap.from_flags(coded.codes == wanted[0])
        return Bitmap.from_flags(table.take(coded.codes)) if len(wanted) else Bitmap.none(size)

    def _holds(self, as_of: date, values: pa.Array, column: ColumnType, op: str, value: Any) -> Flags:
        """Where values fulfil a comparison. DuckDB's are scattered by place: the order of rows means nothing."""
        known = holding(values, column, op, value, as_of)
        if known is not None:
            return known
        found, asked = np.zeros(len(values), bool), predicate(Sql("value"), column, op, value, as_of)
        table = pa.table({"place": pa.array(np.arange(len(values))), "value": values})
        rows = self._runner.table(sql("SELECT place FROM dictionary WHERE {}", asked), dictionary=table)
        found[rows.column("place").to_numpy()] = True
        return found
