"""IANA time zones and their local days: when a day begins, which day an instant is on, which instant a wall time is.

Zone data come from PyPI's `tzdata`, never from the system. Instants are microseconds since the epoch, UTC; days as
numbers are days since 1970-01-01. A local day begins at its first instant, the first moment at which the clock on the
wall shows that date or a later one; it ends where the next one begins. A date that a zone skips is an empty day. What
day it is now is not known here: time is an argument.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from segkit.errors import NotFound, SegkitError, nearest

Instants = npt.NDArray[np.int64]
DayNumbers = npt.NDArray[np.int32]

_SECOND = 1_000_000  # microseconds
_DAY = 86_400 * _SECOND
_FOUR_WEEKS = 28 * 86_400  # seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAYS = (1 - _EPOCH_ORDINAL, date.max.toordinal() - _EPOCH_ORDINAL)  # the first and the last that Python has
_EARLIEST = _DAYS[0] * 86_400  # in seconds
_LATEST = (_DAYS[1] + 1) * 86_400  # excluded
_NEAR = 4_417_977_600  # 2110-01-01; what lies beyond it is rare, and worth a longer table only then
_FAR = _LATEST - 2 * 86_400  # so near the end of time datetime may fail at the sum, and no clock changes
_LONG_AGO = -(2**62)  # microseconds; stands for "always", with room to add an offset


class Boundaries(NamedTuple):
    """One row a local day: its number, and its first instant. Two arrays of the same length, in order."""

    day: DayNumbers
    instant: Instants


@dataclass(frozen=True, slots=True, eq=False)
class _Timeline:
    """A zone as stretches of constant offset: `offset[i]` holds in `[start[i], start[i + 1])`; all in microseconds."""

    start: Instants
    offset: Instants

    def wall_ends(self) -> Instants:
        """The furthest that the clock on the wall has got by the end of each stretch but the last, never falling."""
        return np.maximum.accumulate(self.start[1:] + self.offset[:-1])

    def wall_changes(self) -> Instants:
        """The naive times from which the next stretch's offset is meant: the end of each gap, or of each overlap."""
        return self.start[1:] + np.maximum(self.offset[:-1], self.offset[1:])


def tzdata_version() -> str:
    """The version of the zone data in use, such as `2026f`."""
    return str(import_module("tzdata").IANA_VERSION)


def zone_names() -> list[str]:
    """All names of zones, in order; those of places before abbreviations and offsets."""
    return sorted(_names(), key=lambda name: (name != "UTC" and ("/" not in name or name.startswith("Etc/")), name))


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name. It cannot be pickled: hand its name (`.key`) to other processes.

    Raises NotFound with the nearest names if `tzdata` has none of that name.
    """
    if name not in _names():
        raise NotFound(
            f"No time zone '{name}'.{_suggestion(name)} Expected a name of the IANA tables "
            f"(tzdata {tzdata_version()}), such as 'Europe/Berlin' or 'UTC'."
        )
    with _file(name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def first_instant(day: date, zone: ZoneInfo) -> int:
    """The instant at which the local day begins.

    That is midnight; the first of two; or the end of the gap where the clock jumps over midnight.
    """
    return int(_first_instants(np.array([_number(day)], dtype=np.int64), zone)[0])


def day_bounds(start: date | None, end: date | None, zone: ZoneInfo) -> tuple[int | None, int | None]:
    """The half-open range of instants `[first, past)` of the local days `[start, end)`; None is an open end."""
    first, past = (None if day is None else first_instant(day, zone) for day in (start, end))
    return first, past


def day_boundaries(first: date, last: date, zone: ZoneInfo) -> Boundaries:
    """Every local day from `first` to `last`, both included, with its first instant; none if `last` is earlier.

    The day of an instant is the latest one whose first instant is not after it (so a skipped day has no instants).
    """
    numbers = np.arange(_number(first), _number(last) + 1, dtype=np.int64)
    return Boundaries(numbers.astype(np.int32), _first_instants(numbers, zone))


def local_day(instant: int, zone: ZoneInfo) -> date:
    """The local day that an instant is on. Raises SegkitError for an instant outside the years 1 to 9999."""
    number = int(local_days(np.array([instant], dtype=np.int64), zone)[0])
    return date.fromordinal(_EPOCH_ORDINAL + number)


def local_days(instants: Instants, zone: ZoneInfo) -> DayNumbers:
    """The number of the local day that each instant is on; at the ends of time the first and the last date there are.

    Raises SegkitError if an instant lies outside the years 1 to 9999 UTC.
    """
    lowest, highest = _range(instants)
    # No clock is more than a day away from UTC, so two days on either side are enough.
    numbers = np.arange(lowest // _DAY - 2, highest // _DAY + 3, dtype=np.int64)
    found = np.searchsorted(_first_instants(numbers, zone), instants, side="right")
    days: DayNumbers = np.clip(found + (int(numbers[0]) - 1), *_DAYS).astype(np.int32)
    return days


def instants_of_naive(walls: Instants, zone: ZoneInfo) -> Instants:
    """The instants of naive local times, given as microseconds since 1970-01-01 00:00 on the wall; fold=0.

    A time that occurs twice is the first of the two; one that a gap leaves out is read by the offset before the gap,
    so that it comes as long after the gap's start as it says. Raises SegkitError outside the years 1 to 9999.
    """
    _, highest = _range(walls)
    line = _timeline(zone, highest)
    stretch = np.searchsorted(line.wall_changes(), walls, side="right")
    found: Instants = walls - line.offset[stretch]
    return found


def naive_offsets(first: date, last: date, zone: ZoneInfo) -> list[tuple[int, int]]:
    """The offsets by which naive times from `first` to `last` are read, each with the wall time from which it holds.

    Both in microseconds; the first entry's begins at midnight of `first`. See `instants_of_naive`.
    """
    low, past = _number(first) * _DAY, (_number(last) + 1) * _DAY
    line = _timeline(zone, past)
    changes = line.wall_changes()
    inside = np.flatnonzero((changes > low) & (changes < past))
    begin = int(np.searchsorted(changes, low, side="right"))
    return [(low, int(line.offset[begin])), *((int(changes[i]), int(line.offset[i + 1])) for i in inside)]


def _first_instants(numbers: Instants, zone: ZoneInfo) -> Instants:
    if not len(numbers):
        return np.empty(0, dtype=np.int64)
    midnights = numbers * _DAY
    line = _timeline(zone, int(midnights[-1]))
    # The first stretch in which the wall clock gets past midnight; where it begins later than that, there is a gap.
    stretch = np.searchsorted(line.wall_ends(), midnights, side="right")
    firsts: Instants = np.maximum(line.start[stretch], midnights - line.offset[stretch])
    return firsts


def _range(times: Instants) -> tuple[int, int]:
    if times.dtype != np.int64:
        raise TypeError(f"times of type {times.dtype}; expected int64 microseconds since the epoch")
    if not len(times):
        return 0, 0
    lowest, highest = int(times.min()), int(times.max())
    for found, ok in ((lowest, lowest >= _EARLIEST * _SECOND), (highest, highest < _LATEST * _SECOND)):
        if not ok:
            raise SegkitError(
                f"A time {found} microseconds from 1970-01-01 is outside the years 1 to 9999. "
                "Expected microseconds; see whether the source counts in another unit."
            )
    return lowest, highest


def _timeline(zone: ZoneInfo, until: int) -> _Timeline:
    if zone.key is None:
        raise SegkitError("A time zone without a name has no local days here; take it from `segkit.definitions.zones`.")
    return _timeline_of(zone.key, _NEAR if until < _NEAR * _SECOND else _FAR)


@cache
def _timeline_of(name: str, until: int) -> _Timeline:
    """All changes of a zone's offset up to a time in seconds; about 10 ms, and a second for the far future."""
    known = zone(name)
    seconds = [s for s in _changes_on_file(name) if _EARLIEST + 2 * 86_400 < s < until]
    offsets = [_offset(known, s) for s in seconds]
    before = _offset(known, seconds[0] - 1 if seconds else 0)
    later = _changes_by_rule(known, max([0, *seconds]), until)
    start = [_LONG_AGO, *(s * _SECOND for s in [*seconds, *later])]
    offset = [o * _SECOND for o in [before, *offsets, *(_offset(known, s) for s in later)]]
    return _Timeline(np.array(start, dtype=np.int64), np.array(offset, dtype=np.int64))


def _changes_on_file(name: str) -> tuple[int, ...]:
    """The changes, in seconds, that a TZif file lists in its 64-bit block (RFC 8536); what follows them is a rule."""
    data = _file(name).read_bytes()
    utc, standard, leaps, times, types, characters = struct.unpack_from(">6l", data, 20)
    second = 44 + 5 * times + 6 * types + characters + 8 * leaps + standard + utc
    (times,) = struct.unpack_from(">l", data, second + 32)
    return struct.unpack_from(f">{times}q", data, second + 44)


def _changes_by_rule(known: ZoneInfo, begin: int, until: int) -> list[int]:
    """The changes after the last one on file: yearly and months apart, so that a look every four weeks finds them."""
    looks = [(second, _offset(known, second)) for second in (*range(begin, until, _FOUR_WEEKS), until)]
    return [_bisect(known, a, b) for (a, before), (b, after) in pairwise(looks) if before != after]


def _bisect(known: ZoneInfo, low: int, high: int) -> int:
    before = _offset(known, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(known, middle) == before else (low, middle)
    return high


def _offset(known: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(known).utcoffset()
    assert offset is not None
    return offset // timedelta(seconds=1)


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


@cache
def _names() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


def _file(name: str) -> Traversable:
    return files("tzdata").joinpath("zoneinfo", *name.split("/"))


def _suggestion(name: str) -> str:
    """The zones of that city, else the nearest name, as the message says it."""
    city = name.rsplit("/", 1)[-1].strip().replace(" ", "_").casefold()
    same = sorted(known for known in _names() if known.rsplit("/", 1)[-1].casefold() == city)
    return f" Did you mean {' or '.join(map(repr, same))}?" if same else nearest(name, _names())
