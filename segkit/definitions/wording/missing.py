"""Whether a user of whom nothing is known fulfils a condition, so that its words can say so."""

from __future__ import annotations

from collections.abc import Callable

from segkit.definitions.conditions import (
    Comparison,
    Condition,
    Event,
    Label,
    Sample,
    SegmentRef,
    Sequence,
    is_muted,
)
from segkit.definitions.operators import POSITIVE_OF, ZERO_MEASURES
from segkit.definitions.zero import zero_holds


def _sometimes_missing(label: str) -> bool:
    return False


def holds_without(node: Condition, is_never_missing: Callable[[str], bool] = _sometimes_missing) -> bool | None:
    """True or false of a user without any value, event and linked row; None where that depends on what is not in the
    rule. `is_never_missing` tells labels that are 0 or false then."""
    if isinstance(node, Label) and is_never_missing(node.label):
        return _of_nothing(node)
    if isinstance(node, Event) and node.measure in ZERO_MEASURES:
        return zero_holds(node.op, node.value)
    if isinstance(node, Comparison | Event):
        return node.op in POSITIVE_OF
    if isinstance(node, Sequence):
        return False
    if isinstance(node, SegmentRef | Sample):
        return None
    inside = [holds_without(child, is_never_missing) for child in node.children() if not is_muted(child)]
    key = type(node).key_order[0]
    if key in ("all", "any"):
        return _kleene(inside, deciding=key == "any")
    return None if inside[0] is None else not inside[0]


def _of_nothing(node: Label) -> bool:
    """Whether 0, or false, fulfils a comparison."""
    if node.op in ("is_empty", "not_empty"):
        return node.op == "not_empty"
    return node.value is False if isinstance(node.value, bool) else zero_holds(node.op, node.value)


def _kleene(inside: list[bool | None], deciding: bool) -> bool | None:
    if deciding in inside:
        return deciding
    return None if None in inside else not deciding


def reads_values(node: Condition) -> bool:
    """Whether a condition looks at a value that may be missing, or at events that there may be none of."""
    if isinstance(node, Comparison | Event | Sequence):
        return True
    return any(reads_values(child) for child in node.children() if not is_muted(child))
