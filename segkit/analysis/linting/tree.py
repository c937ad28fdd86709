"""The conditions of a rule that are evaluated, with their places, and what verdicts inside a group make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from segkit.definitions.conditions import Condition, Not, WhereNot, is_muted, path_of_child

Placed = tuple[str, Condition]


def live_children(node: Condition, path: str) -> list[Placed]:
    """The conditions directly inside that are not muted."""
    placed = [(path_of_child(node, path, number), child) for number, child in enumerate(node.children())]
    return [(place, child) for place, child in placed if not is_muted(child)]


def live(node: Condition, path: str = "rule") -> Iterator[Placed]:
    """Every condition that is not muted, from the top down."""
    if is_muted(node):
        return
    yield path, node
    for place, child in live_children(node, path):
        yield from live(child, place)


def kind_of(node: Condition) -> str:
    """`all`, `any` or `not`; of a leaf the word that it begins with."""
    return type(node).key_order[0]


def is_group(node: Condition) -> bool:
    return kind_of(node) in ("all", "any", "not")


def folded(node: Condition, inside: Sequence[bool | None]) -> bool | None:
    """What a group comes to where some verdicts inside are known and others (None) are open."""
    kind = kind_of(node)
    if not inside:
        return None
    if kind == "not":
        return None if inside[0] is None else not inside[0]
    deciding = kind == "any"
    if deciding in inside:
        return deciding
    return None if None in inside else not deciding


def is_under(path: str, places: set[str] | Mapping[str, Any]) -> bool:
    """Whether a place, or one that it lies in, is among these."""
    return any(path == place or path.startswith((f"{place}.", f"{place}[")) for place in places)


def replaced(rule: Condition, changes: Mapping[str, Condition], path: str = "rule") -> Condition:
    """The rule with other conditions in some places."""
    if path in changes:
        return changes[path]
    children = rule.children()
    new = tuple(replaced(child, changes, path_of_child(rule, path, number)) for number, child in enumerate(children))
    if all(one is other for one, other in zip(new, children, strict=True)):
        return rule
    is_not = isinstance(rule, Not | WhereNot)
    return rule.model_copy(update={"not_": new[0]} if is_not else {kind_of(rule): new})
