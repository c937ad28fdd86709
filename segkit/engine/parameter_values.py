"""What values a parameter of an event has lately, and how many users have each."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from segkit.compile.leaves import parameter_type
from segkit.compile.predicates import predicate
from segkit.compile.sql import bound, identifier, sql
from segkit.definitions.conditions import Event, Param
from segkit.definitions.windows import last
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.people import ValueCount

#: Days that are looked at: enough to choose a value from, and quick whatever the history.
LOOKED_AT = 90


def parameter_counts(
    evaluator: DuckEvaluator, event: str, code: str, as_of: date, *, search: str = "", limit: int = 100, offset: int = 0
) -> list[ValueCount]:
    """The values of a parameter over the last 90 days, those of most users of the base first.

    A list counts once for each of its values. `search` keeps values whose text holds it, in whatever case.
    """
    leaf = Event(event=event, window=last(LOOKED_AT), where=Param(param=code, op="not_empty"))
    type_ = parameter_type(evaluator.vocabulary, code)
    present = predicate(identifier(f"p_{code}"), type_, "not_empty", None, as_of)
    each = sql("unnest({})" if type_.type == "list" else "{}", identifier(f"p_{code}"))
    rows = sql("(SELECT user_no, {} AS value FROM {} SEMI JOIN picked USING (user_no) WHERE event = {} AND {})",
               each, evaluator.relations.events(leaf, as_of), bound(event), present)  # fmt: skip
    query = sql(
        "SELECT value, count(DISTINCT user_no) AS n FROM {} "
        "WHERE contains(lower(CAST(value AS VARCHAR)), lower({})) "
        "GROUP BY value ORDER BY n DESC, value LIMIT {} OFFSET {}",
        rows, bound(search), bound(limit), bound(offset),
    )  # fmt: skip
    picked = pa.table({"user_no": pa.array(evaluator.base(as_of).user_nos(), pa.int32())})
    return [ValueCount(value, int(count)) for value, count in evaluator.runner.rows(query, picked=picked)]
