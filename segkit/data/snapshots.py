"""One snapshot of users, typed, in the table `snapshot`: source, uid, known_from, gone_at, l_<code>.

A uid counts once in each source. Snapshots of several sources with the same data date are read together; of a label,
the first source that has its column speaks for a user.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from segkit.data.instants import Zones
from segkit.data.keeping_out import WORDS, KeepingOut
from segkit.data.mapping import USERS, wanted_labels
from segkit.data.reading import Opened, opened, reading
from segkit.data.report import Count, RoleReport
from segkit.data.settings import UsersSource
from segkit.data.sources import FoundFile
from segkit.data.sql import filled, listed, quoted
from segkit.data.staging import Staging, Wanted
from segkit.data.tracks import Snapshot
from segkit.data.watching.measures import Reasons
from segkit.data.watching.uses import source_key, uses_of_users
from segkit.data.watching.watch import Watch
from segkit.data.work import Work
from segkit.definitions.vocabulary import Vocabulary

_REFUSED = {1: "no uid", 2: "a uid that is no whole number and no text"}
_REPEATED, _ERASED = 3, 4
_REASONS = Reasons(missing={1: "uid"}, unreadable={2: "uid"}, repeated=_REPEATED, aside=(_ERASED,))
_FIXED = (
    Wanted("uid", "uid", "", "uid"),
    Wanted("known_from", "date", "", "known_from"),
    Wanted("gone_at", "date", "", "gone_at"),
)
_INSERT = """
INSERT INTO snapshot BY NAME
SELECT *, {source} AS source, CASE WHEN uid IS NOT NULL THEN 0 WHEN {bad_uid} THEN 2 ELSE 1 END AS reason FROM ({rows})
"""
_MARK_REPEATED = """
UPDATE snapshot SET reason = {repeated} WHERE rowid IN (
  SELECT id FROM (
    SELECT s.rowid AS id, row_number() OVER (PARTITION BY s.source, s.uid ORDER BY {content}) AS place
    FROM snapshot s SEMI JOIN (
      SELECT source, uid FROM snapshot WHERE reason = 0 GROUP BY source, uid HAVING count(*) > 1
    ) USING (source, uid) WHERE s.reason = 0
  ) WHERE place > 1
)
"""
_WORDS_ON_REPEATED = "rows whose uid stands there twice; the smallest by content counts"
_FIRST_SOURCE = """
arg_min(struct_pack(v := {name}), source) FILTER (WHERE {spoken}).v AS {name}, bool_or({spoken}) AS {has}
"""


class UsersSnapshot:
    """What the users sources say for one data date."""

    def __init__(
        self, work: Work, zones: Zones, vocabulary: Vocabulary, app_zone: str, watch: Watch, out: KeepingOut
    ) -> None:
        self._work = work
        self._zones = zones
        self._vocabulary = vocabulary
        self._app_zone = app_zone
        self._watch = watch
        self._out = out
        self._keys: list[str] = []  # of the looks of the files' sources
        self._sources_of_files: list[str] = []  # in words
        self.labels = wanted_labels(vocabulary)
        self._staging = Staging(work, "snapshot", _FIXED + self.labels)
        self.files: list[FoundFile] = []
        self._files_with: dict[str, list[int]] = {}  # label's column to numbers of the files that have it
        self._sources = 0
        self.absent_are_gone = False

    def read(self, snapshots: Sequence[Snapshot]) -> None:
        """Reads the files. Raises DataProblem, with the place, for one that cannot be read as the mapping says."""
        self._staging.create({"source": "INTEGER"})
        for number, snapshot in enumerate(snapshots):
            assert isinstance(snapshot.source, UsersSource)
            first = len(self.files)
            self.files += snapshot.files
            self._keys += [source_key(USERS, snapshot.source)] * len(snapshot.files)
            self._sources_of_files += [snapshot.source.place] * len(snapshot.files)
            for source in opened(self._work, snapshot.files, first):
                self._read(source, snapshot.source, number)
            self.absent_are_gone = snapshot.source.absent == "gone"
        self._sources = len(snapshots)
        self._out.leave_out("snapshot", _ERASED, [wanted for wanted in self.labels if wanted.name in self._files_with])
        content = listed(quoted(wanted.name) for wanted in (*_FIXED[1:], *self.labels))
        self._work.run(filled(_MARK_REPEATED, repeated=_REPEATED, content=content))
        self._watch.staged(self._work, self._staging, _REASONS, self.files, self._keys)

    def _read(self, source: Opened, mapping: UsersSource, number: int) -> None:
        columns = {"uid": source.require(mapping.uid, "the uid")}
        for name, column in (("known_from", mapping.known_from), ("gone_at", mapping.gone_at)):
            if column is not None:
                columns[name] = source.require(column, name)
        for label in self.labels:
            if label.column in source.types:
                columns[label.name] = label.column
                self._files_with.setdefault(label.name, []).extend(source.numbers)
        uses = uses_of_users(mapping, self._vocabulary)
        self._watch.opened(self._work, source_key(USERS, mapping), source, uses)
        rows = self._staging.rows(source, self._zones.of(mapping.zone or self._app_zone), columns)
        bad_uid = self._staging.flag("uid")
        with reading(self._work, source):
            self._work.run(filled(_INSERT, source=number, bad_uid=bad_uid, rows=rows), **source.values)

    # --- what was found ----------------------------------------------------------------------------------------------

    @property
    def seen(self) -> str:
        """SQL of uid, known_from, gone_at: each uid once."""
        if self._sources == 1:
            return "SELECT uid, known_from, gone_at FROM snapshot WHERE reason = 0"
        first = "arg_min({day}, source) FILTER (WHERE {day} IS NOT NULL) AS {day}"
        days = listed(filled(first, day=day) for day in ("known_from", "gone_at"))
        return filled("SELECT uid, {days} FROM snapshot WHERE reason = 0 GROUP BY uid", days=days)

    @property
    def present(self) -> tuple[Wanted, ...]:
        """The labels of which something is said."""
        return tuple(label for label in self.labels if label.name in self._files_with)

    def spoken(self, label: Wanted) -> str:
        """SQL that is true where a row says what its user's label is, if only that it is missing."""
        numbers = self._files_with[label.name]
        return "TRUE" if len(numbers) == len(self.files) else f"file IN (SELECT unnest({sorted(numbers)}))"

    def each_user(self) -> str:
        """SQL of uid, each label that is `present` as of this snapshot, and (`has_l_<code>`) whether that was said."""
        if self._sources == 1:
            columns = [f"{quoted(w.name)}, {self.spoken(w)} AS {quoted('has_' + w.name)}" for w in self.present]
            return filled("SELECT uid{columns} FROM snapshot WHERE reason = 0", columns=_after_comma(columns))
        columns = [filled(_FIRST_SOURCE, name=quoted(w.name), has=quoted("has_" + w.name), spoken=self.spoken(w))
                   for w in self.present]  # fmt: skip
        return filled("SELECT uid{columns} FROM snapshot WHERE reason = 0 GROUP BY uid", columns=_after_comma(columns))

    def report(self) -> RoleReport:
        """What was read and what of it counts."""
        query = "SELECT count(*), count(*) FILTER (reason = 0), count(*) FILTER (reason = {repeated}) FROM snapshot"
        ((read, kept, repeated),) = self._work.rows(filled(query, repeated=_REPEATED))
        where = self._staging.refusals({_REPEATED: _WORDS_ON_REPEATED}, self.files)
        problems = self._staging.problems(self.files, but=("uid",))
        erased = self._out.left("snapshot", _ERASED)
        return RoleReport(
            USERS,
            files=len(self.files),
            read=read,
            kept=kept,
            duplicate=repeated,
            refused=self._staging.refusals(_REFUSED, self.files),
            left_out=(Count(WORDS, erased),) if erased else (),
            values=(*where, *problems),
            sources=self._staging.rows_by_source(self._sources_of_files, _REFUSED, (_ERASED,)),
        )


def _after_comma(columns: Sequence[str]) -> str:
    return "".join(f", {column}" for column in columns)


def days_of(snapshots: Sequence[Snapshot]) -> list[tuple[date, list[Snapshot]]]:
    """Snapshots by data date, in order."""
    days = sorted({snapshot.day for snapshot in snapshots})
    return [(day, [s for s in snapshots if s.day == day]) for day in days]
