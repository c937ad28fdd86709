"""Which event keys may be known already, without a look at all of them: sorted runs of 64-bit entries.

An entry is the upper 48 bits of a key's hash, and below them the local day of its event: 1 is 1970-01-01, 0 stands for
all days that 16 bits cannot tell. The runs hold an entry for every row ever put on a day, or set aside, and perhaps
more: what they find is looked at, what they do not find is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segkit.data.generation import Generation
from segkit.data.manifest import StoredFile

Entries = npt.NDArray[np.uint64]

BITS = 16  # of the day
_FIRST, _LAST = date(1970, 1, 1), date(1970, 1, 1) + timedelta(days=2**BITS - 2)
_DAY = np.uint64((1 << BITS) - 1)
_MASK = 2**64 - 2**BITS
_AT_ONCE = 4_000_000  # entries
_RATIO = 4

#: SQL of a hash's part of an entry, and of an entry; `of` is the alias of a row with key and day.
HASH = f"(hash({{of}}.key) >> {BITS})"
_DAY_NUMBER = (
    f"CASE WHEN {{of}}.day BETWEEN DATE '{_FIRST}' AND DATE '{_LAST}' THEN {{of}}.day - DATE '{_FIRST}' + 1 ELSE 0 END"
)
ENTRY = f"((hash({{of}}.key) & {_MASK}::UBIGINT) + CAST({_DAY_NUMBER} AS UBIGINT))"
#: What tells whether entries are those of another time.
PROBE = f"SELECT '{BITS} ' || CAST(hash('segkit') AS VARCHAR)"


class Pieces:
    """Entries of new keys on their way to a run: sorted piece by piece in the load's own folder."""

    def __init__(self, scratch: Path, name: str) -> None:
        self._scratch = scratch
        self._name = name
        self._waiting: list[Entries] = []
        self._count = 0
        self.runs: list[Entries] = []

    def add(self, entries: Entries) -> None:
        self._waiting.append(entries)
        self._count += len(entries)
        if self._count >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Makes a piece of what waits. Needed at the end."""
        if not self._count:
            return
        piece = np.sort(np.concatenate(self._waiting))
        path = self._scratch / f"{self._name}-{len(self.runs)}.u64"
        piece.tofile(path)
        self.runs.append(np.memmap(path, np.uint64, "r"))
        self._waiting, self._count = [], 0


def opened(folder: Path, files: Sequence[StoredFile]) -> list[Entries] | None:
    """The stored runs; None if one is gone or cut off."""
    paths = [folder / file.path for file in files]
    if any(not path.is_file() or path.stat().st_size != 8 * file.rows for path, file in zip(paths, files, strict=True)):
        return None
    return [np.memmap(path, np.uint64, "r") for path in paths]


@dataclass(frozen=True, slots=True)
class Contested:
    """Hashes that occur twice among new keys, or in stored runs; and the days where stored ones may lie."""

    hashes: Entries
    days: frozenset[date]

    def may_be_chance(self, new: int, stored: int) -> bool:
        """Whether they are about as few as so many keys have by chance."""
        most: int = 10 + new * (new + stored) // 2 ** (60 - BITS)
        return 0 < len(self.hashes) <= most


def contested(new: Sequence[Entries], stored: Sequence[Entries], kept: Iterable[date]) -> Contested:
    """What new entries have to be compared with; of the stored ones those of `kept` days."""
    days_of: dict[int, list[date]] = {}
    for day in kept:
        days_of.setdefault(_number(day), []).append(day)
    numbers = np.array(sorted(days_of), dtype=np.uint64)
    hashes, days = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for low, high in _ranges(new):
        found = _joined(new, low, high) >> np.uint64(BITS)
        hashes.append(_once(found[1:][found[1:] == found[:-1]]))
        once = _once(found)
        for run in stored:
            hit, on = _hits(once, _slice(run, low, high), numbers)
            hashes.append(hit)
            days.append(on)
    found_days = {day for number in set(np.concatenate(days).tolist()) for day in days_of[number]}
    return Contested(_once(np.sort(np.concatenate(hashes))), frozenset(found_days))


def _hits(hashes: Entries, run: Entries, kept: Entries) -> tuple[Entries, Entries]:
    """Which of some sorted hashes a run has on days that are kept, and on which days."""
    shifted = hashes << np.uint64(BITS)
    begin = np.searchsorted(run, shifted)
    some = np.flatnonzero(run[np.minimum(begin, len(run) - 1)] >> np.uint64(BITS) == hashes) if len(run) else begin[:0]
    # Where each hit lies: the place in its own stretch, after the stretch's beginning.
    lengths = np.searchsorted(run, shifted[some] | _DAY, side="right") - begin[some]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    days = run[np.repeat(begin[some], lengths) + within] & _DAY
    is_kept = np.isin(days, kept)
    return np.repeat(hashes[some], lengths)[is_kept], _once(np.sort(days[is_kept]))


def grown(
    generation: Generation, files: Sequence[StoredFile], stored: Sequence[Entries], new: Sequence[Entries]
) -> tuple[StoredFile, ...]:
    """The files of the runs with the new entries: a run of their own, or one with later runs that are no larger."""
    if not new:
        return tuple(files)
    keeping, merging, size = len(files), [*new], sum(map(len, new))
    while keeping and len(stored[keeping - 1]) <= _RATIO * size:
        keeping -= 1
        merging.append(stored[keeping])
        size += len(stored[keeping])
    return (*files[:keeping], generation.write_plain("keys.u64", _merged(merging)))


def _merged(runs: Sequence[Entries]) -> Iterator[Entries]:
    for low, high in _ranges(runs):
        yield _once(_joined(runs, low, high))


def _ranges(runs: Sequence[Entries]) -> Iterator[tuple[int, int]]:
    """Ranges of entries, the upper end excluded, that hold about as many as fit at once; hashes spread evenly."""
    parts = max(1, -(-sum(map(len, runs)) // _AT_ONCE))
    edges = [(number * 2**64 // parts) >> BITS << BITS for number in range(parts)]
    return zip(edges, [*edges[1:], 2**64], strict=True)


def _slice(run: Entries, low: int, high: int) -> Entries:
    begin = int(np.searchsorted(run, np.uint64(low)))
    end = len(run) if high == 2**64 else int(np.searchsorted(run, np.uint64(high)))
    return run[begin:end]


def _joined(runs: Sequence[Entries], low: int, high: int) -> Entries:
    return np.sort(np.concatenate([_slice(run, low, high) for run in runs] or [np.empty(0, np.uint64)]), kind="stable")


def _once(entries: Entries) -> Entries:
    """Sorted entries without repetition; many times faster than numpy's own."""
    return entries[:1] if len(entries) < 2 else entries[np.concatenate([[True], entries[1:] != entries[:-1]])]


def _number(day: date) -> int:
    return (day - _FIRST).days + 1 if _FIRST <= day <= _LAST else 0
