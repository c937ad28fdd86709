"""How sure a share is: Wilson's interval, a test of two shares, and its correction where many are tested.

Only the standard library. The figures of the interval are those of Newcombe (1998), method 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

#: Half of 95 % lies within so many standard deviations on each side.
_Z = NormalDist().inv_cdf(0.975)
#: Below such an expected count the normal approximation is not trusted (Cochran's rule).
_FEWEST_EXPECTED = 5
#: Probabilities that differ by rounding only count as equal.
_SAME = 1 + 1e-7

How = Literal["z", "fisher"]


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """Wilson's score interval of a share at 95 %, without continuity correction; None of nobody."""
    if total == 0:
        return None
    share, square = count / total, _Z * _Z
    middle = share + square / (2 * total)
    half = _Z * math.sqrt((share * (1 - share) + square / (4 * total)) / total)
    scale = 1 + square / total
    low = 0.0 if count == 0 else (middle - half) / scale
    high = 1.0 if count == total else (middle + half) / scale
    return low, high


@dataclass(frozen=True, slots=True)
class Chance:
    """A two-sided test of two shares: how likely chance alone makes a difference as large, and which test said so."""

    p: float
    how: How


def compared(count: int, total: int, other: int, of_others: int) -> Chance | None:
    """Whether `count` of `total` and `other` of `of_others` may have one share; None where there is nothing to compare.

    A z test of two proportions with their common share; Fisher's exact test where an expected count is below five.
    """
    having, everybody = count + other, total + of_others
    if not total or not of_others or having in (0, everybody):
        return None
    least = min(total, of_others) * min(having, everybody - having) / everybody
    if least < _FEWEST_EXPECTED:
        return Chance(_fisher(count, total, other, of_others), "fisher")
    common = having / everybody
    deviation = math.sqrt(common * (1 - common) * (1 / total + 1 / of_others))
    z = (count / total - other / of_others) / deviation
    return Chance(math.erfc(abs(z) / math.sqrt(2)), "z")


def _fisher(count: int, total: int, other: int, of_others: int) -> float:
    """Two-sided: all tables with these margins that are no more likely than the one found."""
    having = count + other
    low, high = max(0, having - of_others), min(total, having)
    logs = [_log_likely(k, total, having - k, of_others) for k in range(low, high + 1)]
    most = max(logs)
    likely = [math.exp(log - most) for log in logs]
    found = likely[count - low] * _SAME
    return min(1.0, math.fsum(p for p in likely if p <= found) / math.fsum(likely))


def _log_likely(count: int, total: int, other: int, of_others: int) -> float:
    return _log_choose(total, count) + _log_choose(of_others, other)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def holm(ps: Sequence[float]) -> list[float]:
    """Each p corrected by Holm's step-down method for all of them, in the same order.

    The chance that any difference is called one by mistake stays below the level, however the tests hang together.
    """
    corrected, most = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        most = max(most, min(1.0, ps[place] * (len(ps) - rank)))
        corrected[place] = most
    return corrected
