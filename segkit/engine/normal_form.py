"""The normal form of a rule: rules that are the same but for the way they are written have equal ones.

Muted conditions are left out; groups of one kind are one, without repeats, in no order; nots stand at the leaves (De
Morgan; a negative operator is the not of its positive one); `in` and any of `eq` are one, as are `between` and both of
its bounds; what is absorbed, always true or never true is gone; a segment that is read by its rule is its rule. Rules
with other normal forms may still mean the same: nothing is multiplied out.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from segkit.definitions.conditions import (
    Comparison,
    Condition,
    Event,
    Label,
    OtherEvent,
    Param,
    Sample,
    SegmentRef,
    is_muted,
)
from segkit.definitions.conditions import Sequence as Steps
from segkit.definitions.operators import POSITIVE_OF, ZERO_MEASURES
from segkit.definitions.windows import Window
from segkit.engine.ranges import Range, days_range, number_range

#: ("and" | "or", its forms) · ("in", what, values, holds) · ("range", what, its numbers, holds) · ("is", what, holds)
Form = tuple[Any, ...]
#: Gives the rule of a segment that is read by its rule; None for one that is read published, or not there.
Resolve = Callable[[str], Condition | None]

EVERYBODY: Form = ("and", frozenset())
NOBODY: Form = ("or", frozenset())


def _unresolved(_: str) -> Condition | None:
    return None


def normal_form(rule: Condition, resolve: Resolve = _unresolved) -> Form:
    """The form of a rule; of one that is muted, everybody. `rule` and what `resolve` gives form no circle."""
    return EVERYBODY if is_muted(rule) else _Former(resolve).form(rule, True)


class _Former:
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def form(self, node: Condition, holds: bool) -> Form:
        """The form of a condition that is not muted, or of its complement."""
        key = type(node).key_order[0]
        inside = [child for child in node.children() if not is_muted(child)]
        if key == "not":
            return self.form(inside[0], not holds)
        if key in ("all", "any"):
            return _combined("and" if (key == "all") == holds else "or", (self.form(each, holds) for each in inside))
        if isinstance(node, SegmentRef):
            rule = self._resolve(node.segment)
            if rule is None:
                return ("is", ("segment", node.segment), holds)
            return self.form(rule, holds) if not is_muted(rule) else (EVERYBODY if holds else NOBODY)
        if isinstance(node, Sample):
            share = float(node.sample)
            fixed = {0.0: not holds, 100.0: holds}.get(share)
            return ("is", ("sample", share, node.seed), holds) if fixed is None else EVERYBODY if fixed else NOBODY
        if isinstance(node, Steps):
            steps = tuple((step.event, self._where(step.where)) for step in node.sequence)
            return ("is", ("sequence", steps, node.within, _window(node.window)), holds)
        return self._compared(node, holds)

    def _compared(self, node: Condition, holds: bool) -> Form:
        assert isinstance(node, Comparison | Event)
        if node.op in POSITIVE_OF:
            op, holds = POSITIVE_OF[node.op], not holds
        else:
            op = node.op
        if isinstance(node, Event):
            zero = node.measure in ZERO_MEASURES
            return _atom(self._measured(node), op, node.value, holds, zero, zero and node.measure != "sum")
        assert isinstance(node, Label | Param)
        what = ("label", node.label) if isinstance(node, Label) else ("param", node.param)
        return _atom(what, op, node.value, holds)

    def _measured(self, node: Event) -> Form:
        of: Any = (node.of.event, self._where(node.of.where)) if isinstance(node.of, OtherEvent) else node.of
        at_least = (node.at_least or 1) if node.measure == "periods" else None
        where = self._where(node.where)
        return ("event", node.event, where, node.measure, of, node.every, at_least, _window(node.window))

    def _where(self, where: Condition | None) -> Form:
        return EVERYBODY if where is None or is_muted(where) else self.form(where, True)


def _window(window: Window) -> Form:
    if window.ago is not None and window.ago[1] == 0:
        return ("last", window.ago[0])
    return tuple(sorted((key, str(value)) for key, value in window.document().items())) if window.last is None else (
        "last", window.last)  # fmt: skip


# --- comparisons -----------------------------------------------------------------------------------------------------


def _atom(what: Form, op: str, value: Any, holds: bool, never_missing: bool = False, whole: bool = False) -> Form:
    """A positive comparison, or its complement."""
    if op in ("contains", "contains_all") and isinstance(value, tuple):
        kind = "or" if (op == "contains") == holds else "and"
        return _combined(kind, (("is", (what, "contains", text), holds) for text in value))
    if op in ("contains", "contains_all"):
        return ("is", (what, "contains", value), holds)
    if op == "in" or (op == "eq" and isinstance(value, str | bool)):
        return _one_of(what, frozenset(value if isinstance(value, tuple) else (value,)), holds)
    days = days_range(op, value)
    if days is not None:
        return _ranged((what, days[0]), days[1], holds, never_missing)
    if op in ("gt", "ge", "lt", "le", "eq", "between"):
        return _ranged(what, number_range(op, value, whole=whole), holds, never_missing)
    return ("is", (what, op, value.isoformat() if isinstance(value, date) else value), holds)


def _one_of(what: Form, values: frozenset[Any], holds: bool) -> Form:
    return ("in", what, values, holds) if values else NOBODY if holds else EVERYBODY


def _ranged(what: Form, numbers: Range, holds: bool, never_missing: bool) -> Form:
    """Where there always is a number, the complement of a range that is open at an end is a range as well."""
    if not holds and never_missing and (other := numbers.complement()) is not None:
        numbers, holds = other, True
    if numbers.is_empty:
        return NOBODY if holds else EVERYBODY
    if never_missing and numbers.is_everything:
        return EVERYBODY if holds else NOBODY
    return ("range", what, numbers, holds, never_missing)


# --- groups ----------------------------------------------------------------------------------------------------------


def _combined(kind: str, forms: Iterable[Form]) -> Form:
    """All of the forms, or any of them, as one."""
    inside: set[Form] = set()
    for form in forms:
        inside |= form[1] if form[0] == kind else {form}
    inside = _merged(kind, inside)
    decided = NOBODY if kind == "and" else EVERYBODY
    if decided in inside or any(_complement(form) in inside for form in inside):
        return decided
    kept = frozenset(form for form in inside if not _is_absorbed(kind, form, inside))
    return next(iter(kept)) if len(kept) == 1 else (kind, kept)


def _complement(form: Form) -> Form:
    if form[0] in ("and", "or"):
        return _combined("or" if form[0] == "and" else "and", (_complement(each) for each in form[1]))
    if form[0] == "range":
        return _ranged(form[1], form[2], not form[3], form[4])
    return (*form[:-1], not form[-1])


def _is_absorbed(kind: str, form: Form, beside: set[Form]) -> bool:
    """Whether another one says it already: `a and (a or b)` is `a`."""
    other_kind = "or" if kind == "and" else "and"
    parts = form[1] if form[0] == other_kind else frozenset({form})
    return any((other[1] if other[0] == other_kind else frozenset({other})) < parts for other in beside)


def _merged(kind: str, forms: set[Form]) -> set[Form]:
    """With one comparison where several of one thing come to one."""
    found: set[Form] = set()
    values: dict[Form, list[Form]] = {}
    ranges: dict[tuple[Form, bool], list[Form]] = {}
    for form in forms:
        if form[0] == "in":
            values.setdefault(form[1], []).append(form)
        elif form[0] == "range" and form[3] == (kind == "and"):
            ranges.setdefault((form[1], form[4]), []).append(form)
        else:
            found.add(form)
    for (what, never_missing), same in ranges.items():
        numbers = functools.reduce(operator.and_, (form[2] for form in same))
        found.add(_ranged(what, numbers, kind == "and", never_missing))
    found |= {_values(kind, what, same) for what, same in values.items()}
    identity = EVERYBODY if kind == "and" else NOBODY
    return found - {identity}


def _values(kind: str, what: Form, forms: list[Form]) -> Form:
    """One of these and none of those, or the like: one set of values, or its complement."""
    wanted = kind == "and"  # what narrows: in an all the lists that must hold, in an any those that must not
    narrowing = [form[2] for form in forms if form[3] == wanted]
    others: frozenset[Any] = frozenset().union(*(form[2] for form in forms if form[3] != wanted))
    if narrowing:
        return _one_of(what, functools.reduce(operator.and_, narrowing) - others, wanted)
    return _one_of(what, others, not wanted)
