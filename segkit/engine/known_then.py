"""The stored data as an earlier load left it: rows that later loads brought are not seen.

Every row of users, labels and events carries the number of its load. What a later load tells of days when a user came
or went is not told apart, nor are labels whose linked table brings its whole history each time: both are as known now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from segkit.compile.sql import Sql, bound, sql
from segkit.data.manifest import DayFile, LoadRecord, Manifest
from segkit.data.settings import Limits
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.evaluator import ALONE, DuckEvaluator
from segkit.engine.relations import Relations


class KnownThen(DuckEvaluator):
    """An evaluator of what these loads brought, over the users' numbers of now."""

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        vocabulary: Vocabulary,
        limits: Limits,
        spill: Path,
        loads: tuple[LoadRecord, ...],
    ) -> None:
        then = manifest.model_copy(update={"loads": loads})
        # Neither coded columns nor kept leaves know which load brought a row.
        super().__init__(folder, then, vocabulary, limits, spill, evaluation=ALONE)
        newest = max(load.number for load in loads)
        self.relations = _RelationsThen(folder.resolve(), then, vocabulary, newest)


class _RelationsThen(Relations):
    """Relations whose rows were brought by load number `newest` or an earlier one."""

    def __init__(self, folder: Path, manifest: Manifest, vocabulary: Vocabulary, newest: int) -> None:
        super().__init__(folder, manifest, vocabulary)
        self._newest = newest

    def base(self, as_of: date) -> Sql:
        numbered = sql("SELECT user_no FROM {} WHERE load <= {}", self.users, bound(self._newest))
        return sql("SELECT user_no FROM ({}) SEMI JOIN ({}) USING (user_no)", super().base(as_of), numbered)

    def _label_rows(self, code: str, paths: list[str]) -> Sql:
        rows = super()._label_rows(code, paths)
        if code in self._manifest.whole_labels:
            return rows
        return sql("(SELECT * FROM {} WHERE load <= {})", rows, bound(self._newest))

    def _files(self, files: Sequence[DayFile]) -> Sql:
        return sql("(SELECT * FROM {} WHERE load <= {})", super()._files(files), bound(self._newest))
