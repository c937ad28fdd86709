"""The history of a label derived from a linked table: how many rows a user has, whether any, or a column's values.

It is kept by uid, for those who are not known yet too. A linked table without validity is a snapshot: its changes are
dated by it. With validity, each snapshot brings the whole history, and the value changes where a row begins or ends to
hold. Who has no rows has 0, false or an empty list; a smallest, largest, first or last value is missing then. Tables of
the load: `derived_<n>` (uid, data_date, load, value), changes; `latest_<n>` (uid, value).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from segkit.data.columns import stored_type
from segkit.data.generation import ROW_GROUP, Generation
from segkit.data.label_files import LAST_VALUES, appended, bound_paths
from segkit.data.links import Rows
from segkit.data.manifest import LabelFile, StoredFile
from segkit.data.mapping import label_kind
from segkit.data.sql import filled
from segkit.data.work import Work
from segkit.definitions.derivations import FromLink
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.errors import DataProblem

#: The date of what has always been so, in histories that are known whole.
ALWAYS = date.min

#: By measure, SQL over rows of one user (`present`: the uid, `listed`, `ordered`; no row has `present` missing).
_MEASURES = {
    "count": "CAST(count(present) AS {type})",
    "exists": "count(present) > 0",
    "list": "coalesce(list(DISTINCT listed ORDER BY listed) FILTER (WHERE listed IS NOT NULL), [])",
    "distinct": "CAST(count(DISTINCT listed) AS {type})",
    "sum": "CAST(coalesce(sum(listed), 0) AS {type})",
    "min": "min(listed)",
    "max": "max(listed)",
    # Of rows at the same instant, the one with the smallest value, whatever the order of the file.
    "first": "first(listed ORDER BY ordered, listed) FILTER (WHERE listed IS NOT NULL AND ordered IS NOT NULL)",
    "last": "first(listed ORDER BY ordered DESC, listed) FILTER (WHERE listed IS NOT NULL AND ordered IS NOT NULL)",
}
#: The value of who has no rows, where it is not missing.
_OF_NO_ROWS = {
    "count": "CAST(0 AS {type})",
    "exists": "FALSE",
    "list": "CAST([] AS VARCHAR[])",
    "distinct": "CAST(0 AS {type})",
    "sum": "CAST(0 AS {type})",
}
_ROWS = "SELECT uid, uid AS present, {listed} AS listed, {ordered} AS ordered FROM linked WHERE {condition}"
_SEEN = "SELECT uid, {value} AS value FROM ({rows}) GROUP BY uid"
_COMPARED = """
CREATE OR REPLACE TEMP TABLE compared AS
SELECT uid, coalesce(s.value, {none}) AS value, coalesce(l.value, {none}) AS old
FROM ({seen}) s FULL JOIN latest_{n} l USING (uid)
"""
_CHANGES = """
INSERT INTO derived_{n} SELECT uid, $day, $load, value FROM compared WHERE value IS DISTINCT FROM old
"""
# --- with validity: the rows of a uid hold for stretches of days, and the value changes where one begins or ends
_STRETCHES = """
CREATE OR REPLACE TEMP TABLE stretches AS
SELECT uid, uid AS present, coalesce(valid_from, $always) AS since, valid_to AS until,
       {listed} AS listed, {ordered} AS ordered
FROM linked WHERE {condition} AND (valid_to IS NULL OR valid_to > coalesce(valid_from, $always))
"""
_EDGES = "SELECT uid, since AS day FROM stretches UNION SELECT uid, until FROM stretches WHERE until IS NOT NULL"
_HISTORY = """
INSERT INTO derived_{n}
SELECT uid, day, $load, value FROM (
  SELECT uid, day, value, lag(value) OVER (PARTITION BY uid ORDER BY day) AS old FROM (
    SELECT e.uid, e.day, {value} AS value
    FROM ({edges}) e LEFT JOIN stretches s
      ON s.uid = e.uid AND s.since <= e.day AND (s.until IS NULL OR e.day < s.until)
    GROUP BY e.uid, e.day
  )
) WHERE value IS DISTINCT FROM old
"""
# --- at the end
_KNOWN = """
CREATE OR REPLACE TEMP TABLE known_derived AS
SELECT u.user_no, d.data_date, d.load, d.value FROM derived_{n} d JOIN users u USING (uid)
"""
_DEFAULTS = """
INSERT INTO known_derived
SELECT user_no, $since, $load, {none} FROM users
ANTI JOIN (SELECT user_no FROM known_derived WHERE data_date <= $since {stored}) USING (user_no) WHERE uid IS NOT NULL
"""
_STORED = "UNION ALL SELECT user_no FROM read_parquet($stored) WHERE data_date <= $since"


@dataclass(frozen=True, slots=True)
class Kept:
    """The files of one derived label: of known users, and of those set aside."""

    files: tuple[LabelFile, ...] = ()
    aside: StoredFile | None = None


class DerivedHistory:
    """One derived label during a load."""

    def __init__(self, work: Work, folder: Path, label: LabelDeclaration, stored: Kept, number: int) -> None:
        derived = label.from_link
        assert derived is not None
        self._work = work
        self._n = number
        self._folder = folder
        self._code = label.code
        self._type = stored_type(label_kind(label))
        self._value = filled(_measure(label, derived), type=self._type)
        self._is_never_missing = derived.measure in _OF_NO_ROWS
        self._none = filled(_OF_NO_ROWS.get(derived.measure, "CAST(NULL AS {type})"), type=self._type)
        self._stored = stored
        for table in ("derived_{n} (uid VARCHAR, data_date DATE, load INTEGER, ", "latest_{n} (uid VARCHAR, "):
            work.run(filled("CREATE OR REPLACE TEMP TABLE " + table + "value {type})", n=number, type=self._type))
        self._take()

    def _take(self) -> None:
        """Starts from what is stored."""
        if self._stored.aside is not None:
            path = bound_paths(self._folder, [self._stored.aside])
            aside = "INSERT INTO derived_{n} SELECT uid, data_date, load, value FROM read_parquet($aside)"
            self._work.run(filled(aside, n=self._n), aside=path)
            last = filled(LAST_VALUES, who="uid", files="aside")
            self._work.run(filled("INSERT INTO latest_{n} {last}", n=self._n, last=last), aside=path)
        if self._stored.files:
            last = filled(LAST_VALUES, who="user_no", files="stored")
            query = "INSERT INTO latest_{n} SELECT u.uid, v.value FROM ({last}) v JOIN users u USING (user_no)"
            self._work.run(filled(query, n=self._n, last=last), stored=bound_paths(self._folder, self._stored.files))

    def meet(self, rows: Rows, day: date, load: int) -> None:
        """Takes in a snapshot whose rows hold as of its date."""
        found = filled(_ROWS, listed=rows.listed, ordered=rows.ordered, condition=rows.condition)
        seen = filled(_SEEN, value=self._value, rows=found)
        with self._within_digits():
            self._work.run(filled(_COMPARED, n=self._n, none=self._none, seen=seen), **rows.values)
        self._work.run(filled(_CHANGES, n=self._n), day=day, load=load)
        self._work.run(filled("CREATE OR REPLACE TEMP TABLE latest_{n} AS SELECT uid, value FROM compared", n=self._n))

    def meet_whole(self, rows: Rows, load: int) -> None:
        """Takes in a table whose rows say for which days they hold; what was stored of it no longer counts."""
        query = filled(_STRETCHES, listed=rows.listed, ordered=rows.ordered, condition=rows.condition)
        self._work.run(query, always=ALWAYS, **rows.values)
        with self._within_digits():
            self._work.run(filled(_HISTORY, n=self._n, value=self._value, edges=_EDGES), load=load)

    @contextmanager
    def _within_digits(self) -> Iterator[None]:
        try:
            yield
        except duckdb.ConversionException:  # it quotes the number
            raise DataProblem(
                f"label '{self._code}': a sum of linked rows has more than 18 digits, decimals included; declare fewer "
                "decimal places with `scale`, or leave out with `where` what does not belong to it"
            ) from None

    def write(self, generation: Generation, since: date, load: int) -> Kept:
        """The files after the load. Who has no value as of `since` had no rows then, and gets the value for that."""
        work, stored = self._work, self._stored
        work.run(filled(_KNOWN, n=self._n))
        also = _STORED if stored.files else ""
        values = {"stored": bound_paths(self._folder, stored.files)}
        if self._is_never_missing:
            work.run(filled(_DEFAULTS, none=self._none, stored=also), since=since, load=load, **values)
        files = appended(work, generation, self._folder, self._code, "known_derived", stored.files)
        return Kept(files, self._write_aside(generation))

    def _write_aside(self, generation: Generation) -> StoredFile | None:
        unknown = filled("SELECT * FROM derived_{n} ANTI JOIN users USING (uid)", n=self._n)
        count = self._work.number(filled("SELECT count(*) FROM ({unknown})", unknown=unknown))
        if self._stored.aside is not None and count == self._stored.aside.rows and not self._came():
            return self._stored.aside
        if not count:
            return None
        query = filled("{unknown} ORDER BY uid, data_date, load", unknown=unknown)
        return generation.write(f"labels_aside/{self._code}.parquet", self._work.batches(query, ROW_GROUP))

    def _came(self) -> int:
        """How many rows that were set aside are of users who are known now."""
        assert self._stored.aside is not None
        query = "SELECT count(*) FROM read_parquet($aside) SEMI JOIN users USING (uid)"
        return self._work.number(query, aside=bound_paths(self._folder, [self._stored.aside]))


def _measure(label: LabelDeclaration, derived: FromLink) -> str:
    """The SQL of a measure; the first and the last of dates are the smallest and the largest, unless rows are put in
    another order."""
    if derived.measure in ("first", "last") and not derived.is_ordered(label.type):
        return _MEASURES["min" if derived.measure == "first" else "max"]
    return _MEASURES[derived.measure]
