"""What becomes of events as SQL: which days change, and the rows of some days, sorted as their files are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from segkit.data.columns import stored_type
from segkit.data.events import FreshEvents
from segkit.data.fresh import Query
from segkit.data.generation import ROW_GROUP
from segkit.data.manifest import DayFile
from segkit.data.repeats import HASH
from segkit.data.sql import filled, quoted
from segkit.data.stored_events import StoredEvents
from segkit.data.work import Work

_AT_ONCE = 4_000_000  # rows that are sorted together at most, unless a single day has more
_ROW = 400  # bytes of memory a row, with room for all else
_SINGLY = 31  # days that are looked at one by one
_MOST, _MOST_MIXED = 24, 6  # portions at most; fewer where files hold all days, and each portion reads all of them

_JOINED = """
CREATE OR REPLACE TEMP TABLE joined AS
SELECT u.user_no, s.* EXCLUDE (uid)
FROM ({orphans}) s JOIN users u ON u.uid = s.uid
                   ANTI JOIN (SELECT key FROM displaced WHERE day IS NULL) d ON d.key = s.key
"""
_UNCONTESTED = "SELECT f.* FROM ({rows}) f ANTI JOIN contested c ON {hash} = c.h"
_WINNERS = "SELECT {columns} FROM winners WHERE day BETWEEN $first_day AND $last_day"
_WITH_USERS = "SELECT DISTINCT f.day FROM ({rows}) f SEMI JOIN users u ON u.uid = f.uid"
_FIRST_KNOWN = "SELECT 1 FROM (SELECT uid FROM ({rows}) LIMIT 20) f JOIN users u ON u.uid = f.uid LIMIT 1"
_CHANGED = "SELECT day FROM joined UNION SELECT day FROM displaced WHERE day IS NOT NULL"
_CODES = """
CREATE OR REPLACE TEMP TABLE event_codes AS
SELECT DISTINCT code FROM (
  SELECT code FROM event_names UNION ALL SELECT event FROM joined UNION ALL SELECT event FROM ({stored})
  UNION ALL SELECT ''
) ORDER BY code
"""
_ROWS = """
SELECT u.user_no, CAST(f.event AS event_code) AS event, make_timestamp(f."at") AS "at", f.day, f.key,
       CAST($load AS INTEGER) AS load {new}, CASE WHEN u.user_no IS NULL THEN f.uid END AS uid
FROM ({fresh}) f LEFT JOIN users u ON u.uid = f.uid
UNION ALL
SELECT user_no, CAST(event AS event_code), "at", day, key, load {same}, NULL FROM joined
WHERE day BETWEEN $first_day AND $last_day
UNION ALL
SELECT s.user_no, CAST(s.event AS event_code), s."at", s.day, s.key, s.load {same}, NULL
FROM ({stored}) s ANTI JOIN (SELECT key, day FROM displaced) d ON d.key = s.key AND d.day = s.day
ORDER BY user_no IS NULL, day, event, user_no, "at"
"""
_FIXED = ("uid", "event", "at", "day", "key")


@dataclass(frozen=True, slots=True)
class Portion:
    """Days that are sorted together, and which of them are stored and change; about how many rows."""

    first: date
    last: date
    old: tuple[date, ...]
    rows: int


class DayQueries:
    """Queries over one load's events, new and stored."""

    def __init__(
        self, work: Work, stored: StoredEvents, fresh: FreshEvents, parameters: Sequence[str], load: int
    ) -> None:
        self._work = work
        self._stored = stored
        self._fresh = fresh
        self._parameters = set(parameters)
        self._load = load
        self._is_contested = work.number("SELECT count(*) FROM contested") > 0

    def join_orphans(self) -> int:
        """Puts stored rows whose users are known by now into the table `joined`; how many."""
        query = filled(_JOINED, orphans=self._stored.of_orphans())
        self._work.run(query, orphans=self._stored.orphan_paths)
        return self._work.number("SELECT count(*) FROM joined")

    def changed_days(self) -> set[date]:
        """Days whose files change, and new days that may get one. A day for which nothing counts keeps its file."""
        fresh = self._fresh.days()
        found = {day for (day,) in self._work.rows(_CHANGED)} | {day for day in fresh if day not in self._stored.days}
        doubtful = sorted(day for day in fresh if day in self._stored.days and day not in found)
        found |= {day for day in doubtful[:_SINGLY] if self._is_known_soon(day)}
        if not found.issuperset(doubtful):
            rows = self._new(["uid", "day"], doubtful[0], doubtful[-1])
            found |= {day for (day,) in self._work.rows(filled(_WITH_USERS, rows=rows.sql), **rows.values)}
        return found

    def _is_known_soon(self, day: date) -> bool:
        """Whether one of the first users of a day is known, as nearly always."""
        rows = self._new(["uid", "day"], day, day)
        return bool(self._work.rows(filled(_FIRST_KNOWN, rows=rows.sql), **rows.values))

    def portions(self, changed: set[date]) -> list[Portion]:
        """All days with new rows, and all that change, in portions that are sorted at once."""
        sizes = dict.fromkeys(changed, 0) | self._fresh.days()
        for day in changed & self._stored.days.keys():
            sizes[day] += self._stored.days[day].rows
        most = _MOST_MIXED if self._fresh.is_mixed() else _MOST
        at_once = max(min(_AT_ONCE, self._work.memory // _ROW), sum(sizes.values()) // most)
        found: list[list[date]] = []
        room = 0
        for day in sorted(sizes):
            if not found or sizes[day] > room:
                found.append([])
                room = at_once
            found[-1].append(day)
            room -= sizes[day]
        old = changed & self._stored.days.keys()
        return [
            Portion(days[0], days[-1], tuple(day for day in days if day in old), sum(sizes[day] for day in days))
            for days in found
        ]

    def rows(self, portion: Portion, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows of a portion by (unknown user last, day, event, user_no, at): user_no or else uid, and the rest."""
        stored = self._stored
        old = [stored.days[day] for day in portion.old]
        given = [code for code in columns if code in self._parameters]
        fresh = self._new([*_FIXED, *(f"p_{code}" for code in given)], portion.first, portion.last)
        self._declare_codes(old)
        query = filled(
            _ROWS, fresh=fresh.sql, new=self._typed(columns), same=_same(columns), stored=stored.of_days(old)
        )
        values = {**fresh.values, "first_day": portion.first, "last_day": portion.last}
        return self._work.batches(query, ROW_GROUP, load=self._load, stored=stored.paths(old), **values)

    def _declare_codes(self, old: Sequence[DayFile]) -> None:
        """Codes of events as a type that sorts as fast as numbers do."""
        self._work.run("DROP TYPE IF EXISTS event_code")
        self._work.run(filled(_CODES, stored=self._stored.of_days(old)), stored=self._stored.paths(old))
        self._work.run("CREATE TYPE event_code AS ENUM (SELECT code FROM event_codes ORDER BY code)")

    def _new(self, columns: Sequence[str], first: date, last: date) -> Query:
        """New rows that count."""
        names = list(columns) if not self._is_contested or "key" in columns else [*columns, "key"]
        rows = self._fresh.rows.good(names, (first, last), self._fresh.files_of(first, last))
        if not self._is_contested:
            return rows
        kept = filled(_UNCONTESTED, rows=rows.sql, hash=HASH.format(of="f"))
        won = filled(_WINNERS, columns=", ".join(map(quoted, names)))
        return Query(f"{kept} UNION ALL {won}", {**rows.values, "first_day": first, "last_day": last})

    def _typed(self, codes: Sequence[str]) -> str:
        """The parameters of new rows; those that are no longer declared are missing there."""
        missing = "CAST(NULL AS {type}) AS"
        return "".join(
            f', f."p_{code}"' if code in self._parameters
            else f', {filled(missing, type=stored_type(self._stored.kinds[code]))} "p_{code}"'
            for code in codes
        )  # fmt: skip


def _same(codes: Sequence[str]) -> str:
    return "".join(f', "p_{code}"' for code in codes)
