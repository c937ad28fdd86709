"""To which cause each user who came or went is put down: to the last step that turned their verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from segkit.engine.bitmap import Bitmap

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Share(Generic[T]):
    """The users who entered and left because of one cause."""

    cause: T
    entered: Bitmap
    left: Bitmap

    def within(self, users: Bitmap) -> Share[T]:
        """The same among some users."""
        return Share(self.cause, self.entered & users, self.left & users)

    @property
    def users(self) -> Bitmap:
        """All who entered or left."""
        return self.entered | self.left


def attributed(before: Bitmap, steps: Sequence[tuple[T, Bitmap]]) -> list[Share[T]]:
    """By step who entered and who left because of it; the steps' sets are those after each, the last one the end.

    A user who is in before and not after, or the other way round, was turned an odd number of times, and belongs to the
    last of these steps: from then on the verdict was what it came to. So the shares are disjoint, and all of them
    together are the users who differ.
    """
    if not steps:
        return []
    end = steps[-1][1]
    waiting = before ^ end
    states = [before, *(members for _, members in steps)]
    found: list[Share[T]] = []
    for number in range(len(steps), 0, -1):
        turned = (states[number] ^ states[number - 1]) & waiting
        waiting = waiting - turned
        found.append(Share(steps[number - 1][0], turned & end, turned & before))
    return found[::-1]
