"""Conditions that follow from others, so that the rule picks the same users without them, whatever the data.

Of two that say the same the later one is remarked on. A condition that says in so many words that users without a value
are meant (`is_empty`, or none at all of an event) is left alone: it is there for whoever reads the rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from segkit.analysis.algebra.reading import Formula, Reading
from segkit.analysis.linting.constants import Constants, Text, filters_of
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import Placed, kind_of, live_children, replaced
from segkit.definitions.conditions import Condition, Event, Label, Not, is_muted


@dataclass(frozen=True, slots=True)
class Given:
    """What holds wherever a condition matters: that another one does, or (where either is enough) that it does not."""

    path: str
    formula: Formula
    holds: bool


Context = list[Given]


def redundant(rule: Condition, reading: Reading, text: Text, constant: Constants, path: str = "rule") -> list[Remark]:
    """Remarks on what follows from the rest of a rule, or of a filter. Constants are left out of account."""
    if is_muted(rule):
        return []
    search = _Search(reading, text, constant)
    search.visit(rule, path, [])
    return search.remarks


@dataclass
class _Search:
    """One rule. What was found to follow from the rest is left out from then on: nothing follows from it in turn."""

    reading: Reading
    text: Text
    constant: Constants
    remarks: list[Remark] = field(default_factory=list)
    left_out: dict[str, Condition] = field(default_factory=dict)

    def visit(self, node: Condition, path: str, context: Context) -> None:
        if self.constant.is_remarked(path):
            return
        for place, where in filters_of(node, path):
            self.remarks += redundant(where, self.reading, self.text, self.constant, place)
        children = live_children(node, path)
        if kind_of(node) == "not":
            for place, child in children:
                self.visit(child, place, context)
            return
        self._visit_group(children, kind_of(node) == "all", context)

    def _visit_group(self, children: list[Placed], is_all: bool, context: Context) -> None:
        """Judges the children from the last to the first, then what is in them, each beside what is left."""
        given = {p: self._given(p, child, is_all) for p, child in children if p not in self.constant.by_path}
        for place, child in reversed(children):
            if place in given and len(given) > 1 and (is_all or not says_missing(child)):
                self._judge(place, child, is_all, [*context, *_others(given, place)])
                if place in self.left_out:
                    del given[place]
        for place, child in reversed(children):
            if place not in self.left_out:
                self.visit(child, place, [*context, *_others(given, place)])
                if place in given:
                    given[place] = self._given(place, child, is_all)

    def _judge(self, place: str, child: Condition, is_all: bool, around: Context) -> None:
        opposite = self.reading.formula(child, holds=not is_all)
        if self.reading.exclude(opposite, *(given.formula for given in around)):
            self.left_out[place] = child.muted()
            self.remarks.append(_remark(place, child, is_all, around, opposite, self.reading, self.text))

    def _given(self, place: str, child: Condition, is_all: bool) -> Given:
        left = replaced(child, self.left_out, place)
        return Given(place, self.reading.formula(left, holds=is_all), is_all)


def _others(given: dict[str, Given], place: str) -> Context:
    return [other for path, other in given.items() if path != place]


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
    by = next((given for given in around if reading.exclude(given.formula, opposite)), None)
    words = f"{text(child)} changes nothing: {_why(by, is_all)}."
    numbers = {} if by is None else {"by": by.path}
    return Remark("implied", place, words, "Take it out, or mute it to keep it in sight.", numbers)


def _why(by: Given | None, is_all: bool) -> str:
    if by is None:
        return "it follows from the rest of the rule" if is_all else "the rest of the rule decides without it"
    if is_all:
        return f"whoever {'fulfils' if by.holds else 'does not fulfil'} {by.path} fulfils it"
    return f"nobody who fulfils {by.path} fulfils it" if by.holds else f"whoever fulfils it fulfils {by.path}"
