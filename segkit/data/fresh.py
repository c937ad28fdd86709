"""New rows of the events sources as one relation, read from the sources again each time that it is asked.

Reading twice costs a tenth of what keeping a copy does, and needs no room. What can be read only once becomes a table.
Columns: file, row, reason, flags0 …, uid, event (its code), name (of an undeclared event), "at", day, key, p_<code>.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from segkit.data.day_ranges import DayRanges
from segkit.data.reading import Opened
from segkit.data.sql import filled, listed, quoted
from segkit.data.work import Work

_ROOM = timedelta(days=3)  # no clock on a wall is further from UTC, whatever zone it is read in


@dataclass(frozen=True, slots=True)
class Query:
    """SQL and the values that it names."""

    sql: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Files that were opened together. `rows` makes SQL of their typed rows, those of a condition on source columns."""

    numbers: tuple[int, ...]  # of the files
    columns: frozenset[str]
    rows: Callable[[str], str]
    values: Mapping[str, object]
    suffix: str  # of the names of values that are this part's own
    time: str | None = None  # SQL of the source's column of times, if it is compared as such
    asked: bool = False  # whether only days that were asked for are looked at


def lasting(source: Opened, suffix: str) -> Opened | None:
    """The same files under value names of their own, if they can be read again after the next are opened."""
    if source.relation != "read_parquet($files)":
        return None
    return replace(
        source,
        relation=f"read_parquet($files{suffix})",
        number=source.number.replace("$numbers", f"$numbers{suffix}"),
        values={f"{name}{suffix}": value for name, value in source.values.items()},
    )


class FreshRows:
    """The parts, and which days of them are left out. `types` are those of all columns that a row may have."""

    def __init__(self, work: Work, types: Mapping[str, str]) -> None:
        self._work = work
        self.types = dict(types)
        self._parts: list[Part] = []
        self.checks: tuple[str, ...] = ()  # SQL that is true of rows that can be read, as far as some cannot
        self.asked = DayRanges()
        self.left_out = DayRanges()

    def add(self, part: Part) -> None:
        self._parts.append(part)

    def keep(self, part: Part) -> Part:
        """The same rows from a table, for a source that can be read only once."""
        table = f"fresh{part.suffix}"
        query = filled("CREATE TEMP TABLE {table} AS {rows}", table=table, rows=part.rows(""))
        self._work.run(query, **part.values)
        return replace(part, rows=lambda _: filled("SELECT * FROM {table}", table=table), values={}, time=None)

    def all_of(self, part: Part, columns: str) -> Query:
        """Every row of a part, refused ones included."""
        where = f"WHERE {self.asked.condition('f.day')}" if part.asked else ""
        query = filled("SELECT {columns} FROM ({rows}) f {where}", columns=columns, rows=part.rows(""), where=where)
        return Query(query, part.values)

    def good(
        self, columns: Sequence[str], days: tuple[date, date] | None = None, files: Collection[int] | None = None
    ) -> Query:
        """The rows that can be read, of days from one to another and of some files: columns by name."""
        found, values = [], _bounds(days)
        for part in self._parts:
            numbers = [number for number in part.numbers if files is None or number in files]
            if not numbers:
                continue
            values |= _narrowed(part, numbers)
            shown = listed(self._column(name, part) for name in columns)
            found.append(filled("SELECT {columns} FROM ({rows}) f WHERE {where}", columns=shown,
                                rows=part.rows(_near(part, days)), where=self._where(part, days)))  # fmt: skip
        if not found:
            nothing = listed(f"CAST(NULL AS {self.types[name]}) AS {quoted(name)}" for name in columns)
            return Query(filled("SELECT {nothing} WHERE FALSE", nothing=nothing))
        return Query(" UNION ALL ".join(found), values)

    def _column(self, name: str, part: Part) -> str:
        if name in part.columns or not name.startswith("p_"):
            return f"f.{quoted(name)}"
        return f"CAST(NULL AS {self.types[name]}) AS {quoted(name)}"

    def _where(self, part: Part, days: tuple[date, date] | None) -> str:
        conditions = list(self.checks) or ["TRUE"]
        if days is not None:
            conditions.append("f.day BETWEEN $first_day AND $last_day")
        if part.asked:
            conditions.append(self.asked.condition("f.day"))
        if self.left_out:
            conditions.append(f"NOT {self.left_out.condition('f.day')}")
        return " AND ".join(conditions)


def _bounds(days: tuple[date, date] | None) -> dict[str, object]:
    if days is None:
        return {}
    near = {"near_first": _moment(days[0], -_ROOM), "near_last": _moment(days[1], _ROOM)}
    return {"first_day": days[0], "last_day": days[1], **near}


def _narrowed(part: Part, numbers: Iterable[int]) -> dict[str, object]:
    """A part's values for some of its files."""
    values = dict(part.values)
    files, all_numbers = (values.get(f"{name}{part.suffix}") for name in ("files", "numbers"))
    if isinstance(files, list) and isinstance(all_numbers, list):
        wanted = set(numbers)
        kept = [(file, number) for file, number in zip(files, all_numbers, strict=True) if number in wanted]
        values[f"files{part.suffix}"] = [file for file, _ in kept]
        values[f"numbers{part.suffix}"] = [number for _, number in kept]
    return values


def _near(part: Part, days: tuple[date, date] | None) -> str:
    """What lets DuckDB pass over most of a file in the order of time; which rows count is not decided here."""
    if part.time is None or days is None:
        return ""
    return filled("WHERE {time} BETWEEN $near_first AND $near_last", time=part.time)


def _moment(day: date, room: timedelta) -> datetime:
    at = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - compared with room on both sides
    try:
        return at + room
    except OverflowError:
        return at
