"""What a rule would come to without each of its conditions; bit algebra over what was evaluated anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segkit.definitions.conditions import All, Condition, Not, is_muted, path_of_child
from segkit.engine.bitmap import Bitmap


def counts_without(rule: Condition, users: Mapping[str, Bitmap], base: Bitmap) -> dict[str, int]:
    """By the path of each condition that is not muted, how many users the rule picks while that one is left out.

    `users` holds the users of every condition by path. Leaving out the last condition of a group leaves the group out,
    as muting it does; without any condition, everybody is picked.
    """
    if is_muted(rule):
        return {}
    found = {"rule": base.count}
    _note(_Place(rule, "rule", None), users, base, found)
    return found


@dataclass(frozen=True)
class _Place:
    """A condition of the rule, and what its siblings come to without it; None where it has none."""

    node: Condition
    path: str
    above: _Place | None
    beside: Bitmap | None = None

    def rule_with(self, here: Bitmap | None, base: Bitmap) -> Bitmap:
        """What the whole rule picks if this condition picks `here`, or is left out."""
        if self.above is None:
            return base if here is None else here
        return self.above.rule_with(self._parent_with(self.above.node, here, base), base)

    def _parent_with(self, parent: Condition, here: Bitmap | None, base: Bitmap) -> Bitmap | None:
        if isinstance(parent, Not):
            return None if here is None else base - here
        if here is None or self.beside is None:
            return self.beside if here is None else here
        return here & self.beside if isinstance(parent, All) else here | self.beside


def _note(place: _Place, users: Mapping[str, Bitmap], base: Bitmap, found: dict[str, int]) -> None:
    children = place.node.children()
    paths = [path_of_child(place.node, place.path, number) for number in range(len(children))]
    live = [(child, path) for child, path in zip(children, paths, strict=True) if not is_muted(child)]
    besides = _besides([users[path] for _, path in live], isinstance(place.node, All))
    for (child, path), beside in zip(live, besides, strict=True):
        below = _Place(child, path, place, beside)
        found[path] = below.rule_with(None, base).count
        _note(below, users, base, found)


def _besides(parts: list[Bitmap], is_all: bool) -> list[Bitmap | None]:
    """For each part all others together, from what comes before it and what comes after it."""
    before = _running(parts, is_all)
    after = _running(parts[::-1], is_all)[::-1]
    return [_joined(one, other, is_all) for one, other in zip(before, after, strict=True)]


def _running(parts: list[Bitmap], is_all: bool) -> list[Bitmap | None]:
    """For each part all those before it together."""
    found: list[Bitmap | None] = []
    so_far: Bitmap | None = None
    for part in parts:
        found.append(so_far)
        so_far = _joined(so_far, part, is_all)
    return found


def _joined(one: Bitmap | None, other: Bitmap | None, is_all: bool) -> Bitmap | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other if is_all else one | other
