"""The history of labels that are columns of the users source: of each snapshot, the values that changed.

The first time that a missing value is seen is no change. Tables of the load: `current` (user_no, l_<code>), every
user's last values; `changed_<n>` (user_no, data_date, load, value), new rows of one label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from segkit.data.columns import stored_type
from segkit.data.generation import Generation
from segkit.data.label_files import LAST_VALUES, appended, bound_paths
from segkit.data.manifest import LabelFile
from segkit.data.snapshots import UsersSnapshot
from segkit.data.sql import filled, listed, quoted
from segkit.data.staging import Wanted
from segkit.data.work import Work

_COMPARED = """
CREATE OR REPLACE TEMP TABLE compared AS
SELECT u.user_no{columns}
FROM ({each}) s JOIN users u USING (uid) LEFT JOIN current c ON c.user_no = u.user_no
"""
_CHANGES = """
INSERT INTO changed_{number} SELECT user_no, $day, $load, {new} FROM compared WHERE {new} IS DISTINCT FROM {old}
"""
_NOW = """
CREATE OR REPLACE TEMP TABLE now_current AS
SELECT user_no{columns} FROM compared UNION ALL SELECT user_no{same} FROM current ANTI JOIN compared USING (user_no)
"""


class LabelHistory:
    """The labels of one app's users during a load."""

    def __init__(self, work: Work, labels: Sequence[Wanted]) -> None:
        self._work = work
        self._labels = tuple(labels)
        columns = listed(["user_no INTEGER", *(f"{quoted(w.name)} {stored_type(w.kind)}" for w in labels)])
        work.run(filled("CREATE TEMP TABLE current ({columns})", columns=columns))
        template = "CREATE TEMP TABLE changed_{number} (user_no INTEGER, data_date DATE, load INTEGER, value {type})"
        for number, wanted in enumerate(labels):
            work.run(filled(template, number=number, type=stored_type(wanted.kind)))

    def take(self, folder: Path, stored: Mapping[str, Sequence[LabelFile]]) -> None:
        """Starts from the last stored values of each label."""
        columns, joins, values = [], [], {}
        for number, wanted in enumerate(self._labels):
            files = stored.get(_code(wanted), ())
            if not files:
                columns.append(f", CAST(NULL AS {stored_type(wanted.kind)}) AS {quoted(wanted.name)}")
                continue
            values[f"files_{number}"] = bound_paths(folder, files)
            columns.append(f", v{number}.value AS {quoted(wanted.name)}")
            last = filled(LAST_VALUES, who="user_no", files=f"files_{number}")
            joins.append(f" LEFT JOIN ({last}) v{number} USING (user_no)")
        query = "INSERT INTO current SELECT user_no{columns} FROM users{joins}"
        self._work.run(filled(query, columns="".join(columns), joins="".join(joins)), **values)

    def meet(self, snapshot: UsersSnapshot, day: date, load: int) -> None:
        """Takes in one snapshot."""
        present = {wanted.name for wanted in snapshot.present}
        columns = []
        for wanted in snapshot.present:
            new, old, has = (quoted(start + wanted.name) for start in ("", "old_", "has_"))
            columns.append(f", CASE WHEN s.{has} THEN s.{new} ELSE c.{new} END AS {new}, c.{new} AS {old}")
        columns += [f", c.{quoted(w.name)}" for w in self._labels if w.name not in present]
        self._work.run(filled(_COMPARED, columns="".join(columns), each=snapshot.each_user()))
        for number, wanted in enumerate(self._labels):
            if wanted.name in present:
                query = filled(_CHANGES, number=number, new=quoted(wanted.name), old=quoted(f"old_{wanted.name}"))
                self._work.run(query, day=day, load=load)
        same = "".join(f", {quoted(wanted.name)}" for wanted in self._labels)
        self._work.run(filled(_NOW, columns=same, same=same))
        self._work.run("DROP TABLE current")
        self._work.run("ALTER TABLE now_current RENAME TO current")

    def write(
        self, generation: Generation, folder: Path, stored: Mapping[str, tuple[LabelFile, ...]]
    ) -> dict[str, tuple[LabelFile, ...]]:
        """The files of every label after the load: `stored` ones that still count, and what changed."""
        found = {}
        for number, wanted in enumerate(self._labels):
            code, table = _code(wanted), f"changed_{number}"
            found[code] = appended(self._work, generation, folder, code, table, stored.get(code, ()))
            self._work.run(filled("DROP TABLE {table}", table=table))
        # What events need memory for later would be in its way.
        for table in ("current", "compared", "snapshot"):
            self._work.run(filled("DROP TABLE IF EXISTS {table}", table=table))
        return found


def _code(wanted: Wanted) -> str:
    return wanted.name.removeprefix("l_")
