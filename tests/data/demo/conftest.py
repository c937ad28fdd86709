"""One small sample of each app, written once, with the connections that ask what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segkit.data.demo import grocery, smart_home

Query = Callable[[str], list[tuple[Any, ...]]]
USERS = 2_000


@pytest.fixture(scope="session")
def smart_home_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace folder with the sources of 2,000 users as of 2026-06-01."""
    folder = tmp_path_factory.mktemp("smart-home")
    smart_home.write(folder, users=USERS)
    return folder


@pytest.fixture(scope="session")
def home(smart_home_folder: Path) -> Iterator[Query]:
    """Rows of a query over `users` (all snapshots, with data_date), `now` (the last), `arrived`, `events`, `devices`.

    `arrived` is what the files hold, `events` each key once with its local day in Berlin.
    """
    sources = smart_home_folder / "sources" / "smart-home"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'Europe/Berlin'")
        con.execute(
            f"CREATE TABLE users AS SELECT *, parse_filename(filename, true)::DATE AS data_date"
            f" FROM read_parquet('{sources}/users/*.parquet', filename = true)"
        )
        con.execute("CREATE TABLE now AS FROM users WHERE data_date = DATE '2026-06-01'")
        con.execute(f"CREATE TABLE arrived AS FROM read_parquet('{sources}/events/*.parquet', filename = true)")
        con.execute(
            'CREATE TABLE events AS SELECT * EXCLUDE (nth), "at"::DATE AS day FROM (SELECT *, row_number() OVER'
            ' (PARTITION BY event_id ORDER BY "at") AS nth FROM arrived) WHERE nth = 1'
        )
        con.execute(f"CREATE TABLE devices AS FROM '{sources}/devices/*.parquet'")
        yield lambda sql: con.execute(sql).fetchall()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Rows of a query over `households`, `purchases`, `campaigns`, `coupons` of Complete Journey."""
    if not grocery.available():
        pytest.skip(grocery.HOW_TO_GET_IT)
    folder = tmp_path_factory.mktemp("grocery")
    grocery.write(folder)
    sources = folder / "sources" / "grocery"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE households AS FROM '{sources}/users/2018-01-01.parquet'")
        for table in ("purchases", "campaigns", "coupons"):
            con.execute(f"CREATE TABLE {table} AS FROM '{sources}/events/{table}.parquet'")
        # Purchases are in UTC; New York's clocks by DuckDB's own zone tables, which have had no quarrel about them.
        local = "purchased_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York'"
        con.execute(f"CREATE TABLE as_written AS FROM purchases; UPDATE purchases SET purchased_at = {local}")
        yield lambda sql: con.execute(sql).fetchall()
