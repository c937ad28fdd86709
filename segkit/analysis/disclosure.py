"""Counts for people who may see numbers but nobody in particular: rounded to tens, with noise fixed by the question.

The noise is drawn from a keyed hash of the question, so asking again gives the same number. It is not drawn from the
set of users: then "these, and her" gave the very number of "these" where she is not in, and another where she is, which
tells it at once. Who can build sets with and without one person, and knows their sizes otherwise, learns from n answers
what a test between two means one apart learns: guessing right has the chance Phi(0.5 * sqrt(n) / s) (Neyman and Pearson
1933). With n = 200 and s = 120 that is 52.3 %.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from statistics import NormalDist

#: Standard deviation of the noise, in users.
SPREAD = 120.0
STEP = 10
#: A published count of fewer users is told to nobody who may not see who they are.
FEWEST = 10
_NORMAL = NormalDist(0.0, SPREAD)


@dataclass(frozen=True)
class Disclosure:
    """Tells counts. `secret` is the workspace's own; whoever has it can take the noise away."""

    secret: bytes

    def about(self, count: int, *question: str) -> int:
        """About how many users, in tens, never below 0. The same question gives the same noise for good."""
        asked = "\0".join(question).encode("utf-8", "surrogatepass")
        drawn = hmac.digest(self.secret, asked, hashlib.sha256)
        share = (int.from_bytes(drawn[:8], "big") + 0.5) / 2**64
        return max(0, STEP * round((count + _NORMAL.inv_cdf(share)) / STEP))
