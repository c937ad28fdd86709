"""The SQL that people are shown picks whom the engine picks, when it is run over the relations that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segkit.compile.shown import shown_sql
from segkit.definitions.documents import parse_rule
from tests.small_workspace import SmallWorkspace

LABELS: dict[str, dict[str, Any]] = {
    "ana": {
        "country": "DE",
        "score": 3.5,
        "registered_at": "2024-10-20",
        "marketing_consent": True,
        "tags": ["x", "y"],
    },
    "bo": {"country": "O'Neill; --", "score": -1.0, "registered_at": "2024-01-02", "marketing_consent": False},
    "cy": {"score": 12.0, "tags": ["y"]},
    "di": {"country": "AT", "registered_at": "2024-11-06"},
}
EVENTS = [
    ("ana", "order_paid", "2024-11-01 10:00", 120.5, "light"),
    ("ana", "product_browsed", "2024-10-31 10:00", None, "light"),
    ("bo", "order_paid", "2024-10-10 10:00", 20.0, "camera"),
    ("bo", "order_paid", "2024-09-10 10:00", 30.25, "light"),
    ("cy", "product_browsed", "2024-11-02 10:00", None, "camera"),
]
RULES = [
    {"label": "country", "op": "in", "value": ["DE", "O'Neill; --"]},
    {"label": "country", "op": "ne", "value": "DE"},
    {"label": "country", "op": "is_empty"},
    {"label": "score", "op": "between", "value": [-1, 3.5]},
    {"label": "registered_at", "op": "in_last", "value": 30},
    {"label": "marketing_consent", "op": "eq", "value": True},
    {"label": "tags", "op": "contains_all", "value": ["x", "y"]},
    {"not": {"event": "order_paid", "window": {"last": 30}}},
    {"event": "order_paid", "measure": "sum", "of": "amount", "op": "ge", "value": 50.25, "window": {"all": True}},
    {"event": "order_paid", "measure": "avg", "of": "amount", "op": "lt", "value": 60, "window": {"all": True}},
    {"event": "order_paid", "op": "le", "value": 1, "window": {"last": 30}},
    {"event": "order_paid", "measure": "first", "op": "before", "value": "2024-10-01", "window": {"all": True}},
    {"event": "order_paid", "window": {"all": True}, "where": {"param": "category", "op": "eq", "value": "camera"}},
    {"sequence": [{"event": "product_browsed"}, {"event": "order_paid"}], "within": 2, "window": {"last": 30}},
    {"sample": 50, "seed": "s"},
    {"all": [{"any": [{"label": "score", "op": "gt", "value": 10}, {"label": "country", "op": "eq", "value": "AT"}]},
             {"label": "country", "op": "not_empty", "mute": True}]},
    {"any": []},
    {"all": [], "mute": True},
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorkspace]:
    made = SmallWorkspace(Path(tmp_path_factory.mktemp("shown")))
    for uid, labels in LABELS.items():
        made.user(uid, **labels)
    for uid, name, at, amount, category in EVENTS:
        made.event(uid, name, at=at, amount=amount, category=category)
    yield made
    made.close()


@pytest.fixture(scope="module")
def relations() -> duckdb.DuckDBPyConnection:
    """The relations, from the same literal rows; instants are on wall clocks, which no rule here minds."""
    con = duckdb.connect()
    numbers = {uid: number for number, uid in enumerate(LABELS)}
    con.execute("CREATE TABLE users (user_no INT, uid TEXT)")
    con.executemany("INSERT INTO users VALUES (?, ?)", [(n, uid) for uid, n in numbers.items()])
    types = {
        "country": "TEXT",
        "score": "DOUBLE",
        "registered_at": "DATE",
        "marketing_consent": "BOOL",
        "tags": "TEXT[]",
    }
    for code, kind in types.items():
        con.execute(f"CREATE TABLE label_{code} (user_no INT, value {kind})")
        for uid, labels in LABELS.items():
            if code in labels:
                con.execute(f"INSERT INTO label_{code} VALUES (?, ?)", [numbers[uid], labels[code]])
    parameters = "p_amount DECIMAL(18, 2), p_category TEXT"
    con.execute(f'CREATE TABLE events (user_no INT, event TEXT, "at" TIMESTAMP, day DATE, {parameters})')
    rows = [(numbers[uid], name, at, at[:10], amount, category) for uid, name, at, amount, category in EVENTS]
    con.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
    return con


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_shown_sql_picks_the_same_users(
    rule: object, shop: SmallWorkspace, relations: duckdb.DuckDBPyConnection
) -> None:
    text = shown_sql(parse_rule(rule), shop.app.vocabulary, shop.app.day("2024-11-07"))
    found = relations.execute(f"SELECT uid FROM users WHERE user_no IN ({text.partition(chr(10))[2]})").fetchall()
    assert {uid for (uid,) in found} == shop.members(rule, "2024-11-07")


def test_a_segment_stands_by_its_id_and_a_quote_in_a_value_stays_in_it(shop: SmallWorkspace) -> None:
    rule = {"all": [{"segment": "sg_abc"}, {"label": "country", "op": "eq", "value": "x' OR ''='"}]}
    text = shown_sql(parse_rule(rule), shop.app.vocabulary, shop.app.day("2024-11-07"))
    assert text == (
        "-- as of 2024-11-07\n"
        "SELECT user_no FROM users\n"
        'WHERE user_no IN (SELECT user_no FROM "segment_sg_abc")\n'
        "  AND user_no IN (SELECT user_no FROM \"label_country\" WHERE value = 'x'' OR ''''=''')\n"
    )
