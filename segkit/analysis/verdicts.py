"""A rule's verdict about one user as a tree, folded from its leaves, and which single conditions would turn it.

A condition that stands at several places of a tree, as it is or as its complement, is one: it turns everywhere at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from segkit.compile.predicates import exact
from segkit.definitions.conditions import Condition, Event, Label, Leaf
from segkit.definitions.operators import POSITIVE_OF, ZERO_MEASURES
from segkit.engine.canonical import canonical

Group = Literal["all", "any", "not", "leaf"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One condition of the tree. `place` is its stable id; that of one inside a nested segment goes on behind it.

    `condition` is the same text for the same condition of a leaf, `is_reversed` says that the leaf is its complement.
    A muted condition has no say, and no verdict: `holds` is None.
    """

    place: str
    group: Group
    holds: bool | None
    inside: tuple[Verdict, ...] = ()
    condition: str = ""
    is_reversed: bool = False


def folded(tree: Verdict, turned: Collection[str] = ()) -> bool:
    """The verdict of the whole, with the verdicts of some conditions turned. Raises ValueError for a muted tree."""
    if tree.holds is None:
        raise ValueError(f"{tree.place} is muted and has no verdict")
    if tree.group == "leaf":
        return tree.holds != (tree.condition in turned)
    parts = (folded(child, turned) for child in tree.inside if child.holds is not None)
    if tree.group == "any":
        return any(parts)
    return all(parts) if tree.group == "all" else not next(parts)


def live_leaves(tree: Verdict) -> Iterator[Verdict]:
    """The leaves that have a say, in order."""
    if tree.holds is None:
        return
    if tree.group == "leaf":
        yield tree
    for child in tree.inside:
        yield from live_leaves(child)


def near_misses(tree: Verdict) -> dict[str, tuple[str, ...]]:
    """The conditions each of which, turned alone, turns the verdict of the whole, with all places where they stand."""
    places: dict[str, list[str]] = {}
    for leaf in live_leaves(tree):
        places.setdefault(leaf.condition, []).append(leaf.place)
    now = folded(tree) if places else True
    return {key: tuple(where) for key, where in places.items() if folded(tree, (key,)) != now}


def same_condition(leaf: Leaf) -> tuple[str, bool]:
    """The text of a condition and whether the leaf is its complement: `is not Germany` is `is Germany` reversed.

    What is counted is never missing, so `less than 3 times` is `at least 3 times` reversed as well.
    """
    found: Condition = leaf
    is_reversed = False
    if isinstance(leaf, Label | Event) and leaf.op in POSITIVE_OF:
        found, is_reversed = leaf.model_copy(update={"op": POSITIVE_OF[leaf.op]}), True
    elif isinstance(leaf, Event) and leaf.measure in ZERO_MEASURES and leaf.op in ("lt", "le"):
        found, is_reversed = leaf.model_copy(update={"op": {"lt": "ge", "le": "gt"}[leaf.op]}), True
    if isinstance(found, Event) and found.op == "gt" and found.measure in ZERO_MEASURES - {"sum"}:
        whole = exact(found.value)
        if whole.denominator == 1:
            found = found.model_copy(update={"op": "ge", "value": int(whole) + 1})
    assert isinstance(found, Leaf)
    return canonical(found), is_reversed
