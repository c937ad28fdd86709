"""Rules that refer to one another, in dependency order: children before parents, each once, all as of one date."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter

from segkit.definitions.conditions import Condition, live_references, references
from segkit.engine.bitmap import Bitmap
from segkit.engine.protocol import Evaluated, Evaluator, Progress
from segkit.errors import SegkitError


def find_cycle(rules: Mapping[str, Condition]) -> tuple[str, ...]:
    """Ids along a cycle of references, the first again at the end; empty if there is none."""
    try:
        TopologicalSorter({key: references(rule) for key, rule in rules.items()}).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def needed_for(wanted: Mapping[str, Condition], known: Mapping[str, Condition]) -> dict[str, Condition]:
    """`wanted` with every rule of `known` that they reach through references."""
    found: dict[str, Condition] = {}
    queue = dict(wanted)
    while queue:
        key, rule = queue.popitem()
        found[key] = rule
        for reference in live_references(rule):
            if reference in known and reference not in found and reference not in queue:
                queue[reference] = known[reference]
    return found


def evaluate_in_order(
    evaluator: Evaluator,
    rules: Mapping[str, Condition],
    stored: Mapping[str, Bitmap],
    as_of: date,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> dict[str, Evaluated]:
    """Every rule evaluated, where references are ids of other `rules` or of `stored` memberships.

    Raises SegkitError with the path if the references form a cycle.
    """
    cycle = find_cycle(rules)
    if cycle:
        raise SegkitError(f"segments refer to one another in a circle: {' → '.join(cycle)}; take one reference out")
    memberships: dict[str, Bitmap] = dict(stored)
    found: dict[str, Evaluated] = {}
    order = TopologicalSorter({key: live_references(rule) for key, rule in rules.items()})
    order.prepare()
    while order.is_active():
        ready = order.get_ready()
        now = [key for key in ready if key in rules]
        evaluated = evaluator.evaluate(
            [rules[key] for key in now], as_of, memberships=memberships, progress=progress, cancel=cancel
        )
        for key, result in zip(now, evaluated, strict=True):
            found[key] = result
            memberships[key] = result.members
        order.done(*ready)
    return found
