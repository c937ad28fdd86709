"""Every user of a date with what they are told by: uid, and the values of some labels, such as e-mail and mobile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from segkit.compile.sql import Sql, joined, sql
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator


def contacts(evaluator: DuckEvaluator, members: Bitmap, labels: Sequence[str | None], as_of: date) -> pa.Table:
    """Columns user_no, uid, c0, c1, … as text, one of `labels` each; a label that is None has no values."""
    picked = pa.table({"user_no": pa.array(members.user_nos(), pa.int32())})
    columns = [Sql("user_no"), Sql("u.uid")]
    sources = [sql("picked p JOIN {} u USING (user_no)", evaluator.relations.users)]
    for number, code in enumerate(labels):
        table = None if code is None else evaluator.label_table(code, as_of, None)
        if table is None:
            columns.append(Sql(f"CAST(NULL AS VARCHAR) AS c{number}"))
        else:
            columns.append(Sql(f"CAST(l{number}.value AS VARCHAR) AS c{number}"))
            sources.append(Sql(f"LEFT JOIN {table} l{number} USING (user_no)"))
    return evaluator.runner.table(sql("SELECT {} FROM {}", joined(", ", columns), joined(" ", sources)), picked=picked)
