"""Of all rows with the same event key, new and stored, the one that counts: whatever arrived first.

It is the one with the smallest (instant, event, uid), then the smallest remaining content, missing values last.
Only rows whose key may be another's too, by its hash, are compared. Gives three tables: `contested(h)`, their hashes;
`winners`, new rows among them that count; `displaced(key, day)`, stored rows for which a new one counts from now on,
their day missing for those among the orphans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from segkit.data import key_runs
from segkit.data.events import FreshEvents
from segkit.data.fresh import Query
from segkit.data.generation import ROW_GROUP, Generation
from segkit.data.manifest import DayFile, KeyRuns
from segkit.data.sql import filled, quoted
from segkit.data.stored_events import StoredEvents
from segkit.data.work import Work

_AT_ONCE = 2_000_000  # contested keys
#: SQL that is the hash of a row's key, if it has one; `of` is the row's alias.
HASH = filled("CASE WHEN {{of}}.key IS NOT NULL THEN {hash} END", hash=key_runs.HASH)
_ENTRIES = filled(
    "SELECT {entry} AS entry FROM ({{rows}}) k WHERE k.key IS NOT NULL", entry=key_runs.ENTRY.format(of="k")
)
_RANKED = """
CREATE OR REPLACE TEMP TABLE ranked AS
SELECT *, row_number() OVER (PARTITION BY key ORDER BY "at", event, uid {parameters}, origin) AS place
FROM (
  SELECT 2 AS origin, CAST(NULL AS DATE) AS stored_day, f.uid, f.event, f."at", f.day, f.key {new_parameters}
  FROM ({fresh}) f SEMI JOIN contested_now c ON {fresh_hash} = c.h
  UNION ALL
  SELECT 0, s.day, u.uid, s.event, epoch_us(s."at"), s.day, s.key {stored_parameters}
  FROM ({stored}) s SEMI JOIN contested_now c ON {stored_hash} = c.h JOIN users u ON u.user_no = s.user_no
  UNION ALL
  SELECT 1, NULL, s.uid, s.event, epoch_us(s."at"), s.day, s.key {stored_parameters}
  FROM ({orphans}) s SEMI JOIN contested_now c ON {stored_hash} = c.h
)
"""
#: Of contested hashes, those whose rows are alike in all 64 bits, and on which stored days.
_ALIKE = """
SELECT h, list(DISTINCT day) FILTER (WHERE day IS NOT NULL) FROM (
  SELECT {fresh_hash} AS h, hash(f.key) AS whole, NULL::DATE AS day
  FROM ({fresh}) f SEMI JOIN contested_now c ON {fresh_hash} = c.h
  UNION ALL
  SELECT {stored_hash}, hash(s.key), s.day FROM ({stored}) s SEMI JOIN contested_now c ON {stored_hash} = c.h
  UNION ALL
  SELECT {stored_hash}, hash(s.key), NULL FROM ({orphans}) s SEMI JOIN contested_now c ON {stored_hash} = c.h
) GROUP BY h, whole HAVING count(*) > 1
"""
_WINNERS = 'uid, event, "at", day, key {parameters}'
_WON = "INSERT INTO winners SELECT {columns} FROM ranked WHERE place = 1 AND origin = 2"
_DISPLACED = "INSERT INTO displaced SELECT key, stored_day FROM ranked WHERE place > 1 AND origin < 2"


@dataclass(frozen=True, slots=True)
class Settled:
    """How many new rows do not count, and how many stored ones no longer do; the runs of keys after the load."""

    dropped: int
    displaced: int
    keys: KeyRuns | None


class Settling:
    """One load's decision about every key that new events bring. `parameters` are the codes that they may have."""

    def __init__(
        self,
        work: Work,
        folder: Path,
        scratch: Path,
        fresh: FreshEvents,
        stored: StoredEvents,
        parameters: Sequence[str],
    ) -> None:
        self._work = work
        self._folder = folder
        self._scratch = scratch
        self._fresh = fresh
        self._stored = stored
        self._parameters = parameters

    def settle(self, generation: Generation, before: KeyRuns | None) -> Settled:
        """Makes the tables; the runs of keys as they are after the load, `before` it."""
        self._make_tables()
        if not self._fresh.keyed_count():
            return Settled(0, 0, before)
        probe = self._work.rows(key_runs.PROBE)[0][0]
        files = before.runs if before is not None and before.probe == probe else None
        runs = key_runs.opened(self._folder, files) if files is not None else None
        if runs is None:
            files, runs = (), self._stored_entries()
        new = self._new_entries()
        found = key_runs.contested(new, runs, {*self._stored.days, *self._stored.orphan_days(self._work)})
        self._work.say("comparing repeated events", 0.5)
        if found.may_be_chance(sum(map(len, new)), sum(map(len, runs))):
            found = self._alike(found)
        dropped, displaced = self._rank(found) if len(found.hashes) else (0, 0)
        # Runs that had to be made again are no files yet.
        fresh_files = key_runs.grown(generation, files or (), runs if files else (), new if files else [*new, *runs])
        return Settled(dropped, displaced, KeyRuns(probe=probe, runs=fresh_files))

    def _make_tables(self) -> None:
        work = self._work
        work.run("CREATE OR REPLACE TEMP TABLE contested (h UBIGINT)")
        work.run("CREATE OR REPLACE TEMP TABLE displaced (key VARCHAR, day DATE)")
        types = self._fresh.rows.types
        columns = ["uid", "event", "at", "day", "key", *(f"p_{code}" for code in self._parameters)]
        shown = ", ".join(f"{quoted(name)} {types[name]}" for name in columns)
        work.run(filled("CREATE OR REPLACE TEMP TABLE winners ({columns})", columns=shown))

    def _new_entries(self) -> list[key_runs.Entries]:
        rows = self._fresh.rows.good(["key", "day"])
        pieces = key_runs.Pieces(self._scratch, "new")
        self._fill(pieces, rows.sql, **rows.values)
        return pieces.runs

    def _stored_entries(self) -> list[key_runs.Entries]:
        """The entries of everything stored, for lack of runs."""
        stored, pieces = self._stored, key_runs.Pieces(self._scratch, "stored")
        files = list(stored.days.values())
        self._fill(pieces, stored.of_days(files), stored=stored.paths(files))
        self._fill(pieces, stored.of_orphans(), orphans=stored.orphan_paths)
        return pieces.runs

    def _fill(self, pieces: key_runs.Pieces, rows: str, **values: object) -> None:
        for batch in self._work.batches(filled(_ENTRIES, rows=rows), ROW_GROUP, **values):
            pieces.add(batch.column(0).to_numpy())
        pieces.flush()

    def _rank(self, found: key_runs.Contested) -> tuple[int, int]:
        """Fills the tables; how many new rows do not count, and how many stored ones no longer do."""
        work, hashes, files = self._work, found.hashes, self._files(found)
        self._look_at(hashes)
        work.run("INSERT INTO contested SELECT h FROM contested_now")
        fresh = self._fresh.rows.good(["uid", "event", "at", "day", "key", *(f"p_{code}" for code in self._parameters)])
        query = self._query(_RANKED, fresh, files)
        winners = filled(_WINNERS, parameters=_columns("", self._parameters))
        dropped = displaced = 0
        for part in np.array_split(hashes, -(-len(hashes) // _AT_ONCE)):
            self._look_at(part)
            work.run(query, stored=self._stored.paths(files), orphans=self._stored.orphan_paths, **fresh.values)
            work.run(filled(_WON, columns=winners))
            work.run(_DISPLACED)
            dropped += work.number("SELECT count(*) FROM ranked WHERE place > 1 AND origin = 2")
            displaced += work.number("SELECT count(*) FROM ranked WHERE place > 1 AND origin < 2")
        work.run("DROP TABLE ranked")
        return dropped, displaced

    def _alike(self, found: key_runs.Contested) -> key_runs.Contested:
        """Those that are not contested by chance: a look at keys alone, before one at whole rows."""
        self._look_at(found.hashes)
        fresh, files = self._fresh.rows.good(["key"]), self._files(found)
        values = {"stored": self._stored.paths(files), "orphans": self._stored.orphan_paths, **fresh.values}
        rows = self._work.rows(self._query(_ALIKE, fresh, files), **values)
        days = {day for _, on in rows for day in on or ()}
        return key_runs.Contested(np.array(sorted({h for h, _ in rows}), np.uint64), frozenset(days))

    def _files(self, found: key_runs.Contested) -> list[DayFile]:
        return [self._stored.days[day] for day in sorted(found.days) if day in self._stored.days]

    def _look_at(self, hashes: key_runs.Entries) -> None:
        self._work.register("hashes", pa.table({"h": pa.array(hashes, pa.uint64())}))
        self._work.run("CREATE OR REPLACE TEMP TABLE contested_now AS SELECT h FROM hashes")

    def _query(self, template: str, fresh: Query, files: Sequence[DayFile]) -> str:
        return filled(
            template,
            parameters=_columns("", self._parameters),
            new_parameters=_columns("f.", self._parameters),
            stored_parameters=_columns("s.", self._parameters),
            fresh=fresh.sql, fresh_hash=HASH.format(of="f"), stored_hash=HASH.format(of="s"),
            stored=self._stored.of_days(files), orphans=self._stored.of_orphans(),
        )  # fmt: skip


def _columns(of: str, parameters: Sequence[str]) -> str:
    return "".join(f', {of}"p_{code}"' for code in parameters)
