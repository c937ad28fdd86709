"""Which conditions of two rules are one and the same: what comparing and merging of rules both stand on.

A condition has no name of its own that stays when it is edited, so it is known by what it speaks of: equal ones are
paired first, then those about the same label, event or segment, then groups that share most.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from segkit.definitions.conditions import (
    All,
    Any_,
    Condition,
    Event,
    Label,
    Not,
    SegmentRef,
    path_of_child,
    walk,
)
from segkit.definitions.conditions import Sequence as SequenceOfEvents
from segkit.definitions.documents import rule_data, to_json

#: From so many pairs on, conditions about the same thing are paired in their order rather than by likeness.
_MOST_LIKENESSES = 10_000


@dataclass(frozen=True)
class Placed:
    """A condition and its place in its rule, such as `rule.all[1]`."""

    node: Condition
    place: str

    @cached_property
    def text(self) -> str:
        """The same for two conditions that are written the same, and for no others."""
        return to_json(rule_data(self.node))

    @cached_property
    def core(self) -> tuple[Condition, bool, str]:
        """What stands inside of all the nots around it, whether it is negated, and its place."""
        node, negated, place = self.node, False, self.place
        while isinstance(node, Not):
            node, negated, place = node.not_, not negated, path_of_child(node, place, 0)
        return node, negated, place

    @property
    def is_group(self) -> bool:
        return isinstance(self.core[0], All | Any_)

    @cached_property
    def children(self) -> tuple[Placed, ...]:
        """The conditions of the group that it is, or that it negates."""
        node, _, place = self.core
        if not isinstance(node, All | Any_):
            return ()
        return tuple(Placed(child, path_of_child(node, place, n)) for n, child in enumerate(node.children()))

    @cached_property
    def subject(self) -> tuple[str, ...]:
        """What it speaks of; two with different subjects are two conditions, not one that was edited."""
        node = self.core[0]
        match node:
            case Label():
                return ("label", node.label)
            case Event():
                return ("event", node.event)
            case SequenceOfEvents():
                return ("sequence",)
            case SegmentRef():
                return ("segment", node.segment)
            case All() | Any_():
                return ("group",)
            case _:
                return (type(node).key_order[0],)

    @cached_property
    def leaves(self) -> Counter[tuple[str, ...]]:
        """Everything in it twice: as it is written, and what it speaks of."""
        found: Counter[tuple[str, ...]] = Counter()
        for place, node in walk(self.core[0], self.core[2]):
            leaf = Placed(node, place)
            if not leaf.is_group and not isinstance(node, Not):
                found[("written", leaf.text)] += 1
                found[leaf.subject] += 1
        return found


Pair = tuple[Placed | None, Placed | None]


def pairs(old: Sequence[Placed], new: Sequence[Placed]) -> list[Pair]:
    """Each condition of `new`, in its order, with the one of `old` that it was; then those that are gone."""
    partner = dict(_equal(old, new))
    left_old = [n for n in range(len(old)) if n not in set(partner.values())]
    left_new = [n for n in range(len(new)) if n not in partner]
    partner |= dict(_alike(old, new, left_old, left_new))
    taken = set(partner.values())
    found: list[Pair] = [(old[partner[n]] if n in partner else None, placed) for n, placed in enumerate(new)]
    return found + [(placed, None) for n, placed in enumerate(old) if n not in taken]


def _equal(old: Sequence[Placed], new: Sequence[Placed]) -> Iterator[tuple[int, int]]:
    waiting: dict[str, list[int]] = defaultdict(list)
    for number, placed in enumerate(old):
        waiting[placed.text].append(number)
    for number, placed in enumerate(new):
        if waiting[placed.text]:
            yield number, waiting[placed.text].pop(0)


def _alike(
    old: Sequence[Placed], new: Sequence[Placed], left_old: list[int], left_new: list[int]
) -> Iterator[tuple[int, int]]:
    by_subject: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number in left_old:
        by_subject[old[number].subject].append(number)
    wanted: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number in left_new:
        wanted[new[number].subject].append(number)
    for subject, numbers in wanted.items():
        candidates = by_subject[subject]
        if len(candidates) * len(numbers) > _MOST_LIKENESSES:
            yield from zip(numbers, candidates, strict=False)
        else:
            yield from _best_first(old, new, candidates, numbers)


def _best_first(
    old: Sequence[Placed], new: Sequence[Placed], candidates: list[int], numbers: list[int]
) -> Iterator[tuple[int, int]]:
    scored = [(likeness(old[c], new[n]), n, c) for n in numbers for c in candidates]
    taken_new: set[int] = set()
    taken_old: set[int] = set()
    for score, number, candidate in sorted(scored, key=lambda found: (-found[0], found[1], found[2])):
        if score > 0 and number not in taken_new and candidate not in taken_old:
            taken_new.add(number)
            taken_old.add(candidate)
            yield number, candidate


def likeness(one: Placed, other: Placed) -> int:
    """How much two conditions share; 0 for two that have nothing to do with each other."""
    if one.is_group and other.is_group:
        shared = (one.leaves & other.leaves).total()
        both_empty = not one.leaves and not other.leaves
        same_kind = type(one.core[0]) is type(other.core[0])
        return 2 * shared + int(shared > 0 and same_kind) + int(both_empty)
    if one.subject != other.subject:
        return 0
    mine, yours = (rule_data(placed.core[0]) for placed in (one, other))
    return 1 + len([key for key in mine if mine[key] == yours.get(key)])
