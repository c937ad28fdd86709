"""From the users of leaves to the users of rules: bit algebra, noting every condition on the way."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping

from segkit.definitions.conditions import (
    All,
    Any_,
    Condition,
    Label,
    Leaf,
    Not,
    SegmentRef,
    is_muted,
    path_of_child,
)
from segkit.engine.bitmap import Bitmap
from segkit.engine.canonical import canonical
from segkit.engine.protocol import ConditionResult, Evaluated
from segkit.errors import NotFound


def membership(leaf: SegmentRef, memberships: Mapping[str, Bitmap], size: int) -> Bitmap:
    if leaf.segment not in memberships:
        raise NotFound(f"segment '{leaf.segment}' was not evaluated before the rule that refers to it")
    return memberships[leaf.segment].resized(size)


def live_leaves(rule: Condition) -> list[Leaf]:
    """The leaves that are not muted; none where the whole rule is."""
    if is_muted(rule):
        return []
    if isinstance(rule, Leaf):
        return [rule]
    return [leaf for child in rule.children() for leaf in live_leaves(child)]


def batches(missing: dict[str, Leaf]) -> list[dict[str, Leaf]]:
    """Leaves that share a scan together: those over one label; every other alone."""
    labels: dict[str, dict[str, Leaf]] = {}
    others: list[dict[str, Leaf]] = []
    for key, leaf in missing.items():
        if isinstance(leaf, Label):
            labels.setdefault(leaf.label, {})[key] = leaf
        else:
            others.append({key: leaf})
    return [*labels.values(), *others]


def fold(rule: Condition, leaves: Mapping[str, Bitmap], base: Bitmap) -> Evaluated:
    """Bit algebra over the leaves, noting every condition's users on the way."""
    noted: list[ConditionResult] = []

    def users_of(node: Condition, path: str) -> Bitmap:
        place = len(noted)
        parts = [
            users_of(child, path_of_child(node, path, number))
            for number, child in enumerate(node.children())
            if not is_muted(child)
        ]
        if isinstance(node, All):
            members = functools.reduce(operator.and_, parts, base)
        elif isinstance(node, Any_):
            members = functools.reduce(operator.or_, parts, Bitmap.none(base.size))
        elif isinstance(node, Not):
            members = base - parts[0]
        else:
            assert isinstance(node, Leaf)
            members = leaves[canonical(node)]
        noted.insert(place, ConditionResult(path, members))
        return members

    if is_muted(rule):
        return Evaluated(base)
    return Evaluated(users_of(rule, "rule"), tuple(noted))
