"""What a load reads: new files of events, and snapshots of users and of linked tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from segkit.data.day_ranges import DayRanges
from segkit.data.events import NewFiles
from segkit.data.manifest import Manifest
from segkit.data.mapping import EVENTS, USERS, LinkedLabels, events_role, link_role
from segkit.data.settings import AppSettings, Source
from segkit.data.sources import FoundFile, files_of, read_on
from segkit.data.tracks import Track, by_path, records_of, track
from segkit.errors import DataProblem

_NONE = DayRanges()
_REBUILD = "`segkit load --rebuild` reads everything again"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one load reads."""

    events: tuple[NewFiles, ...]
    users: Track
    links: tuple[tuple[LinkedLabels, Track], ...]
    asked: DayRanges  # days of events that are read again from all files
    redefined: frozenset[str]  # labels that are new, or come from elsewhere than before
    notes: tuple[str, ...] = ()

    @property
    def tracks(self) -> list[Track]:
        return [self.users, *(found for _, found in self.links)]

    @property
    def files(self) -> list[FoundFile]:
        """All files that are read."""
        return [file for new in self.events for file in new.files] + [file for t in self.tracks for file in t.files]

    @property
    def folders(self) -> set[Path]:
        """Where they lie."""
        return {file.real.parent for file in self.files}

    def with_files(self, change: Callable[[FoundFile], FoundFile]) -> Plan:
        """The same plan with something else in the place of each file."""
        return replace(
            self,
            events=tuple(replace(new, files=tuple(map(change, new.files))) for new in self.events),
            users=self.users.with_files(change),
            links=tuple((linked, found.with_files(change)) for linked, found in self.links),
        )

    @property
    def is_empty(self) -> bool:
        """Whether a load would change nothing."""
        return not (self.files or self.asked or self.redefined or any(found.passed_over for found in self.tracks))


def plan_of(
    workspace: Path,
    app: AppSettings,
    links: Sequence[LinkedLabels],
    manifest: Manifest | None,
    redefined: frozenset[str],
    limit: date | None,
    asked: DayRanges = _NONE,
) -> Plan:
    """What is to be read now. Raises DataProblem for files that cannot be taken in as they are now."""
    derived = {label.code for linked in links for label in linked.labels}
    users = track(workspace, USERS, app.users, manifest, limit=limit, reread=bool(redefined - derived))
    tracks = []
    for linked in links:
        again = any(label.code in redefined for label in linked.labels)
        whole = linked.is_whole
        found = track(workspace, linked.role, [linked.source], manifest, limit=limit, reread=again, is_whole=whole)
        tracks.append((linked, found))
    events = _new_events(workspace, app, manifest, asked)
    notes = [note for found in (users, *(t for _, t in tracks)) for note in found.notes]
    notes += _without_files(workspace, app)
    plan = Plan(tuple(events), users, tuple(tracks), asked, redefined, tuple(notes))
    if manifest is None:
        _require_a_beginning(app, plan, limit)
    return plan


def _without_files(workspace: Path, app: AppSettings) -> list[str]:
    sources: list[tuple[str, Source]] = [("users", s) for s in app.users] + [("events", s) for s in app.events]
    sources += [(link_role(s.name), s) for s in app.links]
    return [f"{role}: no file matches '{s.files}'" for role, s in sources if s.files and not files_of(workspace, s)]


def _require_a_beginning(app: AppSettings, plan: Plan, limit: date | None) -> None:
    if not plan.files:
        missing = "; ".join(plan.notes) or "segkit.toml names no sources"
        raise DataProblem(f"there is nothing to load: {missing}. Put files there, or mend the patterns in segkit.toml.")
    if app.users and not plan.users.files and limit is None:
        patterns = " or ".join(f"'{source.place}'" for source in app.users)
        raise DataProblem(f"users: no file matches {patterns}; the first load needs one. Mend it in segkit.toml.")


def _new_events(workspace: Path, app: AppSettings, manifest: Manifest | None, asked: DayRanges) -> list[NewFiles]:
    """New and changed files of every events source; all others too, if days are asked for.

    Raises DataProblem for a changed file whose rows have no keys: they could not be told from what was read.
    """
    roles = {events_role(source, app) for source in app.events}
    found = []
    for source in app.events:
        role = events_role(source, app)
        records = records_of(role, manifest)
        read = by_path(records)
        # Days that are asked for are read from the beginning of a table that grows.
        files = [file if asked else read_on(file, records) for file in files_of(workspace, source)]
        known: list[FoundFile] = []
        new: list[FoundFile] = []
        for file in files:
            (known if any(map(file.is_as, read.get(file.shown, ()))) else new).append(file)
        keyless = {r.path for r in records if r.keyless_rows} if asked else set()
        for file in new:
            if file.shown not in keyless:
                _refuse_twice(file, role, roles, manifest)
        zone = source.zone or app.zone
        found.append(NewFiles(source, role, zone, tuple(file for file in new if file.shown not in keyless)))
        if asked:
            changed = tuple(file for file in new if file.shown in keyless)
            found.append(NewFiles(source, role, zone, changed, all_asked=True))
            found.append(NewFiles(source, role, zone, tuple(known), asked=True))
    return found


def _refuse_twice(file: FoundFile, role: str, roles: set[str], manifest: Manifest | None) -> None:
    for record in manifest.sources if manifest else ():
        if record.path != file.shown or not record.role.startswith(f"{EVENTS}:"):
            continue
        if record.role == role and record.keyless_rows:
            raise DataProblem(
                f"{file.shown}: changed since it was read, and {record.keyless_rows:,} of its rows had no event key, "
                "so what is new in it cannot be told from what is loaded. Put new rows into a new file; or declare "
                f"`key` for its source in segkit.toml if it has one. Then, or to take the file as it is, {_REBUILD}."
            )
        if record.role not in roles:
            raise DataProblem(
                f"{file.shown}: was read with another mapping (uid, time, name, key or zone of its source), and "
                f"would count twice. Put the mapping in segkit.toml back; or {_REBUILD}."
            )
