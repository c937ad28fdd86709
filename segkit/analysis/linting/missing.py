"""Users who are in only because they have no value, or no event, where a condition says what is not, or at most what.

`country is not Germany` holds for whoever has no country; `at most 2 orders` for whoever never ordered. A condition
that speaks of just those (`is_empty`, no order at all) means them, and so does a group that has such a condition in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from segkit.analysis.algebra.atoms import OnLine
from segkit.analysis.algebra.reading import Reading
from segkit.analysis.algebra.values import Values, before, behind, values_of
from segkit.analysis.linting.constants import Text
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import kind_of, live_children
from segkit.definitions.conditions import Condition, Event, Label, is_muted
from segkit.definitions.documents import rule_data
from segkit.definitions.operators import POSITIVE_OF, ZERO_MEASURES
from segkit.engine.bitmap import Bitmap

_ZERO = values_of([(before(0), behind(0))])


@dataclass(frozen=True, slots=True)
class TakesIn:
    """One leaf that is fulfilled without a value. `holds`: it is to hold, no `not` is above it."""

    path: str
    leaf: Label | Event
    holds: bool
    without: Label | Event  # the users without a value

    @property
    def with_value(self) -> Condition:
        """The users with a value."""
        if isinstance(self.leaf, Label):
            return Label(label=self.leaf.label, op="not_empty")
        if self.leaf.measure in ZERO_MEASURES:
            return Event(event=self.leaf.event, window=self.leaf.window, where=self.leaf.where)
        return self.without.model_copy(update={"op": "not_empty"})


@dataclass(frozen=True, slots=True)
class Place:
    """A condition that takes in users without a value, by the leaves inside."""

    path: str
    node: Condition
    leaves: tuple[TakesIn, ...]


def places(rule: Condition, reading: Reading) -> list[Place]:
    """Where a rule takes in users without a value: a leaf, a `not`, or alternatives of which several do."""
    return [] if is_muted(rule) else _places(rule, "rule", reading)


def _places(node: Condition, path: str, reading: Reading) -> list[Place]:
    leaves = _leaves(node, path, reading, True)
    if not leaves:
        return []
    together = kind_of(node) == "not" or (kind_of(node) == "any" and len(leaves) > 1)
    children = live_children(node, path)
    if together or not children:
        return [Place(path, node, tuple(leaves))]
    return [found for place, child in children for found in _places(child, place, reading)]


def _leaves(node: Condition, path: str, reading: Reading, holds: bool) -> list[TakesIn]:
    children = live_children(node, path)
    if kind_of(node) == "not":
        holds = not holds
    if children:
        return [leaf for place, child in children for leaf in _leaves(child, place, reading, holds)]
    if isinstance(node, Label | Event) and node.op not in ("is_empty", "not_empty"):
        without = _of_label(node, holds, reading) if isinstance(node, Label) else _of_event(node, holds, reading)
        return [TakesIn(path, node, holds, without)] if without is not None else []
    return []


def _of_label(leaf: Label, holds: bool, reading: Reading) -> Label | None:
    derived = reading.vocabulary.label(leaf.label).derived
    if derived is not None and derived.is_never_missing:
        return None
    takes_in = (leaf.op in POSITIVE_OF) is holds
    return Label(label=leaf.label, op="is_empty") if takes_in else None


def _of_event(leaf: Event, holds: bool, reading: Reading) -> Event | None:
    if leaf.measure not in ZERO_MEASURES:
        takes_in = (leaf.op in POSITIVE_OF) is holds
        return leaf.model_copy(update={"op": "is_empty", "value": None, "mute": False}) if takes_in else None
    atom = reading.atom(leaf)
    assert isinstance(atom, OnLine)
    fulfilling = atom.holds if holds else atom.domain - atom.holds
    beyond = fulfilling - _just_none(atom)
    if not beyond or not fulfilling & _ZERO or fulfilling == atom.domain:
        return None
    return Event(event=leaf.event, op="eq", value=0, window=leaf.window, where=leaf.where)


def _just_none(atom: OnLine) -> Values:
    return values_of([(before(0), behind(0))], unit=atom.unit)


def remarks(
    found: list[Place],
    members: Mapping[str, Bitmap],
    decided: Mapping[str, Bitmap],
    without: Callable[[TakesIn], Bitmap],
    base: Bitmap,
    text: Text,
) -> list[Remark]:
    """A remark where somebody is in only so, with how many. `without` gives the users without a value of a leaf."""
    told: list[Remark] = []
    for place in found:
        strict = _strictly(place, members, without, base)
        only_so = decided[place.path] & (members[place.path] - strict)
        if only_so.count:
            told.append(_remark(place, only_so.count, members["rule"].count, text))
    return told


def _strictly(
    place: Place, members: Mapping[str, Bitmap], without: Callable[[TakesIn], Bitmap], base: Bitmap
) -> Bitmap:
    """Who fulfils the condition with a value."""
    by_path = {leaf.path: leaf for leaf in place.leaves}

    def visit(node: Condition, path: str) -> Bitmap:
        if path in by_path:
            leaf = by_path[path]
            return members[path] - without(leaf) if leaf.holds else members[path] | without(leaf)
        children = live_children(node, path)
        if not children:
            return members[path]
        inside = [visit(child, child_path) for child_path, child in children]
        if kind_of(node) == "not":
            return base - inside[0]
        users = inside[0]
        for one in inside[1:]:
            users = users & one if kind_of(node) == "all" else users | one
        return users

    return visit(place.node, place.path)


def _remark(place: Place, users: int, total: int, text: Text) -> Remark:
    leaf = place.leaves[0]
    lacking = "such event" if isinstance(leaf.leaf, Event) else "value"
    who = f"{users:,} of its {total:,} users have" if users != 1 else f"1 of its {total:,} users has"
    verb = "are" if users != 1 else "is"
    words = f"{who} no {lacking}, and {verb} in only through {text(place.node)}."
    keep, drop = (_short(leaf.without), _short(leaf.with_value))
    advice = f"If they are not meant, put {drop} beside it under `all`; if they are, say so with {keep} under `any`."
    return Remark("includes-missing", place.path, words, advice, {"users": users, "in": total})


def _short(leaf: Condition) -> str:
    """`{label: country, op: is_empty}`, as a document has it."""
    return f"`{_flow(rule_data(leaf))}`"


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
