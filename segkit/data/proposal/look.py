"""A look at a person's files: their rows, bounded, in tables of a connection of its own, and what each column holds."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.columns import Column
from segkit.data.instants import Zones
from segkit.data.numbers import register
from segkit.data.origins import Means
from segkit.data.proposal.facts import Facts
from segkit.data.proposal.given import Given, spread
from segkit.data.reading import Opened, opened, reading
from segkit.data.settings import Limits
from segkit.data.sources import FoundFile
from segkit.data.sql import filled, listed, quoted
from segkit.data.values import typed
from segkit.data.work import Progress, Work
from segkit.definitions.zones import local_day
from segkit.definitions.zones import zone as zone_of
from segkit.errors import DataProblem, nearest
from segkit.files.disk import private_folder

#: Rows looked at, of each source; of larger ones the beginnings of files from all over it.
MOST_ROWS = 2_000_000
_SAMPLE = 4_000
_FEW = 60  # values that are counted one by one
_COMMON = """
SELECT {x} AS v, count(*) AS n FROM {relation} WHERE {x} IS NOT NULL GROUP BY v ORDER BY n DESC, v
"""
_DECIMALS = """
max(CASE WHEN regexp_full_match({text}, '[+-]?[0-9.]*[{mark}][0-9]+')
THEN length(rtrim(regexp_extract({text}, '[{mark}]([0-9]+)$', 1), '0'))
WHEN regexp_full_match({text}, '.*[eE]-[0-9]+') THEN 99 END)
"""


@dataclass(frozen=True)
class Seen:
    """One source as it was looked at: `columns` maps each of its columns to SQL and type in the table `relation`."""

    given: Given
    relation: str
    columns: dict[str, Column]
    facts: dict[str, Facts]
    rows: int  # looked at
    total: int  # in all; where not all were looked at, about
    notes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return self.rows == self.total

    def require(self, column: str, what: str) -> str:
        """The column, if there is one of that name. Raises DataProblem with the nearest."""
        if column not in self.columns:
            found = ", ".join(self.columns)
            raise DataProblem(
                f"{self.given.shown}: no column '{column}' for {what}.{nearest(column, self.columns)} It has: {found}."
            )
        return column


class Look:
    """`with Look() as look: seen = look.at(given)`; nothing is written but to a scratch folder that goes with it."""

    def __init__(
        self, readable: Sequence[Path], limits: Limits | None = None, progress: Progress | None = None
    ) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="segkit-look-")
        self._limits = limits or Limits()
        self._work = Work(Path(self._scratch.name), self._limits, readable, progress).__enter__()
        register(self._work)
        self._zones = Zones(self._work, "UTC")
        self._count = 0
        self._answers: dict[str, list[tuple[Any, ...]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees everything; what was seen stays known, but nothing more can be asked."""
        self._work.__exit__(None, None, None)
        self._scratch.cleanup()

    def at(self, given: Given) -> Seen:
        """Reads a source and counts what its columns hold. Raises DataProblem for one that cannot be read."""
        self._count += 1
        relation = f"seen_{self._count}"
        self._work.say(f"looking at {given.stem}", 0.0)
        types, total, notes = self._take(given, relation)
        form = None if any(file.is_parquet or file.origin for file in given.files) or not given.files else given.csv
        zone = self._zones.of("UTC")
        names = {name: Column(f"c{place}", type_, zone, form) for place, (name, type_) in enumerate(types.items())}
        rows = self._work.number(filled("SELECT count(*) FROM {relation}", relation=relation))
        facts = self._facts(relation, names, rows)
        self._work.say(f"looking at {given.stem}", 1.0)
        return Seen(given, relation, names, facts, rows, max(total, rows), tuple(notes))

    # --- rows --------------------------------------------------------------------------------------------------------

    def _take(self, given: Given, relation: str) -> tuple[dict[str, str], int, list[str]]:
        if given.table is not None:
            return self._take_table(given.table, relation), len(given.table), []
        files = [self._fetched(file) for file in spread(given.files)]
        most = MOST_ROWS // len(files) if len(files) < len(given.files) else MOST_ROWS
        types: dict[str, str] = {}
        notes = []
        for source in opened(self._work, files):
            if not types:
                types = dict(source.types)
                self._create(relation, types)
            other = {name: type_ for name, type_ in source.types.items() if types.get(name) != type_}
            if other or len(source.types) < len(types):
                notes.append(f"{source.files[0].shown} has other columns than {files[0].shown}")
            self._insert(relation, source, types, most)
        total = _rows_in_all(given, files) or self._work.number(
            filled("SELECT count(*) FROM {relation}", relation=relation)
        )
        return types, total, notes

    def _fetched(self, file: FoundFile) -> FoundFile:
        """A table of a database as the file that it is copied into."""
        if file.origin is None:
            return file
        folder = private_folder(Path(self._scratch.name) / f"fetched-{self._count}")
        target = folder / "rows.parquet"
        file.origin.fetch(target, Means(folder, self._limits, date.min))
        return file.fetched(target, "")

    def _take_table(self, table: pa.Table, relation: str) -> dict[str, str]:
        self._work.register(f"{relation}_given", table.slice(0, MOST_ROWS))
        query = filled("SELECT column_name, column_type FROM (DESCRIBE {relation}_given)", relation=relation)
        types: dict[str, str] = dict(self._work.rows(query))
        self._create(relation, types)
        names = listed(map(quoted, types))
        self._work.run(filled("INSERT INTO {r} SELECT {names} FROM {r}_given", r=relation, names=names))
        return types

    def _create(self, relation: str, types: dict[str, str]) -> None:
        columns = listed([f"c{place} {'VARCHAR' if 'NULL' in t else t}" for place, t in enumerate(types.values())])
        self._work.run(filled("CREATE TEMP TABLE {relation} ({columns})", relation=relation, columns=columns))

    def _insert(self, relation: str, source: Opened, types: dict[str, str], most: int) -> None:
        values = [
            filled("TRY_CAST({x} AS {type})", x=source.columns[name], type=type_) if name in source.types else "NULL"
            for name, type_ in types.items()
        ]
        query = "INSERT INTO {relation} SELECT {values} FROM {source} LIMIT {most}"
        with reading(self._work, source):
            self._work.run(
                filled(query, relation=relation, values=listed(values), source=source.relation, most=most),
                **source.values,
            )

    # --- columns -----------------------------------------------------------------------------------------------------

    def _facts(self, relation: str, columns: dict[str, Column], rows: int) -> dict[str, Facts]:
        counted = self._counts(relation, columns)
        every = max(rows // _SAMPLE, 1)
        sample = filled("SELECT * FROM {relation} WHERE rowid % {every} = 0 LIMIT {most}",
                        relation=relation, every=every, most=2 * _SAMPLE)  # fmt: skip
        found = {}
        for (name, column), (present, distinct, decimals) in zip(columns.items(), counted, strict=True):
            query = filled(_COMMON, x=_as_text(column), relation=f"({sample})")
            texts = tuple(text for text, _ in self._work.rows(query))
            common = self._common(relation, column) if 0 < distinct <= 1.2 * _FEW else ()
            found[name] = Facts(
                name, column.of, rows, rows - present, len(common) or distinct, texts or tuple(t for t, _ in common),
                common, decimals or 0, is_unique=self._is_unique(relation, column, rows, present, distinct),
            )  # fmt: skip
        return found

    def _counts(self, relation: str, columns: dict[str, Column]) -> list[tuple[int, int, int | None]]:
        parts = []
        for column in columns.values():
            there = _as_text(column) if column.of == "text" else column.sql
            mark, decimals = "." if column.form is None else column.form.decimal, "NULL"
            if column.of in ("float", "decimal", "text"):
                decimals = filled(_DECIMALS, text=_digits(column), mark=mark)
            parts += [f"count({there})", f"approx_count_distinct({there})", decimals]
        (row,) = self._work.rows(filled("SELECT {parts} FROM {relation}", parts=listed(parts), relation=relation))
        return [(row[at], row[at + 1], row[at + 2]) for at in range(0, len(row), 3)]

    def _common(self, relation: str, column: Column) -> tuple[tuple[str, int], ...]:
        query = filled(_COMMON + " LIMIT {most}", x=_as_text(column), relation=relation, most=_FEW + 1)
        found = self._work.rows(query)
        return tuple(found) if len(found) <= _FEW else ()

    def _is_unique(self, relation: str, column: Column, rows: int, present: int, distinct: int) -> bool:
        """Counted only where it may be: an estimate is off by a few per cent."""
        if not rows or present < rows or distinct < 0.8 * rows or column.of in ("float", "list", "bool", "other"):
            return False
        query = filled("SELECT count(DISTINCT {x}) FROM {relation}", x=_as_text(column), relation=relation)
        return self._work.number(query) == rows

    def _once(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, asked once: the tables do not change, and a change of a proposal asks most again."""
        if query not in self._answers:
            self._answers[query] = self._work.rows(query)
        return self._answers[query]

    def _number(self, query: str) -> int:
        return int(self._once(query)[0][0] or 0)

    def unreadable(self, seen: Seen, column: str, kind: str) -> int:
        """How many values of a column the load would not be able to read as that kind."""
        found = seen.columns[column]
        value = typed(kind, found)
        if value.unreadable is None:
            return 0
        holds = filled(value.unreadable, value="v")
        query = "SELECT count(*) FROM (SELECT *, {value} AS v FROM {relation}) WHERE {holds}"
        return self._number(filled(query, value=value.value, relation=seen.relation, holds=holds))

    # --- questions about several columns -----------------------------------------------------------------------------

    def events(self, seen: Seen, name: str, uid: str, others: Sequence[str]) -> list[tuple[str, int, int, list[int]]]:
        """Each event's name, rows, users (about), and how many rows have a value in each of the other columns."""
        counts = [f"count({_as_text(seen.columns[other])})" for other in others]
        query = "SELECT {name} AS v, {counts} FROM {relation} WHERE {name} IS NOT NULL GROUP BY v ORDER BY 2 DESC, v"
        there = listed(["count(*)", filled("approx_count_distinct({uid})", uid=seen.columns[uid].sql), *counts])
        name_sql = filled("trim({x})", x=_as_text(seen.columns[name]))
        rows = self._once(filled(query, name=name_sql, counts=there, relation=seen.relation))
        return [(row[0], row[1], row[2], list(row[3:])) for row in rows]

    def users(self, seen: Seen, uid: str) -> int:
        """How many users there are, exactly, in the rows that were looked at."""
        value = typed("uid", seen.columns[uid]).value
        return self._number(filled("SELECT count(DISTINCT {x}) FROM {relation}", x=value, relation=seen.relation))

    def share_known(self, seen: Seen, column: str, other: Seen, other_column: str) -> float:
        """Which share of a column's distinct values stand in another's too, 0 to 1."""
        mine, theirs = (typed("uid", s.columns[c]).value for s, c in ((seen, column), (other, other_column)))
        query = """
        SELECT count(*), count(*) FILTER (v IN (SELECT {theirs} FROM {other}))
        FROM (SELECT DISTINCT {mine} AS v FROM {relation} WHERE {mine} IS NOT NULL LIMIT 2000)
        """
        parts = {"theirs": theirs, "other": other.relation, "mine": mine, "relation": seen.relation}
        ((all_, known),) = self._once(filled(query, **parts))
        return known / all_ if all_ else 0.0

    def newest_day(self, seen: Seen, time: str, event_zone: str, zone: str) -> date | None:
        """The newest local day in the rows that were looked at, by those zones; None where there is none."""
        column = seen.columns[time]
        instant = typed("instant", replace(column, zone=self._zones.of(event_zone))).value
        ((newest,),) = self._once(filled("SELECT max({x}) FROM {relation}", relation=seen.relation, x=instant))
        if newest is None:
            return None
        return local_day(int(newest), zone_of(zone))

    def head(self, seen: Seen, most: int) -> pa.Table:
        """The first rows as they stand in the source."""
        names = listed([f"{column.sql} AS {quoted(name)}" for name, column in seen.columns.items()])
        query = "SELECT {names} FROM {relation} ORDER BY rowid LIMIT {most}"
        return self._work.table(filled(query, names=names, relation=seen.relation, most=most))


def _as_text(column: Column) -> str:
    """SQL of a value as text; an empty one, and what is no number, as missing."""
    if column.of == "float":
        return filled(
            "CASE WHEN NOT isfinite({x}) THEN NULL WHEN {x} = trunc({x}) AND abs({x}) < 1e15 "
            "THEN CAST(CAST({x} AS BIGINT) AS VARCHAR) ELSE CAST({x} AS VARCHAR) END",
            x=column.sql,
        )
    if column.of == "list":
        return filled("nullif(array_to_string({x}, ';'), '')", x=column.sql)
    return filled("nullif(CAST({x} AS VARCHAR), '')", x=column.sql)


def _digits(column: Column) -> str:
    """SQL of the text whose decimals are counted: 3.4499999999999997 was meant as 3.45."""
    if column.of == "float":
        return filled("CASE WHEN isfinite({x}) THEN CAST(round({x}, 6) AS VARCHAR) END", x=column.sql)
    return _as_text(column)


def _rows_in_all(given: Given, files: list[FoundFile]) -> int:
    """What Parquet files say of themselves, also a table that was copied into one; 0 where it would have to be read."""
    if any(file.origin for file in given.files):
        return sum(pq.read_metadata(file.path).num_rows for file in files)
    if not all(file.is_parquet for file in given.files):
        return 0
    return sum(pq.read_metadata(file.real).num_rows for file in given.files)
