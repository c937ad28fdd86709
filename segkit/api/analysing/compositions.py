"""What a segment is made of: users gathered, labels read as codes, then sums; see `segkit.analysis.composition`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.composition import Composition, Side
from segkit.analysis.label_parts import Compared, corrected, label_composition
from segkit.api.analysing.gathering import gathered
from segkit.api.definitions import Definitions
from segkit.api.estimating import shown_rule
from segkit.api.evaluation import RuleLike, named
from segkit.definitions.conditions import Label, walk
from segkit.definitions.documents import Document
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.engine.label_codes import label_codes
from segkit.engine.rule_set import needed_for
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.app import App

_BASE = "all users"


def compose(
    app: App, name: RuleLike, against: RuleLike | None, labels: Sequence[str] | None, as_of: date | None
) -> Composition:
    """A segment beside all users or another one; see `App.compose`."""
    definitions = app.definitions()
    declared = _labels(app, labels)
    sets = gathered(app, [name] if against is None else [name, against], as_of)
    segment, other = sets.users[0], sets.base if against is None else sets.users[1]
    sides = Compared(segment, other)
    spoken_of = _spoken_of([name] if against is None else [name, against], definitions)
    found = corrected(
        label_composition(
            label, label_codes(sets.evaluator, label.code, sets.as_of), sides, in_rule=label.code in spoken_of
        )
        for label in declared
    )
    return Composition(
        segment=Side(_name(name, definitions), segment.count),
        other=Side(_BASE if against is None else _name(against, definitions), other.count),
        as_of=sets.as_of,
        source=sets.source,
        labels=found,
        notes=sets.notes,
        is_base=against is None,
        tests=sum(part.tested is not None for label in found for part in label.parts),
    )


def _labels(app: App, wanted: Sequence[str] | None) -> list[LabelDeclaration]:
    """The labels asked for, or all; none that holds personal data. Raises SegkitError where one is asked for."""
    if wanted is None:
        return [label for label in app.vocabulary.labels if label.personal is None]
    declared = [app.vocabulary.label(code) for code in dict.fromkeys(wanted)]
    personal = [label.code for label in declared if label.personal is not None]
    if personal:
        raise SegkitError(f"label '{personal[0]}' holds personal data, whose values are not compared; leave it out")
    return declared


def _spoken_of(rules: Sequence[RuleLike], definitions: Definitions) -> set[str]:
    """The labels that the rules compare, and those of the segments that they read."""
    conditions = {str(number): shown_rule(rule, definitions) for number, rule in enumerate(rules)}
    everything = needed_for(conditions, {d.id: d.rule for d in definitions.by_id.values()})
    nodes = (node for rule in everything.values() for _, node in walk(rule))
    return {node.label for node in nodes if isinstance(node, Label)}


def _name(rule: RuleLike, definitions: Definitions) -> str:
    definition = named(rule, definitions)
    if definition is not None:
        return f"‘{definition.name}’"
    return f"‘{rule.name}’" if isinstance(rule, Document) else "this rule"
