"""Events put where they are kept: a file for each local day that changed, and one for events of unknown users.

Takes the new rows some days at a time, so that what is sorted at once fits in memory whatever a load brings. Reads the
tables `users`, `contested`, `winners` and `displaced` of the load. Other days keep their files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segkit.data.ahead import ahead
from segkit.data.day_queries import DayQueries, Portion
from segkit.data.day_ranges import DayRanges
from segkit.data.events import FreshEvents
from segkit.data.generation import Generation
from segkit.data.manifest import DayFile, StoredFile
from segkit.data.orphans import Orphans
from segkit.data.stored_events import StoredEvents
from segkit.data.work import Work

_AHEAD = 6  # row groups that wait to be written


@dataclass(frozen=True, slots=True)
class Placed:
    """The files after a load; how many events are new on days (late ones among them), set aside, and joined."""

    days: tuple[DayFile, ...]
    orphans: tuple[StoredFile, ...]
    written: int = 0
    kept: int = 0
    late: int = 0
    orphan: int = 0
    joined: int = 0


class Placing:
    """One load's events on their way to the files. `parameters` are the codes of the columns that new rows may have."""

    def __init__(
        self,
        work: Work,
        generation: Generation,
        scratch: Path,
        stored: StoredEvents,
        fresh: FreshEvents,
        parameters: Sequence[str],
        load: int,
    ) -> None:
        self._work = work
        self._generation = generation
        self._stored = stored
        self._fresh = fresh
        self._load = load
        self._queries = DayQueries(work, stored, fresh, parameters, load)
        self._orphans = Orphans(work, generation, scratch, stored)
        self._new: dict[date, int] = {}  # rows of this load, by day

    def place(self, known_until: date | None, again: DayRanges) -> Placed:
        """Writes every day that changes; events of days before `known_until` are late, unless read `again`."""
        joined = self._queries.join_orphans()
        changed = self._queries.changed_days()
        columns = self._columns(changed)
        written = self._write_days(self._queries.portions(changed), columns)
        days = [file for day, file in self._stored.days.items() if day not in changed] + written
        return Placed(
            days=tuple(sorted(days, key=lambda file: file.day)),
            orphans=self._orphans.write(columns, joined),
            written=len(written),
            kept=sum(self._new.values()),
            late=sum(self._new[day] for day in self._new if known_until and day < known_until and day not in again),
            orphan=self._orphans.new,
            joined=joined,
        )

    def _columns(self, changed: set[date]) -> list[str]:
        """The codes of the parameters that the files will have."""
        old = (file.columns for day, file in self._stored.days.items() if day in changed)
        present = (self._fresh.parameters | self._stored.orphan_columns()).union(*old)
        return [code for code in self._stored.kinds if code in present]

    def _write_days(self, portions: Sequence[Portion], columns: list[str]) -> list[DayFile]:
        total = sum(portion.rows for portion in portions) or 1
        found, done = [], 0
        rows = (batch for portion in portions for batch in self._queries.rows(portion, columns))
        with closing(ahead(rows, _AHEAD)) as batches:
            for (is_orphan, day), slices in groupby(_by_day(batches), key=itemgetter(0)):
                parts = (batch for _, batch in slices)
                if is_orphan:
                    self._orphans.add(batch.drop_columns(["user_no"]) for batch in parts)
                    continue
                counted = _Counted(self._load if self._fresh.files else -1)
                file = self._generation.write(f"events/{day}.parquet", counted.of(parts))
                self._new[day] = counted.new
                found.append(DayFile(**file.model_dump(), day=day, load=counted.newest, columns=tuple(columns)))
                done += file.rows
                self._work.say("writing days", min(0.95, 0.55 + 0.4 * done / total))
        return found


def _by_day(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[tuple[bool, date], pa.RecordBatch]]:
    """Batches in the order of their days, cut where a day ends; those of unknown users come last, and are told."""
    for batch in batches:
        if not batch.num_rows:
            continue
        days = batch.column("day").cast(pa.int32()).to_numpy()
        unknown = batch.column("user_no").is_null().to_numpy(zero_copy_only=False)
        cuts = np.flatnonzero((np.diff(days) != 0) | (np.diff(unknown))) + 1
        for start, end in pairwise([0, *cuts.tolist(), len(days)]):
            key = bool(unknown[start]), batch.column("day")[start].as_py()
            yield key, batch.slice(start, end - start)


class _Counted:
    """How many rows that pass through are of one load, and the newest load among all."""

    def __init__(self, load: int) -> None:
        self._load = load
        self.new = 0
        self.newest = 0

    def of(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches as they are stored."""
        for batch in batches:
            loads = batch.column("load")
            self.new += pc.sum(pc.equal(loads, self._load)).as_py()
            self.newest = max(self.newest, pc.max(loads).as_py())
            yield batch.drop_columns(["uid"])
