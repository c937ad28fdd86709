"""Seven segments of the smart-home demo: segkit beside one DuckDB query a segment over the raw sources.

The answers are compared first. Each side's preparation stands on its own line. `python -m tests.bench --users 50000`
With `--size S|M|L`: 110 segments over 250 leaves, beside ClickHouse, Polars and pandas as well (see `segments`).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

import segkit
from segkit.api import App
from segkit.data.demo import write_demo
from segkit.data.demo.smart_home import FEWEST_USERS
from tests.bench.segments import __main__ as segments

AS_OF = date(2026, 6, 1)
CONSENT = "SELECT user_id FROM users WHERE marketing_consent"
DEVICES = "SELECT user_id FROM devices WHERE unbound_at IS NULL"


def _act(events: str, days: int, having: str = "count(*) >= 1") -> str:
    names = ", ".join(f"'{name}'" for name in events.split())
    return (
        f"SELECT user_id FROM events WHERE event IN ({names}) AND day >= DATE '{AS_OF}' - {days} "
        f"GROUP BY user_id HAVING {having}"
    )


def _last_use(low: int, high: int) -> str:
    return (
        f"SELECT user_id FROM (SELECT user_id, DATE '{AS_OF}' - coalesce(max(day), any_value(registered_at)) AS ago "
        "FROM users LEFT JOIN (SELECT user_id, day FROM events WHERE event = 'app_used') USING (user_id) "
        f"GROUP BY user_id) WHERE ago BETWEEN {low} AND {high} INTERSECT {DEVICES}"
    )


MALL = "product_browsed added_to_cart added_to_favourites order_paid"
QUERIES = {
    "All users who have accepted marketing": CONSENT,
    "Users in silence stage": f"{CONSENT} INTERSECT ({_last_use(8, 29)})",
    "Users in churn stage": f"{CONSENT} INTERSECT ({_last_use(31, 100_000)})",
    "Users with gateways": f"{CONSENT} INTERSECT SELECT user_id FROM devices WHERE is_gateway AND unbound_at IS NULL",
    "Users who prefer the in-app mall": f"{CONSENT} INTERSECT {_act(MALL, 30)}",
    "Users who give feedback on issues quite often": (
        f"{CONSENT} INTERSECT {_act('feedback_submitted', 90, 'count(*) > 2')}"
    ),
    "Very satisfied users": (f"{CONSENT} INTERSECT {_act('app_used', 30)} EXCEPT {_act('feedback_submitted', 30)}"),
}


def raw_connection(sources: Path, zone: str) -> duckdb.DuckDBPyConnection:
    """What people would write: views over the files, events once a key, days in the app's zone."""
    con = duckdb.connect(config={"threads": 2})
    con.execute(f"SET TimeZone = '{zone}'")
    con.execute(
        f"CREATE VIEW users AS SELECT * FROM '{sources}/users/{AS_OF}.parquet' "
        f"WHERE gone_at IS NULL OR gone_at > DATE '{AS_OF}'"
    )
    con.execute(f"CREATE VIEW devices AS FROM '{sources}/devices/*.parquet'")
    con.execute(
        'CREATE VIEW events AS SELECT DISTINCT ON (event_id) user_id, event, "at"::DATE AS day '
        f"FROM '{sources}/events/*.parquet' WHERE \"at\"::DATE < DATE '{AS_OF}' ORDER BY event_id, \"at\""
    )
    return con


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fresh_evaluation(app: App) -> list[set[str]]:
    """All seven, with nothing cached."""
    app.close()
    return [set(found.uids()) for found in app.evaluate(list(QUERIES))]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="a small one, to see that it runs")
    if any(word.startswith("--size") for word in sys.argv[1:]):
        return segments.main()
    chosen = parser.parse_args()
    users, rounds = (max(2_000, FEWEST_USERS), 1) if chosen.smoke else (chosen.users, chosen.rounds)
    with tempfile.TemporaryDirectory() as folder:
        return compare(Path(folder) / "bench", users, rounds)


def compare(folder: Path, users: int, rounds: int) -> int:
    making = timed(lambda: write_demo(folder, users=users))
    workspace = segkit.open(folder, actor="bench")
    loading = timed(lambda: workspace.load("smart-home"))
    app = workspace.app("smart-home")
    con = raw_connection(folder / "sources" / "smart-home", app.settings.zone)
    expected = [{str(row[0]) for row in con.execute(query).fetchall()} for query in QUERIES.values()]
    for name, found, wanted in zip(QUERIES, fresh_evaluation(app), expected, strict=True):
        if found != wanted:
            print(f"{name}: segkit {len(found):,}, raw query {len(wanted):,}; the answers differ", file=sys.stderr)
            return 1
    ours, cached, raw = [], [], []
    for _ in range(rounds):
        ours.append(timed(lambda: fresh_evaluation(app)))
        cached.append(timed(lambda: app.evaluate(list(QUERIES))))
        raw.append(timed(lambda: [con.execute(query).fetchall() for query in QUERIES.values()]))
    rows = sum(day.rows for day in app.manifest.days)
    print(f"{app.base().count:,} users, {rows:,} events, {len(QUERIES)} segments, median of {rounds}")
    print(f"making the sources {making:.1f} s; segkit's load {loading:.1f} s; the raw queries prepare nothing")
    for name, seconds in (
        ("one raw query a segment", raw),
        ("segkit, nothing cached", ours),
        ("segkit, cached", cached),
    ):
        median = statistics.median(seconds)
        print(
            f"{name:>24}  {median * 1000:8.1f} ms  {statistics.median(raw) / median:8.1f} times the raw queries' speed"
        )
    workspace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
