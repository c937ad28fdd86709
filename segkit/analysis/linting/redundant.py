"""Conditions that follow from others, so that the rule picks the same users without them, whatever the data.

Of two that say the same the later one is remarked on. A condition that says in so many words that users without a value
are meant (`is_empty`, or none at all of an event) is left alone: it is there for whoever reads the rule.
"""

from __future__ import annotations

from segkit.analysis.algebra.reading import Formula, Reading
from segkit.analysis.linting.constants import Text, filters_of
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import Placed, is_under, kind_of, live_children
from segkit.definitions.conditions import Condition, Event, Label, Not, is_muted

#: What holds wherever a condition matters, with the place that says so.
Context = list[tuple[str, Formula]]


def redundant(
    rule: Condition, reading: Reading, text: Text, constant: dict[str, bool], path: str = "rule"
) -> list[Remark]:
    """Remarks on what follows from the rest of a rule, or of a filter; constants, and what is in them, are left out."""
    if is_muted(rule) or path in constant:
        return []
    return _visit(rule, path, [], reading, text, constant)


def _visit(
    node: Condition, path: str, context: Context, reading: Reading, text: Text, constant: dict[str, bool]
) -> list[Remark]:
    found: list[Remark] = []
    for place, where in filters_of(node, path):
        found += redundant(where, reading, text, constant, place)
    kind = kind_of(node)
    kept = [child for child in live_children(node, path) if not is_under(child[0], constant)]
    if kind == "not":
        return [r for place, child in kept for r in _visit(child, place, context, reading, text, constant)]
    is_all = kind == "all"
    for place, child in reversed(list(kept)):
        around = [*context, *_beside(place, kept, is_all, reading)]
        opposite = reading.formula(child, holds=not is_all)
        is_meant = not is_all and says_missing(child)
        if not is_meant and reading.exclude(opposite, *(formula for _, formula in around)):
            kept.remove((place, child))
            found.append(_remark(place, child, is_all, around, opposite, reading, text))
    for place, child in kept:
        around = [*context, *_beside(place, kept, is_all, reading)]
        found += _visit(child, place, around, reading, text, constant)
    return found


def _beside(place: str, kept: list[Placed], is_all: bool, reading: Reading) -> Context:
    return [(other, reading.formula(child, holds=is_all)) for other, child in kept if other != place]


def says_missing(node: Condition) -> bool:
    """Whether a condition says outright that there is no value, or no event."""
    if isinstance(node, Not):
        inside = node.not_
        return (isinstance(inside, Label | Event) and inside.op == "not_empty") or _happened(inside)
    if isinstance(node, Label | Event) and node.op == "is_empty":
        return True
    return isinstance(node, Event) and (node.op, node.value) in (("eq", 0), ("le", 0), ("lt", 1))


def _happened(node: Condition) -> bool:
    return isinstance(node, Event) and (node.op, node.value) in (("ge", 1), ("gt", 0))


def _remark(
    place: str, child: Condition, is_all: bool, around: Context, opposite: Formula, reading: Reading, text: Text
) -> Remark:
    by = next((other for other, formula in around if reading.exclude(formula, opposite)), None)
    rest = "the rest of the rule" if by is None else by
    if is_all:
        words = f"“{text(child)}” changes nothing: whoever fulfils {rest} fulfils it."
    else:
        words = f"“{text(child)}” changes nothing: whoever fulfils it is let in by {rest}, or never by it."
    numbers = {} if by is None else {"by": by}
    return Remark("implied", place, words, "Take it out, or mute it to keep it in sight.", numbers)
