"""Who came and who went between two memberships: the sets, their counts, and a few users of each as examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segkit.engine.bitmap import Bitmap
from segkit.masking import masked_text


@dataclass(frozen=True, eq=False)
class Movement:
    """Two memberships over the same users. None is a membership that there was not, or will not be: nobody."""

    before: Bitmap | None
    after: Bitmap | None

    @property
    def gained(self) -> Bitmap:
        """The users who are in after, and were not before."""
        before, after = self._both()
        return after - before

    @property
    def lost(self) -> Bitmap:
        """The users who were in before, and are not after."""
        before, after = self._both()
        return before - after

    @property
    def moves(self) -> bool:
        """Whether anybody came or went."""
        before, after = self._both()
        return before != after

    def counts(self) -> dict[str, int | None]:
        """How many users: before and after (None where there is no membership), gained and lost."""
        return {
            "before": None if self.before is None else self.before.count,
            "after": None if self.after is None else self.after.count,
            "gained": self.gained.count,
            "lost": self.lost.count,
        }

    def _both(self) -> tuple[Bitmap, Bitmap]:
        there = self.before if self.before is not None else self.after
        if there is None:
            raise ValueError("expected a membership before, after, or both")
        nobody = Bitmap.none(there.size)
        return (nobody if self.before is None else self.before), (nobody if self.after is None else self.after)


def first_uids(members: Bitmap, uids: Sequence[str], most: int) -> list[str]:
    """The uids of the first users of a set, by `user_no`; addresses and numbers among them masked."""
    return [masked_text(uids[number]) for number in members.user_nos()[:most]]
