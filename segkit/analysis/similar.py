"""Which segments nearly coincide, or have the same rule however it is written; counts are exact."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.analysis.finding import Finding
from segkit.engine.bitmap import Bitmap

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart


@dataclass(frozen=True, slots=True)
class Pair:
    """Two segments by name: the users of both, of one only, of the other only."""

    one: str
    other: str
    both: int
    only_one: int
    only_other: int
    same_rule: bool

    @property
    def likeness(self) -> float:
        """The share of the users of either who are in both (Jaccard); 0 where there is nobody in either."""
        either = self.both + self.only_one + self.only_other
        return self.both / either if either else 0.0

    def __str__(self) -> str:
        if self.same_rule:
            what = "have the same rule"
        else:
            what = f"share {_percent(self.likeness)} of their users"
        counts = f"{self.both:,} in both, {self.only_one:,} only in the first, {self.only_other:,} only in the second"
        return f"‘{self.one}’ and ‘{self.other}’ {what}: {counts}"


def _percent(share: float) -> str:
    """Never 100 % where somebody is in one only."""
    tenths = int(share * 1000)
    return f"{tenths / 10:g} %"


def similar_pairs(
    members: Mapping[str, Bitmap],
    same_rule: Collection[frozenset[str]],
    at_least: float,
    asked: str | None = None,
) -> list[Pair]:
    """The pairs whose likeness is at least so, and those with the same rule; only those with `asked`, if it is given.

    The likest first. Where nobody is in either, there is nothing that could coincide.
    """
    counts = {name: users.count for name, users in members.items()}
    found = []
    for one, other in _pairs(members, asked):
        same = frozenset({one, other}) in same_rule
        few, many = sorted((counts[one], counts[other]))
        if not same and (few == 0 or few < at_least * many):
            continue  # likeness is at most the smaller by the larger
        both = (members[one] & members[other]).count
        pair = Pair(one, other, both, counts[one] - both, counts[other] - both, same)
        if same or pair.likeness >= at_least:
            found.append(pair)
    return sorted(found, key=lambda pair: (-pair.same_rule, -pair.likeness, -pair.both, pair.one, pair.other))


def _pairs(names: Collection[str], asked: str | None) -> Iterator[tuple[str, str]]:
    if asked is None:
        yield from itertools.combinations(sorted(names), 2)
    else:
        yield from ((asked, name) for name in sorted(names) if name != asked)


@dataclass(frozen=True, repr=False)
class Similar(Finding):
    """Segments that nearly coincide or have the same rule: with one, or all pairs of an app."""

    app: str
    as_of: date
    asked: str | None
    at_least: float
    compared: int
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]

    @property
    def words(self) -> str:
        return "\n".join([self._head(), *(f"{pair}." for pair in self.pairs), *(f"Note: {n}" for n in self.notes)])

    def _head(self) -> str:
        what = f"share {_percent(self.at_least)} or more of their users, or have the same rule, as of {self.as_of}"
        if self.asked is None:
            found = f"{len(self.pairs):,} pairs" if len(self.pairs) != 1 else "1 pair"
            return f"{found if self.pairs else 'No pair'} of {self.compared:,} segments {what}."
        beside = f"‘{self.asked}’ and {len(self.pairs):,} of {self.compared:,} other segments"
        return f"{beside} {what}."

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        rows = [(p.one, p.other, p.both, p.only_one, p.only_other, p.likeness, p.same_rule) for p in self.pairs]
        columns = ["one", "other", "both", "only_one", "only_other", "likeness", "same_rule"]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        return {
            "app": self.app,
            "as_of": self.as_of.isoformat(),
            "asked": self.asked,
            "at_least": self.at_least,
            "compared": self.compared,
            "pairs": [
                {
                    "one": pair.one, "other": pair.other, "both": pair.both, "only_one": pair.only_one,
                    "only_other": pair.only_other, "likeness": pair.likeness, "same_rule": pair.same_rule,
                }
                for pair in self.pairs
            ],
            "notes": list(self.notes),
        }  # fmt: skip

    def chart(self) -> Chart | None:
        """A bar a pair: who is in one only, in both, in the other only."""
        from segkit.analysis.pictures.likeness import likeness_bars

        return likeness_bars(self.pairs, as_of=self.as_of) if self.pairs else None

    def _repr_html_(self) -> str:
        import html

        chart = self.chart()
        lines = [f"<p>{html.escape(line)}</p>" for line in (self._head(), *(f"Note: {note}" for note in self.notes))]
        return lines[0] + (chart.to_html() if chart is not None else "") + "".join(lines[1:])
