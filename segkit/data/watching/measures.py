"""What the staged rows of a load show, file by file: how many values are there, missing, unreadable, rounded, repeated,
without a name. Counts only; `segkit.data.watching.judging` says what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from segkit.data.sql import filled, quoted
from segkit.data.staging import Staging
from segkit.data.watching.looks import MOST_VALUES, fingerprint
from segkit.data.watching.uses import Use
from segkit.data.work import Work

#: Of a file with more keys than this, a sample of the keys shows how many are repeated.
KEYS = 200_000
_PRESENT = "SELECT file, {event} AS event, {number}{present} FROM {table} WHERE reason = 0 GROUP BY ALL"
_FLAGGED = "SELECT file{flagged} FROM {table} WHERE reason = 0 AND ({any}) GROUP BY file"
_REFUSED = "SELECT file, reason, {number} FROM {table} WHERE reason <> 0 GROUP BY file, reason"
# Grouping first is what makes it cheap: names are looked for once a value, not once a row.
_OTHERS = """
SELECT file, v, n FROM (
  SELECT file, v, count(*) AS n FROM (SELECT file, {value} AS v FROM ({rows})) WHERE v IS NOT NULL GROUP BY file, v
) WHERE NOT list_contains($names, v) QUALIFY row_number() OVER (PARTITION BY file ORDER BY n DESC) <= {most}
"""
_REPEATED = """
SELECT file, sum(n), sum(n - 1) FROM (
  SELECT file, key, count(*) AS n FROM ({rows}) WHERE key IS NOT NULL AND hash(key) % {every} = 0 GROUP BY file, key
) GROUP BY file
"""


@dataclass(slots=True)
class Measure:
    """What one file shows of one use. `rows` are those that could have a value, `others` counts by fingerprint."""

    rows: int = 0
    present: int = 0
    missing: int = 0
    unreadable: int = 0
    rounded: int = 0
    keys: int = 0  # that were looked at
    repeated: int = 0  # of those
    others: dict[str, int] = field(default_factory=dict)

    @property
    def values(self) -> int:
        """How many values were there, readable or not."""
        return self.present + self.unreadable


@dataclass(frozen=True, slots=True)
class Reasons:
    """What the reasons of a staged table mean: by reason, the use whose value is missing, or cannot be read; the one
    of keys that repeat; those of rows that are none of ours."""

    missing: Mapping[int, str]
    unreadable: Mapping[int, str]
    repeated: int | None = None
    aside: tuple[int, ...] = ()


def _counted(name: str) -> str:
    return filled("count({column})", column=quoted(name))


@dataclass(frozen=True, slots=True)
class Counting:
    """How a staged table is counted: SQL of how many rows there are, and how many of them have a value in a column.
    `event` is the column of events' codes, if there is one."""

    event: str = "NULL"
    number: str = "count(*)"
    present: Callable[[str], str] = _counted


class Measures:
    """Measures of every file of a staged table, by the file's number and the use's name.

    `rows` is SQL of the rows that can be read: file and the staged columns, with the `values` that it binds.
    """

    def __init__(
        self,
        work: Work,
        staging: Staging,
        reasons: Reasons,
        counting: Counting,
        rows: str,
        values: Mapping[str, object],
    ) -> None:
        self._work = work
        self._staging = staging
        self._reasons = reasons
        self._counting = counting
        self._rows = rows
        self._values = dict(values)
        self._names = [wanted.name for wanted in staging.wanted]
        self._by_file: dict[int, dict[str, Measure]] = {}

    def of(self, file: int) -> dict[str, Measure]:
        """The measures of a file."""
        return self._by_file.get(file, {})

    def _at(self, file: int, name: str) -> Measure:
        return self._by_file.setdefault(file, {}).setdefault(name, Measure())

    def count(self, carried_by: Mapping[str, Collection[str]]) -> None:
        """Counts what is there. A value that only some events carry (`carried_by`, by the staged column's name) could
        be there in rows of those only."""
        how = self._counting
        present = "".join(f", {how.present(name)}" for name in self._names)
        query = filled(_PRESENT, event=how.event, number=how.number, present=present, table=self._staging.table)
        for file, event, rows, *numbers in self._work.rows(query):
            for name, number in zip(self._names, numbers, strict=True):
                found = self._at(file, name)
                if name not in carried_by or event in carried_by[name]:
                    found.rows += int(rows)
                    found.present += int(number)
        self._count_flags()
        self._count_refused()

    def _count_flags(self) -> None:
        staging = self._staging
        flags = [condition for name in self._names for condition in (staging.flag(name), staging.rounding(name))]
        flagged = "".join(f", {self._counting.number} FILTER (WHERE {condition})" for condition in flags)
        query = filled(_FLAGGED, flagged=flagged, table=staging.table, any=staging.any_flag)
        for file, *numbers in self._work.rows(query):
            for place, name in enumerate(self._names):
                found = self._at(file, name)
                found.unreadable += int(numbers[2 * place] or 0)
                found.rounded += int(numbers[2 * place + 1] or 0)

    def _count_refused(self) -> None:
        reasons = self._reasons
        query = filled(_REFUSED, number=self._counting.number, table=self._staging.table)
        for file, reason, number in self._work.rows(query):
            if reason in reasons.aside:
                continue
            for name in (name for name in self._names if name in reasons.missing.values()):
                self._at(file, name).rows += int(number)
            if reason in reasons.missing:
                self._at(file, reasons.missing[reason]).missing += int(number)
            elif reason in reasons.unreadable:
                self._at(file, reasons.unreadable[reason]).unreadable += int(number)
            elif reason == reasons.repeated:
                self._at(file, "uid").repeated += int(number)
        for uses in self._by_file.values():
            if reasons.repeated is not None and "uid" in uses:
                uses["uid"].keys = uses["uid"].rows

    def count_others(self, uses: Sequence[Use]) -> None:
        """Counts values without a name, of columns whose values have names."""
        for use in (use for use in uses if use.named and use.kind in ("string", "list")):
            value = f"unnest({quoted(use.name)})" if use.kind == "list" else quoted(use.name)
            query = filled(_OTHERS, value=value, rows=self._rows, most=MOST_VALUES + 1)
            for file, other, number in self._work.rows(query, names=list(use.named), **self._values):
                self._at(file, use.name).others[fingerprint(other)] = number

    def count_repeated_keys(self, rows: int) -> None:
        """Finds how many of the keys of each file stand there again, among so many `rows`."""
        query = filled(_REPEATED, rows=self._rows, every=1 + rows // KEYS)
        for file, number, again in self._work.rows(query, **self._values):
            found = self._at(file, "key")
            found.keys, found.repeated = int(number), int(again)
