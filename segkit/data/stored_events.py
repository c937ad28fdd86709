"""Stored events as SQL: day files and orphans with every parameter ever stored, missing where a file lacks it."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from segkit.data.columns import stored_type
from segkit.data.day_ranges import DayRanges
from segkit.data.manifest import DayFile, StoredFile
from segkit.data.sql import filled, listed, quoted
from segkit.data.work import Work

_KEPT = ('"at"', "event", "day", "key", "load")


class StoredEvents:
    """The events of one generation. `kinds` are those of all parameters ever stored, by code."""

    def __init__(
        self, folder: Path, days: Sequence[DayFile], orphans: Sequence[StoredFile], kinds: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self.days = {file.day: file for file in days}
        self.orphans = tuple(orphans)
        self.orphans_differ = False  # whether some of them do not count any more
        self.kinds = dict(kinds)
        self._orphan_files = [folder / file.path for file in orphans]
        self._drops = 0

    def drop(self, work: Work, scratch: Path, days: DayRanges) -> int:
        """Takes the events of some days for gone; how many there were on their days, and set aside."""
        gone = sum(file.rows for day, file in self.days.items() if day in days)
        self.days = {day: file for day, file in self.days.items() if day not in days}
        query = "SELECT {what} FROM ({rows}) WHERE {condition}"
        rows, condition = self.of_orphans(), days.condition("day")
        aside = work.number(filled(query, what="count(*)", rows=rows, condition=condition), orphans=self.orphan_paths)
        if not aside:
            return gone
        gone += aside
        self._drops += 1
        path = scratch / f"orphans-kept-{self._drops}.parquet"
        query = filled(query, what="*", rows=rows, condition=f"NOT {condition}")
        batches = work.batches(query, 100_000, orphans=self.orphan_paths)
        first = next(batches)
        with pq.ParquetWriter(path, first.schema, store_schema=False) as writer:
            for batch in (first, *batches):
                writer.write_batch(batch)
        self._orphan_files, self.orphans_differ = [path], True
        return gone

    def of_days(self, files: Sequence[DayFile]) -> str:
        """SQL of the rows of day files, bound as `$stored` (see `paths`): user_no and what an event has."""
        present = {code for file in files for code in file.columns}
        return self._rows("$stored", "user_no", present) if files else self.nothing("CAST(NULL AS INTEGER) AS user_no")

    def of_orphans(self) -> str:
        """SQL of the orphans' rows, bound as `$orphans` (see `orphan_paths`): uid and what an event has."""
        if not self._orphan_files:
            return self.nothing("CAST(NULL AS VARCHAR) AS uid")
        return self._rows("$orphans", "uid", self.orphan_columns())

    def orphan_columns(self) -> set[str]:
        """Codes of the parameters that the orphans' files have."""
        names = [name for path in self._orphan_files for name in pq.read_schema(path).names]
        return {name.removeprefix("p_") for name in names if name.startswith("p_")}

    def orphan_days(self, work: Work) -> set[date]:
        """The local days of the orphans."""
        query = filled("SELECT DISTINCT day FROM ({orphans})", orphans=self.of_orphans())
        return {day for (day,) in work.rows(query, orphans=self.orphan_paths)}

    def paths(self, files: Iterable[StoredFile]) -> list[str]:
        """What is bound; DuckDB reads paths as patterns."""
        return [glob.escape(str(self._folder / file.path)) for file in files]

    @property
    def orphan_paths(self) -> list[str]:
        return [glob.escape(str(path)) for path in self._orphan_files]

    def _rows(self, bound: str, who: str, present: set[str]) -> str:
        kept = listed([who, *_KEPT, *(quoted("p_" + code) for code in self.kinds if code in present)])
        query = "SELECT {kept}{absent} FROM read_parquet({bound}, union_by_name = true)"
        return filled(query, kept=kept, absent=self.absent(present), bound=bound)

    def nothing(self, who: str) -> str:
        """SQL of no rows at all; `who` is SQL of its first column."""
        return filled("SELECT {who}, {fixed}{absent} WHERE FALSE", who=who, fixed=_NOTHING, absent=self.absent(set()))

    def absent(self, present: set[str]) -> str:
        """SQL, after a comma, of the parameters that are not `present`, missing."""
        absent = {code: stored_type(kind) for code, kind in self.kinds.items() if code not in present}
        return "".join(f", CAST(NULL AS {type_}) AS {quoted('p_' + code)}" for code, type_ in absent.items())


_NOTHING = listed(
    [
        'CAST(NULL AS TIMESTAMP) AS "at"',
        "CAST(NULL AS VARCHAR) AS event",
        "CAST(NULL AS DATE) AS day",
        "CAST(NULL AS VARCHAR) AS key",
        "CAST(NULL AS INTEGER) AS load",
    ]
)
