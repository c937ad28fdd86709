"""A label's values as numbers, by user: read once, they are counted for any set of users without a query."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from segkit.compile.sql import Sql, sql
from segkit.engine.bitmap import Bitmap

if TYPE_CHECKING:
    from segkit.engine.evaluator import DuckEvaluator

_KEPT_BYTES = 256_000_000
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, eq=False, slots=True)
class LabelCodes:
    """The distinct values of a label, ascending, and which of them each user has.

    Dates are day numbers as `date.toordinal` has them, numbers doubles. A missing value, an empty text and an empty
    list are no value. Of a list each value counts once a user.
    """

    size: int  # users
    values: NDArray[Any]
    #: By `user_no` the place of the value; `len(values)` where there is none. Of a list, one a pair of `user_nos`.
    codes: NDArray[np.integer[Any]]
    user_nos: NDArray[np.integer[Any]] | None = None

    @property
    def nbytes(self) -> int:
        more = 0 if self.user_nos is None else self.user_nos.nbytes
        return int(self.values.nbytes + self.codes.nbytes + more)

    def counts(self, members: Bitmap) -> tuple[NDArray[np.int64], int]:
        """How many of these users have each value, and how many have none."""
        flags = members.flags()
        if self.user_nos is None:
            found = np.bincount(self.codes[flags], minlength=len(self.values) + 1)
            return found[:-1], int(found[-1])
        theirs = flags[self.user_nos]
        with_one = Bitmap.from_user_nos(members.size, self.user_nos[theirs]).count
        return np.bincount(self.codes[theirs], minlength=len(self.values)), members.count - with_one

    def having(self, places: Iterable[int]) -> Bitmap:
        """The users who have at least one of the values at these places."""
        wanted = np.isin(self.codes, np.fromiter(places, dtype=np.int64))
        return Bitmap.from_flags(wanted) if self.user_nos is None else self._scattered(wanted)

    def _scattered(self, wanted: NDArray[np.bool_]) -> Bitmap:
        assert self.user_nos is not None
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
    relation = evaluator.label_values(code, as_of)
    if relation is None:
        return LabelCodes(evaluator.size, np.array([]), np.zeros(evaluator.size, dtype=np.uint8))
    table = evaluator.runner.table(_query(relation, type_), cancel)
    user_nos = table.column("user_no").to_numpy()
    values, places = _distinct(table.column("value").combine_chunks(), type_)
    if type_ == "list":
        return LabelCodes(evaluator.size, values, places, user_nos)
    codes = np.full(evaluator.size, len(values), dtype=np.min_scalar_type(len(values)))
    codes[user_nos] = places
    return LabelCodes(evaluator.size, values, codes)


def _query(relation: Sql, type_: str) -> Sql:
    if type_ == "list":
        return sql(
            "SELECT DISTINCT user_no, value FROM (SELECT user_no, unnest(value) AS value FROM ({})) "
            "WHERE value IS NOT NULL",
            relation,
        )
    if type_ == "string":
        return sql("SELECT user_no, value FROM ({}) WHERE value <> ''", relation)
    if type_ == "number":
        return sql("SELECT user_no, CAST(value AS DOUBLE) AS value FROM ({}) WHERE value IS NOT NULL", relation)
    return sql("SELECT user_no, value FROM ({}) WHERE value IS NOT NULL", relation)


def _distinct(column: Any, type_: str) -> tuple[NDArray[Any], NDArray[np.integer[Any]]]:
    """The distinct values in their order, and the place of each row's value among them."""
    if type_ in ("string", "list"):
        encoded = pc.dictionary_encode(column)
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        texts = np.array(encoded.dictionary.to_pylist(), dtype=object)
        order = np.argsort(texts)
        place = np.empty(len(texts), dtype=np.int32)
        place[order] = np.arange(len(texts), dtype=np.int32)
        return texts[order], place[encoded.indices.to_numpy(zero_copy_only=False)]
    if type_ == "bool":
        return np.array([False, True]), column.to_numpy(zero_copy_only=False).astype(np.int32)
    if type_ == "date":
        column = column.cast(pa.int32())
    values, places = np.unique(column.to_numpy(zero_copy_only=False), return_inverse=True)
    return (values + _EPOCH if type_ == "date" else values), places.astype(np.int32)
