"""What each condition of a rule does: evaluated once, then bit algebra; see `segkit.analysis.elimination`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.elimination import Conditions, steps_of
from segkit.api.estimating import shown_rule
from segkit.api.evaluation import RuleLike, evaluate, named
from segkit.definitions.documents import Document
from segkit.definitions.sentences import condition_text

if TYPE_CHECKING:
    from segkit.api.app import App

_RULE = "This rule"


def conditions(app: App, rule: RuleLike, as_of: date) -> Conditions:
    """The conditions of a rule; see `App.conditions`."""
    definitions, notes = app.definitions(), app.notes(as_of)
    definition = named(rule, definitions)
    name = rule.name if isinstance(rule, Document) else definition.name if definition else None
    shown = shown_rule(rule, definitions)
    key = f"Segment '{name}'" if name else _RULE.lower()
    found = evaluate(app, {key: shown}, as_of, definitions)
    users = {condition.path: condition.members for condition in found.results[key].conditions}
    return Conditions(
        subject=f"‘{name}’" if name else _RULE,
        as_of=as_of,
        base=found.base.count,
        count=found.results[key].members.count,
        steps=steps_of(
            shown, users, found.base, lambda node: condition_text(node, app.vocabulary, definitions.name_of)
        ),
        notes=notes,
    )
