"""Keeping erased users out of one load: their rows are found by keyed hash, and left out before anything is stored.

The load's table `kept_out` (uid) holds the uids of the sources that are on the list. Where nobody was erased there is
none, and nothing is looked at.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from segkit.data.instants import Zones
from segkit.data.kept_out import KeptOut, Kind, keep_out, normal_form
from segkit.data.mapping import label_kind
from segkit.data.reading import Opened, opened, reading
from segkit.data.settings import UsersSource
from segkit.data.sql import filled, quoted
from segkit.data.staging import Staging, Wanted
from segkit.data.tracks import Snapshot
from segkit.data.work import Work
from segkit.definitions.vocabulary import LabelDeclaration, Vocabulary

WORDS = "of people who were erased, and are kept out"
#: SQL that is true of a row of an erased user; `of` is the row's alias.
IS_KEPT_OUT = "EXISTS (SELECT 1 FROM kept_out k WHERE k.uid = {of}.uid)"
_MEET = """
INSERT INTO kept_out
SELECT uid FROM (SELECT DISTINCT uid FROM ({rows}) WHERE uid IS NOT NULL) ANTI JOIN kept_out USING (uid)
WHERE {condition}
"""
_ADDRESSES = """
INSERT INTO addresses SELECT DISTINCT uid, '{kind}', v FROM (SELECT uid, {value} AS v FROM ({rows}))
WHERE uid IS NOT NULL AND v IS NOT NULL
"""
_OF_ADDRESSES = "SELECT uid, kind, value FROM addresses WHERE (kind = '{kind}' AND {condition})"
#: Of a label that is a text, and of one that is a list.
_EMPTIED = (
    "UPDATE {table} SET {name} = NULL WHERE reason = 0 AND list_contains($addresses, {name})",
    "UPDATE {table} SET {name} = list_filter({name}, lambda v: NOT list_contains($addresses, v)) "
    "WHERE reason = 0 AND list_has_any({name}, $addresses)",
)
_LIVING = "SELECT uid FROM read_parquet($users) WHERE uid IS NOT NULL"


def personal_labels(vocabulary: Vocabulary, kinds: Sequence[Kind] = ("email", "mobile")) -> list[LabelDeclaration]:
    """The labels by whose values a person is known."""
    return [label for label in vocabulary.labels if label.personal in kinds and label.type in ("string", "list")]


class KeepingOut:
    """One load's list of whom it leaves out."""

    def __init__(self, work: Work, kept_out: KeptOut) -> None:
        self._work = work
        self._list = kept_out
        self._values = dict(kept_out.values())
        self._addresses: list[str] = []  # of erased users, as the sources write them
        if kept_out:
            work.run("CREATE TEMP TABLE kept_out (uid VARCHAR)")

    def __bool__(self) -> bool:
        """Whether anybody is to be kept out at all."""
        return bool(self._list)

    def meet(self, rows: str, **values: object) -> None:
        """Looks at the uids of some rows: SQL with a column uid."""
        if self:
            query = filled(_MEET, rows=rows, condition=self._list.condition("uid", "uid"))
            self._work.run(query, **self._values, **values)

    def leave_out(self, table: str, reason: int, labels: Sequence[Wanted] = ()) -> None:
        """Marks the rows of erased users in a staged table with a reason; empties what others have of their addresses
        in some `labels`."""
        if not self:
            return
        self.meet(filled("SELECT uid FROM {table} WHERE reason = 0", table=table))
        mark = "UPDATE {table} SET reason = {reason} WHERE reason = 0 AND {is_kept_out}"
        self._work.run(filled(mark, table=table, reason=reason, is_kept_out=IS_KEPT_OUT.format(of=table)))
        for wanted in labels if self._addresses else ():
            query = filled(_EMPTIED[wanted.kind == "list"], table=table, name=quoted(wanted.name))
            self._work.run(query, addresses=self._addresses)

    def left(self, table: str, reason: int) -> int:
        """How many rows of a staged table were marked."""
        query = "SELECT count(*) FROM {table} WHERE reason = {reason}"
        return self._work.number(filled(query, table=table, reason=reason)) if self else 0

    # --- addresses -----------------------------------------------------------------------------------------------

    def look_at_users(
        self,
        snapshots: Sequence[Snapshot],
        zones: Zones,
        vocabulary: Vocabulary,
        app_zone: str,
        users: Path | None,
        workspace: Path,
    ) -> None:
        """Looks for addresses of erased users before anything else is read: who comes with one under a new uid is kept
        out by that from now on, with all events. `users` is the file of those who are there; they only lose the
        address."""
        if not self._list.has_addresses:
            return
        self._work.run("CREATE OR REPLACE TEMP TABLE addresses (uid VARCHAR, kind VARCHAR, value VARCHAR)")
        labels = [label for label in personal_labels(vocabulary) if label.derived is None]
        wanted = tuple(Wanted(f"l_{d.code}", label_kind(d), d.source_column, f"label '{d.code}'") for d in labels)
        staging = Staging(self._work, "addresses", (Wanted("uid", "uid", "", "uid"), *wanted))
        for snapshot in snapshots:
            assert isinstance(snapshot.source, UsersSource)
            for source in opened(self._work, snapshot.files):
                zone = zones.of(snapshot.source.zone or app_zone)
                self._look(staging, source, snapshot.source, zone, labels)
        self._take_addresses(users, workspace)

    def _look(
        self, staging: Staging, source: Opened, mapping: UsersSource, zone: int, labels: Sequence[LabelDeclaration]
    ) -> None:
        there = [label for label in labels if label.source_column in source.types]
        if mapping.uid not in source.types or not there:
            return
        columns = {"uid": mapping.uid} | {f"l_{label.code}": label.source_column for label in there}
        rows = staging.rows(source, zone, columns)
        for label in there:
            name = quoted(f"l_{label.code}")
            value = f"unnest({name})" if label.type == "list" else name
            with reading(self._work, source):
                query = filled(_ADDRESSES, kind=str(label.personal), value=value, rows=rows)
                self._work.run(query, **source.values)

    def _take_addresses(self, users: Path | None, workspace: Path) -> None:
        kinds: tuple[Kind, ...] = ("email", "mobile")
        parts = [
            filled(_OF_ADDRESSES, kind=kind, condition=self._list.condition(kind, normal_form(kind, "value")))
            for kind in kinds
        ]
        found = self._work.rows(" UNION ALL ".join(parts), **self._values)
        self._work.run("DROP TABLE addresses")
        if not found:
            return
        self._addresses = sorted({value for _, _, value in found})
        self._work.run("INSERT INTO kept_out SELECT unnest($found)", found=sorted({uid for uid, _, _ in found}))
        if users is not None:
            living = filled("DELETE FROM kept_out WHERE uid IN ({living})", living=_LIVING)
            self._work.run(living, users=glob.escape(str(users)))
        new = {uid for (uid,) in self._work.rows("SELECT uid FROM kept_out")}
        for uid, kind, value in found:
            if uid in new:
                normal = self._work.rows(f"SELECT {normal_form(kind, '$value')}", value=value)[0][0]
                erasure = self._list.erasure_of(kind, normal) or ""
                keep_out(workspace, [(self._list.app, "uid", uid)], erasure)
