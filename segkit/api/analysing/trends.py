"""A segment's memberships day by day: snapshots where there are, evaluated where not.

Who was erased since is in none of them. A segment with cycle once, and an imported one, changes with its snapshots
only: it has a point at each of them, and nothing is evaluated. The sums are in `segkit.analysis.development`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from segkit.analysis.development import Members, Trend, points_of
from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import condition_of, evaluate, require_available
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.protocol import Progress
from segkit.engine.watching import in_silence, stop_if_asked, watch
from segkit.errors import Busy, SegkitError
from segkit.store.records import Snapshot
from segkit.store.snapshots import read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App

_DAYS = 30


def trend(app: App, name: str, since: date | str | None, until: date | str | None, progress: Progress | None) -> Trend:
    """How a segment developed; see `App.trend`."""
    definitions = app.definitions()
    definition = definitions[name]
    require_available(definition)
    last = app.day(until)
    first = app.day(since) if since else _first(app, last)
    if first > last:
        raise SegkitError(f"found the days from {first} to {last}; expected the first day first")
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    held = _published(app, definition, first, last)
    reading = _Reading(app, definition, definitions, app.evaluator(), held)
    if definition.reads_snapshots:
        days = [day for day in days if day in reading.kept]
    points = points_of(reading.memberships(days, progress))
    return Trend(definition.name, points, tuple(_notes(app, definition, days, reading)))


def _first(app: App, last: date) -> date:
    """Thirty days, or as many as there are events of."""
    stored = app.manifest.days
    thirty = last - timedelta(_DAYS - 1)
    return min(last, max(thirty, stored[0].day)) if stored else thirty


def _published(app: App, definition: Definition, first: date, last: date) -> dict[date, Snapshot]:
    """The snapshot that counts for each day, also where its users were let go."""
    found: dict[date, Snapshot] = {}
    for snapshot in app.workspace.catalog.snapshots(app.name, definition.id):
        if first <= snapshot.as_of <= last:
            found.setdefault(snapshot.as_of, snapshot)  # they come with the newest first
    return found


@dataclass(frozen=True)
class _Reading:
    app: App
    definition: Definition
    definitions: Definitions
    evaluator: DuckEvaluator
    published: Mapping[date, Snapshot]

    @property
    def kept(self) -> dict[date, Snapshot]:
        """Those whose users are still there."""
        return {day: snapshot for day, snapshot in self.published.items() if snapshot.retired_at is None}

    def memberships(self, days: Sequence[date], progress: Progress | None) -> Iterator[Members]:
        kept, now = self.kept, self.definitions.fingerprint_of(self.definition)
        erased = Bitmap.from_user_nos(self.evaluator.size, self.evaluator.manifest.dead)
        before = None
        progress = progress or watch().progress
        for number, day in enumerate(days):
            stop_if_asked()
            if progress is not None:
                progress(number, len(days))
            snapshot = kept.get(day)
            rule = now if snapshot is None else snapshot.rule_fingerprint
            users = self._evaluated(day) if snapshot is None else self._read(snapshot)
            base = self.evaluator.base(day)
            source = "evaluated" if snapshot is None else "published"
            yield Members(day, users - erased, base, source, before is not None and before != rule)  # type: ignore[arg-type]
            before = rule
        if progress is not None:
            progress(len(days), len(days))

    def _read(self, snapshot: Snapshot) -> Bitmap:
        return read_snapshot(self.app.workspace.folder, snapshot).resized(self.evaluator.size)

    def _evaluated(self, day: date) -> Bitmap:
        key = f"Segment '{self.definition.name}'"
        rule = condition_of(self.definition.id, self.definitions)
        with in_silence():
            found = evaluate(self.app, {key: rule}, day, self.definitions)
        if found.evaluator is not self.evaluator:
            raise Busy(f"app '{self.app.name}': data was loaded meanwhile; try again")
        return found.results[key].members


def _notes(app: App, definition: Definition, days: Sequence[date], reading: _Reading) -> Iterator[str]:
    known = app.manifest.first_data_date
    evaluated = [day for day in days if day not in reading.kept]
    if evaluated and evaluated[0] < known:
        yield f"labels of days before {known} are read as of that day, the first data date of this app"
    if definition.reads_snapshots:
        yield f"it has cycle {definition.cycle}, so it changes with its snapshots only, and has a point at each"
    gone = len(reading.published) - len(reading.kept)
    if gone and not definition.reads_snapshots:
        yield f"the users of {gone:,} of its snapshots were let go; these days are evaluated anew"
