"""Who an app's users are and when they were there: numbers that are never used again, and intervals of presence.

Tables of the load: `users` (user_no, uid, load) and `presence` (user_no, number, from_day, to_day), filled from what is
stored and grown by one snapshot after the other, by data date.
"""

from __future__ import annotations

import glob
from datetime import date
from pathlib import Path

from segkit.data.generation import ROW_GROUP, Generation
from segkit.data.manifest import Manifest, StoredFile
from segkit.data.sql import filled
from segkit.data.work import Work

_NEW = """
INSERT INTO users
SELECT CAST(row_number() OVER (ORDER BY uid) - 1 + (SELECT coalesce(max(user_no) + 1, 0) FROM users) AS INTEGER),
       uid, $load
FROM (SELECT DISTINCT uid FROM ({seen})) s ANTI JOIN users USING (uid)
"""
_SEEN = """
CREATE OR REPLACE TEMP TABLE seen AS
SELECT u.user_no, s.known_from, s.gone_at, p.number, p.from_day, p.to_day
FROM ({seen}) s JOIN users u USING (uid) LEFT JOIN (
    SELECT * FROM presence QUALIFY row_number() OVER (PARTITION BY user_no ORDER BY number DESC) = 1
) p USING (user_no)
"""
_COME = """
INSERT INTO presence
SELECT user_no, 1, coalesce(known_from, $since), gone_at FROM seen WHERE number IS NULL
"""
_RETURN = """
INSERT INTO presence
SELECT user_no, number + 1, $day, NULL FROM seen WHERE to_day <= $day AND gone_at IS NULL
"""
_LEAVE = """
UPDATE presence SET to_day = s.gone_at FROM seen s
WHERE presence.user_no = s.user_no AND presence.number = s.number AND s.to_day IS NULL AND s.gone_at IS NOT NULL
"""
_ABSENT = """
UPDATE presence SET to_day = $day
FROM (SELECT user_no, max(number) AS number FROM presence ANTI JOIN seen USING (user_no) GROUP BY user_no) last
WHERE presence.user_no = last.user_no AND presence.number = last.number AND (to_day IS NULL OR to_day > $day)
"""


class People:
    """The users of one app during a load."""

    def __init__(self, work: Work) -> None:
        self._work = work
        work.run("CREATE TEMP TABLE users (user_no INTEGER, uid VARCHAR, load INTEGER)")
        work.run("CREATE TEMP TABLE presence (user_no INTEGER, number INTEGER, from_day DATE, to_day DATE)")

    def take(self, folder: Path, manifest: Manifest, *, with_presence: bool) -> None:
        """Starts from what is stored: the numbers always, the intervals unless the history is read anew."""
        self._fill("users", "user_no, uid, load", folder, manifest.users)
        if with_presence:
            self._fill("presence", "user_no, number, from_day, to_day", folder, manifest.presence)

    def _fill(self, table: str, columns: str, folder: Path, file: StoredFile) -> None:
        query = "INSERT INTO {table} SELECT {columns} FROM read_parquet($file)"
        self._work.run(filled(query, table=table, columns=columns), file=glob.escape(str(folder / file.path)))

    @property
    def count(self) -> int:
        """How many numbers are given."""
        return self._work.number("SELECT count(*) FROM users")

    @property
    def nobody_was_there(self) -> bool:
        """Whether no snapshot has been read yet: those in the first one have been known always."""
        return not self._work.number("SELECT count(*) FROM presence")

    def number(self, seen: str, load: int) -> None:
        """Gives numbers to the uids of `seen` (SQL with a column uid) that have none, in the order of the uids."""
        self._work.run(filled(_NEW, seen=seen), load=load)

    def meet(self, seen: str, day: date, load: int, *, is_first: bool, absent_are_gone: bool) -> None:
        """Takes in one snapshot: SQL of uid, known_from, gone_at, each uid once."""
        self.number(seen, load)
        self._work.run(filled(_SEEN, seen=seen))
        self._work.run(_COME, since=None if is_first else day)
        self._work.run(_RETURN, day=day)
        self._work.run(_LEAVE)
        if absent_are_gone:
            self._work.run(_ABSENT, day=day)

    def write(self, generation: Generation) -> tuple[StoredFile, StoredFile]:
        """The files of users and of presence."""
        users = self._work.batches("SELECT * FROM users ORDER BY user_no", ROW_GROUP)
        presence = "SELECT * FROM presence ORDER BY user_no, number"
        return (
            generation.write("users.parquet", users),
            generation.write("presence.parquet", self._work.batches(presence, ROW_GROUP)),
        )
