"""One load's watch over its sources: what each file looks like, how it differs from what was accepted, what is noted.

Files that were read before are not judged again. Nothing is decided until `require_accepted`, so that all that is
wrong is told together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from segkit.data.manifest import Manifest, SourceFile
from segkit.data.reading import Opened
from segkit.data.report import LoadReport
from segkit.data.sources import FoundFile
from segkit.data.sql import filled
from segkit.data.staging import Staging
from segkit.data.watching.drift import Acceptance, Drift, Drifted
from segkit.data.watching.forms import form_of_type, forms_in, scale_of_type
from segkit.data.watching.judging import (
    joined,
    judge_columns,
    judge_events,
    judge_form,
    judge_values,
)
from segkit.data.watching.looks import MOST_VALUES, ColumnLook, SourceLook, widened
from segkit.data.watching.measures import Counting, Measure, Measures, Reasons
from segkit.data.watching.uses import Use
from segkit.data.work import Work


@dataclass(slots=True)
class _Seen:
    """What one load sees of one source, file by file."""

    uses: tuple[Use, ...]
    types: dict[str, dict[str, str]] = field(default_factory=dict)  # by file, as it is shown
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    measures: dict[str, dict[str, Measure]] = field(default_factory=dict)
    events: dict[str, dict[str, int]] = field(default_factory=dict)


class Watch:
    """`before` is the manifest whose looks count, if any; `accepted` what is taken as it is."""

    def __init__(self, before: Manifest | None, accepted: Acceptance | None = None) -> None:
        self._looks: dict[str, SourceLook] = dict(before.looks) if before else {}
        self._read: dict[str, list[SourceFile]] = {}  # what was read, by path
        for record in before.sources if before else ():
            self._read.setdefault(record.path, []).append(record)
        self._accepted = accepted
        self._seen: dict[str, _Seen] = {}
        self._found: list[Drift] = []

    # --- what is seen ------------------------------------------------------------------------------------------------

    def judges(self, key: str, file: FoundFile) -> bool:
        """Whether a file of the source is held against what was accepted."""
        return key in self._looks and not self._was_read(file)

    def foresee(self, key: str, file: FoundFile, types: dict[str, str], uses: tuple[Use, ...]) -> None:
        """What a file's columns say before it is read."""
        if self.judges(key, file):
            self._tell(judge_columns(file.shown, types, uses, self._looks[key]))

    def opened(self, work: Work, key: str, source: Opened, uses: tuple[Use, ...]) -> None:
        """What files say that are open now."""
        seen = self._seen.setdefault(key, _Seen(uses))
        fresh = [file for file in source.files if self._counts(key, file)]
        seen.types |= {file.shown: source.types for file in fresh}
        if not fresh:
            return
        for place, forms in forms_in(work, source, uses):
            file = source.files[place]
            if not self._counts(key, file):
                continue
            seen.forms[file.shown] = forms
            for use in (use for use in uses if use.column in forms and self.judges(key, file)):
                self._tell(judge_form(file.shown, forms[use.column], use, self._looks[key]))

    def staged(
        self, work: Work, staging: Staging, reasons: Reasons, files: Sequence[FoundFile], keys: Sequence[str]
    ) -> None:
        """What the rows of users or of a linked table say: `files` and the `keys` of their sources by their number in
        the staged table."""
        rows = filled("SELECT * FROM {table} WHERE reason = 0", table=staging.table)
        measures = Measures(work, staging, reasons, Counting(), rows, {})
        self.measured(measures, files, keys, {})

    def measured(
        self,
        measures: Measures,
        files: Sequence[FoundFile],
        keys: Sequence[str],
        carried_by: Mapping[str, Collection[str]],
        *,
        keyed_rows: int = 0,
    ) -> None:
        """What measures say that are still to be taken. Events say which parameters are `carried_by` which of them, and
        how many rows have a key."""
        counted = [number for number, file in enumerate(files) if self._counts(keys[number], file)]
        if not counted:
            return
        measures.count(carried_by)
        measures.count_others(tuple({use.key: use for key in set(keys) for use in self._seen[key].uses}.values()))
        if keyed_rows:
            measures.count_repeated_keys(keyed_rows)
        for number in counted:
            self._measured(keys[number], files[number], number, measures)

    def _measured(self, key: str, file: FoundFile, number: int, measures: Measures) -> None:
        seen = self._seen[key]
        found = measures.of(number)
        there = [use for use in seen.uses if use.column in seen.types[file.shown] and use.name in found]
        seen.measures[file.shown] = {use.key: found[use.name] for use in there}
        if not self.judges(key, file):
            return
        for use in there:
            look = self._looks[key].uses.get(use.key)
            if look is not None:
                self._tell(judge_values(file.shown, use, found[use.name], look))

    def met_events(
        self, key: str, file: FoundFile, column: str, declared: Mapping[str, int], other: Mapping[str, int]
    ) -> None:
        """Rows of a file by the name of their event in the source: declared ones, and others."""
        if self._counts(key, file):
            self._seen[key].events[file.shown] = {**declared, **other}
        if self.judges(key, file):
            look, rows = self._looks[key], sum(declared.values()) + sum(other.values())
            drifts = {drift.value: drift for drift in judge_events(file.shown, column, other, rows, look)}
            self._tell(drifts.values())
            # A name that is too rare to be judged stays new until it is not.
            known = {name: number for name, number in other.items() if name in look.events or name in drifts}
            self._seen[key].events[file.shown] = {**declared, **known}

    def _counts(self, key: str, file: FoundFile) -> bool:
        """Whether a file is new to the look of its source."""
        return key not in self._looks or not self._was_read(file)

    def _was_read(self, file: FoundFile) -> bool:
        return any(file.is_as(record) for record in self._read.get(file.shown, ()))

    def _tell(self, drifts: Iterable[Drift]) -> None:
        for drift in drifts:
            # What is of another form cannot be read either; that goes without saying.
            told = {found.kind for found in self._found if (found.file, found.column) == (drift.file, drift.column)}
            follows = drift.kind in ("form", "unreadable", "rounded") and told & {"form", "digits"}
            if drift not in self._found and not follows:
                self._found.append(drift)

    # --- what comes of it --------------------------------------------------------------------------------------------

    @property
    def drifts(self) -> tuple[Drift, ...]:
        """Everything that was found so far, by file and column."""
        return tuple(sorted(self._found, key=lambda drift: (drift.file, drift.column)))

    def require_readable(self, app: str) -> None:
        """Raises Drifted if a file lacks what no row can be read without: there is no going on to find more."""
        if not all(drift.can_be_accepted for drift in self._found):
            self._hold(app)

    def require_accepted(self, app: str) -> None:
        """Raises Drifted with all drift that is not accepted, if there is any."""
        if not all(self._is_accepted(drift) for drift in self._found):
            self._hold(app)

    def told_in(self, report: LoadReport) -> LoadReport:
        """The report, with what was accepted by whom, and what is worth a note."""
        report = replace(report, notes=(*report.notes, *self.notes()))
        if self._accepted is None or not self._found:
            return report
        return replace(report, drift=self.drifts, accepted_by=self._accepted.by, accepted_at=self._accepted.at)

    def _hold(self, app: str) -> None:
        named = (self._accepted.columns or frozenset()) if self._accepted else frozenset()
        raise Drifted(app, [drift for drift in self.drifts if not self._is_accepted(drift)], named)

    def _is_accepted(self, drift: Drift) -> bool:
        return self._accepted is not None and self._accepted.covers(drift)

    def looks(self) -> dict[str, SourceLook]:
        """What counts as accepted once this load does."""
        return self._looks | {key: self._widened(key, seen) for key, seen in self._seen.items() if seen.types}

    def _widened(self, key: str, seen: _Seen) -> SourceLook:
        before = self._looks.get(key)
        columns = dict(before.columns) if before else {}
        uses = dict(before.uses) if before else {}
        events = dict(before.events) if before else {}
        for column in {column for types in seen.types.values() for column in types} | set(columns):
            columns[column] = self._column(column, columns.get(column), seen, is_first=before is None)
        told = {(drift.file, drift.column) for drift in self._found}
        for file, measures in seen.measures.items():
            columns_of = {use.key: use.column for use in seen.uses}
            for use, found in measures.items():
                is_new = before is None or use not in before.uses
                is_accepted = is_new or (file, columns_of[use]) in told
                uses[use] = joined(uses.get(use), found, is_accepted=is_accepted)
        for counts in seen.events.values():
            for name, number in counts.items():
                if name in events or len(events) < MOST_VALUES:
                    events[name] = events.get(name, 0) + number
        return SourceLook(columns=columns, uses=uses, events=events)

    def _column(self, column: str, look: ColumnLook | None, seen: _Seen, *, is_first: bool) -> ColumnLook:
        for file, types in seen.types.items():
            if column in types:
                form = seen.forms.get(file, {}).get(column) or form_of_type(types[column])
                look = widened(look, form, scale_of_type(types[column]))
            elif look is not None or is_first:
                look = widened(look, None, 0)
        return look or ColumnLook()

    def notes(self) -> tuple[str, ...]:
        """New columns that nothing uses."""
        found = []
        for key, seen in self._seen.items():
            if key not in self._looks:
                continue
            used = {use.column for use in seen.uses}
            known = used.union(self._looks[key].columns)
            new = {column: file for file, types in seen.types.items() for column in types if column not in known}
            found += [f"{file}: the column '{column}' is new; nothing is read from it" for column, file in new.items()]
        return tuple(found)
