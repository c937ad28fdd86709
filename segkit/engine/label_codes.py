"""A label's values as numbers, by user: read once, they are counted for any groups of users without a query."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.compile.sql import Sql, sql
from segkit.engine.bitmap import Bitmap

if TYPE_CHECKING:
    from segkit.engine.evaluator import DuckEvaluator

_KEPT_BYTES = 512_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_VALUES = {"number": "CAST(value AS DOUBLE)", "date": "value", "bool": "value", "string": "nullif(value, '')"}


@dataclass(frozen=True, eq=False, slots=True)
class LabelCodes:
    """The distinct values of a label, ascending, and which of them each user has.

    Dates are day numbers as `date.toordinal` has them, numbers doubles. A missing value, an empty text and an empty
    list are no value. Of a list each value counts once a user.
    """

    size: int  # users
    values: NDArray[Any] | pa.Array
    #: By `user_no` the place of the value; `len(values)` where there is none. Of a list, one a pair of `user_nos`.
    codes: NDArray[np.integer[Any]]
    user_nos: NDArray[np.integer[Any]] | None = None

    @property
    def nbytes(self) -> int:
        more = 0 if self.user_nos is None else self.user_nos.nbytes
        return int(self.values.nbytes + self.codes.nbytes + more)

    def value(self, place: int) -> Any:
        """The value at a place: text, truth, a double, or a day number."""
        found = self.values[place]
        return found.as_py() if isinstance(found, pa.Scalar) else found

    def counts(self, groups: NDArray[np.uint8], many: int) -> NDArray[np.int64]:
        """How many users of each group have each value: a row a value, the last one for none, a column a group.

        `groups` says by `user_no` which of `many` groups a user is in.
        """
        rows = len(self.values) + 1
        found = self._table(self.codes, groups if self.user_nos is None else groups[self.user_nos], rows, many)
        if self.user_nos is not None:
            without = np.ones(self.size, dtype=bool)
            without[self.user_nos] = False
            found[-1] = np.bincount(groups[without], minlength=many)
        return found

    @staticmethod
    def _table(codes: NDArray[Any], groups: NDArray[np.uint8], rows: int, many: int) -> NDArray[np.int64]:
        wide = codes.astype(np.min_scalar_type(rows * many), copy=True)
        wide *= wide.dtype.type(many)
        wide += groups
        return np.bincount(wide, minlength=rows * many).reshape(rows, many)

    def having(self, places: NDArray[np.int64]) -> Bitmap:
        """The users who have at least one of the values at these places."""
        wanted = np.isin(self.codes, places)
        if self.user_nos is None:
            return Bitmap.from_flags(wanted)
        return Bitmap.from_user_nos(self.size, self.user_nos[wanted])


class CodeCache:
    """Codes of labels by code and date, the most recently used ones, bounded in bytes; of one generation of data."""

    def __init__(self, most_bytes: int = _KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._found: OrderedDict[tuple[str, date], LabelCodes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, code: str, day: date) -> LabelCodes | None:
        """The codes, if they are still here."""
        with self._lock:
            found = self._found.get((code, day))
            if found is not None:
                self._found.move_to_end((code, day))
            return found

    def put(self, code: str, day: date, codes: LabelCodes) -> None:
        """Keeps codes, and lets the least recently used go."""
        with self._lock:
            self._found[code, day] = codes
            while len(self._found) > 1 and sum(kept.nbytes for kept in self._found.values()) > self._most_bytes:
                self._found.popitem(last=False)


def label_codes(evaluator: DuckEvaluator, code: str, as_of: date, cancel: threading.Event | None = None) -> LabelCodes:
    """The codes of a label as of a date."""
    day = evaluator.label_day(code, as_of)
    found = evaluator.codes.get(code, day)
    if found is None:
        found = _read(evaluator, code, as_of, cancel)
        evaluator.codes.put(code, day, found)
    return found


def _read(evaluator: DuckEvaluator, code: str, as_of: date, cancel: threading.Event | None) -> LabelCodes:
    type_ = evaluator.vocabulary.label(code).type
    if type_ == "list":
        return _read_lists(evaluator, code, as_of, cancel)
    relation = evaluator.label_changes(code, as_of)
    if relation is None:
        return LabelCodes(evaluator.size, np.array([]), np.zeros(evaluator.size, dtype=np.uint8))
    columns = sql("SELECT user_no, {} AS value, data_date, load FROM ({})", Sql(_VALUES[type_]), relation)
    table = evaluator.runner.table(columns, cancel)
    user_nos = table.column("user_no").to_numpy()
    values, places = _distinct(table.column("value").combine_chunks(), type_)
    codes = np.full(evaluator.size, len(values), dtype=np.min_scalar_type(len(values)))
    last = _in_order(table, user_nos, evaluator.size)
    codes[user_nos[last]] = places[last]
    return LabelCodes(evaluator.size, values, codes)


def _in_order(table: pa.Table, user_nos: NDArray[Any], size: int) -> NDArray[Any] | slice:
    """The rows in the order in which they were known, where users have several: the last one written counts."""
    if len(user_nos) == 0 or np.bincount(user_nos, minlength=size).max() <= 1:
        return slice(None)
    days = table.column("data_date").cast(pa.int32()).to_numpy()
    order: NDArray[Any] = np.lexsort((table.column("load").to_numpy(), days))
    return order


def _read_lists(evaluator: DuckEvaluator, code: str, as_of: date, cancel: threading.Event | None) -> LabelCodes:
    relation = evaluator.label_values(code, as_of)
    if relation is None:
        return LabelCodes(evaluator.size, np.array([]), np.zeros(evaluator.size, dtype=np.uint8))
    each = sql("SELECT user_no, unnest(value) AS value FROM ({})", relation)
    query = sql("SELECT DISTINCT user_no, value FROM ({}) WHERE value IS NOT NULL", each)
    table = evaluator.runner.table(query, cancel)
    values, places = _distinct(table.column("value").combine_chunks(), "list")
    return LabelCodes(evaluator.size, values, places, table.column("user_no").to_numpy())


def _distinct(column: Any, type_: str) -> tuple[Any, NDArray[np.integer[Any]]]:
    """The distinct values in their order, and the place of each row's value among them; of none their number."""
    import pyarrow.compute as pc

    if type_ == "bool":
        return np.array([False, True]), column.fill_null(False).to_numpy(zero_copy_only=False) + np.where(
            column.is_null().to_numpy(zero_copy_only=False), 2, 0
        )
    if type_ == "date":
        column = column.cast(pa.int32())
    encoded = pc.dictionary_encode(column)
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    places = np.append(place, len(order))[encoded.indices.fill_null(len(order)).to_numpy(zero_copy_only=False)]
    values = encoded.dictionary.take(pa.array(order))
    if type_ in ("string", "list"):
        return values, places
    numbers = values.to_numpy(zero_copy_only=False)
    return (numbers.astype(np.int64) + _EPOCH if type_ == "date" else numbers), places
