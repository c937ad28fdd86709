"""Snapshots of users and of linked tables, and which of them are to be read.

A snapshot is what one source has for one data date. The users' snapshots are one track, those of each linked table
another. A track is read on from where it stands, or, when a snapshot comes before one that was loaded, again from the
beginning: labels then are as if all had come in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from segkit.data.manifest import Manifest, SourceFile
from segkit.data.settings import LinkSource, UsersSource
from segkit.data.sources import FoundFile, date_in_name, files_of
from segkit.errors import DataProblem

Source = UsersSource | LinkSource


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One source's files of one data date. The date is missing until it is known what the newest event is; `load` is
    0 until it has a number."""

    source: Source
    files: tuple[FoundFile, ...]
    data_date: date | None
    load: int = 0

    @property
    def day(self) -> date:
        """The data date, once it is known."""
        assert self.data_date is not None
        return self.data_date


@dataclass(frozen=True, slots=True)
class Track:
    """The snapshots of one role that are to be read, in the order of their dates once those are known."""

    role: str
    snapshots: tuple[Snapshot, ...] = ()
    from_start: bool = False  # nothing that is stored of this track counts any more
    passed_over: tuple[FoundFile, ...] = ()  # need no reading: a newer file holds the whole history
    notes: tuple[str, ...] = ()

    def dated(self, day: date) -> Track:
        """With `day` for the snapshots whose date was not known."""
        found = [snapshot if snapshot.data_date else replace(snapshot, data_date=day) for snapshot in self.snapshots]
        return replace(self, snapshots=tuple(sorted(found, key=lambda snapshot: snapshot.day)))

    def numbered(self, numbers: dict[date, int]) -> Track:
        """With the number of its load for each snapshot that has none yet."""
        found = [s if s.load else replace(s, load=numbers[s.day]) for s in self.snapshots]
        return replace(self, snapshots=tuple(found))

    def with_files(self, change: Callable[[FoundFile], FoundFile]) -> Track:
        """The same track with something else in the place of each file that is read."""
        found = [replace(s, files=tuple(map(change, s.files))) for s in self.snapshots]
        return replace(self, snapshots=tuple(found))

    @property
    def files(self) -> list[FoundFile]:
        return [file for snapshot in self.snapshots for file in snapshot.files]


def records_of(role: str, manifest: Manifest | None) -> list[SourceFile]:
    """The files of a role that were read, each as it was then."""
    return [record for record in manifest.sources if record.role == role] if manifest else []


def by_path(records: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    """The records of each file."""
    found: dict[str, list[SourceFile]] = {}
    for record in records:
        found.setdefault(record.path, []).append(record)
    return found


@dataclass(frozen=True)
class _Known:
    """What is loaded of one track."""

    role: str
    manifest: Manifest | None
    records: list[SourceFile]

    @cached_property
    def _by_path(self) -> dict[str, list[SourceFile]]:
        return by_path(self.records)

    def has(self, file: FoundFile) -> bool:
        return any(map(file.is_as, self._by_path.get(file.shown, ())))

    def load_of(self, file: FoundFile) -> int:
        """The newest load that read a file as it is now; 0 if none did."""
        return max((record.load for record in self._by_path.get(file.shown, ()) if file.is_as(record)), default=0)

    def loads_of(self, files: Iterable[FoundFile]) -> list[int]:
        shown = {file.shown for file in files}
        return sorted({record.load for record in self.records if record.path in shown})

    def was_in(self, file: FoundFile, load: int, *, alone: bool) -> bool:
        """Whether a load read the file: as one of its own, or as one that was still there."""
        loads = self.loads_of([file])
        return load in loads if alone else bool(loads) and min(loads) <= load

    def date_of(self, load: int) -> date:
        assert self.manifest is not None
        return next(record.data_date for record in self.manifest.loads if record.number == load)

    @property
    def newest(self) -> date | None:
        return max((self.date_of(record.load) for record in self.records), default=None)


def track(
    workspace: Path,
    role: str,
    sources: Sequence[Source],
    manifest: Manifest | None,
    *,
    limit: date | None = None,
    reread: bool = False,
    is_whole: bool = False,
) -> Track:
    """What is to be read of one track. `limit` leaves out later data dates; `reread`: what is stored lacks something,
    so the history is read again where all of it is still there, else at least the newest snapshot.

    `is_whole`: each snapshot holds the whole history, so the newest one is enough.
    Raises DataProblem for a snapshot that comes too late while earlier ones are gone.
    """
    known = _Known(role, manifest, records_of(role, manifest))
    everything = [s for source in sources for s in _snapshots(workspace, source) if _within(s, limit)]
    unread = [s for s in everything if not all(known.has(file) for file in s.files)]
    if is_whole:
        return _whole(known, everything, unread, reread)
    newest = known.newest
    late = [s for s in unread if s.data_date and newest and s.data_date < newest]
    if (late or reread) and known.records:
        missing = _no_longer_there(known, everything)
        if missing is None:
            notes = tuple(f"{role}: {s.files[0].shown} came late; the history was read again" for s in late)
            return Track(role, tuple(_with_loads(known, everything)), from_start=True, notes=notes)
        if late:
            raise DataProblem(_too_late(late[0], newest, missing))
        note = f"{role}: {missing}, so new labels have no values before the newest data date"
        latest = _newest_of_each([s for s in everything if s not in unread])
        return Track(role, (*latest, *(_reduced(known, s) for s in unread)), notes=(note,))
    return Track(role, tuple(_reduced(known, s) for s in unread))


def _newest_of_each(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """The newest snapshot of every source; each source's are in the order of their dates."""
    return list({snapshot.source.place: snapshot for snapshot in snapshots}.values())


def _within(snapshot: Snapshot, limit: date | None) -> bool:
    return limit is None or snapshot.data_date is None or snapshot.data_date <= limit


def _snapshots(workspace: Path, source: Source) -> list[Snapshot]:
    """The snapshots of one source, by date."""
    by_date: dict[date | None, list[FoundFile]] = {}
    for file in files_of(workspace, source):
        day = date_in_name(file) if source.data_date == "file" else source.data_date
        by_date.setdefault(day, []).append(file)
    ordered = sorted(by_date.items(), key=lambda item: item[0] or date.max)
    return [Snapshot(source, tuple(files), day) for day, files in ordered]


def _whole(known: _Known, everything: list[Snapshot], unread: list[Snapshot], reread: bool) -> Track:
    ordered = sorted(everything, key=lambda s: s.data_date or date.max)
    newest = ordered[-1:]
    passed_over = tuple(file for s in unread if s not in newest for file in s.files if not known.has(file))
    wanted = [s for s in newest if s in unread or reread]
    notes = (f"{known.role}: no file is there, so new labels count no rows",) if reread and not wanted else ()
    return Track(known.role, tuple(wanted), from_start=bool(wanted), passed_over=passed_over, notes=notes)


def _is_cut(source: Source) -> bool:
    """Whether each row speaks for itself, so that a snapshot need not be read whole."""
    return isinstance(source, UsersSource) and source.absent == "keep"


def _reduced(known: _Known, snapshot: Snapshot) -> Snapshot:
    """A snapshot without the files that were read, where they are not needed."""
    if not _is_cut(snapshot.source):
        return snapshot
    return replace(snapshot, files=tuple(file for file in snapshot.files if not known.has(file)))


def _with_loads(known: _Known, everything: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """All snapshots, those that are loaded with their loads and dates."""
    for snapshot in everything:
        is_loaded = all(known.has(file) for file in snapshot.files)
        if snapshot.data_date is not None:
            yield replace(snapshot, load=max(map(known.load_of, snapshot.files)) if is_loaded else 0)
            continue
        for load in known.loads_of(snapshot.files):
            files = tuple(file for file in snapshot.files if known.was_in(file, load, alone=_is_cut(snapshot.source)))
            yield replace(snapshot, files=files, data_date=known.date_of(load), load=load)
        if not is_loaded:
            yield _reduced(known, snapshot)


def _no_longer_there(known: _Known, everything: list[Snapshot]) -> str | None:
    """In words, what keeps the history from being read again; None if nothing does."""
    found = {file.shown: (file, s) for s in everything for file in s.files}
    for record in known.records:
        if record.path not in found:
            return f"{record.path} is no longer there"
        file, snapshot = found[record.path]
        if snapshot.data_date is None and not file.is_as(record):
            return f"{record.path} is no longer what it was on {known.date_of(record.load)}"
    return None


def _too_late(late: Snapshot, newest: date | None, missing: str) -> str:
    return (
        f"{late.files[0].shown}: of {late.data_date}, while {newest} is loaded. The history would have to be read "
        f"again, but {missing}. Put that back, or take this file away; or `segkit load --rebuild` reads what is there."
    )
