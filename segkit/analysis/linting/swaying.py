"""For whom each condition decides: the users whose membership turns with it, all other conditions being as they are.

From the users of every condition, without another evaluation: a rule is monotone in each of its conditions (against the
grain under a `not`), so whoever a condition decides about is in exactly where it says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from segkit.analysis.linting.tree import kind_of, live_children
from segkit.definitions.conditions import Condition, is_muted
from segkit.engine.bitmap import Bitmap


def decided_by(rule: Condition, members: Mapping[str, Bitmap], base: Bitmap) -> dict[str, Bitmap]:
    """By place of each live condition, the users for whom the rule turns if it does. `members` has each one's users."""
    found: dict[str, Bitmap] = {}

    def visit(node: Condition, path: str, about: Bitmap) -> None:
        found[path] = about
        children = live_children(node, path)
        inside = [members[place] for place, _ in children]
        rests = _without_each(inside, kind_of(node) == "all", base)
        for (place, child), rest in zip(children, rests, strict=True):
            if kind_of(node) == "all":
                visit(child, place, about & rest)
            else:
                visit(child, place, about - rest if kind_of(node) == "any" else about)

    if not is_muted(rule):
        visit(rule, "rule", base)
    return found


def _without_each(inside: list[Bitmap], is_all: bool, base: Bitmap) -> list[Bitmap]:
    """For each of these, all others together: from those before it and those behind it."""
    neutral = base if is_all else Bitmap.none(base.size)
    before, behind = [neutral], [neutral]
    for one in inside[:-1]:
        before.append(before[-1] & one if is_all else before[-1] | one)
    for one in reversed(inside[1:]):
        behind.append(behind[-1] & one if is_all else behind[-1] | one)
    pairs = zip(before, reversed(behind), strict=True)
    return [one & other if is_all else one | other for one, other in pairs][: len(inside)]


def refolded(rule: Condition, members: Mapping[str, Bitmap], base: Bitmap, left_out: set[str]) -> dict[str, Bitmap]:
    """The users of every live condition where some are left out of their groups."""
    found: dict[str, Bitmap] = {}

    def visit(node: Condition, path: str) -> Bitmap:
        children = live_children(node, path)
        inside = [visit(child, place) for place, child in children]
        kind = kind_of(node)
        if not children:
            found[path] = members[path]
        elif kind == "not":
            found[path] = base - inside[0]
        else:
            neutral = base if kind == "all" else Bitmap.none(base.size)
            users = neutral
            for (place, _), one in zip(children, inside, strict=True):
                if place not in left_out:
                    users = users & one if kind == "all" else users | one
                else:
                    found[place] = neutral
            found[path] = users
        return found[path]

    if not is_muted(rule):
        visit(rule, "rule")
    return found
