"""Events of unknown users: set aside in one file, sorted by uid, until their users are known."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.generation import ROW_GROUP, Generation
from segkit.data.manifest import StoredFile
from segkit.data.sql import filled
from segkit.data.stored_events import StoredEvents
from segkit.data.work import Work

_ALL = """
SELECT uid, CAST(event AS VARCHAR) AS event, "at", day, key, load {same} FROM ({new})
UNION ALL SELECT s.uid, s.event, s."at", s.day, s.key, s.load {same}
FROM ({orphans}) s ANTI JOIN users u ON u.uid = s.uid
                   ANTI JOIN (SELECT key FROM displaced WHERE day IS NULL) d ON d.key = s.key
ORDER BY uid, "at"
"""


class Orphans:
    """One load's events of unknown users, on their way from a file of the load's own to the one that is kept."""

    def __init__(self, work: Work, generation: Generation, scratch: Path, stored: StoredEvents) -> None:
        self._work = work
        self._generation = generation
        self._path = scratch / "orphans.parquet"
        self._stored = stored
        self._writer: pq.ParquetWriter | None = None
        self.new = 0

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Puts new rows aside: batches of the columns of events, with uid."""
        for batch in batches:
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._path, batch.schema, store_schema=False)
            self._writer.write_batch(batch)
            self.new += batch.num_rows

    def write(self, columns: Sequence[str], joined: int) -> tuple[StoredFile, ...]:
        """The file after the load, if anything is left in it. `columns` are the codes that the new rows have."""
        stored = self._stored
        if self._writer is not None:
            self._writer.close()
        gone = self._work.number("SELECT count(*) FROM displaced WHERE day IS NULL")
        if not (self.new or joined or gone or stored.orphans_differ):
            return stored.orphans
        same = "".join(f', "p_{code}"' for code in stored.kinds)
        query = filled(_ALL, same=same, new=self._rows(set(columns)), orphans=stored.of_orphans())
        values = {"new": glob.escape(str(self._path)), "orphans": stored.orphan_paths}
        file = self._generation.write("orphans.parquet", self._work.batches(query, ROW_GROUP, **values))
        return (file,) if file.rows else ()

    def kept(self) -> tuple[StoredFile, ...]:
        """The file of what was set aside before, without what counts no more."""
        if not self._stored.orphans_differ:
            return self._stored.orphans
        query = filled('SELECT * FROM ({orphans}) ORDER BY uid, "at"', orphans=self._stored.of_orphans())
        batches = self._work.batches(query, ROW_GROUP, orphans=self._stored.orphan_paths)
        file = self._generation.write("orphans.parquet", batches)
        return (file,) if file.rows else ()

    def _rows(self, columns: set[str]) -> str:
        """SQL of the new rows."""
        if self._writer is None:
            return filled("{nothing}", nothing=self._stored.nothing("CAST(NULL AS VARCHAR) AS uid"))
        absent = self._stored.absent(columns)
        return filled("SELECT *{absent} FROM read_parquet($new)", absent=absent)
