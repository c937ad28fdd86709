"""A set of users of one app: one bit a `user_no`, packed. Immutable; operations give new sets of the same size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Bitmap:
    """`size` users; user n is bit n % 8 of byte n // 8 (little-endian bit order). Bits past `size` are 0."""

    size: int
    packed: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if len(self.packed) != (self.size + 7) // 8:
            raise ValueError(f"{len(self.packed)} bytes for {self.size} users")
        self.packed.setflags(write=False)

    @classmethod
    def none(cls, size: int) -> Bitmap:
        """Nobody."""
        return cls(size, np.zeros((size + 7) // 8, dtype=np.uint8))

    @classmethod
    def everyone(cls, size: int) -> Bitmap:
        """All numbers below `size`."""
        return cls.from_flags(np.ones(size, dtype=bool))

    @classmethod
    def from_flags(cls, flags: NDArray[np.bool_]) -> Bitmap:
        """One flag a user, in `user_no` order."""
        return cls(len(flags), np.packbits(flags, bitorder="little"))

    @classmethod
    def from_user_nos(cls, size: int, user_nos: NDArray[np.integer] | Iterable[int]) -> Bitmap:
        """The users of these numbers, in whatever order, repeated or not."""
        flags = np.zeros(size, dtype=bool)
        flags[np.asarray(user_nos if isinstance(user_nos, np.ndarray) else list(user_nos), dtype=np.int64)] = True
        return cls.from_flags(flags)

    @classmethod
    def from_bytes(cls, data: bytes, size: int) -> Bitmap:
        """The set that `to_bytes` gave. Raises ValueError if length or padding do not fit `size`."""
        found = cls(size, np.frombuffer(data, dtype=np.uint8).copy())
        if size % 8 and int(found.packed[-1]) >> (size % 8):
            raise ValueError(f"bits past user {size}")
        return found

    def to_bytes(self) -> bytes:
        """The packed bits."""
        return self.packed.tobytes()

    @property
    def count(self) -> int:
        """How many users."""
        return int(np.bitwise_count(self.packed).sum(dtype=np.int64))

    def resized(self, size: int) -> Bitmap:
        """The same users among more (or none lost among fewer) numbers; a snapshot may be older than today's users."""
        if size == self.size:
            return self
        flags = np.zeros(size, dtype=bool)
        shared = min(size, self.size)
        flags[:shared] = self.flags()[:shared]
        return Bitmap.from_flags(flags)

    def flags(self) -> NDArray[np.bool_]:
        """One flag a user."""
        return np.unpackbits(self.packed, count=self.size, bitorder="little").astype(bool)

    def user_nos(self) -> NDArray[np.int64]:
        """The numbers in it, ascending."""
        return np.flatnonzero(self.flags())

    def __contains__(self, user_no: int) -> bool:
        return 0 <= user_no < self.size and bool(self.packed[user_no >> 3] >> (user_no & 7) & 1)

    def __and__(self, other: Bitmap) -> Bitmap:
        return Bitmap(self.size, self.packed & self._same_size(other))

    def __or__(self, other: Bitmap) -> Bitmap:
        return Bitmap(self.size, self.packed | self._same_size(other))

    def __xor__(self, other: Bitmap) -> Bitmap:
        return Bitmap(self.size, self.packed ^ self._same_size(other))

    def __sub__(self, other: Bitmap) -> Bitmap:
        return Bitmap(self.size, self.packed & ~self._same_size(other))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bitmap) and self.size == other.size and bool(np.array_equal(self.packed, other.packed))

    __hash__ = None  # type: ignore[assignment]

    def _same_size(self, other: Bitmap) -> NDArray[np.uint8]:
        if self.size != other.size:
            raise ValueError(f"sets of {self.size} and {other.size} users; expected the same generation of users")
        return other.packed
