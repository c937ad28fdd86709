"""Stored data as relations that queries read from: one label's values as of a date, the events of a leaf's window."""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import date
from pathlib import Path
from typing import Self

from segkit.compile.sql import Sql, bound, identifier, joined, sql
from segkit.data.manifest import DayFile, Manifest
from segkit.definitions.conditions import Event, OtherEvent, Param, walk
from segkit.definitions.conditions import Sequence as Steps
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.windows import Days

_FIXED = (Sql("user_no"), Sql("event"), Sql('"at"'), Sql("day"))
#: Up to so many names of events are looked for one by one; more in one pass over everything the user did.
_FEW_NAMES = 3


class Relations:
    """The relations of one generation of one app's data. Runs nothing."""

    def __init__(self, folder: Path, manifest: Manifest, vocabulary: Vocabulary) -> None:
        self._folder = folder
        self._manifest = manifest
        self._vocabulary = vocabulary

    def within(self, days: Days) -> Self:
        """The same, as if only these days had events."""
        found = copy(self)
        kept = tuple(file for file in self._manifest.days if file.day in days)
        found._manifest = self._manifest.model_copy(update={"days": kept})
        return found

    @property
    def users(self) -> Sql:
        """user_no, uid."""
        return self._file(self._manifest.users.path)

    @property
    def presence(self) -> Sql:
        """user_no, from_day, to_day."""
        return self._file(self._manifest.presence.path)

    def _file(self, path: str) -> Sql:
        return sql("read_parquet({})", bound(str(self._folder / path)))

    def base(self, as_of: date) -> Sql:
        """user_no of the users known by `as_of` and not gone."""
        return sql(
            "SELECT user_no FROM {} WHERE (from_day IS NULL OR from_day <= {}) AND (to_day IS NULL OR {} < to_day)",
            self.presence, bound(as_of), bound(as_of),
        )  # fmt: skip

    def label_history(self, code: str, day: date, user_no: int | None = None) -> Sql | None:
        """Each user's last value at or before `day`, missing values included."""
        changes = self.label_changes(code, day)
        if changes is None:
            return None
        one = Sql("TRUE") if user_no is None else sql("user_no = {}", bound(user_no))
        return sql(
            "SELECT user_no, value, data_date FROM ({}) WHERE {} "
            "QUALIFY row_number() OVER (PARTITION BY user_no ORDER BY data_date DESC, load DESC) = 1",
            changes, one,
        )  # fmt: skip

    def label_changes(self, code: str, day: date) -> Sql | None:
        """Every change of a label at or before `day`: user_no, value, data_date, load."""
        paths = [str(self._folder / file.path) for file in self._manifest.labels.get(code, ())]
        if not paths:
            return None
        columns = "SELECT user_no, value, data_date, load FROM {} WHERE data_date <= {}"
        return sql(columns, self._label_rows(code, paths), bound(day))

    def _label_rows(self, code: str, paths: list[str]) -> Sql:
        """Every change of a label's values."""
        return sql("read_parquet({})", bound(paths))

    def events(self, leaf: Event | Steps, as_of: date, user_no: int | None = None) -> Sql:
        """The events of the leaf's window as a relation that has every parameter the leaf asks for."""
        one = Sql("TRUE") if user_no is None else sql("user_no = {}", bound(user_no))
        return self._events([leaf.window.days(as_of)], sorted(parameters_of(leaf)), one)

    def events_of(
        self, user_no: int, windows: Mapping[str, Sequence[Days]] | Sequence[Days], parameters: Collection[str]
    ) -> Sql:
        """One user's events with some parameters: all in some windows, or those of some names, each in its windows."""
        columns = [*_FIXED, *(identifier(f"p_{code}") for code in sorted(parameters))]
        one = sql("user_no = {}", bound(user_no))
        wanted = sorted(parameters)
        if not isinstance(windows, Mapping):
            return sql("(SELECT {} FROM {})", joined(", ", columns), self._events(windows, wanted, one))
        if len(windows) <= _FEW_NAMES:  # row groups without the name are left out
            each = [
                sql("SELECT {} FROM {}", joined(", ", columns),
                    self._events(windows[name], wanted, sql("event = {} AND {}", bound(name), one)))
                for name in sorted(windows)
            ]  # fmt: skip
            none = sql("SELECT {} FROM {} WHERE FALSE", joined(", ", columns), self._no_events(wanted))
            return sql("({})", joined(" UNION ALL ", each or [none]))
        named = sql("list_contains({}, event) AND {}", bound(sorted(windows)), one)
        every = [days for some in windows.values() for days in some]
        return sql("(SELECT {} FROM {})", joined(", ", columns), self._events(every, wanted, named))

    def _events(self, windows: Sequence[Days], wanted: Sequence[str], condition: Sql) -> Sql:
        files = [file for file in self._manifest.days if any(file.day in days for days in windows)]
        if not files:
            return sql("(SELECT * FROM {} WHERE FALSE)", self._no_events(wanted))
        present = functools.reduce(operator.or_, (set(file.columns) for file in files))
        absent = [self._empty_parameter(code) for code in wanted if code not in present]
        everything = joined(", ", [Sql("*"), *absent])
        return sql("(SELECT {} FROM {} WHERE {})", everything, self._files(files), condition)

    def _files(self, files: Sequence[DayFile]) -> Sql:
        paths = [str(self._folder / file.path) for file in files]
        alike = len({file.columns for file in files}) == 1
        return sql("read_parquet({})" if alike else "read_parquet({}, union_by_name = true)", bound(paths))

    def _no_events(self, parameters: Sequence[str]) -> Sql:
        moments = 'CAST(NULL AS TIMESTAMP) AS "at", CAST(NULL AS DATE) AS day'
        fixed = Sql(f"CAST(NULL AS INTEGER) AS user_no, '' AS event, {moments}")
        return sql("(SELECT {})", joined(", ", [fixed, *(self._empty_parameter(code) for code in parameters)]))

    def _empty_parameter(self, code: str) -> Sql:
        declared = self._vocabulary.parameter(code)
        kinds = {"string": "VARCHAR", "date": "DATE", "bool": "BOOLEAN", "list": "VARCHAR[]"}
        kind = kinds.get(declared.type) or f"DECIMAL(18, {declared.places})"
        return Sql(f'CAST(NULL AS {kind}) AS "p_{code}"')


def parameters_of(leaf: Event | Steps) -> set[str]:
    """Every parameter that a leaf asks for."""
    steps: list[OtherEvent] = list(leaf.sequence) if isinstance(leaf, Steps) else []
    found: set[str] = set()
    if isinstance(leaf, Event):
        steps.append(OtherEvent(event=leaf.event, where=leaf.where))
        if isinstance(leaf.of, OtherEvent):
            steps.append(leaf.of)
        elif leaf.of is not None:
            found.add(leaf.of)
    for step in steps:
        if step.where is not None:
            found |= {node.param for _, node in walk(step.where) if isinstance(node, Param)}
    return found
