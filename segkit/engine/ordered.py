"""Users in an order: as the app came to know them, by uid, or by a label. Sorted once, then kept as numbers of users.

An order of all users is kept for each label and date, and what it leaves of a set of users for each set, so that any
page of it is a slice. Users without a value come last, in either direction.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.compile.sql import Sql, bound, sql
from segkit.engine.bitmap import Bitmap
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.definitions.vocabulary import LabelDeclaration
    from segkit.engine.evaluator import DuckEvaluator

_KEPT_BYTES = 128_000_000
UID = "uid"
Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Order:
    """By what users stand in an order: nothing (as the app came to know them), `uid`, or the code of a label."""

    by: str = ""
    is_down: bool = False


class OrderCache:
    """Numbers of users in an order, the most recently used ones, bounded in bytes; of one generation of data."""

    def __init__(self, most_bytes: int = _KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._found: OrderedDict[tuple[Any, ...], Numbers] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> Numbers | None:
        """The numbers, if they are still here."""
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
            return found

    def put(self, key: tuple[Any, ...], numbers: Numbers) -> None:
        """Keeps numbers, and lets the least recently used go."""
        with self._lock:
            self._found[key] = numbers
            while len(self._found) > 1 and sum(kept.nbytes for kept in self._found.values()) > self._most_bytes:
                self._found.popitem(last=False)


def in_order(
    evaluator: DuckEvaluator, members: Bitmap, order: Order, as_of: date, cancel: threading.Event | None = None
) -> Numbers:
    """The users of `members` in an order. Raises SegkitError for a label that has none."""
    # By what is in the set, not by the rule that gave it: a hit is never wrong, whatever was published meanwhile.
    key = (hashlib.blake2b(members.to_bytes(), digest_size=16).digest(), order, as_of)
    found = evaluator.orders.get(key)
    if found is None:
        found = _picked(evaluator, members, order, as_of, cancel)
        evaluator.orders.put(key, found)
    return found


def _picked(
    evaluator: DuckEvaluator, members: Bitmap, order: Order, as_of: date, cancel: threading.Event | None
) -> Numbers:
    flags = members.flags()
    if not order.by:
        found = np.flatnonzero(flags).astype(np.int32)
        return found[::-1] if order.is_down else found
    everybody = _everybody(evaluator, order.by, as_of, cancel)
    with_value = everybody[::-1] if order.is_down else everybody
    found = with_value[flags[with_value]]
    flags[found] = False
    return np.concatenate([found, np.flatnonzero(flags).astype(np.int32)])


def _everybody(evaluator: DuckEvaluator, by: str, as_of: date, cancel: threading.Event | None) -> Numbers:
    """All users who have a value, ascending by it; those with the same as the app came to know them."""
    day = None if by == UID else evaluator.label_day(by, as_of)
    key = ("everybody", by, day)
    found = evaluator.orders.get(key)
    if found is None:
        found = _sorted(evaluator, by, as_of, cancel)
        evaluator.orders.put(key, found)
    return found


def _sorted(evaluator: DuckEvaluator, by: str, as_of: date, cancel: threading.Event | None) -> Numbers:
    if by == UID:
        query = sql("SELECT user_no FROM {} ORDER BY uid, user_no", evaluator.uid_table(cancel))
        return _numbers(evaluator, query, cancel)
    declared = evaluator.vocabulary.label(by)
    if declared.type == "list":
        raise SegkitError(f"label '{by}' has several values a user, and no order; sort by another label, or by uid")
    table = evaluator.label_table(by, as_of, cancel)
    if table is None:
        return np.empty(0, dtype=np.int32)
    values = declared.values if declared.type == "string" else {}
    called = pa.table({"value": pa.array(values, pa.string()), "name": pa.array(values.values(), pa.string())})
    source = Sql(f"{table} t LEFT JOIN called USING (value)" if values else f"{table} t")
    in_turn = sql("SELECT user_no FROM {} ORDER BY {}", source, _terms(declared))
    return _numbers(evaluator, in_turn, cancel, called=called)


def _numbers(evaluator: DuckEvaluator, query: Sql, cancel: threading.Event | None, **tables: pa.Table) -> Numbers:
    found = evaluator.runner.table(query, cancel, **tables).column("user_no")
    return np.asarray(found, dtype=np.int32)


def _terms(declared: LabelDeclaration) -> Sql:
    """Texts as people look for them: by the name of a value where it has one, in whatever case."""
    if declared.type != "string":
        return Sql("value, user_no")
    shown = "coalesce(called.name, t.value)" if declared.values else "t.value"
    return Sql(f"lower({shown}), t.value, user_no")


def with_uid_like(evaluator: DuckEvaluator, text: str, cancel: threading.Event | None = None) -> Bitmap:
    """The users whose uid holds a text, in whatever case. One that may be an address or a number is not looked into."""
    found = sql("contains(lower(uid), lower({})) AND NOT contains(uid, '@') AND NOT contains(uid, '+')", bound(text))
    return evaluator.users(sql("SELECT user_no FROM {} WHERE {}", evaluator.uid_table(cancel), found), cancel)
