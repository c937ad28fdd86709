"""Instants and local days in SQL, exact in every zone: functions over the zones of `definitions.zones`, not DuckDB's.

Instants are microseconds since the epoch, UTC; days are days since 1970-01-01.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segkit.data.work import Work
from segkit.definitions import zones
from segkit.errors import SegkitError

#: The years 1 to 9999: what Python's dates and the zones cover.
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - clocks on walls
_DAY = 86_400_000_000
_WIDEST = 300 * 366  # days of boundaries that are worth keeping
#: What SQL knows by itself: the years in which nearly all instants lie. Each more makes each load's plans longer.
_USUAL = date(2015, 1, 1), date(2034, 12, 31)

Times = npt.NDArray[np.int64]


class Zones:
    """The functions of one load: `local_day(instant)` in the app's zone, and two for the naive times of each source's.

    `of(zone)` gives the ending of their names: `instant_of_naive_<ending>(wall)`, `instant_of_text_<ending>(text)`.
    """

    def __init__(self, work: Work, app_zone: str) -> None:
        self._work = work
        self._endings: dict[str, int] = {}
        self._app_zone = zones.zone(app_zone)
        work.function("local_day", _LocalDays(self._app_zone), ["BIGINT"], "INTEGER")

    def day_of(self, instant: str) -> str:
        """SQL of the local day of an instant, for many rows: plain arithmetic in the usual years."""
        known = zones.day_boundaries(*_USUAL, self._app_zone)
        day, first = known.day.astype(np.int64), known.instant
        begins = [0, *(np.flatnonzero(np.diff(first) != _DAY) + 1).tolist()]
        # Of a day that is longer than others, the last hours are still its own.
        leaves = [
            (int(first[a]), f"least({day[b - 1]}, {day[a]} + ({instant} - {first[a]}) // {_DAY})")
            for a, b in zip(begins, [*begins[1:], len(first)], strict=True)
        ]
        usual = f"{instant} >= {first[0]} AND {instant} < {first[-1]}"
        number = f"CASE WHEN {usual} THEN {_choice(instant, leaves)} ELSE local_day({instant}) END"
        return f"DATE '1970-01-01' + CAST({number} AS INTEGER)"

    def of(self, zone: str) -> int:
        """The ending of the functions for naive times in a zone. Raises NotFound if there is no such zone."""
        if zone not in self._endings:
            ending = self._endings[zone] = len(self._endings)
            found = zones.zone(zone)
            self._work.function(f"naive_{ending}", _OfNaive(found), ["BIGINT"], "BIGINT")
            self._work.run(f"CREATE TEMP MACRO instant_of_naive_{ending}(wall) AS {_naive_instant(ending, found)}")
            self._work.function(f"instant_of_text_{ending}", _OfText(found), ["VARCHAR"], "BIGINT")
        return self._endings[zone]


def _naive_instant(ending: int, found: ZoneInfo) -> str:
    """SQL of the instant of the naive time `wall`."""
    stretches = zones.naive_offsets(*_USUAL, found)
    leaves = [(begin, f"wall - {offset}") for begin, offset in stretches]
    past = (_USUAL[1] - date(1970, 1, 1)).days * _DAY
    return (
        f"CASE WHEN wall >= {stretches[0][0]} AND wall < {past} THEN {_choice('wall', leaves)} "
        f"ELSE naive_{ending}(wall) END"
    )


def _choice(value: str, leaves: list[tuple[int, str]]) -> str:
    """SQL of the last leaf that begins at or before a value; as a tree, so that few of many are looked at."""
    if len(leaves) == 1:
        return leaves[0][1]
    half = len(leaves) // 2
    below, above = _choice(value, leaves[:half]), _choice(value, leaves[half:])
    return f"CASE WHEN {value} < {leaves[half][0]} THEN {below} ELSE {above} END"


class _LocalDays:
    """Days of instants; keeps the first instants of the days met so far."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known = zones.Boundaries(np.empty(0, np.int32), np.empty(0, np.int64))

    def __call__(self, instants: pa.Array) -> pa.Array:
        times = _numbers(instants)
        return pa.array(self._days(times) if len(times) else times, pa.int32(), mask=_missing(instants))

    def _days(self, times: Times) -> zones.DayNumbers:
        low, high = int(times.min()), int(times.max())
        known: zones.Boundaries | None = self._known
        if known is not None and (not len(known.day) or low < known.instant[0] or high >= known.instant[-1]):
            known = self._widened(known, low, high)
        if known is None:
            return zones.local_days(times, self._zone)
        days: zones.DayNumbers = known.day[np.searchsorted(known.instant, times, side="right") - 1]
        return days

    def _widened(self, known: zones.Boundaries, low: int, high: int) -> zones.Boundaries | None:
        first = min([low // _DAY, *known.day[:1].tolist()]) - 40
        last = max([high // _DAY, *known.day[-1:].tolist()]) + 40
        if last - first > _WIDEST or first < EARLIEST // _DAY or last > LATEST // _DAY:
            return None
        self._known = zones.day_boundaries(_date(first), _date(last), self._zone)
        return self._known


def _date(number: int) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + number)


class _OfNaive:
    """Instants of naive times; fold=0."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __call__(self, walls: pa.Array) -> pa.Array:
        return pa.array(zones.instants_of_naive(_numbers(walls), self._zone), pa.int64(), mask=_missing(walls))


class _OfText:
    """Instants of ISO 8601 texts, with or without an offset; missing where a text is none."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __call__(self, texts: pa.Array) -> pa.Array:
        return pa.array([self._instant(text) for text in texts.to_pylist()], pa.int64())

    def _instant(self, text: str | None) -> int | None:
        try:
            moment = datetime.fromisoformat((text or "").strip().upper())
            if moment.tzinfo is not None:
                return (moment - _EPOCH) // _MICROSECOND
            walls = np.array([(moment - _NAIVE_EPOCH) // _MICROSECOND], dtype=np.int64)
            return int(zones.instants_of_naive(walls, self._zone)[0])
        except (ValueError, OverflowError, SegkitError):
            return None


def _numbers(array: pa.Array) -> Times:
    """Whole numbers as numpy has them; a missing one, whose result will be missing too, as 0."""
    found: Times = np.ascontiguousarray(pc.fill_null(array, 0).to_numpy(), dtype=np.int64)
    return found


def _missing(array: pa.Array) -> npt.NDArray[np.bool_] | None:
    return array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
