"""The parts of one label in a segment and beside it: counts, shares, lift, interval, test; and p corrected for all.

Counts are exact. Intervals (Wilson, 95 %) and tests say how large a difference chance alone could make. The test
compares the users of the segment with those users of the other side who are not in it, so that everybody counts once;
where nobody is left there, those who are only in the segment with the other side. p is corrected by Holm's method
for all values of all labels together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segkit.analysis.binning import Kind, Part, parts_of
from segkit.analysis.intervals import Chance, compared, holm, wilson
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.engine.bitmap import Bitmap
from segkit.engine.label_codes import LabelCodes

LEVEL = 0.05
_LAST = {"rest": 1, "missing": 2}


@dataclass(frozen=True, slots=True)
class PartOfSegment:
    """Some values of a label: how many users of the segment, and of the other side, have one of them."""

    kind: Kind
    name: str
    value: object
    count: int
    of: int
    other_count: int
    of_others: int
    tested: Chance | None
    p_corrected: float | None = None

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def other_share(self) -> float:
        return self.other_count / self.of_others if self.of_others else 0.0

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's interval of the share, 95 %."""
        return wilson(self.count, self.of)

    @property
    def other_interval(self) -> tuple[float, float] | None:
        return wilson(self.other_count, self.of_others)

    @property
    def lift(self) -> float | None:
        """The share over that of the other side; None where nobody there has such a value."""
        return self.share / self.other_share if self.other_share else None

    @property
    def is_clear(self) -> bool:
        """Whether chance alone is no explanation, at 5 % for all values of all labels together."""
        return self.p_corrected is not None and self.p_corrected < LEVEL

    @property
    def telling(self) -> float:
        """How far the shares are apart; a rare value tells little, whatever its lift is."""
        return abs(self.share - self.other_share)

    @property
    def lift_words(self) -> str:
        """Such as `2.1 times as many`, shares compared."""
        if not self.of or not self.of_others:
            return ""
        if not self.is_clear:
            return "no clear difference"
        if self.lift is None:
            return "only here"
        if self.count == 0:
            return "none here"
        if self.lift >= 2:
            return f"{self.lift:.1f} times as many"
        percent = abs(self.lift - 1) * 100
        amount = f"{percent:.0f} %" if percent >= 1 else "under 1 %"
        return f"{amount} {'more' if self.lift > 1 else 'fewer'}"


@dataclass(frozen=True, slots=True)
class OfLabel:
    """A label's parts, in the order of their values for numbers and dates, else the most frequent first."""

    code: str
    name: str
    category: str
    parts: tuple[PartOfSegment, ...]
    is_list: bool = False
    in_rule: bool = False  # whether a rule that is compared speaks of it, so that a difference is no news

    @property
    def telling(self) -> tuple[bool, bool, float]:
        """What labels are sorted by: clear differences first, those that no rule speaks of, then the largest.

        How large is the share of users who would need another value for both sides to be alike; of lists, whose values
        do not exclude one another, the largest difference.
        """
        clear = [part.telling for part in self.parts if part.is_clear]
        each = clear or [part.telling for part in self.parts]
        return bool(clear), not self.in_rule, max(each, default=0.0) if self.is_list else sum(each) / 2

    @property
    def most_telling(self) -> PartOfSegment | None:
        """The clear difference to tell: what there is more of, unless what there is less of tells twice as much."""
        clear = sorted((part for part in self.parts if part.is_clear), key=lambda part: -part.telling)
        more = [part for part in clear if part.share > part.other_share]
        return more[0] if more and more[0].telling * 2 >= clear[0].telling else clear[0] if clear else None


@dataclass(frozen=True, eq=False)
class Compared:
    """The users of both sides, and those whom the test compares."""

    segment: Bitmap
    other: Bitmap

    @cached_property
    def both(self) -> Bitmap:
        return self.segment & self.other

    @cached_property
    def _groups(self) -> NDArray[np.uint8]:
        """By user the side that they are on: 0 none, 1 the segment, 2 the other, 3 both."""
        return self.segment.flags().astype(np.uint8) + 2 * self.other.flags().astype(np.uint8)

    def counts(self, codes: LabelCodes) -> tuple[NDArray[np.int64], ...]:
        """By value, with the missing ones last: of the segment, of the other side, of those in both."""
        _, one, other, both = codes.counts(self._groups, 4).T
        return one + both, other + both, both


def label_composition(label: LabelDeclaration, codes: LabelCodes, sides: Compared, *, in_rule: bool = False) -> OfLabel:
    """The parts of one label, not yet corrected for the other labels."""
    mine, theirs, both = sides.counts(codes)
    users = (sides.segment.count, sides.other.count, sides.both.count)
    parts = parts_of(label, codes, (mine + theirs - both)[:-1])
    if mine[-1] or theirs[-1]:
        parts.append(Part("missing", "no value", np.array([len(codes.values)])))
    found = []
    for part in parts:
        # Of a list a user may have several of the rest, and counts once.
        if part.kind == "rest" and label.type == "list" and not isinstance(part.places, slice):
            having = codes.having(part.places)
            counts = [(having & side).count for side in (sides.segment, sides.other, sides.both)]
        else:
            counts = [int(by_value[part.places].sum()) for by_value in (mine, theirs, both)]
        found.append(_part(part, counts, users))
    if parts and parts[0].kind == "value" and (label.type not in ("number", "date") or label.values):
        found.sort(key=lambda part: (_LAST.get(part.kind, 0), -part.count, -part.other_count))
    return OfLabel(label.code, label.name, label.category, tuple(found), label.type == "list", in_rule)


def _part(part: Part, counts: Sequence[int], users: Sequence[int]) -> PartOfSegment:
    (mine, theirs, both), (of, of_others, of_both) = counts, users
    if of_others > of_both:
        tested = compared(mine, of, theirs - both, of_others - of_both)
    else:
        tested = compared(mine - both, of - of_both, theirs, of_others)
    return PartOfSegment(part.kind, part.name, part.value, mine, of, theirs, of_others, tested)


def corrected(labels: Iterable[OfLabel]) -> tuple[OfLabel, ...]:
    """The labels with p corrected for all their parts together, the most telling label first."""
    found = list(labels)
    tested = [part.tested.p for label in found for part in label.parts if part.tested is not None]
    after = iter(holm(tested))
    done = [
        replace(
            label,
            parts=tuple(
                part if part.tested is None else replace(part, p_corrected=next(after)) for part in label.parts
            ),
        )
        for label in found
    ]
    return tuple(sorted(done, key=lambda label: label.telling, reverse=True))
