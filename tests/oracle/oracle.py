"""Who is in: the meaning of every condition, over a world's rows, in plain Python."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

from .compare import satisfies
from .measuring import Rule, is_muted, matching, measures, parts_of
from .world import World

Segments = dict[str, Rule]


def base(world: World, as_of: date) -> set[str]:
    """The users that are there as of a date: known by then and not gone."""
    return {uid for uid, intervals in world.presence.items() if any(part.holds(as_of) for part in intervals)}


def members(rule: Rule, world: World, as_of: date, segments: Segments) -> set[str]:
    """The users that a rule picks. `segments` are the rules of segments that it may name."""
    everybody = base(world, as_of)
    return everybody if is_muted(rule) else _picked(rule, everybody, world, as_of, segments)


def _picked(condition: Rule, everybody: set[str], world: World, as_of: date, segments: Segments) -> set[str]:
    def picked(child: Rule) -> set[str]:
        return _picked(child, everybody, world, as_of, segments)

    parts = [picked(child) for child in parts_of(condition) if not is_muted(child)]
    if "all" in condition:
        return everybody.intersection(*parts)
    if "any" in condition:
        nobody: set[str] = set()
        return nobody.union(*parts)
    if "not" in condition:
        return everybody - picked(condition["not"])
    if "segment" in condition:
        return members(segments[condition["segment"]], world, as_of, segments)
    if "sample" in condition:
        return {uid for uid in everybody if in_sample(uid, condition["sample"], condition["seed"])}
    if "sequence" in condition:
        return {uid for uid in everybody if has_sequence(condition, uid, world, as_of)}
    if "event" in condition:
        op, wanted = condition.get("op", "ge"), condition.get("value", 1 if "op" not in condition else None)
        measured = measures(condition, everybody, world, as_of)
        return {uid for uid in everybody if satisfies(measured[uid], op, wanted, as_of)}
    values = world.label_values(condition["label"], as_of)
    return {uid for uid in everybody if satisfies(values[uid], condition["op"], condition.get("value"), as_of)}


def in_sample(uid: str, percent: float, seed: str) -> bool:
    """Whether a stable sample of `percent` holds a user."""
    digest = hashlib.sha256(f"{seed}:{uid}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10_000 < Decimal(str(percent)) * 100


def has_sequence(condition: Rule, uid: str, world: World, as_of: date) -> bool:
    """Whether some choice of a user's events follows the steps, each strictly later, the last soon enough."""
    longest = condition["within"] * 24 * 3_600_000_000
    steps = [
        [event.at for event in matching(step, condition["window"], uid, world, as_of)] for step in condition["sequence"]
    ]
    for first in steps[0]:
        # From a given first event, always taking the earliest next one ends as early as any choice can.
        at: int | None = first
        for later in steps[1:]:
            at = min((candidate for candidate in later if at is not None and candidate > at), default=None)
        if at is not None and at - first <= longest:
            return True
    return False
