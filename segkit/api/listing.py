"""Segments as lists show them, and pages of users with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from segkit.api.ages import moment_words
from segkit.api.definitions import Definition, Definitions, definitions_of
from segkit.api.evaluation import RuleLike, condition_of, evaluate, named
from segkit.api.masking import masked
from segkit.api.refreshing import vocabulary_fingerprint
from segkit.api.results import SegmentInfo, SegmentList
from segkit.engine.people import schema_of, with_labels
from segkit.errors import NotFound, SegkitError
from segkit.store.records import Snapshot
from segkit.store.searching import Search, State

if TYPE_CHECKING:
    import pandas as pd

    from segkit.api.app import App
    from segkit.definitions.vocabulary import LabelDeclaration


_RULE = "this rule"


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


def members(
    app: App,
    rule: RuleLike,
    as_of: date,
    *,
    labels: Sequence[str],
    limit: int | None,
    after: str | None,
    unmask: bool,
    names: bool,
) -> pd.DataFrame:
    """A page of users; see `App.members`."""
    definitions = app.definitions()
    definition = named(rule, definitions)
    if definition is not None and definition.kind == "imported":
        raise SegkitError(
            f"‘{definition.name}’ is an imported list; its rows are never listed. Its count stands in `list`"
        )
    declared = [app.vocabulary.label(code) for code in labels]
    start = -1 if after is None else app.user_no(after)
    found = evaluate(app, {_RULE: condition_of(rule, definitions)}, as_of, definitions)
    evaluator = found.evaluator
    batches = with_labels(evaluator, found.results[_RULE].members, labels, as_of, after=start, limit=limit)
    import pyarrow as pa

    table = pa.Table.from_batches(list(batches), schema_of(evaluator, labels))
    frame: pd.DataFrame = table.to_pandas()
    personal = [d for d in declared if d.personal is not None]
    if unmask and personal:
        app.workspace.catalog.record_audit(
            actor=app.workspace.actor,
            at=app.workspace.clock(),
            app=app.name,
            action="unmask",
            subject=definition.id if definition else "a rule",
            detail={"labels": [d.code for d in personal], "users": len(frame), "as_of": as_of.isoformat()},
        )
    for label in personal if not unmask else ():
        frame[label.code] = frame[label.code].map(lambda value, kind=label.personal: masked(value, kind))
    return _named(frame, declared) if names else frame


def _named(frame: pd.DataFrame, declared: Sequence[LabelDeclaration]) -> pd.DataFrame:
    """Headings and values by their names, where they have some."""
    for label in declared:
        if label.values or label.type == "list":
            frame[label.code] = frame[label.code].map(lambda value, label=label: _name_of(value, label))
    titles = [label.name for label in declared]
    alone = {label.code: label.name for label in declared if titles.count(label.name) == 1 and label.name != "uid"}
    return frame.rename(columns=alone)


def _name_of(value: Any, label: LabelDeclaration) -> Any:
    """The name of a value; of each value of a list; a missing one stays missing."""
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return [label.value_name(item) for item in value]
    is_missing = value is None or value != value  # NaN is not equal to itself
    return value if is_missing else label.value_name(value)
