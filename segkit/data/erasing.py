"""A person taken out of an app's loaded data: left out of a new generation, and all earlier ones removed.

Their number stays, without a uid: a dead number, which nobody has again. The caller holds the app's lock, and has put
the person on the list of those who are kept out (see `kept_out`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from segkit.data import key_runs
from segkit.data.finding_people import Finding, Found
from segkit.data.generation import ROW_GROUP, SCRATCH, Generation, clear_leftovers, newest_on_disk
from segkit.data.label_files import bound_paths
from segkit.data.manifest import DayFile, KeyRuns, LabelFile, Manifest, StoredFile
from segkit.data.settings import Limits
from segkit.data.sql import filled
from segkit.data.work import Work
from segkit.definitions.vocabulary import Vocabulary
from segkit.files.disk import private_folder

#: Who is gone, as what rows are joined with: by number, and by uid.
_NUMBERS, _UIDS = "gone USING (user_no)", "gone_uids USING (uid)"
_USERS = """
SELECT u.user_no, CASE WHEN g.user_no IS NULL THEN u.uid END AS uid, u.load
FROM read_parquet($files) u LEFT JOIN gone g USING (user_no) ORDER BY user_no
"""
_REST = "SELECT s.* FROM read_parquet($files, union_by_name = true) s ANTI JOIN {by} ORDER BY {order}"
_SOME = "SELECT 1 FROM read_parquet($files) SEMI JOIN {by} LIMIT 1"
_DAYS = "SELECT DISTINCT day FROM read_parquet($files, union_by_name = true) SEMI JOIN gone USING (user_no)"
#: Entries of event keys: of whom `how` (SEMI, ANTI) and `by` say.
_ENTRIES = filled(
    "SELECT {entry} AS entry FROM (FROM read_parquet(${{files}}, union_by_name = true) {{how}} JOIN {{by}}) k "
    "WHERE k.key IS NOT NULL",
    entry=key_runs.ENTRY.format(of="k"),
)


@dataclass(frozen=True, slots=True)
class Removed:
    """How much of a person was taken out of the data, in rows."""

    users: int = 0
    label_values: int = 0
    events: int = 0
    aside: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(
            self.users + other.users,
            self.label_values + other.label_values,
            self.events + other.events,
            self.aside + other.aside,
        )


class TakingOut:
    """The next generation of one app's data, without those whom `Finding` found last on the same connection."""

    def __init__(self, work: Work, folder: Path, before: Manifest, generation: Generation) -> None:
        self._work = work
        self._folder = folder
        self._manifest = before
        self._generation = generation

    def _bound(self, **files: Sequence[StoredFile]) -> dict[str, object]:
        return {name: bound_paths(self._folder, some) for name, some in files.items()}

    def take_out(self, found: Found) -> tuple[Manifest, Removed]:
        """The manifest of a generation without those who were found last; its files are written, none counts yet."""
        before, number = self._manifest, self._generation.number
        changed = self._changed_days()
        labels = {code: self._label(code, files) for code, files in before.labels.items()}
        aside = {code: self._label_aside(code, file) for code, file in before.labels_aside.items()}
        days = [self._day(file) if file in changed else file for file in before.days]
        manifest = before.model_copy(update={
            "generation": number,
            "nothing_before": number,
            "dead": tuple(sorted({*before.dead, *found.numbers})),
            "users": self._generation.write("users.parquet", self._batches(_USERS, [before.users])),
            "presence": self._written("presence.parquet", [before.presence], "user_no, number"),
            "labels": {code: files for code, files in labels.items() if files},
            "labels_aside": {code: file for code, file in aside.items() if file is not None},
            "days": tuple(file for file in days if file.rows),
            "orphans": self._orphans(),
            "keys": self._keys(changed),
        })  # fmt: skip
        return manifest, _difference(before, manifest, len(found.numbers))

    def _batches(self, query: str, files: Sequence[StoredFile]) -> Iterator[pa.RecordBatch]:
        return self._work.batches(query, ROW_GROUP, **self._bound(files=files))

    def _written(self, name: str, files: Sequence[StoredFile], order: str, by: str = _NUMBERS) -> StoredFile:
        """A file of what others have in some files."""
        return self._generation.write(name, self._batches(filled(_REST, by=by, order=order), files))

    def _has_them(self, file: StoredFile, by: str = _NUMBERS) -> bool:
        return bool(self._work.rows(filled(_SOME, by=by), **self._bound(files=[file])))

    def _label(self, code: str, files: tuple[LabelFile, ...]) -> tuple[LabelFile, ...]:
        kept = []
        for number, file in enumerate(files):
            if self._has_them(file):
                written = self._written(f"labels/{code}-{number}.parquet", [file], "user_no, data_date, load")
                file = file.model_copy(update=written.model_dump())
            kept.append(file)
        return tuple(file for file in kept if file.rows)

    def _label_aside(self, code: str, file: StoredFile) -> StoredFile | None:
        if self._has_them(file, _UIDS):
            file = self._written(f"labels_aside/{code}.parquet", [file], "uid, data_date, load", _UIDS)
        return file if file.rows else None

    def _orphans(self) -> tuple[StoredFile, ...]:
        files = self._manifest.orphans
        if not any(self._has_them(file, _UIDS) for file in files):
            return files
        written = self._written("orphans.parquet", files, 'uid, "at"', _UIDS)
        return (written,) if written.rows else ()

    def _changed_days(self) -> set[DayFile]:
        files = self._manifest.days
        days = {day for (day,) in self._work.rows(_DAYS, **self._bound(files=files))} if files else set()
        return {file for file in files if file.day in days}

    def _day(self, file: DayFile) -> DayFile:
        written = self._written(f"events/{file.day}.parquet", [file], 'event, user_no, "at"')
        return file.model_copy(update=written.model_dump())

    def _keys(self, changed: set[DayFile]) -> KeyRuns | None:
        """The runs of event keys without those that only they have; none, to be made again, if they cannot be read."""
        keys = self._manifest.keys
        if keys is None or keys.probe != self._work.rows(key_runs.PROBE)[0][0]:
            return None
        runs = key_runs.opened(self._folder, keys.runs)
        if runs is None:
            return None
        gone = self._entries_of_them(changed)
        kept = []
        for number, (file, run) in enumerate(zip(keys.runs, runs, strict=True)):
            theirs = np.isin(run, gone)
            kept.append(self._generation.write_plain(f"keys-{number}.u64", [run[~theirs]]) if theirs.any() else file)
        return KeyRuns(probe=keys.probe, runs=tuple(file for file in kept if file.rows))

    def _entries_of_them(self, changed: set[DayFile]) -> key_runs.Entries:
        """Entries that no event of anybody else has."""
        files = {"days": sorted(changed, key=lambda file: file.day), "orphans": self._manifest.orphans}
        by = {"days": _NUMBERS, "orphans": _UIDS}
        theirs, others = (
            [filled(_ENTRIES, files=name, how=how, by=by[name]) for name, some in files.items() if some]
            for how in ("SEMI", "ANTI")
        )
        if not theirs:
            return np.empty(0, np.uint64)
        query = f"({' UNION ALL '.join(theirs)}) EXCEPT ({' UNION ALL '.join(others)})"
        entries: key_runs.Entries = self._work.table(query, **self._bound(**files)).column(0).to_numpy()
        return entries


def _difference(before: Manifest, after: Manifest, users: int) -> Removed:
    def labels(manifest: Manifest) -> int:
        return sum(file.rows for files in manifest.labels.values() for file in files)

    def aside(manifest: Manifest) -> int:
        return sum(file.rows for file in (*manifest.orphans, *manifest.labels_aside.values()))

    return Removed(
        users=users,
        label_values=labels(before) - labels(after),
        events=sum(file.rows for file in before.days) - sum(file.rows for file in after.days),
        aside=aside(before) - aside(after),
    )


@contextmanager
def erasing(folder: Path, manifest: Manifest, vocabulary: Vocabulary, limits: Limits) -> Iterator[ErasingData]:
    """One app's data to look for people in, and to take them out of. Needs the app's lock."""
    scratch = private_folder(folder / SCRATCH)
    try:
        with Work(scratch, limits, [folder]) as work:
            yield ErasingData(work, folder, manifest, Finding(work, folder, manifest, vocabulary))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class ErasingData:
    """One app's data while somebody is taken out of it. Get one from `erasing`."""

    work: Work
    folder: Path
    manifest: Manifest
    people: Finding

    def take_out(self, found: Found) -> Removed:
        """Makes a generation without those who were found last the current one, and removes all earlier ones.

        A reader that holds an earlier one is told that its files are gone, and asks again.
        """
        generation = Generation(self.folder, max(self.manifest.generation, newest_on_disk(self.folder)) + 1)
        try:
            manifest, removed = TakingOut(self.work, self.folder, self.manifest, generation).take_out(found)
            generation.publish(manifest)
        finally:
            generation.drop()
        clear_leftovers(self.folder, manifest)
        return removed
