"""Segments as lists show them. Their users are in `looking`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from segkit.api.ages import moment_words
from segkit.api.definitions import Definition, Definitions, definitions_of
from segkit.api.refreshing import vocabulary_fingerprint
from segkit.api.results import SegmentInfo, SegmentList
from segkit.errors import NotFound, SegkitError
from segkit.store.records import Snapshot
from segkit.store.searching import Search, State

if TYPE_CHECKING:
    from segkit.api.app import App


def state_of(archived: bool, deleted: bool) -> State:
    """Which segments are asked for: one of the states that a segment can be in."""
    if archived and deleted:
        raise SegkitError("found both `archived` and `deleted`; expected one of them")
    return "deleted" if deleted else "archived" if archived else "active"


def segments(app: App, search: Search, state: State = "active", stale: bool = False) -> SegmentList:
    """Predefined segments first, then the others by name."""
    definitions = app.definitions()
    stored = app.workspace.catalog.segments(
        app.name, archived=state == "archived", deleted=state == "deleted", search=search
    )
    found = definitions_of(stored)
    if state == "active":
        held = [d for d in definitions.by_id.values() if d.kind == "predefined"]
        found = [*(d for d in held if search.finds(d.document, d.kind)), *found]
    infos = _infos(app, found, definitions, state)
    return SegmentList(info for info in infos if info.is_stale or not stale)


def segment(app: App, name: str) -> SegmentInfo:
    """One segment, archived or not; see `App.segment`."""
    definitions = app.definitions()
    found = definitions.with_archived(name)
    (info,) = _infos(app, [found], definitions, "active" if found.id in definitions.by_id else "archived")
    return info


def _infos(app: App, wanted: Sequence[Definition], definitions: Definitions, state: State) -> list[SegmentInfo]:
    newest = app.workspace.catalog.newest_snapshots(app.name, date.max)
    try:
        generation = app.manifest.generation
    except NotFound:
        generation = 0
    now_known = (generation, vocabulary_fingerprint(app))
    return [_info(app, d, newest.get(d.id), definitions, now_known, state) for d in wanted]


def _info(
    app: App,
    d: Definition,
    snapshot: Snapshot | None,
    definitions: Definitions,
    now_known: tuple[int, str],
    state: State,
) -> SegmentInfo:
    document = d.document
    fixed = (d.id, d.name, document.description, d.kind, d.cycle, d.version)
    filed: dict[str, Any] = {"folder": document.folder, "tags": document.tags, "owner": document.owner, "state": state}
    if snapshot is None:
        return SegmentInfo(*fixed, None, None, None, False, d.missing, **filed)
    changed = snapshot.rule_fingerprint != definitions.fingerprint_of(d)
    is_stale = changed or (d.cycle == "daily" and (snapshot.data_generation, snapshot.vocabulary) != now_known)
    now = app.workspace.clock()
    return SegmentInfo(
        *fixed,
        snapshot.count,
        snapshot.as_of,
        snapshot.computed_at,
        is_stale,
        d.missing,
        definition_changed=changed,
        updated=moment_words(snapshot.computed_at, now, app.zone),
        age=max(now - snapshot.computed_at, timedelta()),
        **filed,
    )
