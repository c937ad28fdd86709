"""The coded columns of one local day: rows in the order (event, user), each event a stretch of every column.

Columns: `user_no` (int32, ascending within an event) and `p_<code>`: strings as codes of their dictionary, numbers as
whole units of their decimal places, dates as days since 1970-01-01, truth as 1 and 2. Missing is 0 where there are
codes, else the least value of the column's type. A column in which all is missing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.data.coded.checking import check_of, plain, read_columns, write_columns
from segkit.data.coded.dictionaries import Dictionary
from segkit.errors import Damaged

USER = "user_no"
_EMPTY = np.empty(0, np.int32)


@dataclass(frozen=True)
class Column:
    """How one column is coded, and what bounds it: the largest absolute value by event, of numbers."""

    kind: str
    dictionary: str = ""  # id
    texts: int = 0  # how many texts its dictionary had at least


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows of one event on one day. `most`: no user has more of them."""

    start: int
    end: int
    most: int
    place: int


@dataclass
class CodedDay:
    """One day's columns, mapped into memory. Each stretch is compared with its check when it is first asked for."""

    path: Path
    columns: Mapping[str, Column]
    left_out: tuple[str, ...]  # parameters that have too many texts
    _arrays: Mapping[str, NDArray[Any]]
    _stretches: Mapping[str, Stretch]
    _checks: NDArray[np.uint32]  # by event and column
    _peaks: NDArray[np.int64]  # by event and column
    _seen: set[tuple[int, str]] = field(default_factory=set)

    def stretch(self, event: str) -> Stretch | None:
        """Where the rows of an event stand."""
        return self._stretches.get(event)

    def values(self, stretch: Stretch, name: str) -> NDArray[Any]:
        """A column of an event. Raises Damaged if it is not what was written."""
        found = self._arrays[name][stretch.start : stretch.end]
        if (stretch.place, name) not in self._seen:
            if check_of(found) != self._checks[stretch.place, list(self._arrays).index(name)]:
                raise Damaged(f"{self.path}: column {name} is not what was written there")
            self._seen.add((stretch.place, name))
        return found

    def has(self, name: str) -> bool:
        """Whether a column is there: it is left out where all of its values are missing."""
        return name in self._arrays

    def require_coded_by(self, code: str, dictionary: Dictionary) -> None:
        """Raises Damaged if the codes of a parameter do not mean what this dictionary says."""
        column = self.columns.get(code)
        if code in self.left_out or (
            column is not None and (column.dictionary != dictionary.id or column.texts > len(dictionary))
        ):
            raise Damaged(f"{self.path}: {code} is coded by another dictionary")

    def peak(self, stretch: Stretch, name: str) -> int:
        """The largest absolute value of a number in an event's rows."""
        return int(self._peaks[stretch.place, list(self._arrays).index(name)]) if name in self._arrays else 0

    def check_all(self) -> None:
        """Compares all columns with their checks. Raises Damaged."""
        for stretch in self._stretches.values():
            for name in self._arrays:
                self.values(stretch, name)


def missing_of(array: NDArray[Any]) -> int:
    """The value that says missing, in numbers and dates of that width."""
    return int(np.iinfo(array.dtype).min)


def write_day(
    path: Path,
    made_from: str,
    events: list[str],
    starts: NDArray[np.int64],
    arrays: Mapping[str, NDArray[Any]],
    columns: Mapping[str, Column],
    left_out: tuple[str, ...],
) -> None:
    """Writes a coded day. `starts` has the first row of each event and, last, how many rows there are."""
    stretches = list(pairwise(starts.tolist()))
    checks = np.array([[check_of(array[a:b]) for array in arrays.values()] for a, b in stretches], np.uint32)
    peaks = np.array([[_peak(name, array[a:b], columns) for name, array in arrays.items()] for a, b in stretches])
    most = np.array([_most(arrays[USER][a:b]) for a, b in stretches], np.int64)
    about = {
        "made_from": made_from,
        "events": events,
        "columns": {code: [column.kind, column.dictionary, column.texts] for code, column in columns.items()},
        "left_out": list(left_out),
    }
    parts = {
        "starts": starts.astype(np.int64).tobytes(),
        "most": most.tobytes(),
        "checks": checks.tobytes(),
        "peaks": peaks.astype(np.int64).tobytes(),
    }
    batch = pa.record_batch([pa.array(array) for array in arrays.values()], names=list(arrays))
    write_columns(path, batch, about, parts)


def _peak(name: str, values: NDArray[Any], columns: Mapping[str, Column]) -> int:
    if name == USER or not columns[name.removeprefix("p_")].kind.startswith("number"):
        return 0
    held = values[values != missing_of(values)]
    return max(abs(int(held.min())), abs(int(held.max()))) if len(held) else 0


def _most(users: NDArray[np.int32]) -> int:
    """How many rows the user has who has most. Users stand together."""
    changes = np.flatnonzero(users[1:] != users[:-1]) + 1
    return int(np.diff(np.concatenate([[0], changes, [len(users)]])).max())


def open_day(path: Path, made_from: str) -> CodedDay:
    """A coded day. Raises FileNotFoundError without it, Damaged if it is not what was written, or of something else."""
    batch, about, parts = read_columns(path)
    try:
        if about["made_from"] != made_from:
            raise Damaged(f"{path} was made from something else")
        names, events = batch.schema.names, about["events"]
        starts, most = np.frombuffer(parts["starts"], np.int64), np.frombuffer(parts["most"], np.int64)
        shape = len(events), len(names)
        checks = np.frombuffer(parts["checks"], np.uint32).reshape(shape)
        peaks = np.frombuffer(parts["peaks"], np.int64).reshape(shape)
        if names[:1] != [USER] or len(starts) != len(events) + 1 or int(starts[-1]) != batch.num_rows:
            raise Damaged(f"{path} has other rows than it says")
        return CodedDay(
            path,
            {code: Column(*column) for code, column in about["columns"].items()},
            tuple(about["left_out"]),
            {name: plain(batch.column(name)) for name in names},
            {event: Stretch(int(starts[n]), int(starts[n + 1]), int(most[n]), n) for n, event in enumerate(events)},
            checks,
            peaks,
        )
    except (ValueError, KeyError, TypeError, IndexError, pa.ArrowException) as error:
        raise Damaged(f"{path} is not what was written there ({type(error).__name__})") from None
