"""One generation of an app's data as readers find it: paths, user numbers, whether the files are what was written."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segkit.data.manifest import DayFile, Manifest, StoredFile, all_files
from segkit.definitions.windows import Days
from segkit.definitions.zones import local_days, zone
from segkit.files.hashing import sha256_of

_EPOCH = date(1970, 1, 1).toordinal()


class StoredData:
    """The files of one generation. `folder` is the app's data folder."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @property
    def users_path(self) -> Path:
        return self.folder / self.manifest.users.path

    @property
    def presence_path(self) -> Path:
        return self.folder / self.manifest.presence.path

    def label_paths(self, code: str, label_date: date) -> list[Path]:
        """The files that hold changes of a label up to a data date; of a user's rows up to it, the last one counts."""
        files = self.manifest.labels.get(code, ())
        return [self.folder / file.path for file in files if (file.first_date or file.data_date) <= label_date]

    def day_files(self, days: Days, as_of: date) -> list[DayFile]:
        """The days of a window, none on or after `as_of`."""
        return [file for file in self.manifest.days if file.day in days and file.day < as_of]

    def day_paths(self, days: Days, as_of: date) -> list[Path]:
        """The files of the days of a window, none on or after `as_of`."""
        return [self.folder / file.path for file in self.day_files(days, as_of)]

    @cached_property
    def _uids(self) -> pa.Array:
        table = pq.read_table(self.users_path, columns=["user_no", "uid"]).sort_by("user_no")
        return table.column("uid").combine_chunks()

    def uids(self) -> pa.Array:
        """Every uid, by `user_no`; missing where a user was erased."""
        return self._uids

    def user_no_of(self, uid: str) -> int | None:
        """The number of a user; None if the app has no such user. `uid` is in its canonical form."""
        found: int = pc.index(self._uids, uid).as_py()
        return None if found < 0 else found

    def verify(self, deep: bool = False) -> list[str]:
        """What is wrong with the files, in words: gone, cut off, and if `deep`, of other content. Nothing is good."""
        problems = (self._problem(file, deep) for file in all_files(self.manifest))
        return [problem for problem in problems if problem]

    def _problem(self, file: StoredFile, deep: bool) -> str:
        path = self.folder / file.path
        if not path.is_file():
            return f"{file.path} is missing"
        size = path.stat().st_size
        if size != file.size:
            return f"{file.path} has {size:,} bytes; {file.size:,} were written"
        if deep and sha256_of(path) != file.sha256:
            return f"{file.path} is not what was written: its sha256 is another"
        return ""


def misplaced_days(folder: Path, manifest: Manifest) -> list[date]:
    """Stored days that hold instants of other days, by the zone data in use now."""
    in_zone = zone(manifest.zone)
    found = []
    for file in manifest.days:
        edges = np.array(_first_and_last(folder / file.path), dtype=np.int64)
        if any(local_days(edges, in_zone) != file.day.toordinal() - _EPOCH):
            found.append(file.day)
    return found


def _first_and_last(path: Path) -> tuple[int, int]:
    """The earliest and the latest instant in a file of events, from its statistics."""
    metadata = pq.read_metadata(path)
    column = metadata.schema.to_arrow_schema().get_field_index("at")
    statistics = [metadata.row_group(number).column(column).statistics for number in range(metadata.num_row_groups)]
    lows, highs = zip(*((found.min_raw, found.max_raw) for found in statistics), strict=True)
    return min(lows), max(highs)
