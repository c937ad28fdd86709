"""Which conditions of a rule decide about one user."""

from __future__ import annotations

from collections.abc import Mapping

from segkit.definitions.conditions import Condition, Not, is_muted, path_of_child


def deciding_places(rule: Condition, holds: Mapping[str, bool], place: str = "rule") -> tuple[str, ...]:
    """The places of the conditions that make the rule's verdict what it is; muted ones have no say.

    `holds` has the verdict of every condition that is not muted, by place. In a group those decide that say what the
    group says: every one of an `all` that holds, the false ones of one that does not, and so on.
    """
    inside = [(path_of_child(rule, place, n), child) for n, child in enumerate(rule.children()) if not is_muted(child)]
    if not inside or is_muted(rule):
        return (place,)
    if isinstance(rule, Not):
        return deciding_places(inside[0][1], holds, inside[0][0])
    same = [(where, child) for where, child in inside if holds[where] == holds[place]]
    return tuple(found for where, child in same for found in deciding_places(child, holds, where))
