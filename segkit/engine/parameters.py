"""Which values a parameter of an event has, over the whole history before a date."""

from __future__ import annotations

import threading
from datetime import date

from segkit.compile.leaves import parameter_type
from segkit.compile.sql import bound, identifier, sql
from segkit.definitions.conditions import Event, Param
from segkit.definitions.windows import WHOLE_HISTORY
from segkit.engine.evaluator import DuckEvaluator


def parameter_values(
    evaluator: DuckEvaluator, event: str, code: str, as_of: date, limit: int, cancel: threading.Event | None = None
) -> list[object]:
    """The values, most frequent first; a list counts once for each of its values."""
    looked = Event(event=event, window=WHOLE_HISTORY, where=Param(param=code, op="not_empty"))
    column = identifier("p_" + code)
    each = sql("unnest({})" if parameter_type(evaluator.vocabulary, code).type == "list" else "{}", column)
    rows = sql(
        "(SELECT {} AS value FROM {} WHERE event = {} AND {} IS NOT NULL)",
        each, evaluator.relations.events(looked, as_of), bound(event), column,
    )  # fmt: skip
    query = sql(
        "SELECT value, count(*) AS n FROM {} GROUP BY value ORDER BY n DESC, value LIMIT {}", rows, bound(limit)
    )
    return [value for value, _ in evaluator.runner.rows(query, cancel)]
