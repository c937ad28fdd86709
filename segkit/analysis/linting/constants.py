"""Conditions that are true of nobody or of everybody by what they say, whatever the data.

The smallest such condition is remarked on; what it makes of the groups around it follows, and is not said again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import combinations

from segkit.analysis.algebra.atoms import OnLine
from segkit.analysis.algebra.reading import Reading
from segkit.analysis.algebra.values import Cut, Values
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import Placed, folded, is_group, live_children
from segkit.definitions.conditions import Condition, Event, Label, Leaf, OtherEvent, Sequence, is_muted

#: A condition in words, in quotes.
Text = Callable[[Condition], str]
_CHANGE = "Change it, or take it out."


@dataclass
class Constants:
    """By place, what is always (True) or never (False) true; and the remarks on those that are not explained below."""

    by_path: dict[str, bool] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def is_remarked(self, path: str) -> bool:
        """Whether a condition is constant by itself, and not by what is in it."""
        return any(remark.path == path for remark in self.remarks)


def constants(rule: Condition, reading: Reading, text: Text, path: str = "rule") -> Constants:
    """What is constant in a rule, or in a filter of events."""
    found = Constants()
    if is_muted(rule):
        found.by_path[path] = True
        found.remarks.append(_all_muted(path))
        return found
    _visit(rule, path, reading, text, found)
    if path == "rule" and path in found.by_path:
        found.remarks = [_with_outcome(remark, found.by_path[path]) for remark in found.remarks]
    return found


def _with_outcome(remark: Remark, everybody: bool) -> Remark:
    """What a constant makes of the whole rule."""
    if remark.path == "rule":
        return remark
    return replace(remark, words=f"{remark.words} So {'everybody' if everybody else 'nobody'} is in.")


def _all_muted(path: str) -> Remark:
    words = "Every condition of the rule is muted, so that everybody is in."
    return Remark("always-true", path, words, "Take `mute` from the conditions that are to count.")


def _visit(node: Condition, path: str, reading: Reading, text: Text, found: Constants) -> bool | None:
    children = live_children(node, path)
    inside = [_visit(child, place, reading, text, found) for place, child in children]
    filters = [_filter(where, place, reading, text, found) for place, where in filters_of(node, path)]
    known = folded(node, inside)
    if known is None:
        known = False if reading.is_never(node) else True if reading.is_always(node) else None
        if known is not None and False not in filters:
            found.remarks.append(_remark(node, path, known, children, reading, text))
    if known is not None:
        found.by_path[path] = known
    return known


def _filter(where: Condition, path: str, reading: Reading, text: Text, found: Constants) -> bool | None:
    inside = constants(where, reading, text, path)
    found.remarks += inside.remarks
    found.by_path |= inside.by_path
    return inside.by_path.get(path)


def filters_of(node: Condition, path: str) -> list[Placed]:
    """The filters of events of a condition that are not muted, with their places."""
    steps: list[tuple[str, Condition | None]] = []
    if isinstance(node, Event):
        steps.append((f"{path}.where", node.where))
        steps.append((f"{path}.of.where", node.of.where if isinstance(node.of, OtherEvent) else None))
    if isinstance(node, Sequence):
        steps += [(f"{path}.sequence[{n}].where", step.where) for n, step in enumerate(node.sequence)]
    return [(place, where) for place, where in steps if where is not None and not is_muted(where)]


def _remark(node: Condition, path: str, holds: bool, children: list[Placed], reading: Reading, text: Text) -> Remark:
    code = "always-true" if holds else "never-true"
    if is_group(node) and not node.children():
        who = "everybody fulfils it" if holds else "nobody fulfils it"
        return Remark(code, path, f"This group is empty, so {who}.", "Put conditions into it, or take it out.")
    if not is_group(node):
        is_or = "is true of everybody" if holds else "can never be true"
        words = f"{text(node)} {is_or}{_reason(node, reading)}."
        return Remark(code, path, words, _CHANGE)
    pair = _pair(children, holds, reading)
    if pair is None:
        told = "everybody fulfils one of its conditions" if holds else "its conditions exclude one another"
        return Remark(code, path, f"{text(node)} is {_word(holds)} true: {told}.", "Change or take out one of them.")
    (one, first), (other, second) = pair
    told = (
        f"Everybody fulfils {text(first)} or {text(second)}"
        if holds
        else f"Nobody can fulfil {text(first)} and {text(second)} at once"
    )
    words = f"{told}{_as_of(first, second, reading)} ({one}, {other})."
    return Remark(code, path, words, "Change or take out one of the two.", {"paths": [one, other]})


def _word(holds: bool) -> str:
    return "always" if holds else "never"


def _as_of(one: Condition, other: Condition, reading: Reading) -> str:
    """Days that are counted back move from day to day, and with them what excludes what."""
    both = {_moves(one), _moves(other)}
    return f" as of {reading.as_of}" if both == {True, False} else ""


def _moves(node: Condition) -> bool | None:
    op = getattr(node, "op", "")
    if op in ("in_last", "not_in_last", "in_next", "days_ago_gt", "days_ago_lt", "days_ago_between"):
        return True
    return False if op in ("on", "before", "after") else None


def _pair(children: list[Placed], holds: bool, reading: Reading) -> tuple[Placed, Placed] | None:
    """The first two conditions that exclude each other, or that leave nobody out."""
    said = {place: reading.formula(child, holds=not holds) for place, child in children}
    pairs = combinations(children[:60], 2)
    return next((pair for pair in pairs if reading.exclude(said[pair[0][0]], said[pair[1][0]])), None)


def _reason(node: Condition, reading: Reading) -> str:
    if isinstance(node, Event):
        days = node.window.days(reading.as_of)
        if days.start is not None and days.start >= days.end:
            return f": its window begins on {days.start}, and events count up to the day before {reading.as_of}"
    if not isinstance(node, Leaf) or (isinstance(node, Label) and _is_from_events(node, reading)):
        return ""
    atom = reading.atom(node)
    told = _range(atom.domain, None if atom.unit is None else int(atom.unit)) if isinstance(atom, OnLine) else ""
    return f": what it compares is {told}" if told and isinstance(atom, OnLine) and atom.kind == "number" else ""


def _is_from_events(node: Label, reading: Reading) -> bool:
    return reading.vocabulary.label(node.label).from_events is not None


def _range(domain: Values, unit: int | None) -> str:
    if len(domain.spans) != 1:
        return ""
    low, high = domain.spans[0]
    if low[0]:
        return ""
    least = f"{float(low[1]):,g}"
    if high[0]:
        return f"{least} or more"
    most = _last(high, unit)
    return f"always {least}" if most == least else f"between {least} and {most}"


def _last(high: Cut, unit: int | None) -> str:
    return f"{float(high[1] - (unit or 0) * (not high[2])):,g}"
