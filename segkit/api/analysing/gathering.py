"""The users of several segments as of one date: from published snapshots where they are of one date, else evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import RuleLike, condition_of, evaluate, named, require_available
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.store.records import Snapshot
from segkit.store.snapshots import read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App

PUBLISHED = "from their published snapshots"
EVALUATED = "evaluated now"


@dataclass(frozen=True)
class Gathered:
    """The users of each, in their order, all within one base as of one date; `source` says in words where from."""

    as_of: date
    source: str
    base: Bitmap
    users: tuple[Bitmap, ...]
    evaluator: DuckEvaluator
    notes: tuple[str, ...] = ()


def gathered(app: App, rules: Sequence[RuleLike], as_of: date | None) -> Gathered:
    """Their users: with a date evaluated as of it, without one from their newest snapshots if they are of one date."""
    definitions = app.definitions()
    if as_of is None:
        found = [named(rule, definitions) for rule in rules]
        segments = [definition for definition in found if definition is not None]
        stored = _of_one_date(app, segments, definitions) if len(segments) == len(rules) else None
        if stored is not None:
            return _read(app, *stored)
    day = app.as_of if as_of is None else as_of
    keyed = {f"rule {n}": condition_of(rule, definitions) for n, rule in enumerate(rules)}
    evaluated = evaluate(app, keyed, day, definitions)
    users = tuple(evaluated.results[key].members for key in keyed)
    return Gathered(day, EVALUATED, evaluated.base, users, evaluated.evaluator, app.notes(day))


def _of_one_date(
    app: App, segments: Sequence[Definition], definitions: Definitions
) -> tuple[date, list[Snapshot]] | None:
    """The date, and the snapshot of each: of that date, by its rule as it is now. One with cycle once, or an imported
    one, counts with its newest until then, as rules read it."""
    for definition in segments:
        require_available(definition)
    newest = app.workspace.catalog.newest_snapshots(app.name, date.max)
    found = [newest.get(definition.id) for definition in segments]
    daily = [s for s, d in zip(found, segments, strict=True) if not d.reads_snapshots]
    dates = {snapshot.as_of if snapshot else None for snapshot in daily or found}
    day = dates.pop() if len(dates) == 1 else None
    if day is None:
        return None
    snapshots: list[Snapshot] = []
    for definition, snapshot in zip(segments, found, strict=True):
        if definition.reads_snapshots and snapshot is not None and snapshot.as_of > day:
            snapshot = app.workspace.catalog.newest_snapshot(app.name, definition.id, day)
        if snapshot is None or snapshot.retired_at is not None or not _stands_for(snapshot, definition, definitions):
            return None
        snapshots.append(snapshot)
    return day, snapshots


def _stands_for(snapshot: Snapshot, definition: Definition, definitions: Definitions) -> bool:
    """Whether it was computed from the rule as it is now; a list has no rule."""
    return definition.reads_snapshots or snapshot.rule_fingerprint == definitions.fingerprint_of(definition)


def _read(app: App, day: date, snapshots: Sequence[Snapshot]) -> Gathered:
    """Within today's knowledge of who was a user then, so that erased users are left out."""
    app.require_history(day)
    evaluator = app.evaluator()
    base = evaluator.base(day)
    users = tuple(read_snapshot(app.workspace.folder, s).resized(evaluator.size) & base for s in snapshots)
    older = any(snapshot.data_generation != evaluator.manifest.generation for snapshot in snapshots)
    notes = ("data was loaded since they were published; `segkit refresh` publishes them anew",) if older else ()
    return Gathered(day, PUBLISHED, base, users, evaluator, notes)
