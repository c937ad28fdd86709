"""Rows of sources, typed, in a table of the load: each with its file and row number, and flags for what went wrong.

A row is refused for its `reason`; a single value that cannot be read, or had too many digits, is a flag of its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from segkit.data.columns import Column, Typed, scale_of, stored_type
from segkit.data.reading import Opened
from segkit.data.report import Count, SourceRows
from segkit.data.sources import FoundFile
from segkit.data.sql import filled, listed, quoted
from segkit.data.values import typed
from segkit.data.work import Work

EXAMPLES = 3  # places that are named of each kind of problem
_FLAGS_IN_ONE = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """A typed column of the staged table, made from a column of the source. `subject` is what people call it."""

    name: str
    kind: str
    column: str
    subject: str


@dataclass(frozen=True, slots=True)
class Staging:
    """A table of the load for the rows of one role."""

    work: Work
    table: str
    wanted: tuple[Wanted, ...]
    is_counted: bool = False  # whether each row of the table stands for `n` rows, `places` among them

    def create(self, more: Mapping[str, str]) -> None:
        """Makes the empty table: file, row, reason, flags, the wanted columns, and `more` (name to type)."""
        columns = {"file": "INTEGER", "row": "BIGINT", "reason": "TINYINT"}
        columns |= {wanted.name: stored_type(wanted.kind) for wanted in self.wanted}
        columns |= {self._flags(number): "BIGINT" for number in range(self._flag_columns)} | dict(more)
        shown = listed([f"{quoted(name)} {type_}" for name, type_ in columns.items()])
        self.work.run(filled("CREATE OR REPLACE TEMP TABLE {table} ({columns})", table=self.table, columns=shown))

    def rows(self, source: Opened, zone: int, columns: Mapping[str, str], where: str = "") -> str:
        """SQL of the source's rows, typed. `columns`: which of its columns each wanted one is; others stay missing.

        `where` is a condition on the source's own columns, if any.
        """
        present = [wanted for wanted in self.wanted if wanted.name in columns]
        raw = [f"c{place}" for place in range(len(present))]
        found = [
            typed(wanted.kind, Column(name, source.types[columns[wanted.name]], zone, source.form))
            for wanted, name in zip(present, raw, strict=True)
        ]
        renamed = [
            f"{source.columns[columns[wanted.name]]} AS {name}" for wanted, name in zip(present, raw, strict=True)
        ]
        values = [f"{value.value} AS {quoted(wanted.name)}" for wanted, value in zip(present, found, strict=True)]
        names = [quoted(wanted.name) for wanted in present]
        return filled(
            "SELECT {outer} FROM (SELECT {inner} FROM (SELECT {innermost} FROM {relation}))",
            outer=listed(['"#file" AS file', '"#row" AS "row"', *names, *self._flag_sums(present, found)]),
            inner=listed(['"#file"', '"#row"', *raw, *values]),
            innermost=listed([f'{source.number} AS "#file"', f'{source.row} AS "#row"', *renamed]),
            relation=f"{source.relation} {where}",
        )

    def flag(self, name: str) -> str:
        """SQL that is true where that column's value is there and cannot be read."""
        return self._is_flagged(2 * [wanted.name for wanted in self.wanted].index(name))

    def rounding(self, name: str) -> str:
        """SQL that is true where that column's value had more digits than it keeps."""
        return self._is_flagged(2 * [wanted.name for wanted in self.wanted].index(name) + 1)

    @property
    def any_flag(self) -> str:
        """SQL that is true where any value of the row is flagged."""
        return " OR ".join(f"{self._flags(number)} <> 0" for number in range(self._flag_columns))

    def problems(self, files: Sequence[FoundFile], but: Sequence[str] = ()) -> tuple[Count, ...]:
        """Values that cannot be read or were rounded, in rows that are not refused; not those of the columns `but`."""
        kinds = [
            (bit, words)
            for place, wanted in enumerate(self.wanted)
            if wanted.name not in but
            for bit, words in ((2 * place, _unreadable(wanted)), (2 * place + 1, _rounded(wanted)))
            if words
        ]
        if not kinds:
            return ()
        counts = listed([f"{self._count} FILTER (WHERE {self._is_flagged(bit)})" for bit, _ in kinds])
        query = "SELECT {counts} FROM {table} WHERE reason = 0 AND ({any})"
        (found,) = self.work.rows(filled(query, counts=counts, table=self.table, any=self.any_flag))
        return tuple(
            Count(words, number, self.examples(f"reason = 0 AND {self._is_flagged(bit)}", files))
            for (bit, words), number in zip(kinds, found, strict=True)
            if number
        )

    def refusals(self, reasons: Mapping[int, str], files: Sequence[FoundFile]) -> tuple[Count, ...]:
        """Refused rows by reason."""
        query = "SELECT reason, {count} FROM {table} WHERE reason <> 0 GROUP BY reason ORDER BY reason"
        found = self.work.rows(filled(query, table=self.table, count=self._count))
        return tuple(
            Count(reasons[reason], number, self.examples(f"reason = {reason}", files))
            for reason, number in found
            if reason in reasons
        )

    def rows_by_source(
        self, sources: Sequence[str], refused: Iterable[int], left_out: Iterable[int] = ()
    ) -> tuple[SourceRows, ...]:
        """Rows of each source: `sources` are named by the number of the file, reasons say what became of a row."""
        query = "SELECT file, reason, {count} FROM {table} GROUP BY file, reason"
        read: Counter[str] = Counter()
        lost: Counter[tuple[str, str]] = Counter()
        for file, reason, number in self.work.rows(filled(query, table=self.table, count=self._count)):
            read[sources[file]] += int(number)
            fate = "refused" if reason in refused else "left out" if reason in left_out else ""
            lost[sources[file], fate] += int(number)
        files = Counter(sources)
        return tuple(
            SourceRows(name, files[name], read[name], lost[name, "refused"], lost[name, "left out"]) for name in files
        )

    def examples(self, condition: str, files: Sequence[FoundFile]) -> tuple[str, ...]:
        """A few places where a condition holds."""
        row = "unnest(coalesce(places, [NULL]))" if self.is_counted else '"row"'
        query = "SELECT file, {row} AS place FROM {table} WHERE {condition} ORDER BY file, place LIMIT {most}"
        found = self.work.rows(filled(query, row=row, table=self.table, condition=condition, most=EXAMPLES))
        return tuple(files[file].shown + (f" row {row}" if row else "") for file, row in found)

    @property
    def flag_names(self) -> list[str]:
        """The columns of flags."""
        return [self._flags(number) for number in range(self._flag_columns)]

    @property
    def _count(self) -> str:
        return "sum(n)" if self.is_counted else "count(*)"

    @property
    def _flag_columns(self) -> int:
        return 1 + 2 * len(self.wanted) // _FLAGS_IN_ONE

    def _flags(self, number: int) -> str:
        return f"flags{number}"

    def _is_flagged(self, bit: int) -> str:
        return f"({self._flags(bit // _FLAGS_IN_ONE)} & {1 << bit % _FLAGS_IN_ONE}) <> 0"

    def _flag_sums(self, present: Sequence[Wanted], found: Sequence[Typed]) -> list[str]:
        sums: list[list[str]] = [["0"] for _ in range(self._flag_columns)]
        places = {wanted.name: place for place, wanted in enumerate(self.wanted)}
        for wanted, value in zip(present, found, strict=True):
            for bit, condition in enumerate((value.unreadable, value.rounded), start=2 * places[wanted.name]):
                if condition is not None:
                    holds = filled(condition, value=quoted(wanted.name))
                    one = f"CASE WHEN {holds} THEN {1 << bit % _FLAGS_IN_ONE} ELSE 0 END"
                    sums[bit // _FLAGS_IN_ONE].append(one)
        return [f"{' + '.join(parts)} AS {self._flags(number)}" for number, parts in enumerate(sums)]


def _unreadable(wanted: Wanted) -> str:
    kinds = {"double": "a number", "date": "a date", "bool": "true or false", "list": "a list", "string": "text"}
    kinds["instant"] = "an instant or a date"
    expected = kinds.get(wanted.kind, "a number of at most 18 digits, decimals included")
    return f"{wanted.subject}, values that are not {expected} and count as missing"


def _rounded(wanted: Wanted) -> str:
    if not wanted.kind.startswith("decimal"):
        return ""
    return f"{wanted.subject}, values with more than {scale_of(wanted.kind)} decimals, rounded half to even"
