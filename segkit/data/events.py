"""New rows of the events sources: typed, counted by file, day and what is wrong with them, ready to be read by days.

Rows of undeclared names, rows that cannot be read, and what a load leaves out are counted with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from segkit.data.columns import stored_type
from segkit.data.day_ranges import DayRanges
from segkit.data.fresh import FreshRows, Part, lasting
from segkit.data.instants import Zones
from segkit.data.keeping_out import IS_KEPT_OUT, WORDS, KeepingOut
from segkit.data.mapping import EVENTS, event_names, parameter_columns, wanted_parameters
from segkit.data.reading import Opened, opened, reading
from segkit.data.report import Count, SourceRows
from segkit.data.settings import EventsSource
from segkit.data.sources import FoundFile
from segkit.data.sql import filled, quoted
from segkit.data.staging import EXAMPLES, Staging, Wanted
from segkit.data.watching.events import look_at_events, present_column
from segkit.data.watching.uses import source_key, uses_of_events
from segkit.data.watching.watch import Watch
from segkit.data.work import Work
from segkit.definitions.vocabulary import Vocabulary
from segkit.errors import DataProblem

_REFUSED = {
    1: "no uid",
    2: "a uid that is no whole number and no text",
    3: "no instant",
    4: "an instant that cannot be read",
    5: "no event name",
}
#: What holds of the rows that are not refused for some reasons, so that only what goes wrong is looked for again.
_CHECKS = {
    (1, 2): "f.uid IS NOT NULL",
    (3, 4): 'f."at" IS NOT NULL',
    (5, 6): "f.event IS NOT NULL",
    (7,): 'f."at" < $limit',
    (10,): f"NOT {IS_KEPT_OUT.format(of='f')}",
}
_UNDECLARED, _AFTER_LIMIT, _FORGOTTEN, _TOO_OLD, _ERASED = 6, 7, 8, 9, 10
_LEFT_OUT = {
    _AFTER_LIMIT: "later than this load looks",
    _FORGOTTEN: "of days that were forgotten",
    _TOO_OLD: "older than the days that are kept",
    _ERASED: WORDS,
}
_FIXED = (
    Wanted("uid", "uid", "", "uid"),
    Wanted("at", "instant", "", "instant"),
    Wanted("name", "string", "", "event name"),
    Wanted("key", "uid", "", "event key"),
)
_NAMES = pa.schema([("name", pa.string()), ("code", pa.string())])
_ROWS = """
SELECT r.* EXCLUDE (name), CASE WHEN n.code IS NULL THEN r.name END AS name, n.code AS event, {day} AS day,
       {reason} AS reason{key}
FROM (SELECT *{name} FROM ({rows})) r LEFT JOIN event_names n ON n.name = r.name
"""
_COUNTED = """
INSERT INTO fresh_counts
SELECT file, reason, day, event, name, key IS NULL AS keyless, count(*) AS n,
       min("row", {most}) FILTER (WHERE {wrong}) AS places{flags}{present}
FROM ({rows}) GROUP BY file, reason, day, event, name, keyless{flags}
"""
_COUNTS = """
CREATE OR REPLACE TEMP TABLE fresh_counts
(file INTEGER, reason TINYINT, day DATE, event VARCHAR, name VARCHAR, keyless BOOLEAN, n BIGINT, places BIGINT[]
 {flags}{present})
"""
_MIXED = """
SELECT sum(n), sum(n * days), (SELECT count(DISTINCT day) FROM fresh_counts WHERE reason = 0)
FROM (SELECT sum(n) AS n, count(DISTINCT day) AS days FROM fresh_counts WHERE reason = 0 GROUP BY file)
"""
_PORTION = 250_000_000  # bytes of files
_PLAIN_TIMES = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_REASON = """
CASE WHEN r.name IS NULL THEN 5 WHEN n.code IS NULL THEN {undeclared}
WHEN r.uid IS NULL THEN CASE WHEN {bad_uid} THEN 2 ELSE 1 END {erased}
WHEN r."at" IS NULL THEN CASE WHEN {bad_at} THEN 4 ELSE 3 END {limit} ELSE 0 END
"""


@dataclass(frozen=True, slots=True)
class NewFiles:
    """Files of one events source; `role` says which.

    Of files that were read before, only the days that were asked for count (`asked`). Of changed ones whose rows have
    no keys, the others could not be told from what is loaded, so there must be none (`all_asked`).
    """

    source: EventsSource
    role: str
    zone: str
    files: tuple[FoundFile, ...]
    asked: bool = False
    all_asked: bool = False


class FreshEvents:
    """The rows of new files, once `read`."""

    def __init__(self, work: Work, zones: Zones, vocabulary: Vocabulary, watch: Watch, out: KeepingOut) -> None:
        self._work = work
        self._out = out
        self._zones = zones
        self._vocabulary = vocabulary
        self._watch = watch
        self._wanted = _FIXED + wanted_parameters(vocabulary)
        self._staging = Staging(work, "fresh_counts", self._wanted, is_counted=True)
        self._after_flags = "".join(f", {name}" for name in self._staging.flag_names)
        self._present = [present_column(wanted.name) for wanted in self._wanted]
        self._day = zones.day_of('r."at"')
        types = {wanted.name: stored_type(wanted.kind) for wanted in self._wanted}
        self.rows = FreshRows(work, types | {"event": "VARCHAR", "day": "DATE", "file": "INTEGER"})
        self._last_opened: Opened | None = None
        self.files: list[FoundFile] = []  # by their number
        self.sources: list[NewFiles] = []  # of the files
        self.parameters: set[str] = set()  # codes of those that some file has

    def read(self, sources: Sequence[NewFiles], limit: int | None) -> None:
        """Reads new files; events at or after the instant `limit` are left out.

        Raises DataProblem, with the place, for a file that cannot be read as the mapping says.
        """
        flags = "".join(f", {name} BIGINT" for name in self._staging.flag_names)
        present = "".join(f", {column} BIGINT" for column in self._present)
        self._work.run(filled(_COUNTS, flags=flags, present=present))
        names = event_names(self._vocabulary)
        self._work.register("event_names", pa.table({"name": list(names), "code": list(names.values())}, _NAMES))
        for new in sources:
            self.files += new.files
            self.sources += [new] * len(new.files)
        first, total = 0, sum(file.size for file in self.files) or 1
        for new in sources:
            for files in _portions(new.files):
                done = sum(file.size for file in self.files[:first]) / total
                self._work.say(f"reading {files[0].shown}", 0.05 + 0.2 * done)
                for number, source in enumerate(opened(self._work, files, first)):
                    self._read(source, new, limit, f"_{first}_{number}")
                first += len(files)
        found = {reason for (reason,) in self._work.rows("SELECT DISTINCT reason FROM fresh_counts")}
        self.rows.checks = tuple(check for reasons, check in _CHECKS.items() if found & set(reasons))
        self._look()

    def _look(self) -> None:
        """Lets the watch see what the new rows are."""
        with self.reading():
            rows = self.rows.good(["file", *(wanted.name for wanted in self._wanted if wanted.name != "name")])
            keys = [source_key(EVENTS, new.source) for new in self.sources]
            files = list(zip(self.files, (new.source for new in self.sources), strict=True))
            look_at_events(self._work, self._watch, self._staging, self._vocabulary, files, keys, rows)

    def _read(self, source: Opened, new: NewFiles, limit: int | None, suffix: str) -> None:
        part = self._part(source, new, limit, suffix)
        self.parameters |= {name.removeprefix("p_") for name in part.columns if name.startswith("p_")}
        self._last_opened = source
        with reading(self._work, source):
            uids = self.rows.all_of(part, "f.uid")
            self._out.meet(uids.sql, **uids.values)
            if lasting(source, suffix) is None:
                part = self.rows.keep(part)
            self.rows.add(part)
            wrong = " OR ".join(["reason <> 0", *(f"{name} <> 0" for name in self._staging.flag_names)])
            rows = self.rows.all_of(part, "*")
            query = filled(
                _COUNTED,
                most=EXAMPLES,
                wrong=wrong,
                flags=self._after_flags,
                present=self._counted(part),
                rows=rows.sql,
            )
            self._work.run(query, **rows.values)

    def _counted(self, part: Part) -> str:
        """SQL of how many values each typed column has."""
        there = part.columns | {"key"}
        return "".join(f", {f'count({quoted(w.name)})' if w.name in there else 0}" for w in self._wanted)

    def _part(self, found: Opened, new: NewFiles, limit: int | None, suffix: str) -> Part:
        source = lasting(found, suffix) or found
        columns = self._columns(source, new.source)
        uses = uses_of_events(new.source, self._vocabulary)
        self._watch.opened(self._work, source_key(EVENTS, new.source), found, uses)
        values, name = dict(source.values), ""
        if limit is not None:
            values["limit"] = limit
        if "name" not in columns:
            name, values[f"name{suffix}"] = f", nfc_normalize($name{suffix}) AS name", new.source.name[1:]
        zone, reason = self._zones.of(new.zone), self._reason(limit)
        key = "" if "key" in columns else ", CAST(NULL AS VARCHAR) AS key"

        def rows(where: str) -> str:
            typed = self._staging.rows(source, zone, columns, where)
            return filled(_ROWS, day=self._day, reason=reason, name=name, key=key, rows=typed)

        time = source.columns[columns["at"]] if source.types[columns["at"]] in _PLAIN_TIMES else None
        return Part(source.numbers, frozenset(columns), rows, values, suffix, time, new.asked)

    def _columns(self, source: Opened, mapping: EventsSource) -> dict[str, str]:
        """Which column of the source each staged one is."""
        found = {"uid": source.require(mapping.uid, "the uid"), "at": source.require(mapping.time, "the time")}
        if not mapping.name.startswith("="):
            found["name"] = source.require(mapping.name, "the event's name")
        if mapping.key is not None:
            found["key"] = source.require(mapping.key, "the event key")
        given = parameter_columns(mapping, self._vocabulary)
        for code, column in mapping.columns.items():
            source.require(column, f"parameter '{code}'")
        return found | {name: column for name, column in given.items() if column in source.types}

    def _reason(self, limit: int | None) -> str:
        after = "" if limit is None else filled('WHEN r."at" >= $limit THEN {after}', after=_AFTER_LIMIT)
        bad_uid, bad_at = self._staging.flag("uid"), self._staging.flag("at")
        erased = (
            filled("WHEN {held} THEN {erased}", held=IS_KEPT_OUT.format(of="r"), erased=_ERASED) if self._out else ""
        )
        return filled(_REASON, undeclared=_UNDECLARED, bad_uid=bad_uid, bad_at=bad_at, erased=erased, limit=after)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What cannot be read of the sources in the block becomes a DataProblem that names the file."""
        if self._last_opened is None:
            yield
            return
        with reading(self._work, replace(self._last_opened, files=tuple(self.files))):
            yield

    # --- days that do not count --------------------------------------------------------------------------------------

    def leave_out(self, days: DayRanges, *, too_old: bool = False) -> None:
        """Counts rows of some days among what is left out: they were forgotten, or are older than what is kept."""
        query = "UPDATE fresh_counts SET reason = {reason} WHERE reason = 0 AND {condition}"
        self.rows.left_out |= days
        reason = _TOO_OLD if too_old else _FORGOTTEN
        self._work.run(filled(query, reason=reason, condition=days.condition("day")))

    def require_within(self, days: DayRanges) -> None:
        """Raises DataProblem for a changed file of rows without keys that has some of other days than were asked."""
        for number, new in enumerate(self.sources):
            if not new.all_asked:
                continue
            query = (
                "SELECT day FROM fresh_counts WHERE file = $file AND reason = 0 AND NOT {asked} ORDER BY day LIMIT 1"
            )
            found = self._work.rows(filled(query, asked=days.condition("day")), file=number)
            if found:
                raise DataProblem(
                    f"{self.files[number].shown}: changed since it was read, and has rows without event keys of other "
                    f"days too, {found[0][0]} first. What is new in them cannot be told; ask for these days as well."
                )

    # --- what was found ----------------------------------------------------------------------------------------------

    def days(self) -> dict[date, int]:
        """How many rows each day has that can be read."""
        return dict(self._work.rows("SELECT day, sum(n) FROM fresh_counts WHERE reason = 0 GROUP BY day ORDER BY day"))

    def files_of(self, first: date, last: date) -> set[int]:
        """The numbers of the files that have rows of those days, both included."""
        query = "SELECT DISTINCT file FROM fresh_counts WHERE reason = 0 AND day BETWEEN $first AND $last"
        return {number for (number,) in self._work.rows(query, first=first, last=last)}

    def is_mixed(self) -> bool:
        """Whether a row's file has on average more than half of all days."""
        ((rows, weighted, days),) = self._work.rows(_MIXED)
        return bool(rows) and weighted > rows * days / 2

    def row_count(self) -> int:
        """How many rows were looked at."""
        return self._work.number("SELECT sum(n) FROM fresh_counts")

    def keyed_count(self) -> int:
        """How many rows that can be read have a key."""
        return self._work.number("SELECT sum(n) FROM fresh_counts WHERE reason = 0 AND NOT keyless")

    def newest_day(self) -> date | None:
        """The newest day of an event that can be read."""
        found: date | None = self._work.rows("SELECT max(day) FROM fresh_counts WHERE reason = 0")[0][0]
        return found

    def keyless_rows(self) -> list[int]:
        """How many rows of each file have no key, and would count again if the file were read again."""
        query = (
            "SELECT file, sum(n) FROM fresh_counts WHERE keyless AND reason IN (0, {forgotten}, {old}) GROUP BY file"
        )
        found = dict(self._work.rows(filled(query, forgotten=_FORGOTTEN, old=_TOO_OLD)))
        return [int(found.get(number, 0)) for number in range(len(self.files))]

    def refused(self) -> tuple[Count, ...]:
        """Rows that cannot be read, by reason."""
        return self._staging.refusals(_REFUSED, self.files)

    def left_out(self) -> tuple[Count, ...]:
        """Rows of undeclared events, by name, and those that this load leaves out."""
        query = (
            "SELECT name, sum(n) AS n FROM fresh_counts WHERE reason = {undeclared} GROUP BY name ORDER BY n DESC, name"
        )
        found = self._work.rows(filled(query, undeclared=_UNDECLARED))
        counts = [Count(f"the event '{name}', which is not declared", number) for name, number in found[:10]]
        if found[10:]:
            counts.append(Count(f"{len(found) - 10} more events that are not declared", sum(n for _, n in found[10:])))
        left = self._staging.refusals(_LEFT_OUT, self.files)
        # Where rows of an erased person stand is nobody's business.
        return (*counts, *(replace(count, examples=()) if count.what == WORDS else count for count in left))

    def by_source(self) -> tuple[SourceRows, ...]:
        """Rows of each source."""
        places = [new.source.place for new in self.sources]
        return self._staging.rows_by_source(places, _REFUSED, (_UNDECLARED, *_LEFT_OUT))

    def problems(self) -> tuple[Count, ...]:
        """Values of parameters that became missing or were rounded."""
        return self._staging.problems(self.files, but=[wanted.name for wanted in _FIXED])


def _portions(files: Sequence[FoundFile]) -> Iterator[Sequence[FoundFile]]:
    """Files in portions that are read at once, so that progress is told."""
    portion: list[FoundFile] = []
    for file in files:
        portion.append(file)
        if sum(found.size for found in portion) >= _PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
