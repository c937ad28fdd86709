"""How far a user came in a sequence: the fastest way through its steps, or how many of them happened in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """`reached` steps happened one after the other, at `moments`, within `span` microseconds."""

    reached: int
    moments: tuple[int, ...]

    @property
    def span(self) -> int:
        return self.moments[-1] - self.moments[0] if self.moments else 0


def best_way(steps: Sequence[Sequence[int]]) -> Way:
    """The longest way, and of the longest the fastest. `steps` holds for each step its moments, oldest first."""
    best = Way(0, ())
    for first in steps[0]:
        moments = [first]
        # From a given first event, always taking the earliest next one ends as early as any choice can.
        for later in steps[1:]:
            place = bisect_right(later, moments[-1])
            if place == len(later):
                break
            moments.append(later[place])
        way = Way(len(moments), tuple(moments))
        if (way.reached, -way.span) > (best.reached, -best.span):
            best = way
    return best
