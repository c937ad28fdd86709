"""Which segments of an app are compared, with which users, and whose rules have the same normal form."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.similar import Similar, similar_pairs
from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import RuleLike, condition_of, evaluate, named
from segkit.api.refreshing import failures, vocabulary_fingerprint
from segkit.compile.derived import in_events
from segkit.definitions.conditions import Condition
from segkit.definitions.documents import Document
from segkit.engine.bitmap import Bitmap
from segkit.engine.normal_form import Form, normal_form
from segkit.errors import Damaged, NotFound, SegkitError
from segkit.store.records import Snapshot
from segkit.store.snapshots import read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App


def similar(app: App, rule: RuleLike | None, as_of: date, at_least: float) -> Similar:
    """See `App.similar`."""
    if not 0 < at_least <= 1:
        raise SegkitError(f"found a likeness of {at_least}; expected more than 0 and at most 1, such as 0.9")
    definitions = app.definitions()
    asked = None if rule is None else _asked(rule, definitions)
    wanted = [d for d in definitions.by_id.values() if not d.missing and d.id != (asked[0] if asked else None)]
    reasons = _reasons(app, wanted, as_of, definitions)
    sound = [d for d in wanted if d.id not in reasons]
    members = _memberships(app, sound, as_of, definitions, asked)
    size = max((users.size for users in members.values()), default=0)
    names = {d.id: d.name for d in sound} | ({asked[0]: asked[1]} if asked else {})
    named_members = {names[key]: users.resized(size) for key, users in members.items()}
    rules = {names[d.id]: d.rule for d in sound if d.kind != "imported"}
    if asked and asked[2] is not None:
        rules[asked[1]] = asked[2]
    return Similar(
        app=app.name,
        as_of=as_of,
        asked=asked[1] if asked else None,
        at_least=at_least,
        compared=len(sound),
        pairs=tuple(
            similar_pairs(named_members, _same(app, rules, definitions), at_least, asked[1] if asked else None)
        ),
        notes=tuple(f"‘{definitions.name_of(key)}’ was left out: {reason}" for key, reason in reasons.items()),
    )


_Asked = tuple[str, str, Condition | None]


def _asked(rule: RuleLike, definitions: Definitions) -> _Asked:
    """The id, the name and the rule of what others are compared with; no rule for an imported list."""
    definition = named(rule, definitions)
    if definition is not None:
        condition_of(rule, definitions)  # raises for what is unavailable
        return definition.id, definition.name, None if definition.kind == "imported" else definition.rule
    condition = condition_of(rule, definitions)
    if not isinstance(rule, Document):
        return "this rule", "this rule", condition
    held = definitions[rule.id] if rule.id and rule.id in definitions else None
    return held.id if held else "this rule", rule.name, condition


def _reasons(app: App, wanted: list[Definition], as_of: date, definitions: Definitions) -> dict[str, str]:
    """By id, why a segment has no users to compare."""
    daily = [d for d in wanted if not d.reads_snapshots]
    reasons = failures(daily, app, as_of, definitions)
    held = app.workspace.catalog.newest_snapshots(app.name, as_of)
    read = [d for d in wanted if d.reads_snapshots and d.id not in held]
    return reasons | {d.id: f"it has no snapshot as of {as_of} or before" for d in read}


def _memberships(
    app: App, sound: list[Definition], as_of: date, definitions: Definitions, asked: _Asked | None
) -> dict[str, Bitmap]:
    """By id, the users of each: those that are published, where nothing has changed since; else evaluated."""
    held = app.workspace.catalog.newest_snapshots(app.name, as_of)
    found: dict[str, Bitmap] = {}
    rules: dict[str, Condition] = {}
    for definition in sound:
        published = _published(app, definition, held.get(definition.id), as_of, definitions)
        if published is not None:
            found[definition.id] = published
        else:
            rules[definition.id] = condition_of(definition.id, definitions)
    if asked is not None:
        is_held = asked[0] in definitions.by_id and asked[2] in (None, definitions.by_id[asked[0]].rule)
        rules[asked[0]] = condition_of(asked[0], definitions) if is_held else _rule_of(asked)
    keyed = {f"rule {key}": rule for key, rule in rules.items()}
    results = evaluate(app, keyed, as_of, definitions).results if keyed else {}
    return found | {key: results[f"rule {key}"].members for key in rules}


def _rule_of(asked: _Asked) -> Condition:
    assert asked[2] is not None
    return asked[2]


def _published(
    app: App, definition: Definition, record: Snapshot | None, as_of: date, definitions: Definitions
) -> Bitmap | None:
    """What is published, within the base of that date; None where it might be another today."""
    if record is None or definition.reads_snapshots or record.children:
        return None
    is_current = (
        record.as_of == as_of
        and record.version == definition.version
        and record.rule_fingerprint == definitions.fingerprint_of(definition)
        and record.data_generation == app.manifest.generation
        and record.vocabulary == vocabulary_fingerprint(app)
        and record.evaluator == app.evaluator().version
    )
    try:
        return read_snapshot(app.workspace.folder, record) if is_current else None
    except (Damaged, NotFound):
        return None


def _same(app: App, rules: Mapping[str, Condition], definitions: Definitions) -> set[frozenset[str]]:
    """The pairs of names whose rules are the same."""
    known = {key: in_events(rule, app.vocabulary) for key, rule in definitions.rule_by_id().items()}
    by_form: dict[Form, list[str]] = {}
    for name, rule in rules.items():
        form = normal_form(in_events(rule, app.vocabulary), known.get)
        by_form.setdefault(form, []).append(name)
    groups = (itertools.combinations(names, 2) for names in by_form.values())
    return {frozenset(pair) for pairs in groups for pair in pairs}
