"""The steps of one load: read events; users and labels by data date; linked tables; then put events on their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from segkit.data.contract import Agreement
from segkit.data.days import Placed, Placing
from segkit.data.derived import ALWAYS, DerivedHistory, Kept
from segkit.data.events import FreshEvents
from segkit.data.generation import Generation
from segkit.data.growth import Growth
from segkit.data.instants import Zones
from segkit.data.keeping_out import KeepingOut
from segkit.data.kept_out import read_kept_out
from segkit.data.labels import LabelHistory
from segkit.data.links import LinkedSnapshot
from segkit.data.manifest import LabelFile, LoadRecord, Manifest, SourceFile
from segkit.data.mapping import EVENTS, LinkedLabels, wanted_labels
from segkit.data.numbers import register
from segkit.data.people import People
from segkit.data.plan import Plan
from segkit.data.repeats import Settled, Settling
from segkit.data.report import LoadReport, RoleReport
from segkit.data.settings import AppSettings
from segkit.data.snapshots import UsersSnapshot, days_of
from segkit.data.sql import filled
from segkit.data.stored_events import StoredEvents
from segkit.data.tally import Tally
from segkit.data.tracks import Track
from segkit.data.watching.watch import Watch
from segkit.data.work import Work
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.zones import first_instant, tzdata_version, zone

_EVENT_USERS = """
CREATE OR REPLACE TEMP TABLE event_users AS
SELECT DISTINCT uid, CAST(NULL AS DATE) AS known_from, CAST(NULL AS DATE) AS gone_at
FROM ({rows}) ANTI JOIN (SELECT uid FROM users JOIN presence USING (user_no)) USING (uid)
"""


class Run:
    """One load of one app, from its plan to the manifest of the next generation. Publishes nothing.

    `before` is the manifest that it goes on from; `numbers` the one whose users keep their numbers, if there is any.
    """

    def __init__(
        self,
        work: Work,
        generation: Generation,
        folder: Path,
        app: AppSettings,
        vocabulary: Vocabulary,
        plan: Plan,
        before: Manifest | None,
        numbers: Manifest | None,
        watch: Watch,
    ) -> None:
        self._work = work
        self._generation = generation
        self._folder = folder
        self._app = app
        self._vocabulary = vocabulary
        self._plan = plan
        self._before = before
        self._numbers = numbers
        self._watch = watch
        self._tally = Tally()
        self._growth = Growth(before, plan.asked, app.keep_days)
        register(work)
        self._zones = Zones(work, app.zone)
        self._workspace = folder.parent.parent
        self._out = KeepingOut(work, read_kept_out(self._workspace, folder.name))
        self._fresh = FreshEvents(work, self._zones, vocabulary, watch, self._out)
        self._people = People(work)
        self._said: set[str] = set()  # columns of labels that the users files of this load have
        self._stored_labels: dict[str, tuple[LabelFile, ...]] = dict(before.labels) if before else {}

    def load(self, app: str, agreement: Agreement, *, today: date, limit: date | None) -> tuple[Manifest, LoadReport]:
        """Reads and writes everything; the manifest that would make it count, and the report."""
        users = self._folder / self._numbers.users.path if self._numbers else None
        self._out.look_at_users(
            self._plan.users.snapshots, self._zones, self._vocabulary, self._app.zone, users, self._workspace
        )
        self._fresh.rows.asked = self._plan.asked
        self._fresh.read(self._plan.events, None if limit is None else first_instant(limit, zone(self._app.zone)))
        self._growth.begin(self._fresh)
        users_before = self._take_stored_users()
        data_date = self._day_after_newest(min(today, limit) if limit else today)
        dates = self._number_the_loads(data_date)
        newest = max([*dates, *(record.number for record in self._loads_before)])
        labels = dict(self._stored_labels) | self._take_users(newest, dates)
        derived = self._take_links(_first_date(self._records(dates)), newest)
        labels |= {code: kept.files for code, kept in derived.items()}
        self._watch.require_accepted(app)
        data_date = max([data_date, *dates.values()])
        placed, settled = self._place_events(agreement, newest, data_date)
        self._work.say("writing users", 0.96)
        users_file, presence_file = self._people.write(self._generation)
        manifest = Manifest(
            app=app,
            generation=self._generation.number,
            zone=self._app.zone,
            tzdata=tzdata_version(),
            contract=agreement.contract,
            loads=tuple(self._records(dates)),
            user_count=self._people.count,
            dead=self._numbers.dead if self._numbers else (),
            nothing_before=self._numbers.nothing_before if self._numbers else 0,
            users=users_file,
            presence=presence_file,
            labels={code: files for code, files in labels.items() if files},
            labels_aside={code: kept.aside for code, kept in derived.items() if kept.aside},
            whole_labels=self._whole_labels(),
            days=placed.days,
            orphans=placed.orphans,
            keys=settled.keys,
            forgotten=self._growth.forgotten.ranges,
            kept_from=self._growth.kept_from,
            sources=self._sources(newest),
            looks=self._watch.looks(),
            known_by=limit,
        )
        report = self._report(manifest, dates, placed, users_before, agreement.notes)
        report = self._watch.told_in(report)
        kept = self._generation.write_json("report.json", report.to_dict())
        return manifest.model_copy(update={"report": kept}), report

    # --- dates and numbers of loads ----------------------------------------------------------------------------------

    @property
    def _loads_before(self) -> tuple[LoadRecord, ...]:
        return self._before.loads if self._before else ()

    def _day_after_newest(self, latest: date) -> date:
        """The data date of what has none of its own: the day after the newest event, at most `latest`; never before
        what was loaded."""
        days = [self._fresh.newest_day(), *(file.day for file in (self._before.days[-1:] if self._before else ()))]
        newest = max((day for day in days if day is not None), default=None)
        found = min(newest + timedelta(days=1), latest) if newest is not None else latest
        return max([found, *(record.data_date for record in self._loads_before)])

    def _number_the_loads(self, undated: date) -> dict[int, date]:
        """Gives every snapshot its date and the number of its load; the data dates of the new loads, by number."""
        users = self._plan.users.dated(undated)
        links = [(linked, track.dated(undated)) for linked, track in self._plan.links]
        days = {s.day for track in (users, *(track for _, track in links)) for s in track.snapshots if not s.load}
        if not days and self._fresh.files:
            days = {undated}
        last = max((record.number for record in self._loads_before), default=0)
        numbers = {day: last + place for place, day in enumerate(sorted(days), start=1)}
        self._users = users.numbered(numbers)
        self._links = [(linked, track.numbered(numbers)) for linked, track in links]
        return {number: day for day, number in numbers.items()}

    def _records(self, dates: dict[int, date]) -> list[LoadRecord]:
        """All loads, with what is counted of the new ones by now."""
        made = self._generation.number
        new = [
            LoadRecord(number=n, data_date=day, rows=self._tally.of_load(n), generation=made)
            for n, day in dates.items()
        ]
        return [*self._loads_before, *new]

    # --- users and labels --------------------------------------------------------------------------------------------

    def _take_stored_users(self) -> int:
        """Starts from the users that have numbers; how many."""
        self._work.say("taking users", 0.27)
        if self._numbers is not None:
            goes_on = self._before is not None and not self._plan.users.from_start
            self._people.take(self._folder, self._numbers, with_presence=goes_on)
        return self._people.count

    def _take_users(self, newest: int, dates: dict[int, date]) -> dict[str, tuple[LabelFile, ...]]:
        """Users and labels of each snapshot in turn; the labels' files."""
        if not self._app.users:
            day = max([*dates.values(), *(record.data_date for record in self._loads_before)])
            rows = self._fresh.rows.good(["uid"])
            with self._fresh.reading():
                self._work.run(filled(_EVENT_USERS, rows=rows.sql), **rows.values)
            self._people.meet(
                "SELECT * FROM event_users", day, newest, is_first=self._before is None, absent_are_gone=False
            )
            return {}
        stored = {} if self._users.from_start else self._stored_labels
        reader = self._users_snapshot()
        history = LabelHistory(self._work, reader.labels)
        if self._users.snapshots:
            history.take(self._folder, stored)
        is_first = not any(record.rows.get("users.read") for record in self._loads_before) or self._users.from_start
        batches = days_of(self._users.snapshots)
        for place, (day, snapshots) in enumerate(batches):
            self._work.say(f"reading users of {day}", 0.3 + 0.15 * place / len(batches))
            reader = self._users_snapshot()
            reader.read(snapshots)
            self._said |= {wanted.name for wanted in reader.present}
            load = max(snapshot.load for snapshot in snapshots)
            self._people.meet(
                reader.seen, day, load, is_first=is_first and not place, absent_are_gone=reader.absent_are_gone
            )
            history.meet(reader, day, load)
            self._tally.add(load, reader.report())
        return history.write(self._generation, self._folder, stored)

    def _users_snapshot(self) -> UsersSnapshot:
        return UsersSnapshot(self._work, self._zones, self._vocabulary, self._app.zone, self._watch, self._out)

    # --- linked tables -----------------------------------------------------------------------------------------------

    def _take_links(self, first: date, newest: int) -> dict[str, Kept]:
        """The files of every derived label; `first` is the data date from which on labels are known."""
        found: dict[str, Kept] = {}
        for linked, track in self._links:
            found |= self._take_link(linked, track, first, newest)
        return found

    def _take_link(self, linked: LinkedLabels, track: Track, first: date, newest: int) -> dict[str, Kept]:
        self._work.say(f"reading {linked.role}", 0.48)
        histories = [
            (label, DerivedHistory(self._work, self._folder, label, self._kept(label.code, track), number))
            for number, label in enumerate(linked.labels)
        ]
        for day, snapshots in days_of(track.snapshots):
            reader = LinkedSnapshot(self._work, self._zones, linked, self._app.zone, self._watch, self._out)
            reader.read(snapshots)
            load = max(snapshot.load for snapshot in snapshots)
            for label, history in histories:
                rows = reader.rows_of(label)
                history.meet_whole(rows, load) if linked.is_whole else history.meet(rows, day, load)
            self._tally.add(load, reader.report())
        since = ALWAYS if linked.is_whole else first
        return {label.code: history.write(self._generation, since, newest) for label, history in histories}

    def _kept(self, code: str, track: Track) -> Kept:
        if self._before is None or track.from_start:
            return Kept()
        return Kept(self._stored_labels.get(code, ()), self._before.labels_aside.get(code))

    def _whole_labels(self) -> tuple[str, ...]:
        declared = {label.code for label in self._vocabulary.labels}
        before = self._before.whole_labels if self._before else ()
        whole = {label.code for linked, _ in self._links if linked.is_whole for label in linked.labels}
        return tuple(sorted(whole | {code for code in before if code not in declared}))

    # --- events ------------------------------------------------------------------------------------------------------

    def _place_events(self, agreement: Agreement, newest: int, data_date: date) -> tuple[Placed, Settled]:
        self._work.say("looking for repeated events", 0.49)
        before = self._before
        days, orphans = (before.days, before.orphans) if before else ((), ())
        stored = StoredEvents(self._folder, days, orphans, agreement.parameter_kinds())
        self._growth.make_way(self._work, self._work.scratch, stored, self._fresh, data_date)
        parameters = [parameter.code for parameter in self._vocabulary.parameters]
        known_until = max([before.last_data_date, *stored.days]) if before else None
        with self._fresh.reading():
            settling = Settling(self._work, self._folder, self._work.scratch, self._fresh, stored, parameters)
            settled = settling.settle(self._generation, before.keys if before else None)
            self._work.say("sorting events", 0.54)
            placing = Placing(self._work, self._generation, self._work.scratch, stored, self._fresh, parameters, newest)
            placed = placing.place(known_until, self._plan.asked)
        if self._fresh.files or placed.joined:
            part = RoleReport(
                EVENTS,
                files=len(self._fresh.files),
                read=self._fresh.row_count(),
                kept=placed.kept,
                duplicate=settled.dropped,
                orphan=placed.orphan,
                late=placed.late,
                replaced=settled.displaced,
                joined=placed.joined,
                refused=self._fresh.refused(),
                left_out=self._fresh.left_out(),
                values=self._fresh.problems(),
                sources=self._fresh.by_source(),
            )
            self._tally.add(newest, part)
        return placed, settled

    # --- what the manifest and the report say ------------------------------------------------------------------------

    def _sources(self, newest: int) -> tuple[SourceFile, ...]:
        """The files that were read before, as far as they were not read again, and those of this load."""
        fresh = self._fresh
        keyless = zip(fresh.files, fresh.sources, fresh.keyless_rows(), strict=True)
        new = [file.recorded(source.role, newest, rows) for file, source, rows in keyless if not source.asked]
        again = {(file.role, file.path) for file in new}
        for track in (self._users, *(track for _, track in self._links)):
            new += [file.recorded(track.role, newest) for file in track.passed_over]
            for snapshot in track.snapshots:
                new += [file.recorded(track.role, snapshot.load) for file in snapshot.files]
                # Of a file that is written over again and again, the manifest remembers each state.
                again |= {(track.role, file.shown) for file in snapshot.files if snapshot.source.data_date is not None}
        kept = [file for file in (self._before.sources if self._before else ()) if (file.role, file.path) not in again]
        return tuple(dict.fromkeys([*kept, *new]))

    def _report(
        self, manifest: Manifest, dates: dict[int, date], placed: Placed, users_before: int, notes: Sequence[str]
    ) -> LoadReport:
        return LoadReport(
            app=manifest.app,
            generation=manifest.generation,
            is_new=True,
            data_dates=tuple(dates.values()),
            users=manifest.living,
            new_users=manifest.user_count - users_before,
            events=sum(file.rows for file in manifest.days),
            written_days=placed.written,
            missing_days=manifest.missing_days(),
            roles=self._tally.roles,
            notes=(*self._plan.notes, *notes, *self._growth.notes, *self._notes_on_labels()),
        )

    def _notes_on_labels(self) -> Sequence[str]:
        columns = [wanted.column for wanted in wanted_labels(self._vocabulary) if wanted.name not in self._said]
        if not columns or not self._users.snapshots:
            return ()
        return (f"users: no file that was read has the columns {', '.join(columns)}; their labels stay as they were",)


def _first_date(records: Sequence[LoadRecord]) -> date:
    """The data date of the first load that brought users."""
    with_users = [record.data_date for record in records if record.rows.get("users.read")]
    return min(with_users or [record.data_date for record in records])
