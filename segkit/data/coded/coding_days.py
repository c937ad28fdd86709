"""One durable day partition as coded columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from segkit.data.coded.day_columns import USER, Column, write_day
from segkit.data.coded.dictionaries import Growing
from segkit.data.coded.kinds import day_path
from segkit.data.coded.units import units_of
from segkit.data.manifest import DayFile
from segkit.errors import Damaged
from segkit.files.hashing import sha256_of

_WIDTHS = (np.int8, np.int16, np.int32, np.int64)
_CODES = (np.uint8, np.uint16, np.uint32)


class CodedRows:
    """The rows of one day, coded and not written yet, so that all dictionaries can be written before."""

    def __init__(self, app_folder: Path, file: DayFile, kinds: Mapping[str, str], dictionaries: Growing) -> None:
        source = app_folder / file.path
        if sha256_of(source) != file.sha256:
            raise Damaged(f"{source} is not what was written there; `segkit doctor --deep` says what to do")
        self._file, self._kinds = file, kinds
        texts = [f"p_{code}" for code, kind in kinds.items() if kind == "string"]
        names = ["event", USER, *(f"p_{code}" for code in kinds)]
        table = pq.ParquetFile(source, read_dictionary=["event", *texts]).read(columns=names, use_threads=False)
        self._events, self._starts = _stretches(table.column("event"))
        users = table.column(USER).combine_chunks().to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        _require_order(users, self._starts, source)
        self._arrays: dict[str, NDArray[Any]] = {USER: users}
        self._columns: dict[str, Column] = {}
        self._left_out: list[str] = []
        for code, kind in kinds.items():
            self._add(code, kind, table.column(f"p_{code}"), dictionaries)

    def _add(self, code: str, kind: str, values: pa.ChunkedArray, dictionaries: Growing) -> None:
        if kind != "string":
            self._columns[code] = Column(kind)
            found = _truth(values) if kind == "bool" else _numbers(values, kind)
        else:
            coded = _codes(code, values, dictionaries)
            if coded is None:
                self._left_out.append(code)
                return
            found = coded
            self._columns[code] = Column(kind, dictionaries.of(code).id, dictionaries.count(code))
        if values.null_count < len(values):
            self._arrays[f"p_{code}"] = found

    def write(self, folder: Path) -> Path:
        """Writes the coded day; where."""
        path = day_path(folder, self._file, self._kinds)
        left_out = tuple(self._left_out)
        write_day(path, self._file.sha256, self._events, self._starts, self._arrays, self._columns, left_out)
        return path


def _stretches(events: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """The names of events in their order, and where each begins."""
    if not len(events):
        return [], np.zeros(1, np.int64)
    found = _one(events)
    codes = found.indices.to_numpy(zero_copy_only=False)
    firsts = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1]).astype(np.int64)
    names = found.dictionary.to_pylist()
    listed = [names[code] for code in codes[firsts]]
    if len(set(listed)) < len(listed):
        raise Damaged("rows of one event do not stand together")
    return listed, np.append(firsts, len(codes))


def _require_order(users: NDArray[np.int32], starts: NDArray[np.int64], source: Path) -> None:
    falls = np.flatnonzero(users[1:] < users[:-1]) + 1
    if len(np.setdiff1d(falls, starts)):
        raise Damaged(f"{source}: users do not stand in their order")


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A dictionary column as one array with one dictionary."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    found = column.unify_dictionaries().combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found


def _codes(code: str, values: pa.ChunkedArray, dictionaries: Growing) -> NDArray[Any] | None:
    found = _one(values)
    codes = dictionaries.codes(code, found.dictionary)
    if codes is None:
        return None
    places = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False)
    table = np.append(codes, np.uint32(0))  # the last one is what -1 finds: missing
    found_codes: NDArray[Any] = narrow_codes(table)[places]
    return found_codes


def narrow_codes(codes: NDArray[Any]) -> NDArray[Any]:
    """The same codes in the fewest bytes that hold them."""
    highest = int(codes.max(initial=0))
    narrow: NDArray[Any] = codes.astype(next(kind for kind in _CODES if highest <= np.iinfo(kind).max))
    return narrow


def _truth(values: pa.ChunkedArray) -> NDArray[Any]:
    if not pa.types.is_boolean(values.type):
        raise Damaged(f"found {values.type}; expected booleans")
    codes: NDArray[Any] = pc.fill_null(pc.add(pc.cast(values, pa.int8()), 1), 0).to_numpy().astype(np.uint8)
    return codes


def _numbers(values: pa.ChunkedArray, kind: str) -> NDArray[Any]:
    """Decimals as whole units of their places, dates as days since the epoch; narrow, the least value is missing."""
    column = values.combine_chunks()
    is_missing = column.is_null().to_numpy(zero_copy_only=False)
    if kind == "date":
        if not pa.types.is_date32(column.type):
            raise Damaged(f"found {column.type}; expected dates")
        units = pc.fill_null(column.cast(pa.int32()), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    else:
        units = units_of(column, int(kind.partition(":")[2]))
    held = units[~is_missing]
    low, high = (int(held.min()), int(held.max())) if len(held) else (0, 0)
    width = next(w for w in _WIDTHS if np.iinfo(w).min < low and high <= np.iinfo(w).max)
    found: NDArray[Any] = units.astype(width)
    found[is_missing] = np.iinfo(width).min
    return found
