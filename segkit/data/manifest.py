"""What an app's loaded data consists of: one small file that names every other, replaced whole by each load.

A reader that has read the manifest once sees one generation: the files it names are never edited, and stay until no
reader can still hold them. Paths are relative to the app's data folder, `<workspace>/data/<app>/`.

Parquet columns:
users: user_no INTEGER (0..n-1), uid VARCHAR (missing: erased, a dead number), load INTEGER
presence: user_no INTEGER, number INTEGER (1, 2, … of the user), from_day DATE (missing: always), to_day DATE (missing:
still; excluded)
labels/<code>: user_no INTEGER, data_date DATE, load INTEGER, value VARCHAR | DOUBLE | DECIMAL(18, scale) | DATE |
BOOLEAN | VARCHAR[]; of equal data dates the higher load counts
labels_aside/<code>: what linked tables say of users not known yet: uid VARCHAR, and the rest as in labels
events/<day>: user_no INTEGER, event VARCHAR, at TIMESTAMP (UTC, µs), day DATE (the local day), key VARCHAR, load
INTEGER, p_<code> for each parameter, VARCHAR | DECIMAL(18, places) | DATE | BOOLEAN | VARCHAR[]; sorted by (event,
user_no, at)
orphans: uid VARCHAR and the columns of events without user_no

JSON: report, what the load did (see `report`).
keys: sorted runs of what `key_runs` calls entries, 8 bytes each, little-endian; derived from the rest, and made again
by a load that misses them
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from segkit.data.day_ranges import DayRanges
from segkit.data.watching.looks import SourceLook
from segkit.errors import Damaged, NotFound

FILE = "manifest.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StoredFile(_Part):
    """One immutable file."""

    path: str
    rows: int
    size: int
    sha256: str


class LabelFile(StoredFile):
    """Changed values of one label, brought by one load or, once there are many files, by several."""

    load: int  # the newest in the file
    data_date: date  # the newest in the file
    first_date: date | None = None  # the oldest in the file; missing: data_date is


class DayFile(StoredFile):
    """All events of one local day."""

    day: date
    load: int  # the newest load in it
    columns: tuple[str, ...]  # codes of the parameters that the file has


class SourceFile(_Part):
    """A source file, table or query that was read, so that it is not read twice."""

    role: str  # users, link:<name>, events:<its mapping>
    path: str  # relative to the workspace where it lies inside; of what is no file, its name in words
    size: int
    modified_ns: int
    load: int
    keyless_rows: int = 0  # of events; they would count twice if the file were read again
    fingerprint: str = ""  # where size and time do not tell its state, or were not to
    form: str = ""  # how it was read, where that is not as usual
    reached: str = ""  # the newest value of the column that a growing table is read by


class KeyRuns(_Part):
    """What tells which event keys are new. `probe` is the hash of a fixed text: hashes may change with DuckDB."""

    probe: str
    runs: tuple[StoredFile, ...] = ()


class LoadRecord(_Part):
    """One load: the batch of one data date."""

    number: int
    data_date: date
    rows: dict[str, int]  # read, kept, duplicate, orphan, late, refused … by role, such as events.kept
    generation: int = 0  # the one that it made; 0 where an earlier segkit did not note it


class Manifest(_Part):
    """One generation of an app's data."""

    format: int = 1
    app: str
    generation: int
    zone: str
    tzdata: str
    contract: dict[str, str]  # label:<code>, parameter:<code> -> stored type; from:<label>, event:<code> -> its source
    loads: tuple[LoadRecord, ...]
    user_count: int  # user_no runs from 0 to this, excluded
    dead: tuple[int, ...] = ()  # numbers of erased users, which nobody has again
    nothing_before: int = 0  # the generation that erased somebody: no earlier one is kept
    users: StoredFile
    presence: StoredFile
    labels: dict[str, tuple[LabelFile, ...]]
    labels_aside: dict[str, StoredFile] = {}
    whole_labels: tuple[str, ...] = ()  # labels whose history is known for all time (validity columns), not from loads
    days: tuple[DayFile, ...]  # by day
    orphans: tuple[StoredFile, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    looks: dict[str, SourceLook] = {}  # what each source looked like when it was accepted, by role and pattern
    report: StoredFile | None = None  # what the load that made this generation did
    keys: KeyRuns | None = None
    forgotten: tuple[tuple[date, date], ...] = ()  # days, from and to, whose events were deleted and stay away
    kept_from: date | None = None  # events of earlier days were dropped by the app's `keep_days`
    known_by: date | None = None  # loaded as it was known by that date; what came later was not looked at

    @property
    def living(self) -> int:
        """How many users have a number, without the erased ones."""
        return self.user_count - len(self.dead)

    @property
    def first_data_date(self) -> date:
        """The data date of the first load that brought users; before it, labels read as of it."""
        with_users = [load.data_date for load in self.loads if load.rows.get("users.read")]
        return min(with_users or [load.data_date for load in self.loads])

    @property
    def last_data_date(self) -> date:
        return max(load.data_date for load in self.loads)

    def loads_by(self, generation: int) -> tuple[LoadRecord, ...]:
        """The loads that a generation consisted of; none where that is not known."""
        noted = [load.generation for load in self.loads if load.generation]
        if not noted or (generation < min(noted) and len(noted) < len(self.loads)):
            return ()
        return tuple(load for load in self.loads if load.generation <= generation)

    def label_date(self, code: str, as_of: date) -> date:
        """The date whose last change counts for a label as of `as_of`."""
        return as_of if code in self.whole_labels else max(as_of, self.first_data_date)

    def missing_days(self) -> tuple[date, ...]:
        """Days without any event between the first and the last that have some."""
        if not self.days:
            return ()
        first, last = self.days[0].day, self.days[-1].day
        having = {file.day for file in self.days}
        between = (first + timedelta(days=number) for number in range((last - first).days))
        deleted = DayRanges.of(self.forgotten)
        return tuple(day for day in between if day not in having and day not in deleted)

    def events_from(self, as_of: date) -> int:
        """How many events lie on or after `as_of`, and are left out."""
        return sum(day.rows for day in self.days if day.day >= as_of)


def read_manifest(folder: Path) -> Manifest:
    """The current generation in an app's data folder. Raises NotFound before the first load, Damaged if unreadable."""
    if not (folder / FILE).exists():
        raise NotFound(f"app '{folder.name}' has no data yet; `segkit load` brings it in")
    return read_manifest_file(folder / FILE)


def read_manifest_file(path: Path) -> Manifest:
    """A manifest, current or kept. Raises Damaged if it is unreadable."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        advice = "restore it from a backup, or run `segkit load --rebuild`"
        raise Damaged(f"{path} is not what segkit wrote; {advice}") from None


def all_files(manifest: Manifest) -> Iterator[StoredFile]:
    """Every file that a generation consists of."""
    yield manifest.users
    yield manifest.presence
    for files in manifest.labels.values():
        yield from files
    yield from manifest.labels_aside.values()
    yield from manifest.days
    yield from manifest.orphans
    if manifest.report is not None:
        yield manifest.report
    if manifest.keys is not None:
        yield from manifest.keys.runs
