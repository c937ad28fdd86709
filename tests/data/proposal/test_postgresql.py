"""A PostgreSQL server's tables, proposed and loaded; the URL stands in the environment and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import segkit
from segkit.errors import SegkitError

VARIABLE = "SEGKIT_TEST_SHOP_URL"


@pytest.fixture
def shop(new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    url = new_postgresql()
    monkeypatch.setenv(VARIABLE, url)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE people (user_id int, plan text, email text)")
        connection.execute("INSERT INTO people VALUES (1, 'a', 'ana@example.com'), (2, 'b', NULL)")
        connection.execute(
            "CREATE TABLE orders (order_id int, user_id int, ordered_at timestamptz, amount numeric(9,2))"
        )
        connection.execute("INSERT INTO orders VALUES (7, 1, '2026-01-05 10:00+00', 10.50), (8, 2, '2026-01-06Z', 1)")
        connection.execute("CREATE TABLE clicks (user_id int, at timestamptz)")
        connection.execute("INSERT INTO clicks VALUES (1, '2026-01-05 10:00+00'), (1, '2026-01-05 10:00+00')")


@pytest.mark.usefixtures("shop")
def test_tables_of_a_server_are_proposed_written_and_loaded(tmp_path: Path) -> None:
    sources = {"users": f"postgres:{VARIABLE}:people", "events": f"postgres:{VARIABLE}:orders"}
    start = segkit.init(tmp_path / "shop", **sources, zone="UTC")  # type: ignore[arg-type]
    assert start.proposal.events is not None
    assert start.proposal.events.named("key") == "order_id"
    assert start.proposal.events.column("amount").scale == 2
    start.write()
    workspace = start.workspace()
    (report,) = workspace.load()
    assert (report.users, report.events) == (2, 2)
    assert workspace.app().estimate({"all": []}, "2026-01-07").reach == {"email": 1}
    workspace.close()


@pytest.mark.usefixtures("shop")
def test_events_of_a_server_without_a_key_are_asked_about(tmp_path: Path) -> None:
    start = segkit.init(tmp_path / "shop", events=f"postgres:{VARIABLE}:clicks", zone="UTC")
    with pytest.raises(SegkitError, match="--event-key"):
        start.write()
    assert not (tmp_path / "shop").exists()
