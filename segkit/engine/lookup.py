"""Users by what a label says of them: the number whose account, e-mail or mobile somebody has at hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from segkit.compile.sql import Sql, bound, sql
from segkit.data.kept_out import Kind, normal_form
from segkit.engine.evaluator import DuckEvaluator

#: An account is compared as it is, like a uid.
By = Literal["uid", "account", "email", "mobile"]


def normal_text(evaluator: DuckEvaluator, by: By, text: str) -> str:
    """A text as values of that kind are compared."""
    found = evaluator.runner.rows(sql(f"SELECT {normal_form(_kind(by), '{}')}", bound(text)))
    return str(found[0][0])


def users_with(evaluator: DuckEvaluator, code: str, by: By, normal: str, as_of: date) -> list[int]:
    """The numbers of the users of whom a label says this as of a date; `normal` is in its normal form."""
    changes = evaluator.relations.label_changes(code, evaluator.manifest.label_date(code, as_of))
    if changes is None:
        return []
    history = sql("({})", changes)
    is_list = evaluator.vocabulary.label(code).type == "list"
    value = Sql("unnest(value)" if is_list else "value")
    each = sql("(SELECT user_no, {} AS value, data_date, load FROM {})", value, history)
    is_it = sql(f"{normal_form(_kind(by), 'CAST(value AS VARCHAR)')} = {{}}", bound(normal))
    ever = sql("SELECT user_no FROM {} WHERE {}", each, is_it)
    newest = sql(
        "SELECT user_no, {} AS value FROM (SELECT * FROM {} WHERE user_no IN ({}) "
        "QUALIFY row_number() OVER (PARTITION BY user_no ORDER BY data_date DESC, load DESC) = 1)",
        value, history, ever,
    )  # fmt: skip
    rows = evaluator.runner.rows(sql("SELECT DISTINCT user_no FROM ({}) WHERE {} ORDER BY user_no", newest, is_it))
    return [int(number) for (number,) in rows]


def uids_of(evaluator: DuckEvaluator, numbers: Sequence[int]) -> list[str]:
    """The uids of a few users, in the order of their numbers."""
    asked = sql("list_contains({}, user_no)", bound(list(numbers)))
    query = sql("SELECT uid FROM {} WHERE {} ORDER BY user_no", evaluator.relations.users, asked)
    return [str(uid) for (uid,) in evaluator.runner.rows(query)]


def _kind(by: By) -> Kind:
    return "uid" if by == "account" else by
