"""Users with their labels, a batch at a time, and what values a label has; as of a date."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from segkit.compile.derived import places_of_value
from segkit.compile.leaves import label_type
from segkit.compile.predicates import predicate
from segkit.compile.sql import Sql, bound, joined, sql
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator

#: Users in one batch: what a reader holds in memory at a time.
BATCH = 50_000
_ARROW = {"string": pa.string(), "bool": pa.bool_(), "date": pa.date32(), "list": pa.list_(pa.string())}


def schema_of(evaluator: DuckEvaluator, labels: Sequence[str]) -> pa.Schema:
    """The columns of `with_labels`: uid, then each label in its stored type."""
    return pa.schema([("uid", pa.string()), *((code, _arrow_type(evaluator, code)) for code in labels)])


def _arrow_type(evaluator: DuckEvaluator, code: str) -> pa.DataType:
    from_events = evaluator.vocabulary.label(code).from_events
    if from_events is not None and from_events.types == ("number",):
        places = places_of_value(from_events, evaluator.vocabulary)
        if places is None:
            return pa.float64() if from_events.measure in ("avg", "share") else pa.int64()
        return pa.decimal128(38 if from_events.measure == "sum" else 18, places)
    stored = label_type(evaluator.vocabulary, code)
    if stored.type != "number":
        return _ARROW[stored.type]
    return pa.float64() if stored.places is None else pa.decimal128(18, stored.places)


def with_labels(
    evaluator: DuckEvaluator,
    members: Bitmap,
    labels: Sequence[str],
    as_of: date,
    *,
    after: int = -1,
    limit: int | None = None,
) -> Iterator[pa.RecordBatch]:
    """The users of `members` in `user_no` order with their labels as of `as_of`; missing values are null.

    Begins behind user number `after` and ends after `limit` users.
    """
    user_nos = members.user_nos()
    user_nos = user_nos[np.searchsorted(user_nos, after, side="right") :][:limit]
    schema = schema_of(evaluator, labels)
    for start in range(0, len(user_nos), BATCH):
        picked = user_nos[start : start + BATCH]
        table = _batch(evaluator, evaluator.relations.users, picked, labels, as_of)
        yield from table.cast(schema).combine_chunks().to_batches()


def labels_of(evaluator: DuckEvaluator, user_nos: np.ndarray, labels: Sequence[str], as_of: date) -> pa.Table:
    """Some users with their labels, in the order of their numbers as given."""
    found = _batch(evaluator, evaluator.uid_table(), user_nos, labels, as_of)
    table = found.cast(schema_of(evaluator, labels))
    places = np.empty(len(user_nos), dtype=np.int64)
    places[np.argsort(user_nos)] = np.arange(len(user_nos))  # rows come by number
    return table.take(pa.array(places))


def _batch(evaluator: DuckEvaluator, users: Sql, user_nos: np.ndarray, labels: Sequence[str], as_of: date) -> pa.Table:
    picked = pa.table({"user_no": pa.array(user_nos, pa.int32())})
    columns, sources = [Sql("u.uid")], [sql("picked p JOIN {} u USING (user_no)", users)]
    for number, code in enumerate(labels):
        table = evaluator.label_table(code, as_of, None)
        if table is None:
            columns.append(Sql(f'NULL AS "{code}"'))
        else:
            columns.append(Sql(f'l{number}.value AS "{code}"'))
            sources.append(Sql(f"LEFT JOIN {table} l{number} USING (user_no)"))
    query = sql("SELECT {} FROM {} ORDER BY user_no", joined(", ", columns), joined(" ", sources))
    return evaluator.runner.table(query, picked=picked)


def uids(evaluator: DuckEvaluator) -> list[str]:
    """Every uid, by `user_no`; empty where a user was erased."""
    table = evaluator.runner.table(
        sql("SELECT user_no, coalesce(uid, '') AS uid FROM {} ORDER BY user_no", evaluator.relations.users)
    )
    found: list[str] = table.column("uid").to_pylist()
    return found


def user_no_of(evaluator: DuckEvaluator, uid: str) -> int | None:
    """The number of a user, if the app has them."""
    rows = evaluator.runner.rows(sql("SELECT user_no FROM {} WHERE uid = {}", evaluator.relations.users, bound(uid)))
    return int(rows[0][0]) if rows else None


def user_nos_of(evaluator: DuckEvaluator, wanted: Collection[str]) -> dict[str, int]:
    """The numbers of users by uid; those whom the app does not have are left out."""
    asked = pa.table({"uid": pa.array(sorted(set(wanted)), pa.string())})
    query = sql("SELECT uid, user_no FROM {} SEMI JOIN asked USING (uid)", evaluator.relations.users)
    return {uid: int(number) for uid, number in evaluator.runner.rows(query, asked=asked)}


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value that a label has, and how many users of the base have it."""

    value: object
    count: int


def value_counts(
    evaluator: DuckEvaluator,
    code: str,
    as_of: date,
    *,
    search: str = "",
    limit: int = 100,
    offset: int = 0,
    cancel: threading.Event | None = None,
) -> tuple[list[ValueCount], int]:
    """The values of a label within the base, most frequent first, and how many users have none (`is_empty`).

    A list counts once for each of its values. `search` keeps values whose text holds it, in whatever case.
    """
    table = evaluator.label_table(code, as_of, cancel)
    base = evaluator.base(as_of)
    if table is None:
        return [], base.count
    picked = pa.table({"user_no": pa.array(base.user_nos(), pa.int32())})
    each = Sql("unnest(value)" if label_type(evaluator.vocabulary, code).type == "list" else "value")
    type_ = label_type(evaluator.vocabulary, code)
    present = predicate(Sql("value"), type_, "not_empty", None, as_of)
    kept = sql("{} SEMI JOIN picked USING (user_no) WHERE {}", Sql(table), present)
    rows = sql("(SELECT user_no, {} AS value FROM {})", each, kept)
    query = sql(
        "SELECT value, count(*) AS n FROM {} WHERE contains(lower(CAST(value AS VARCHAR)), lower({})) "
        "GROUP BY value ORDER BY n DESC, value LIMIT {} OFFSET {}",
        rows, bound(search), bound(limit), bound(offset),
    )  # fmt: skip
    found = [ValueCount(value, int(count)) for value, count in evaluator.runner.rows(query, cancel, picked=picked)]
    having = sql("SELECT count(*) FROM {}", kept)
    return found, base.count - int(evaluator.runner.rows(having, cancel, picked=picked)[0][0])
