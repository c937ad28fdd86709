"""Gates at a refresh: facts are gathered and judged; what is not let through holds segments and those who read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import Evaluation
from segkit.api.personas import broken_personas, reason
from segkit.data.day_ranges import DayRanges
from segkit.data.gate_settings import GATES, Gates
from segkit.data.manifest import Manifest
from segkit.definitions.naming import name_key
from segkit.errors import NotFound, nearest
from segkit.operations.gates import DataFacts, Finding, SizeFacts, broken, judge_data, judge_sizes
from segkit.store.records import Run, Snapshot

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.workspace import Workspace

ACCEPT = "accept gate"
LOAD = "load"
HELD = "held"


@dataclass(frozen=True)
class Judged:
    """What gates found, and by id why a segment is not published."""

    findings: tuple[Finding, ...]
    reasons: dict[str, str]
    notes: tuple[str, ...] = ()


def judge(
    app: App,
    due: Collection[Definition],
    evaluation: Evaluation,
    definitions: Definitions,
    as_of: date,
    *,
    newest: Mapping[str, Snapshot],
    named: bool,
    accept: Collection[str],
) -> Judged:
    """Judges a refresh. One of `named` segments is somebody's own act: only personas hold it, the rest is noted."""
    broken_ones = [
        broken(app.name, as_of, key, definitions.name_of(key), reason(found))
        for key, found in broken_personas(app, definitions, evaluation, as_of).items()
    ]
    sizes = judge_sizes(app.name, as_of, _sizes(due, evaluation, definitions, newest), _gates(app))
    others = [*data_findings(app, as_of, evaluation.evaluator.manifest), *sizes]
    if named:
        notes = tuple(f"{_of(finding)}{finding.sentence}; published because it was named" for finding in others)
        findings = let_through(app, as_of, broken_ones, accept)
        return Judged(findings, _held(due, findings, evaluation, definitions), notes)
    findings = let_through(app, as_of, [*others, *broken_ones], accept)
    return Judged(findings, _held(due, findings, evaluation, definitions), _unknown_limits(app, definitions))


def data_findings(app: App, as_of: date, manifest: Manifest) -> list[Finding]:
    """What holds every segment of an app as of a date, before anybody let it through."""
    return judge_data(app.name, as_of, _facts(app, as_of, manifest), _gates(app))


def holding_data(app: App, as_of: date) -> list[Finding]:
    """The same without what was let through by now."""
    findings = let_through(app, as_of, data_findings(app, as_of, app.manifest), ())
    return [finding for finding in findings if not finding.accepted]


def let_through(app: App, as_of: date, findings: Iterable[Finding], accept: Collection[str]) -> tuple[Finding, ...]:
    """Marks what is accepted now, by the name of a gate or a segment, which is put on record, or was before."""
    findings = tuple(findings)
    if not findings:
        return findings
    catalog, names = app.workspace.catalog, {name_key(name) for name in accept}
    before = {entry.detail.get("key"): entry.actor for entry in catalog.audit(app.name, action=ACCEPT)}
    told = []
    for finding in findings:
        known = {name_key(word) for word in (finding.gate, finding.holds, finding.segment_id) if word}
        if finding.key in before:
            told.append(finding.accepted_by(before[finding.key]))
        elif known & names:
            told.append(_put_on_record(app, as_of, finding))
        else:
            told.append(finding)
    return tuple(told)


def _put_on_record(app: App, as_of: date, finding: Finding) -> Finding:
    workspace = app.workspace
    accepted = finding.accepted_by(workspace.actor)
    detail = {**accepted.to_dict(), "as_of": as_of.isoformat()}
    at = workspace.clock()
    workspace.catalog.record_audit(
        actor=workspace.actor, at=at, app=app.name, action=ACCEPT, subject=finding.subject, detail=detail
    )
    return accepted


def require_acceptable(workspace: Workspace, accept: Iterable[str], app: str = "") -> None:
    """Raises NotFound for a name that is neither a gate's nor a segment's of the app, or of any."""
    apps = (workspace.app(app),) if app else tuple(workspace.apps())
    for name in accept:
        if name in GATES:
            continue
        known = [each.definitions() for each in apps]
        if not any(name in definitions for definitions in known):
            names = [d.name for definitions in known for d in definitions.by_id.values()]
            gates = ", ".join(GATES)
            raise NotFound(f"--accept '{name}': no gate or segment.{nearest(name, [*GATES, *names])} Gates: {gates}.")


def _held(
    due: Collection[Definition], findings: Iterable[Finding], evaluation: Evaluation, definitions: Definitions
) -> dict[str, str]:
    """By id, why a segment is not published: what was found about it, about one that it reads, or about the data."""
    holding = [finding for finding in findings if not finding.accepted]
    of_data = "; ".join(finding.sentence for finding in holding if not finding.holds)
    if of_data:
        return {definition.id: of_data for definition in due}
    reasons: dict[str, str] = {}
    for finding in holding:
        before = reasons.get(finding.segment_id)
        reasons[finding.segment_id] = f"{before}; {finding.sentence}" if before else finding.sentence
    _spread(reasons, evaluation, definitions)
    return {definition.id: reasons[definition.id] for definition in due if definition.id in reasons}


def _spread(reasons: dict[str, str], evaluation: Evaluation, definitions: Definitions) -> None:
    """Whoever read the rule of a held segment is held; one that read its last good snapshot is not."""
    waiting = list(reasons)
    while waiting:
        held = waiting.pop()
        for parent in definitions.users_of(held):
            if parent.id not in reasons and parent.id in evaluation.results:
                reasons[parent.id] = f"it refers to ‘{definitions.name_of(held)}’, which is held: {reasons[held]}"
                waiting.append(parent.id)


# --- facts -----------------------------------------------------------------------------------------------------------


def _facts(app: App, as_of: date, manifest: Manifest) -> DataFacts:
    having = {file.day for file in manifest.days if file.rows and file.day < as_of}
    if not having:
        return DataFacts(drift=_drift(app, manifest))
    deleted = DayRanges.of(manifest.forgotten)
    first = min(having)
    days = (first + timedelta(days=number) for number in range((as_of - first).days))
    empty = tuple(day for day in days if day not in having and day not in deleted)
    orphans, events = _orphans(app, as_of, manifest)
    return DataFacts(max(having), empty, _drift(app, manifest), orphans, events)


def _orphans(app: App, as_of: date, manifest: Manifest) -> tuple[int, int]:
    """Of the newest load of events: how many are of users unknown to this day, and how many it brought."""
    loads = [load for load in manifest.loads if load.data_date <= as_of or as_of == app.as_of]
    brought = [load for load in loads if load.rows.get("events.kept") or load.rows.get("events.orphan")]
    if not brought:
        return 0, 0
    newest = brought[-1]
    orphans = newest.rows.get("events.orphan", 0)
    joined = sum(load.rows.get("events.joined", 0) for load in loads if load.number > newest.number)
    return max(orphans - joined, 0), orphans + newest.rows.get("events.kept", 0)


def _drift(app: App, manifest: Manifest) -> tuple[str, ...]:
    """What held the newest load, if nothing was loaded since."""
    run = newest_load(app)
    if run is None or run.outcome != HELD or run.detail.get("generation") != manifest.generation:
        return ()
    return tuple(run.detail.get("drift", ()))


def newest_load(app: App) -> Run | None:
    """The newest load on record: one that was held, or the first good one after it."""
    return next(iter(app.workspace.catalog.runs(app.name, kind=LOAD, limit=1)), None)


def _sizes(
    due: Collection[Definition], evaluation: Evaluation, definitions: Definitions, newest: Mapping[str, Snapshot]
) -> Iterable[SizeFacts]:
    """Of segments that were published by the same rule: a rule that somebody changed is expected to pick others."""
    for definition in due:
        last = newest.get(definition.id)
        if last is not None and last.rule_fingerprint == definitions.fingerprints[definition.id]:
            now = evaluation.results[definition.id].members.count
            yield SizeFacts(definition.id, definition.name, last.count, last.as_of, now)


def _gates(app: App) -> Gates:
    return app.workspace.settings.gates_of(app.name)


def _of(finding: Finding) -> str:
    return f"‘{finding.holds}’: " if finding.holds else ""


def _unknown_limits(app: App, definitions: Definitions) -> tuple[str, ...]:
    unknown = [name for name in _gates(app).segments if name not in definitions]
    return tuple(f"segkit.toml has a size limit for ‘{name}’, which is no segment of this app" for name in unknown)
