"""From whatever names a rule to the users it picks: references resolved, children before parents, one date for all."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.definitions.checks import require_sound
from segkit.definitions.conditions import All, Condition, Label, SegmentRef, live_references
from segkit.definitions.documents import Document, parse_document, parse_rule
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.protocol import Evaluated, Progress
from segkit.engine.rule_set import evaluate_in_order, needed_for
from segkit.errors import NotFound, SegkitError
from segkit.store.records import Child
from segkit.store.references import with_ids
from segkit.store.snapshots import read_newest

if TYPE_CHECKING:
    from segkit.api.app import App

#: Whatever names a rule: a condition, a document, plain data of either, or a segment's name or id.
RuleLike = Condition | Document | Mapping[str, object] | str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluated rules by key, and what each referred-to segment was read from."""

    results: dict[str, Evaluated]
    base: Bitmap
    children: dict[str, Child]
    evaluator: DuckEvaluator  # the generation that was asked, whatever is loaded meanwhile


def named(rule: RuleLike, definitions: Definitions) -> Definition | None:
    """The definition that a name or an id stands for; None for anything else. Raises NotFound for an unknown name."""
    return definitions[rule] if isinstance(rule, str) else None


def condition_of(rule: RuleLike, definitions: Definitions) -> Condition:
    """The condition that `rule` stands for, references as ids. Raises DefinitionError or NotFound."""
    definition = named(rule, definitions)
    if definition is not None:
        require_available(definition)
        return SegmentRef(segment=definition.id) if definition.reads_snapshots else definition.rule
    return with_ids(_parsed(rule), definitions.ids, "this rule")


def _parsed(rule: RuleLike) -> Condition:
    if isinstance(rule, Document):
        return rule.rule
    if isinstance(rule, Mapping) and ("rule" in rule or "segkit" in rule):
        return parse_document(dict(rule)).rule
    return parse_rule(rule)


def require_available(definition: Definition) -> None:
    """Raises SegkitError if the app's vocabulary lacks what a predefined segment needs."""
    if definition.missing:
        raise SegkitError(
            f"‘{definition.name}’ is unavailable in this app: its vocabulary lacks {', '.join(definition.missing)}"
        )


def evaluate(
    app: App,
    rules: Mapping[str, Condition],
    as_of: date,
    definitions: Definitions,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Evaluation:
    """Evaluates rules, by key, with all that they refer to. Raises DefinitionError, NotFound, Damaged or Cancelled."""
    app.require_history(as_of)
    everything = needed_for(rules, definitions.rule_by_id())
    for key, rule in everything.items():
        subject = f"Segment '{definitions.name_of(key)}'" if key in definitions.by_id else key
        require_sound(subject, rule, app.vocabulary, None)
    stored, children = {}, {}
    for segment_id in _references_of(everything):
        if segment_id in everything:
            children[segment_id] = Child(segment_id, definitions.by_id[segment_id].version)
        else:
            stored[segment_id], children[segment_id] = read_published(app, segment_id, as_of, definitions)
    evaluator = app.evaluator()
    results = evaluate_in_order(evaluator, everything, stored, as_of, progress=progress, cancel=cancel)
    return Evaluation(results, evaluator.base(as_of), children, evaluator)


def _references_of(rules: Mapping[str, Condition]) -> list[str]:
    return list(dict.fromkeys(ref for rule in rules.values() for ref in live_references(rule)))


def read_published(app: App, segment_id: str, as_of: date, definitions: Definitions) -> tuple[Bitmap, Child]:
    """The newest published users of a segment that is not evaluated again: one with cycle once, or an imported one."""
    definition = definitions.by_id.get(segment_id)
    if definition is None:
        raise NotFound(f"no segment '{segment_id}' in app '{app.name}' any more; take it out of the rule")
    require_available(definition)
    found = read_newest(app.workspace.folder, app.workspace.catalog, app.name, segment_id, as_of)
    if found is None:
        message = f"‘{definition.name}’ has cycle {definition.cycle} and no snapshot as of {as_of} or before"
        raise NotFound(f"{message}; `segkit refresh '{definition.name}'` makes one as of today")
    snapshot, members = found
    return members, Child(segment_id, snapshot.version, snapshot.id)


def reach_rules(app: App) -> dict[str, Condition]:
    """By channel, the rule that says who can be reached: every consent given, the address present."""
    found: dict[str, Condition] = {}
    for channel in ("email", "mobile", "push"):
        settings = getattr(app.settings.reach, channel)
        if settings is not None:
            parts = [Label(label=code, op="eq", value=True) for code in settings.consent]
            if settings.address is not None:
                parts.append(Label(label=settings.address, op="not_empty"))
            found[channel] = All(all=tuple(parts))
    return found


def notes(app: App, as_of: date) -> tuple[str, ...]:
    """What a reader of a number as of that date must know about the data."""
    app.require_history(as_of)
    manifest = app.manifest
    found = []
    if as_of < manifest.first_data_date:
        found.append(f"labels are read as of {manifest.first_data_date}, the first data date of this app")
    later = manifest.events_from(as_of)
    if later:
        found.append(f"{later:,} events on or after {as_of} are left out")
    if manifest.days and as_of <= manifest.days[0].day:
        found.append(f"events begin on {manifest.days[0].day}")
    if manifest.days and (as_of - manifest.days[-1].day).days > 1:
        found.append(f"the newest events are of {manifest.days[-1].day}; the days since then have none")
    return tuple(found)
