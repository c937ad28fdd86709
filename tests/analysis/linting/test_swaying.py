"""For whom a condition decides, against flipping it for one user after the other."""

from __future__ import annotations

from random import Random

import numpy as np

from segkit.analysis.linting.swaying import decided_by
from segkit.analysis.linting.tree import live
from segkit.definitions.conditions import All, Any_, Condition, Label, Not, is_muted, path_of_child
from segkit.engine.bitmap import Bitmap

USERS = 13


def a_rule(random: Random, depth: int) -> Condition:
    kind = random.choice(["leaf", "all", "any", "not"]) if depth else "leaf"
    mute = random.random() < 0.1
    if kind == "leaf":
        return Label(label="l", op="eq", value=random.randrange(5), mute=mute)
    if kind == "not":
        return Not.model_validate({"not": a_rule(random, depth - 1), "mute": mute})
    inside = tuple(a_rule(random, depth - 1) for _ in range(random.randrange(1, 4)))
    return (All if kind == "all" else Any_).model_validate({kind: inside, "mute": mute})


def verdict(node: Condition, path: str, leaves: dict[str, list[bool]], user: int, flipped: str) -> bool:
    """Whether a user fulfils a condition, where the verdict of the flipped one is turned round."""
    inside = [
        verdict(child, path_of_child(node, path, n), leaves, user, flipped)
        for n, child in enumerate(node.children())
        if not is_muted(child)
    ]
    if isinstance(node, All):
        found = all(inside)
    elif isinstance(node, Any_):
        found = any(inside)
    else:
        found = not inside[0] if isinstance(node, Not) else leaves[path][user]
    return found is not (path == flipped)


def test_it_decides_about_exactly_those_for_whom_the_rule_turns_with_it() -> None:
    random, judged = Random(7), 0
    for _ in range(120):
        rule = a_rule(random, 3)
        if is_muted(rule):
            continue
        nodes = dict(live(rule))
        leaves = {path: [random.random() < 0.5 for _ in range(USERS)] for path in nodes}
        members = {
            path: Bitmap.from_flags(np.array([verdict(node, path, leaves, user, "") for user in range(USERS)]))
            for path, node in nodes.items()
        }
        decided = decided_by(rule, members, Bitmap.everyone(USERS))
        for path in nodes:
            turned = {
                user
                for user in range(USERS)
                if verdict(rule, "rule", leaves, user, "") is not verdict(rule, "rule", leaves, user, path)
            }
            assert set(decided[path].user_nos().tolist()) == turned, (rule, path)
            judged += 1
    assert judged > 300
