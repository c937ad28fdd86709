"""What a rule comes to, without a snapshot: counts of every condition and the reach, or the verdict about one user."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

from segkit.api.definitions import Definitions
from segkit.api.evaluation import RuleLike, condition_of, evaluate, named, reach_rules, require_available
from segkit.api.results import ConditionCount, Estimate
from segkit.data.day_ranges import DayRanges
from segkit.data.manifest import Manifest
from segkit.definitions.conditions import Condition, Event, Sequence, walk
from segkit.definitions.documents import Document
from segkit.definitions.sentences import condition_text, sentence
from segkit.engine.protocol import Evidence, Progress
from segkit.store.snapshots import read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App

_RULE = "this rule"


def shown_rule(rule: RuleLike, definitions: Definitions) -> Condition:
    """The rule itself, also of a segment that others read from its snapshot."""
    definition = named(rule, definitions)
    if definition is None or definition.kind == "imported":
        return condition_of(rule, definitions)
    require_available(definition)
    return definition.rule


def estimate(
    app: App,
    rule: RuleLike,
    as_of: date,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Estimate:
    """The exact count of a rule, of every condition in it, the base, and the reach; see `App.estimate`."""
    definitions, notes = app.definitions(), app.notes(as_of)
    shown = shown_rule(rule, definitions)
    reach = reach_rules(app)
    key = f"Segment '{rule.name}'" if isinstance(rule, Document) else _RULE
    rules = {key: shown, **{f"reach by {channel}": reached for channel, reached in reach.items()}}
    found = evaluate(app, rules, as_of, definitions, progress=progress, cancel=cancel)
    result = found.results[key]
    nodes = dict(walk(shown))
    texts = {path: condition_text(node, app.vocabulary, definitions.name_of) for path, node in nodes.items()}
    return Estimate(
        count=result.members.count,
        base=found.base.count,
        as_of=as_of,
        reach={c: (result.members & found.results[f"reach by {c}"].members).count for c in reach},
        conditions=tuple(ConditionCount(c.path, texts[c.path], c.count) for c in result.conditions),
        sentence=sentence(shown, app.vocabulary, definitions.name_of),
        notes=(*notes, *notes_on_days(shown, as_of, app.manifest)),
    )


def notes_on_days(rule: Condition, as_of: date, manifest: Manifest) -> list[str]:
    """What the windows of a rule cannot see: days that are no longer kept, or that were forgotten."""
    windows = [node.window.days(as_of) for _, node in walk(rule) if isinstance(node, Event | Sequence)]
    found = []
    kept_from = manifest.kept_from
    if kept_from is not None and any(days.start is None or days.start < kept_from for days in windows):
        found.append(f"events of days before {kept_from} are not kept; a window of this rule reaches further back")
    forgotten = DayRanges.of(manifest.forgotten).within(windows)
    if forgotten:
        found.append(f"events of {forgotten} were forgotten; a window of this rule covers these days")
    return found


def evidence_about(app: App, user_no: int, rule: RuleLike, as_of: date) -> list[Evidence]:
    """Every live condition's verdict about one user, with the value it rests on."""
    definitions = app.definitions()
    condition = shown_rule(rule, definitions)
    found = evaluate(app, {_RULE: condition}, as_of, definitions)
    memberships = {key: result.members for key, result in found.results.items()}
    for reference, child in found.children.items():
        if child.snapshot is not None and reference not in memberships:
            snapshot = app.workspace.catalog.snapshot_of_id(child.snapshot)
            assert snapshot is not None
            memberships[reference] = read_snapshot(app.workspace.folder, snapshot)
    return found.evaluator.evidence(condition, as_of, user_no, memberships=memberships)
