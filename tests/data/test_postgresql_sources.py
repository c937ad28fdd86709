"""Tables and queries of a real PostgreSQL server: types exactly, in batches, read on from where they were read to."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pyarrow.parquet as pq
import pytest

from segkit.data.doctor import examine_data
from segkit.data.origins import Means
from segkit.data.postgres_tables import PostgresTable
from segkit.data.settings import Limits, read_settings
from segkit.errors import Cancelled, DataProblem, DefinitionError, SegkitError

from .made import APP, Made, user

VARIABLE = "SHOP_DATABASE"
Sql = Callable[..., None]


@pytest.fixture
def sql(new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Sql:
    """Runs statements in a new database, whose URL the environment holds."""
    url = new_postgresql()
    monkeypatch.setenv(VARIABLE, url)

    def run(*statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    return run


def rows(
    tmp_path: Path, table: PostgresTable, today: date = date(2026, 12, 1)
) -> tuple[list[dict[str, object]], str | None]:
    """What is fetched, and how far it reaches."""
    reached = table.fetch(tmp_path / "rows.parquet", Means(tmp_path, Limits(), date(2026, 12, 1)))
    found: list[dict[str, object]] = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    return found, reached


def test_every_type_keeps_all_that_it_says(sql: Sql, tmp_path: Path) -> None:
    sql(
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        """CREATE TABLE t AS SELECT 9007199254740993::int8 AS big, 1.50::numeric(38,10) AS exact, 0.1::float4 AS small,
        123456789012345678901234567890123456789012.500::numeric AS endless, 'NaN'::numeric AS none,
        7.0::numeric AS seven, 7.5::numeric(3,1) AS short, TIMESTAMPTZ '2026-03-29 01:30:00.123456+01' AS instant,
        TIMESTAMP '2026-03-29 02:30:00' AS wall, DATE '0044-03-15 BC' AS old, 'infinity'::timestamptz AS ever,
        ARRAY['a', NULL, 'b'] AS list, ARRAY[1.5, 2, 'NaN']::numeric[] AS numbers, '{"a": [1, 2]}'::jsonb AS doc,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS id, 'glad'::mood AS mood, true AS yes, NULL::text AS nothing,
        inet '10.0.0.1' AS address, interval '1 day' AS span, 'é𝄞'::bpchar(3) AS wide""",
    )
    PostgresTable(VARIABLE, "t", "t").fetch(tmp_path / "rows.parquet", Means(tmp_path, Limits(), date(2026, 12, 1)))
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT * REPLACE (epoch_us(instant) AS instant) FROM '{tmp_path}/rows.parquet'")
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        (row,) = found.project(", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in found.columns)).fetchall()
    assert {name: types[name] for name in ("big", "exact", "short", "small", "wall", "old", "list", "yes")} == {
        "big": "BIGINT", "exact": "DECIMAL(38,10)", "short": "DECIMAL(3,1)", "small": "FLOAT", "wall": "TIMESTAMP",
        "old": "DATE", "list": "VARCHAR[]", "yes": "BOOLEAN",
    }  # fmt: skip
    assert dict(zip(types, row, strict=True)) == {
        "big": "9007199254740993", "exact": "1.5000000000", "small": "0.1",
        "endless": "123456789012345678901234567890123456789012.5", "none": None, "seven": "7", "short": "7.5",
        "instant": "1774744200123456", "wall": "2026-03-29 02:30:00", "old": "0044-03-15 (BC)", "ever": "infinity",
        "list": "[a, NULL, b]", "numbers": "[1.5, 2]", "doc": '{"a": [1, 2]}',
        "id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "mood": "glad", "yes": "true", "nothing": None,
        "address": "10.0.0.1/32", "span": "1 day", "wide": "é𝄞 ",
    }  # fmt: skip


def test_users_are_read_at_every_load(shop: Made, sql: Sql) -> None:
    sql(
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.people AS SELECT 'ana' AS uid, 'DE' AS country, 1.25 AS spent, '{a,b}'::text[] AS likes, "
        "DATE '2000-02-29' AS born, 7.0::numeric AS score, false AS vip",
    )
    shop.users_mapping = {"files": None, "data_date": None, "postgres": VARIABLE, "table": "crm.people"}
    report = shop.load()
    assert (report.role("users").read, report.role("users").kept) == (1, 1)
    found = {
        code: shop.label(code, "2026-12-01").get("ana")
        for code in ("country", "spent", "likes", "born", "score", "vip")
    }
    assert found == {
        "country": "DE", "spent": Decimal("1.25"), "likes": ["a", "b"], "born": date(2000, 2, 29), "score": 7.0,
        "vip": False,
    }  # fmt: skip
    sql("UPDATE crm.people SET country = 'AT'")
    assert shop.load("2026-12-02").is_new
    assert shop.history("country") == {"ana": [("2026-12-01", "DE"), ("2026-12-02", "AT")]}


def test_a_query_of_the_server_gives_users_too(shop: Made, sql: Sql) -> None:
    sql("CREATE TABLE people AS SELECT * FROM (VALUES ('ana', 10), ('bo', 20)) t(uid, age)")
    text = "SELECT uid, CASE WHEN age % 20 = 0 THEN 'round' END AS country FROM people -- all of them\n;"
    shop.users_mapping = {"files": None, "data_date": None, "postgres": VARIABLE, "query": text}
    shop.load()
    assert shop.label("country", "2026-12-01") == {"bo": "round"}
    assert shop.stored.uids().to_pylist() == ["ana", "bo"]


LOG = "CREATE TABLE log (uid text, event text, at timestamptz, id text, amount numeric, kind text)"


def log(sql: Sql, *rows: str) -> None:
    """Rows of the log: a day of May 2026 and a key."""
    for row in rows:
        day, key = row.split()
        sql(f"INSERT INTO log VALUES ('ana', 'seen', TIMESTAMPTZ '2026-05-{day} 10:00+00', '{key}', 1, 'x')")


@pytest.fixture
def logged(shop: Made, sql: Sql) -> Made:
    """A shop whose events stand in the server's table `log`, read by its column `at`."""
    sql(LOG)
    shop.users("2026-05-01", user("ana"))
    shop.events_mapping = {"files": None, "postgres": VARIABLE, "table": "log", "since": "at", "overlap": 2}
    return shop


def test_events_are_read_from_the_last_value_less_the_overlap_on_and_count_once(logged: Made, sql: Sql) -> None:
    log(sql, "01 a", "02 b", "10 c")
    assert logged.load().role("events").read == 3
    log(sql, "09 late", "11 d")
    report = logged.load().role("events")
    assert (report.read, report.kept, report.duplicate) == (3, 2, 1)  # c again, late, d
    assert [day for *_, day in logged.stored_events()] == [f"2026-05-{day}" for day in ("01", "02", "09", "10", "11")]
    log(sql, "05 much-too-late")
    assert logged.load().role("events").read == 3  # c, late, d again
    logged.load(rebuild=True)
    assert len(logged.stored_events()) == 6


def test_a_row_of_the_future_does_not_hide_those_that_come_before_it(logged: Made, sql: Sql) -> None:
    log(sql, "01 a")
    sql("INSERT INTO log VALUES ('ana', 'seen', TIMESTAMPTZ '2999-01-01 00:00+00', 'typo', 1, 'x')",
        "INSERT INTO log VALUES ('ana', 'seen', NULL, 'none', 1, 'x')")  # fmt: skip
    assert logged.load().role("events").read == 3
    log(sql, "02 b")
    assert logged.load().role("events").read == 4
    assert [day for *_, day in logged.stored_events()] == ["2026-05-01", "2026-05-02", "2999-01-01"]


@pytest.mark.parametrize(
    ("type_", "first", "then", "overlap"),
    [("date", "'2026-05-10'", "'2026-05-08'", 2), ("timestamp", "'2026-05-10 10:00'", "'2026-05-08 10:00'", 2),
     ("bigint", "1000", "990", 10), ("integer", "1000", "990", 10)],
)  # fmt: skip
def test_a_column_that_grows_is_a_date_an_instant_or_a_whole_number(
    sql: Sql, tmp_path: Path, type_: str, first: str, then: str, overlap: int
) -> None:
    sql(f"CREATE TABLE t (id {type_})", f"INSERT INTO t VALUES ({first}), ({then}), (NULL)")
    table = PostgresTable(VARIABLE, "t", "t", None, "id", overlap)
    found, reached = rows(tmp_path, table)
    assert len(found) == 3
    again, _ = rows(tmp_path, PostgresTable(VARIABLE, "t", "t", None, "id", overlap, reached))
    assert len(again) == 3
    shorter, reached_again = rows(tmp_path, PostgresTable(VARIABLE, "t", "t", None, "id", overlap - 1, reached))
    assert (len(shorter), reached_again) == (2, reached)


def test_what_cannot_be_read_again_without_counting_twice_is_refused(logged: Made, sql: Sql) -> None:
    logged.events_mapping |= {"key": None}
    with pytest.raises(DefinitionError, match=r"expected `key`"):
        logged.load()
    logged.events_mapping |= {"key": "id"}
    log(sql, "01 a")
    sql("INSERT INTO log VALUES ('ana', 'seen', TIMESTAMPTZ '2026-05-02 10:00+00', ' ', 1, 'x')")
    with pytest.raises(DataProblem, match=r"\$SHOP_DATABASE, table log: 1 rows have no event key \('id'\)"):
        logged.load()
    assert not (logged.data / "manifest.json").exists()


def test_many_rows_come_in_batches(sql: Sql, tmp_path: Path) -> None:
    sql("CREATE TABLE t AS SELECT n AS id, repeat('x', 1000) AS filling FROM generate_series(1, 150000) n")
    table = PostgresTable(VARIABLE, "t", "t")
    table.fetch(tmp_path / "rows.parquet", Means(tmp_path, Limits(), date(2026, 1, 1)))
    file = pq.ParquetFile(tmp_path / "rows.parquet")
    assert (file.metadata.num_rows, file.metadata.num_row_groups) == (150_000, 3)
    assert sum(file.read(["id"]).column("id").to_pylist()) == 150_000 * 150_001 // 2


# --- what is wrong is said without a secret ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "url", "words"),
    [
        ({"table": "crm.peple"}, None, "no such table. Did you mean 'crm.people'? The server shows: crm.people."),
        ({"query": "SELECT nme FROM crm.people"}, None, 'column "nme" does not exist'),
        ({"query": "SELECT uid, uid FROM crm.people"}, None, "gives the column 'uid' twice"),
        ({"query": "DELETE FROM crm.people RETURNING uid"}, None, "syntax error"),
        ({"query": "SELECT 1) a; COMMIT; DELETE FROM crm.people; SELECT * FROM (SELECT 2"}, None, "multiple commands"),
        ({"query": "SELECT setval('numbers', 7) AS uid"}, None, "cannot execute setval() in a read-only transaction"),
        ({"query": "SELECT uid::int AS uid FROM crm.people"}, None, "failed on its rows (InvalidTextRepresentation)"),
        ({"table": "crm.people"}, "", "the environment variable SHOP_DATABASE is not set"),
        ({"table": "crm.people"}, "hunter2 is no URL", "what SHOP_DATABASE holds is not a URL of PostgreSQL"),
        ({"table": "crm.people"}, "postgresql://me:hunter2@127.0.0.1:1/x", "no connection to the server that SHOP"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_without_a_secret_or_a_row(
    shop: Made, sql: Sql, monkeypatch: pytest.MonkeyPatch, mapping: dict[str, str], url: str | None, words: str
) -> None:
    sql("CREATE SCHEMA crm", "CREATE TABLE crm.people AS SELECT 'ana@example.org' AS uid", "CREATE SEQUENCE numbers")
    if url is not None:
        monkeypatch.setenv(VARIABLE, url)
    shop.users_mapping = {"files": None, "data_date": None, "postgres": VARIABLE} | mapping
    with pytest.raises(SegkitError) as refused:
        shop.load()
    assert words in str(refused.value)
    assert not any(secret in str(refused.value) for secret in ("hunter2", "ana@example.org"))
    assert not (shop.data / "manifest.json").exists()
    shop.write_settings()
    findings = [str(found) for found in examine_data(shop.folder, read_settings(shop.folder), APP)]
    is_seen_by_running_it_alone = "rows" in words or "read-only" in words
    assert is_seen_by_running_it_alone or any(words in found for found in findings)


WITHOUT_DRIVER = """
import sys
import threading
from datetime import date
from pathlib import Path
sys.modules["psycopg"] = None
from segkit.data.origins import Means
from segkit.data.postgres_tables import PostgresTable
from segkit.data.settings import Limits
try:
    PostgresTable("X", "$X, table t", "t").columns(Means(Path("."), Limits(), date.max))
except Exception as error:
    print(type(error).__name__, error)
"""


def test_without_the_driver_it_is_said_how_to_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER], capture_output=True, text=True, env=os.environ, check=True
    )
    assert done.stdout == (
        "SegkitError $X, table t: the driver for PostgreSQL is not installed; pip install 'segkit[team]'\n"
    )


def test_a_query_that_takes_long_is_cancelled_on_the_server(shop: Made, sql: Sql) -> None:
    sql("SELECT 1")
    shop.users_mapping = {"files": None, "data_date": None, "postgres": VARIABLE,
                          "query": "SELECT 'ana' AS uid FROM pg_sleep(600)"}  # fmt: skip
    cancel = threading.Event()
    threading.Timer(0.5, cancel.set).start()
    with pytest.raises(Cancelled):
        shop.load(cancel=cancel)
    assert not (shop.data / ".load").exists()
