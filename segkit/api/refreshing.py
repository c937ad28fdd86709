"""Evaluating segments and publishing their users: children before parents, all as of one date, one publish."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import Evaluation, evaluate
from segkit.api.gating import judge
from segkit.api.keeping import prune_after_refresh
from segkit.api.publishable import computing
from segkit.api.results import RefreshedSegment, RefreshReport, Status
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import live_references, references
from segkit.engine.bitmap import Bitmap
from segkit.engine.protocol import Progress
from segkit.engine.rule_set import find_cycle
from segkit.errors import Damaged, NotFound, Overtaken, Problem, SegkitError
from segkit.store.records import Computed, Snapshot
from segkit.store.snapshots import new_snapshot_id, publish, read_newest, read_snapshot, sweep_leftovers

if TYPE_CHECKING:
    from segkit.api.app import App

TRIES = 3


def refresh_app(
    app: App,
    names: Sequence[str] | None,
    as_of: date,
    progress: Progress | None = None,
    accept: Collection[str] = (),
) -> RefreshReport:
    """Refreshes the named segments with the daily ones that read them, or every daily one; see `App.refresh`."""
    if as_of > app.as_of:
        raise SegkitError(f"as of {as_of}: that lies after {app.as_of}, the app's own date; published is what is known")
    report = _refresh_settled(app, names, as_of, progress, accept)
    return report if names is not None else replace(report, notes=(*report.notes, *prune_after_refresh(app)))


def _refresh_settled(
    app: App, names: Sequence[str] | None, as_of: date, progress: Progress | None, accept: Collection[str]
) -> RefreshReport:
    """Does it again where definitions were changed while it was at it."""
    for tries_left in reversed(range(TRIES)):
        definitions = app.definitions()
        if names is not None:
            wanted = definitions.with_daily_readers(definitions[name] for name in names)
            _refuse_lists(wanted)
        else:
            wanted = [d for d in definitions.by_id.values() if d.cycle == "daily" and d.kind != "imported"]
        try:
            with computing(app):
                return refresh(app, wanted, as_of, definitions, progress, named=names is not None, accept=accept)
        except Overtaken:
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _refuse_lists(wanted: Collection[Definition]) -> None:
    for definition in wanted:
        if definition.kind == "imported":
            raise SegkitError(
                f"‘{definition.name}’ is an imported list, which has no rule to evaluate; every load matches it again, "
                "and `segkit import FILE --into` changes it"
            )


def refresh(
    app: App,
    wanted: Collection[Definition],
    as_of: date,
    definitions: Definitions,
    progress: Progress | None = None,
    *,
    named: bool = False,
    accept: Collection[str] = (),
) -> RefreshReport:
    """Evaluates `wanted` and publishes what is not up to date. A failed or held one holds its dependants only."""
    reasons = failures([d for d in wanted if not d.missing], app, as_of, definitions)
    due = [d for d in wanted if not d.missing and d.id not in reasons]
    held = app.workspace.catalog.newest_snapshots(app.name, as_of)
    earlier = app.workspace.catalog.newest_snapshots(app.name, _day_before(as_of))
    notes = app.notes(as_of)
    evaluation = evaluate(app, {d.id: d.rule for d in due}, as_of, definitions, progress=progress)
    judged = judge(app, due, evaluation, definitions, as_of, newest=held, named=named, accept=accept)
    held_back = judged.reasons
    statuses = _publish(app, [d for d in due if d.id not in held_back], evaluation, as_of, definitions, held)
    statuses |= dict.fromkeys(held_back, "held")
    in_order = sorted(wanted, key=lambda d: d.kind != "predefined")
    rows = [_row(d, statuses, reasons | held_back, evaluation, earlier.get(d.id)) for d in in_order]
    manifest = evaluation.evaluator.manifest
    return RefreshReport(
        app=app.name,
        as_of=as_of,
        base=evaluation.base.count,
        segments=tuple(rows),
        data_generation=manifest.generation,
        notes=(*notes, *judged.notes),
        gates=judged.findings,
    )


def failures(wanted: list[Definition], app: App, as_of: date, definitions: Definitions) -> dict[str, str]:
    """By id, why a segment cannot be evaluated; whoever refers to one that cannot, cannot either."""
    reasons: dict[str, str] = {}
    only_read = {d.id for d in definitions.by_id.values() if d.reads_snapshots} - {d.id for d in wanted}
    for definition in definitions.by_id.values():
        is_read = definition.id in only_read
        reason = _unreadable(app, definition, as_of) if is_read else _unsound(app, definition, definitions)
        if reason:
            reasons[definition.id] = reason
    cycle = find_cycle(definitions.rule_by_id())
    reasons.update(dict.fromkeys(cycle, "it refers to itself: " + " → ".join(definitions.name_of(c) for c in cycle)))
    _spread(reasons, definitions, only_read)
    return {d.id: reasons[d.id] for d in wanted if d.id in reasons}


def _unsound(app: App, definition: Definition, definitions: Definitions) -> str:
    problems = check_rule(definition.rule, app.vocabulary)
    unknown = [ref for ref in live_references(definition.rule) if ref not in definitions.by_id]
    if unknown:
        problems.append(Problem("rule", f"it refers to {unknown[0]}, which does not exist any more"))
    return "; ".join(str(problem) for problem in problems)


def _unreadable(app: App, definition: Definition, as_of: date) -> str:
    try:
        found = read_newest(app.workspace.folder, app.workspace.catalog, app.name, definition.id, as_of)
    except (Damaged, NotFound) as error:
        return str(error)
    if found is None:
        return f"it has no snapshot as of {as_of} or before; `segkit refresh '{definition.name}'` makes one"
    return ""


def _spread(reasons: dict[str, str], definitions: Definitions, only_read: set[str]) -> None:
    waiting = list(reasons)
    while waiting:
        failed = waiting.pop()
        for parent in definitions.users_of(failed):
            if parent.id not in reasons and parent.id not in only_read:
                reasons[parent.id] = f"it refers to ‘{definitions.name_of(failed)}’, which failed: {reasons[failed]}"
                waiting.append(parent.id)


def _day_before(day: date) -> date:
    return day - timedelta(days=1) if day > date.min else day


def _publish(
    app: App,
    due: list[Definition],
    evaluation: Evaluation,
    as_of: date,
    definitions: Definitions,
    held: dict[str, Snapshot],
) -> dict[str, Status]:
    """Publishes what changed, in one generation; by id `published` or `up to date`."""
    statuses: dict[str, Status] = {}
    parts: list[tuple[Computed, Bitmap]] = []
    for definition in _children_first(due):
        members = evaluation.results[definition.id].members
        computed = _computed(app, definition, evaluation, as_of, definitions)
        last = held.get(definition.id)
        # Whoever reads what is published now is published with it, so that no parent is older than its child.
        follows = any(statuses.get(child) == "published" for child in live_references(definition.rule))
        is_kept = last is not None and not follows and _is_up_to_date(last, computed)
        if last is not None and is_kept and _still_reads(app, last, members):
            statuses[definition.id] = "up to date"
        else:
            statuses[definition.id] = "published"
            parts.append((computed, members))
    if parts:
        publish(app.workspace.folder, app.name, app.workspace.catalog, parts)
    else:
        sweep_leftovers(app.workspace.folder, app.name, app.workspace.catalog)
    return statuses


def _children_first(due: list[Definition]) -> list[Definition]:
    ids = {d.id: d for d in due}
    found: dict[str, Definition] = {}

    def add(definition: Definition) -> None:
        if definition.id in found:
            return
        for reference in references(definition.rule):
            if reference in ids:
                add(ids[reference])
        found[definition.id] = definition

    for definition in due:
        add(definition)
    return list(found.values())


def _computed(
    app: App,
    definition: Definition,
    evaluation: Evaluation,
    as_of: date,
    definitions: Definitions,
) -> Computed:
    manifest = evaluation.evaluator.manifest
    # A child that was evaluated too is told by its version and the fingerprint; one that was read by its snapshot.
    children = tuple(evaluation.children[ref] for ref in live_references(definition.rule))
    return Computed(
        id=new_snapshot_id(),
        app=app.name,
        segment_id=definition.id,
        version=definition.version,
        rule_fingerprint=definitions.fingerprints[definition.id],
        as_of=as_of,
        data_generation=manifest.generation,
        evaluator=evaluation.evaluator.version,
        vocabulary=vocabulary_fingerprint(app),
        tzdata=manifest.tzdata,
        base=evaluation.base.count,
        children=children,
        computed_at=app.workspace.clock(),
        actor=app.workspace.actor,
    )


def vocabulary_fingerprint(app: App) -> str:
    """A hash of everything that the app's vocabulary declares."""
    return hashlib.sha256(app.vocabulary.model_dump_json().encode()).hexdigest()[:32]


_SAME = (
    "version", "rule_fingerprint", "as_of", "data_generation", "evaluator", "vocabulary", "tzdata", "base", "children",
)  # fmt: skip


def _is_up_to_date(held: Snapshot, computed: Computed) -> bool:
    return all(getattr(held, key) == getattr(computed, key) for key in _SAME)


def _still_reads(app: App, held: Snapshot, members: Bitmap) -> bool:
    """Whether the published file is whole and says the same; one that is damaged or let go is published again."""
    try:
        return read_snapshot(app.workspace.folder, held) == members
    except (Damaged, NotFound):
        return False


def _row(
    definition: Definition,
    statuses: dict[str, Status],
    reasons: dict[str, str],
    evaluation: Evaluation,
    before: Snapshot | None,
) -> RefreshedSegment:
    earlier = before.count if before is not None else None
    fixed = (definition.id, definition.name, definition.kind)
    if definition.missing:
        return RefreshedSegment(
            *fixed, "unavailable", None, earlier, "the vocabulary lacks " + ", ".join(definition.missing)
        )
    if definition.id in reasons:
        status = statuses.get(definition.id, "failed")
        return RefreshedSegment(*fixed, status, None, earlier, reasons[definition.id])
    return RefreshedSegment(*fixed, statuses[definition.id], evaluation.results[definition.id].members.count, earlier)
