"""Conditions that follow from others, so that the rule picks the same users without them, whatever the data.

Of two that say the same the later one is remarked on. A condition that says in so many words that users without a value
are meant (`is_empty`, or none at all of an event) is left alone: it is there for whoever reads the rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from segkit.analysis.algebra.reading import Formula, Reading
from segkit.analysis.linting.constants import Text, filters_of
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import Placed, is_under, kind_of, live_children, replaced
from segkit.definitions.conditions import Condition, Event, Label, Not, is_muted

#: What holds wherever a condition matters, with the place that says so.
Context = list[tuple[str, Formula]]


def redundant(
    rule: Condition, reading: Reading, text: Text, constant: dict[str, bool], path: str = "rule"
) -> list[Remark]:
    """Remarks on what follows from the rest of a rule, or of a filter; constants, and what is in them, are left out."""
    if is_muted(rule) or path in constant:
        return []
    search = _Search(reading, text, constant)
    search.visit(rule, path, [])
    return search.remarks


@dataclass
class _Search:
    """One rule. What was found to follow from the rest is left out from then on: nothing follows from it in turn."""

    reading: Reading
    text: Text
    constant: dict[str, bool]
    remarks: list[Remark] = field(default_factory=list)
    left_out: dict[str, Condition] = field(default_factory=dict)

    def visit(self, node: Condition, path: str, context: Context) -> None:
        for place, where in filters_of(node, path):
            self.remarks += redundant(where, self.reading, self.text, self.constant, place)
        kept = [child for child in live_children(node, path) if not is_under(child[0], self.constant)]
        if kind_of(node) == "not":
            for place, child in kept:
                self.visit(child, place, context)
            return
        is_all = kind_of(node) == "all"
        for place, child in reversed(list(kept)):
            if len(kept) > 1 and (is_all or not says_missing(child)):
                self._judge(place, child, is_all, [*context, *self._beside(place, kept, is_all)])
                kept = [each for each in kept if each[0] not in self.left_out]
        for place, child in reversed(kept):
            self.visit(child, place, [*context, *self._beside(place, kept, is_all)])

    def _judge(self, place: str, child: Condition, is_all: bool, around: Context) -> None:
        opposite = self.reading.formula(child, holds=not is_all)
        if self.reading.exclude(opposite, *(formula for _, formula in around)):
            self.left_out[place] = child.muted()
            self.remarks.append(_remark(place, child, is_all, around, opposite, self.reading, self.text))

    def _beside(self, place: str, kept: list[Placed], is_all: bool) -> Context:
        others = [(other, replaced(child, self.left_out, other)) for other, child in kept if other != place]
        return [(other, self.reading.formula(child, holds=is_all)) for other, child in others]


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
