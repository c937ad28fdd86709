"""How segments overlap: every exclusive region, exact, by bit algebra; shares of pairs; a region as a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from segkit.analysis.finding import Finding
from segkit.analysis.pictures.drawing import day_text, number
from segkit.definitions.conditions import All, Condition, Not, SegmentRef
from segkit.definitions.documents import name_key
from segkit.engine.bitmap import Bitmap
from segkit.errors import NotFound, nearest

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart

#: More would be 2^9 regions, which nobody can read.
MOST = 8
_WORDS = 3


def region_counts(sets: Sequence[Bitmap], base: Bitmap) -> list[int]:
    """How many users of the base are in exactly which of the sets; at place k those in the sets of k's bits."""
    codes = np.zeros(base.size, dtype=np.uint8)
    for place, users in enumerate(sets):
        codes |= np.unpackbits(users.packed, count=users.size, bitorder="little") << np.uint8(place)
    return [int(count) for count in np.bincount(codes[base.flags()], minlength=1 << len(sets))]


@dataclass(frozen=True, slots=True)
class OfSegment:
    """One of the segments: its id, name, and count."""

    id: str
    name: str
    count: int
    kind: str = "custom"


@dataclass(frozen=True, slots=True)
class Region:
    """The users who are in all of some of the segments and in none of the others."""

    inside: tuple[OfSegment, ...]
    outside: tuple[OfSegment, ...]
    count: int

    @property
    def words(self) -> str:
        """Such as `in ‘A’ and ‘B’ only`."""
        if not self.inside:
            return "in none of them"
        if not self.outside:
            return "in all of them"
        return f"in {_joined([f'‘{s.name}’' for s in self.inside])} only"

    def rule(self) -> Condition:
        """The rule of exactly these users, which may be saved: all of references, and nots of references."""
        refs: list[Condition] = [SegmentRef(segment=s.id) for s in self.inside]
        refs += [Not(not_=SegmentRef(segment=s.id)) for s in self.outside]
        return All(all=tuple(refs))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two segments, and how many users are in both."""

    one: OfSegment
    other: OfSegment
    both: int

    @property
    def share_of_one(self) -> float | None:
        return self.both / self.one.count if self.one.count else None

    @property
    def share_of_other(self) -> float | None:
        return self.both / self.other.count if self.other.count else None

    @property
    def jaccard(self) -> float | None:
        """Those in both of those in either."""
        either = self.one.count + self.other.count - self.both
        return self.both / either if either else None


@dataclass(frozen=True, repr=False)
class Overlap(Finding):
    """Up to eight segments as of a date, and every region of users that they make. Holds counts, no users."""

    segments: tuple[OfSegment, ...]
    as_of: date
    base: int
    source: str  # where the users were read, in words
    counts: tuple[int, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every region, also those without users and the one outside of all, the largest first."""
        found = [self._region(place) for place in range(len(self.counts))]
        return tuple(sorted(found, key=lambda region: -region.count))

    def _region(self, place: int) -> Region:
        inside = tuple(s for n, s in enumerate(self.segments) if place >> n & 1)
        outside = tuple(s for n, s in enumerate(self.segments) if not place >> n & 1)
        return Region(inside, outside, self.counts[place])

    def region(self, *names: str) -> Region:
        """The users who are in all of the named segments and in none of the others; without a name, those in none."""
        return self._region(sum({1 << self._place(name) for name in names}))

    def _place(self, name: str) -> int:
        for place, segment in enumerate(self.segments):
            if segment.id == name or name_key(segment.name) == name_key(name):
                return place
        known = [segment.name for segment in self.segments]
        raise NotFound(f"‘{name}’ is not among these segments.{nearest(name, known)} They are {', '.join(known)}.")

    @property
    def none(self) -> int:
        """How many users of the base are in none of them."""
        return self.counts[0]

    @property
    def union(self) -> int:
        """How many users are in at least one."""
        return sum(self.counts[1:])

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Each two of the segments."""
        return tuple(
            Pair(self.segments[a], self.segments[b], self._in_all(1 << a | 1 << b))
            for a, b in combinations(range(len(self.segments)), 2)
        )

    def _in_all(self, bits: int) -> int:
        return sum(count for place, count in enumerate(self.counts) if place & bits == bits)

    @property
    def words(self) -> str:
        names = _joined([f"‘{segment.name}’ ({number(segment.count)})" for segment in self.segments])
        total = f"{number(self.union)} of {number(self.base)} users are in at least one, {number(self.none)} in none."
        lines = [f"{names}, as of {day_text(self.as_of)}, {self.source}.", total]
        full = [region for region in self.regions if region.inside and region.count]
        lines += [f"{number(r.count)} are {r.words}, {_percent(r.count, self.union)} of them." for r in full[:_WORDS]]
        return "\n".join([*lines, *self._closest(), *(f"Note: {note}." for note in self.notes)])

    def _closest(self) -> list[str]:
        found = [pair for pair in self.pairs if pair.both]
        if not found:
            return ["No two of them have a user in common."]
        most = max(found, key=lambda pair: pair.jaccard or 0)
        return [
            f"Closest are ‘{most.one.name}’ and ‘{most.other.name}’, with {number(most.both)} in common: "
            f"{_percent(most.both, most.one.count)} of the one, {_percent(most.both, most.other.count)} of the other."
        ]

    @property
    def data(self) -> pd.DataFrame:
        """A row a region: a column a segment, true where its users are in it, then the users and their share."""
        import pandas as pd

        rows = [
            {
                **{segment.name: segment in region.inside for segment in self.segments},
                "users": region.count,
                "share_of_base": region.count / self.base if self.base else 0.0,
            }
            for region in self.regions
        ]
        return pd.DataFrame(rows)

    @property
    def pair_data(self) -> pd.DataFrame:
        """A row a pair, with the users in both and their share of each."""
        import pandas as pd

        columns = ["one", "other", "both", "share_of_one", "share_of_other", "jaccard"]
        values = [(p.one.name, p.other.name, p.both, p.share_of_one, p.share_of_other, p.jaccard) for p in self.pairs]
        return pd.DataFrame(values, columns=columns)

    def _repr_html_(self) -> str:
        """The shares of pairs stand under the picture, to unfold."""
        pairs = self.pair_table.to_html(index=False, border=0)
        return f"{super()._repr_html_()}<details><summary>What each two share, as a table</summary>{pairs}</details>"

    @property
    def pair_table(self) -> pd.DataFrame:
        """What each two share, as people read it."""
        import pandas as pd

        return pd.DataFrame({
            "Segment": [pair.one.name for pair in self.pairs],
            "and": [pair.other.name for pair in self.pairs],
            "In both": [pair.both for pair in self.pairs],
            "Of the first": [_percent(pair.both, pair.one.count) for pair in self.pairs],
            "Of the second": [_percent(pair.both, pair.other.count) for pair in self.pairs],
        })  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the date as ISO text."""
        return {
            "as_of": self.as_of.isoformat(),
            "source": self.source,
            "base": self.base,
            "union": self.union,
            "segments": [_segment_data(segment) for segment in self.segments],
            "regions": [{"in": [s.id for s in r.inside], "users": r.count} for r in self.regions],
            "pairs": [
                {
                    "segments": [p.one.id, p.other.id],
                    "both": p.both,
                    "shares": [p.share_of_one, p.share_of_other],
                    "jaccard": p.jaccard,
                }
                for p in self.pairs
            ],
            "notes": list(self.notes),
        }

    def chart(self) -> Chart | None:
        """An UpSet plot: a column a region, a row a segment."""
        from segkit.analysis.pictures.upset import upset

        return upset(self)


def _segment_data(segment: OfSegment) -> Mapping[str, object]:
    return {"id": segment.id, "name": segment.name, "kind": segment.kind, "users": segment.count}


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else "–"


def _joined(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
