"""What a segment is made of, label by label, beside all users or another segment: shares, lift, how sure they are.

Counts are exact. Intervals (Wilson, 95 %) and tests say how large a difference chance alone could make. The test
compares the users of the segment with those users of the other side who are not in it, so that everybody counts once;
where nobody is left there, those who are only in the segment with the other side. p is corrected by Holm's method
for all values of all labels together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segkit.analysis.binning import Kind, Part, parts_of
from segkit.analysis.finding import Finding
from segkit.analysis.intervals import Chance, compared, holm, wilson
from segkit.analysis.pictures.drawing import day_text, number
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.engine.bitmap import Bitmap
from segkit.engine.label_codes import LabelCodes

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart

LEVEL = 0.05
_TOLD = 5
_LAST = {"rest": 1, "missing": 2}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison: what it is called, and how many users it has."""

    name: str
    users: int


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


@dataclass(frozen=True, repr=False)
class Composition(Finding):
    """A segment label by label beside another side. Holds counts, no users; labels with personal data are left out."""

    segment: Side
    other: Side
    as_of: date
    source: str
    labels: tuple[OfLabel, ...]
    notes: tuple[str, ...] = ()
    is_base: bool = True
    tests: int = field(default=0)

    @property
    def telling(self) -> tuple[tuple[OfLabel, PartOfSegment], ...]:
        """Every clear difference, the most telling first."""
        found = [(label, part) for label in self.labels for part in label.parts if part.is_clear]
        return tuple(sorted(found, key=lambda pair: -pair[1].telling))

    @property
    def words(self) -> str:
        head = (
            f"{self.segment.name}, {number(self.segment.users)} users, beside {self.other.name}, "
            f"{number(self.other.users)} users, as of {day_text(self.as_of)}, {self.source}."
        )
        lines = [head, *self._differences()]
        return "\n".join([*lines, *(f"Note: {note}." for note in self.notes)])

    def _differences(self) -> list[str]:
        if not self.segment.users or not self.other.users:
            return ["There is nobody to compare."]
        clear = [(label, part) for label in self.labels if (part := label.most_telling) is not None]
        if not clear:
            return ["No label tells them apart: every difference is small enough to be chance."]
        news = [(label, part) for label, part in clear if not label.in_rule]
        told = [
            f"{label.name}, {part.name}: {percent(part.share)} here, {percent(part.other_share)} "
            f"{'of all users' if self.is_base else 'there'} ({part.lift_words})."
            for label, part in news[:_TOLD]
        ]
        more = len(news) - len(told)
        rest = [f"{number(more)} more label{'s differ' if more > 1 else ' differs'} clearly."] if more else []
        return [*told, *rest, *self._by_rule(), self._checked()]

    def _by_rule(self) -> list[str]:
        names = [label.name for label in self.labels if label.in_rule]
        return [f"A rule speaks of {', '.join(names)}, so a difference there is no news."] if names else []

    def _checked(self) -> str:
        return (
            f"{number(self.tests)} shares were compared; were there no difference at all, one would be called clear "
            "by chance in at most 5 of 100 such comparisons."
        )

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame([_row(label, part) for label in self.labels for part in label.parts], columns=list(_ROW))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; dates as ISO text."""
        return {
            "segment": {"name": self.segment.name, "users": self.segment.users},
            "against": {"name": self.other.name, "users": self.other.users},
            "as_of": self.as_of.isoformat(),
            "source": self.source,
            "correction": "Holm",
            "tests": self.tests,
            "labels": [
                {
                    "label": label.code,
                    "name": label.name,
                    "in_rule": label.in_rule,
                    "parts": [
                        {key: _json(value) for key, value in _row(label, part).items() if key not in _OF_LABEL}
                        for part in label.parts
                    ],
                }
                for label in self.labels
            ],
            "notes": list(self.notes),
        }

    def chart(self) -> Chart | None:
        """Bars of shares, those of the other side as ticks, and the lift in words."""
        from segkit.analysis.pictures.shares import shares

        return shares(self)


def percent(share: float) -> str:
    """A share with one decimal; one that is not nothing is never written as nothing."""
    return "under 0.1 %" if 0 < share < 0.0005 else f"{share:.1%}".replace("%", " %")


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


_OF_LABEL = ("label", "label_name", "category", "in_rule")
_ROW: dict[str, Callable[[OfLabel, PartOfSegment], object]] = {
    "label": lambda label, part: label.code,
    "label_name": lambda label, part: label.name,
    "category": lambda label, part: label.category,
    "in_rule": lambda label, part: label.in_rule,
    "kind": lambda label, part: part.kind,
    "value": lambda label, part: part.value,
    "name": lambda label, part: part.name,
    "count": lambda label, part: part.count,
    "share": lambda label, part: part.share,
    "low": lambda label, part: part.interval[0] if part.interval else None,
    "high": lambda label, part: part.interval[1] if part.interval else None,
    "other_count": lambda label, part: part.other_count,
    "other_share": lambda label, part: part.other_share,
    "other_low": lambda label, part: part.other_interval[0] if part.other_interval else None,
    "other_high": lambda label, part: part.other_interval[1] if part.other_interval else None,
    "lift": lambda label, part: part.lift,
    "test": lambda label, part: part.tested.how if part.tested else None,
    "p": lambda label, part: part.tested.p if part.tested else None,
    "p_corrected": lambda label, part: part.p_corrected,
    "is_clear": lambda label, part: part.is_clear,
}


def _row(label: OfLabel, part: PartOfSegment) -> dict[str, object]:
    return {key: of(label, part) for key, of in _ROW.items()}
