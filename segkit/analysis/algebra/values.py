"""Sets of values on a line, numbers or days, with or without the missing one; nothing here knows of conditions.

A set is a row of spans between cuts. A cut lies directly before or behind a number, so that open and closed ends need
no cases of their own. Where values come in units (whole numbers, cents, days) a cut lies before a unit, so that
"more than 2" and "at least 3" are one set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

#: Where the line ends (-1, 1) or not (0); a number; whether the cut lies before (0) or behind it (1).
Cut = tuple[int, Fraction, int]
Span = tuple[Cut, Cut]

LOWEST: Cut = (-1, Fraction(0), 0)
HIGHEST: Cut = (1, Fraction(0), 0)


def before(number: Fraction | int) -> Cut:
    """The cut directly before a number."""
    return (0, Fraction(number), 0)


def behind(number: Fraction | int) -> Cut:
    """The cut directly behind a number."""
    return (0, Fraction(number), 1)


def in_units(cut: Cut, unit: Fraction) -> Cut:
    """The cut among multiples of a unit that has the same ones before it."""
    if cut[0]:
        return cut
    steps = cut[1] / unit
    return before((math.floor(steps) + 1 if cut[2] else math.ceil(steps)) * unit)


@dataclass(frozen=True, slots=True)
class Values:
    """Spans in order, none touching another, and whether a missing value belongs to them. `values_of` makes them so."""

    spans: tuple[Span, ...] = ()
    missing: bool = False

    def __bool__(self) -> bool:
        return bool(self.spans) or self.missing

    def __and__(self, other: Values) -> Values:
        found: list[Span] = []
        mine, theirs = 0, 0
        while mine < len(self.spans) and theirs < len(other.spans):
            one, another = self.spans[mine], other.spans[theirs]
            both = max(one[0], another[0]), min(one[1], another[1])
            if both[0] < both[1]:
                found.append(both)
            if one[1] <= another[1]:
                mine += 1
            else:
                theirs += 1
        return Values(tuple(found), self.missing and other.missing)

    def __or__(self, other: Values) -> Values:
        return values_of([*self.spans, *other.spans], missing=self.missing or other.missing)

    def __sub__(self, other: Values) -> Values:
        return self & other.complement()

    def complement(self) -> Values:
        """Every other value of the line."""
        edges = [LOWEST, *(cut for span in self.spans for cut in span), HIGHEST]
        gaps = zip(edges[::2], edges[1::2], strict=True)
        return Values(tuple(gap for gap in gaps if gap[0] < gap[1]), not self.missing)

    def present(self) -> Values:
        """The same without the missing value."""
        return Values(self.spans)


def values_of(spans: list[Span], *, missing: bool = False, unit: Fraction | None = None) -> Values:
    """The values within any of these spans, counted in units where there are such."""
    cut = [(in_units(low, unit), in_units(high, unit)) if unit else (low, high) for low, high in spans]
    found: list[Span] = []
    for low, high in sorted(span for span in cut if span[0] < span[1]):
        if found and low <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return Values(tuple(found), missing)


EVERYTHING = Values(((LOWEST, HIGHEST),), missing=True)
MISSING = Values((), missing=True)
