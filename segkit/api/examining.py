"""What the doctor looks at in an app's segments and their snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.data.doctor import Finding
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Label, walk
from segkit.engine.people import value_counts
from segkit.engine.rule_set import find_cycle
from segkit.errors import Damaged, NotFound, SegkitError
from segkit.store.records import Snapshot
from segkit.store.snapshots import read_snapshot, unpublished

if TYPE_CHECKING:
    from segkit.api.app import App

#: A label with more values than this is not asked whether it has one.
_MOST_VALUES = 10_000
_EXACT = ("eq", "in", "contains", "contains_all")


def examine_definitions(app: App, definitions: Definitions, *, with_values: bool) -> Iterator[Finding]:
    """Rules that speak of what there is not. `with_values`: the loaded data can be asked for values."""
    values = _values_of(app)
    for definition in definitions.by_id.values():
        problems = [] if definition.missing else check_rule(definition.rule, app.vocabulary, definitions.by_id)
        if problems:
            what = "; ".join(str(problem) for problem in problems)
            next_step = f"edit the segment, or declare what is missing in the vocabulary of '{app.name}'"
            why = "it cannot be evaluated, nor can a segment that reads it"
            yield Finding("error", _where(app, definition), what, why, next_step)
        elif with_values and not definition.missing:
            yield from _values_of_nobody(app, definition, values)
    cycle = find_cycle(definitions.rule_by_id())
    if cycle:
        path = " → ".join(definitions.name_of(segment_id) for segment_id in cycle)
        what = f"segments refer to one another in a circle: {path}"
        yield Finding("error", app.name, what, "none of them can be evaluated", "take one reference out")


def _where(app: App, definition: Definition) -> str:
    return f"{app.name}, segment ‘{definition.name}’"


def _values_of_nobody(
    app: App, definition: Definition, values: Callable[[str], frozenset[str] | None]
) -> Iterator[Finding]:
    """Conditions on values of text labels that no user has now."""
    for path, condition in walk(definition.rule):
        if not isinstance(condition, Label) or condition.mute or condition.op not in _EXACT:
            continue
        asked = condition.value if isinstance(condition.value, list | tuple) else [condition.value]
        texts = [value for value in asked if isinstance(value, str)]
        known = values(condition.label) if texts else None
        unknown = [] if known is None else [value for value in texts if value not in known]
        if unknown:
            is_personal = app.vocabulary.label(condition.label).personal is not None
            shown = f"{len(unknown):,} of its values" if is_personal else ", ".join(f"'{value}'" for value in unknown)
            yield Finding(
                "warning", f"{_where(app, definition)}, {path}", f"no user has {shown} as label '{condition.label}'",
                "the condition can pick nobody by it; the spelling may be another",
                f"see `segkit values {condition.label} --app {app.name}`, then edit the segment",
            )  # fmt: skip


def _values_of(app: App) -> Callable[[str], frozenset[str] | None]:
    """Asks the loaded data for all values of a text label; None if they are too many to be asked, or not of text."""

    @cache
    def values(label: str) -> frozenset[str] | None:
        if app.vocabulary.label(label).type not in ("string", "list"):
            return None
        try:
            found, _ = value_counts(app.evaluator(), label, app.as_of, limit=_MOST_VALUES + 1)
        except SegkitError:
            return None  # nothing is loaded, or not what is declared now: told elsewhere
        return None if len(found) > _MOST_VALUES else frozenset(str(value.value) for value in found)

    return values


def examine_snapshots(app: App, definitions: Definitions, deep: bool) -> Iterator[Finding]:
    """Published memberships that are damaged, out of date, or were never published."""
    newest = app.workspace.catalog.newest_snapshots(app.name, date.max)
    for definition in definitions.by_id.values():
        for snapshot in _those_that_are_read(app, definition.id, deep):
            try:
                read_snapshot(app.workspace.folder, snapshot)
            except Damaged as error:
                place = f"{_where(app, definition)}, snapshot as of {snapshot.as_of}"
                why = "whoever reads it is refused, and nothing else is"
                again = f"segkit refresh '{definition.name}' --app {app.name} --as-of {snapshot.as_of}"
                yield Finding("error", place, str(error), why, f"restore it from a backup, or {again}")
    yield from _stale(app, definitions, newest)
    left = unpublished(app.workspace.folder, app.name)
    if left:
        yield Finding(
            "note", f"{app.name}, snapshots", f"{left[0]} was left behind by a refresh that died",
            "it only takes room, and nobody reads it", f"the next refresh removes it: segkit refresh --app {app.name}",
        )  # fmt: skip


def _stale(app: App, definitions: Definitions, newest: Mapping[str, Snapshot]) -> Iterator[Finding]:
    """Daily segments that were published, but not as they are now."""
    try:
        manifest = app.manifest
    except (NotFound, Damaged):
        return
    known = [manifest.last_data_date, *(file.day + timedelta(days=1) for file in manifest.days[-1:])]
    due = min(app.as_of, max(known))
    for definition in definitions.by_id.values():
        snapshot = newest.get(definition.id)
        if snapshot is None or definition.missing or definition.reads_snapshots:
            continue
        again = f"segkit refresh '{definition.name}' --app {app.name}"
        if snapshot.rule_fingerprint not in (None, definitions.fingerprints[definition.id]):
            what = f"its rule has changed since its snapshot as of {snapshot.as_of}"
            yield Finding("warning", _where(app, definition), what, "what is published is the old rule", again)
        elif (due - snapshot.as_of).days > 1:
            what = f"its newest snapshot is as of {snapshot.as_of}, and data is loaded up to {due}"
            why = "exports and segments that read it are that old"
            yield Finding("warning", _where(app, definition), what, why, again)


def _those_that_are_read(app: App, segment_id: str, deep: bool) -> list[Snapshot]:
    """Of each date the snapshot that counts, or of the newest date only; a superseded one is read by nobody."""
    by_date: dict[date, Snapshot] = {}
    for snapshot in app.workspace.catalog.snapshots(app.name, segment_id):  # the one that counts comes first
        if snapshot.retired_at is None:
            by_date.setdefault(snapshot.as_of, snapshot)
    return list(by_date.values())[: None if deep else 1]
