"""A full load, and one more day, beside DuckDB's own COPY of the same mapped columns.

Both sides read the same Parquet files and write Parquet, a partition a local day, sorted by (event, user_no, at). Each
runs in a process of its own, in turn, with the same memory limit and two threads. `python -m tests.bench.load
--users 2000000 --events 60000000`; `--memory 1GB` holds segkit to that.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from segkit.data.load import load_app
from segkit.data.settings import read_settings

FIRST = date(2026, 1, 1)
ZONE = "Europe/Berlin"
LABELS = {
    "country": "string", "consent": "bool", "push_on": "bool", "registered_at": "date", "balance": "number, scale: 2",
    "email": "string", "mobile": "string", "age": "number", "platform": "string", "app_version": "string",
    "tier": "string", "first_product": "string", "devices": "number", "language": "string", "last_campaign": "date",
}  # fmt: skip
PARAMETERS = {
    "amount": "number, scale: 2", "category": "string", "sku": "string", "quantity": "number", "campaign": "string",
}  # fmt: skip


Spent = tuple[float, float]


@dataclass(frozen=True)
class Size:
    users: int
    events: int
    days: int


# --- made data -------------------------------------------------------------------------------------------------------


def _draw(salt: int, below: int) -> str:
    """SQL of a number that looks drawn, and is the same each time."""
    return f"CAST(hash(i, {salt}) % {below} AS BIGINT)"


def _one_of(salt: int, *texts: str) -> str:
    return f"[{', '.join(repr(text) for text in texts)}][{_draw(salt, len(texts))} + 1]"


def write_users(connection: duckdb.DuckDBPyConnection, folder: Path, users: int, day: date, seed: int) -> None:
    """A snapshot of all users; `seed` decides which labels a later one has changed."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        "country": _one_of(1, "DE", "AT", "CH", "FR", "IT", "ES", "PL", "NL"),
        "consent": f"{_draw(2, 2)} = 0",
        "push_on": f"{_draw(3, 3)} = 0",
        "registered_at": f"DATE '2024-01-01' + CAST({_draw(4, 700)} AS INTEGER)",
        "balance": f"{_draw(5 + 100 * seed, 10_000)} / 100.0" if seed else f"{_draw(5, 10_000)} / 100.0",
        "email": "'user' || i || '@example.org'",
        "mobile": "'+49151' || lpad(CAST(i AS VARCHAR), 8, '0')",
        "age": _draw(6, 90),
        "platform": _one_of(7, "ios", "android", "web"),
        "app_version": f"CASE WHEN {seed} > 0 AND {_draw(50, 100)} = 0 THEN '8.2' ELSE {_one_of(8, '7.1', '8.0')} END",
        "tier": _one_of(9, "a", "b", "c", "d", "e"),
        "first_product": _one_of(10, "camera", "light", "lock", "plug"),
        "devices": _draw(11, 20),
        "language": f"CASE WHEN {_draw(12, 3)} > 0 THEN {_one_of(13, 'en', 'de', 'fr')} END",
        "last_campaign": f"DATE '2024-06-01' + CAST({_draw(14, 500)} AS INTEGER)",
    }
    shown = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    connection.execute(
        f"COPY (SELECT 'u' || lpad(CAST(i AS VARCHAR), 9, '0') AS uid, {shown} FROM range({users}) t(i)) "
        f"TO '{folder}/{day}.parquet' (FORMAT parquet)"
    )


def write_day(connection: duckdb.DuckDBPyConnection, folder: Path, size: Size, number: int, late: int) -> None:
    """One day's file: some users do much, some events are frequent, `late` in a hundred are of the days before.

    One row in a thousand repeats the key of the row before it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{FIRST + timedelta(days=number)}.parquet"
    if target.exists():  # in a folder that was used before
        return
    each = size.events // size.days
    start = f"{(FIRST - date(1970, 1, 1)).days + number} * 86400000000"
    past = f"CASE WHEN {_draw(30, 100)} < {late if number else 0} THEN 86400000000 * {_draw(31, 3)} ELSE 0 END"
    drawn = f"CAST({size.users} * pow(({_draw(20, 1_000_000)} + 0.5) / 1e6, 1.7) AS BIGINT)"
    user = f"least({drawn}, {size.users - 1})"
    event = f"least(29, CAST(30 * pow({_draw(21, 1_000_000)} / 1e6, 2) AS BIGINT))"
    connection.execute(
        f"COPY (SELECT 'u' || lpad(CAST({user} AS VARCHAR), 9, '0') AS uid, "
        f"'event_' || lpad(CAST({event} AS VARCHAR), 2, '0') AS event, "
        f'CAST(make_timestamp({start} + {_draw(22, 82_800_000_000)} - {past}) AS TIMESTAMPTZ) AS "at", '
        f"CAST(CAST(md5(CAST(i - CASE WHEN i % 1000 = 1 THEN 1 ELSE 0 END AS VARCHAR)) AS UUID) AS VARCHAR) AS id, "
        f"CASE WHEN {_draw(23, 3)} = 0 THEN {_draw(24, 100_000)} / 100.0 END AS amount, "
        f"{_one_of(25, 'camera', 'light', 'lock', 'plug', 'hub')} AS category, 'SKU-' || {_draw(26, 5000)} AS sku, "
        f"{_draw(27, 9)} AS quantity, "
        f"CASE WHEN {_draw(28, 4)} = 0 THEN 'campaign-' || {_draw(29, 200)} END AS campaign "
        f"FROM range({number * each}, {(number + 1) * each}) t(i)) "
        f"TO '{target}.part' (FORMAT parquet)"
    )
    target.with_name(f"{target.name}.part").rename(target)  # a run that was killed leaves no half a day to the next


def write_workspace(folder: Path, memory: str) -> None:
    """segkit.toml and the vocabulary."""
    vocabulary = folder / "vocabulary" / "shop"
    vocabulary.mkdir(parents=True, exist_ok=True)
    (folder / "segkit.toml").write_text(
        f'segkit = 1\n[limits]\nmemory = "{memory}"\nthreads = 2\n[apps.shop]\nzone = "{ZONE}"\n'
        '[[apps.shop.users]]\nfiles = "sources/users/*.parquet"\nuid = "uid"\ndata_date = "file"\n'
        '[[apps.shop.events]]\nfiles = "sources/events/*.parquet"\nuid = "uid"\n'
        'time = "at"\nname = "event"\nkey = "id"\n'
    )
    labels = [f"- {{code: {code}, name: {code}, type: {type_}}}\n" for code, type_ in LABELS.items()]
    (vocabulary / "labels.yaml").write_text("segkit: 1\nlabels:\n" + "".join(labels))
    parameters = [f"- {{code: {code}, name: {code}, type: {type_}}}\n" for code, type_ in PARAMETERS.items()]
    has = ", ".join(PARAMETERS)
    events = [f"- {{code: event_{n:02}, name: event {n}, parameters: [{has}]}}\n" for n in range(30)]
    text = "segkit: 1\nparameters:\n" + "".join(parameters) + "events:\n" + "".join(events)
    (vocabulary / "events.yaml").write_text(text)


# --- the two sides, each in a process of its own ---------------------------------------------------------------------


def ours(folder: Path) -> dict[str, Spent]:
    """One load; wall and CPU seconds by stage."""
    spent: dict[str, Spent] = {}
    last, since = "reading settings", now_spent()

    def told(stage: str, _: float) -> None:
        nonlocal last, since
        now, so_far = now_spent(), spent.get(last, (0.0, 0.0))
        spent[last] = so_far[0] + now[0] - since[0], so_far[1] + now[1] - since[1]
        last = "reading users" if stage.startswith("reading users") else stage.split(" sources/")[0]
        since = now

    load_app(folder, read_settings(folder), "shop", today=date(2027, 1, 1), progress=told)
    told("", 1)
    return spent


def now_spent() -> Spent:
    """Wall and CPU seconds of this process so far."""
    return time.perf_counter(), time.process_time()


def copied(folder: Path, memory: str) -> dict[str, Spent]:
    """DuckDB's own COPY of the same columns; wall and CPU seconds by stage."""
    out, sources = folder / "copied", folder / "sources"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    connection = duckdb.connect(config={"threads": 2, "memory_limit": memory})
    connection.execute(f"SET temp_directory = '{out}/spill'")
    connection.execute(f"SET TimeZone = '{ZONE}'")
    began = now_spent()
    connection.execute(
        "CREATE TEMP TABLE users AS SELECT CAST(row_number() OVER (ORDER BY uid) - 1 AS INTEGER) AS user_no, uid "
        f"FROM '{sources}/users/{FIRST}.parquet'"
    )
    connection.execute(
        f"COPY (SELECT user_no, s.* EXCLUDE (uid) FROM '{sources}/users/{FIRST}.parquet' s JOIN users USING (uid) "
        f"ORDER BY user_no) TO '{out}/users.parquet' (FORMAT parquet, COMPRESSION zstd)"
    )
    labels = now_spent()
    connection.execute(
        "COPY (SELECT *, day AS part FROM ("
        'SELECT user_no, event, "at" AT TIME ZONE \'UTC\' AS "at", CAST("at" AS DATE) AS day, id AS key, '
        "CAST(amount AS DECIMAL(18, 2)) AS p_amount, category AS p_category, sku AS p_sku, "
        "CAST(quantity AS DECIMAL(18, 6)) AS p_quantity, campaign AS p_campaign "
        f"FROM '{sources}/events/*.parquet' JOIN users USING (uid)) ORDER BY part, event, user_no, \"at\") "
        f"TO '{out}/events' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, PARTITION_BY (part))"
    )
    done = now_spent()
    parts = {"users and labels": (began, labels), "events": (labels, done)}
    return {name: (b[0] - a[0], b[1] - a[1]) for name, (a, b) in parts.items()}


@dataclass(frozen=True)
class Ran:
    """What one side took: wall and CPU seconds, the highest resident memory in GB, wall and CPU seconds by stage."""

    wall: float
    cpu: float
    peak: float
    stages: dict[str, Spent]

    def events(self, which: int) -> float:
        """Seconds of all stages but those about users and labels; 0 for wall, 1 for CPU."""
        return sum(spent[which] for spent in self.stages.values()) - self.labels(which)

    def labels(self, which: int) -> float:
        return sum(spent[which] for stage, spent in self.stages.items() if "users" in stage)


def side(name: str, folder: Path, memory: str) -> Ran:
    command = [sys.executable, "-m", "tests.bench.load", "--side", name, "--folder", str(folder), "--memory", memory]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    text = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the side '{name}' ended with {process.returncode}")
    wall = time.perf_counter() - began
    return Ran(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6, json.loads(text.splitlines()[-1]))


# --- what is shown ---------------------------------------------------------------------------------------------------


def compare(folder: Path, size: Size, memory: str, rounds: int, late: int) -> None:
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    sources = folder / "sources"
    write_workspace(folder, memory)
    for number in (size.days, size.days + 1):  # of an earlier night
        for kind in ("events", "users"):
            (sources / kind / f"{FIRST + timedelta(days=number)}.parquet").unlink(missing_ok=True)
    write_users(connection, sources / "users", size.users, FIRST, 0)
    for number in range(size.days):
        write_day(connection, sources / "events", size, number, late)
    full, copy = [], []
    for _ in range(rounds):
        copy.append(side("copied", folder, memory))
        shutil.rmtree(folder / "copied")
        shutil.rmtree(folder / "data", ignore_errors=True)
        full.append(side("ours", folder, memory))
    show("DuckDB's COPY", copy)
    show("segkit's load", full)
    wall, cpu = ratio(full, copy, "wall"), ratio(full, copy, "cpu")
    print(f"{size.users:,} users, {size.events:,} events, {size.days} days, memory {memory}, median of {rounds}: "
          f"wall {wall:.2f}, CPU {cpu:.2f} times COPY's")  # fmt: skip
    one_more_day(connection, folder, size, memory, full)


def one_more_day(connection: duckdb.DuckDBPyConnection, folder: Path, size: Size, memory: str, full: list[Ran]) -> None:
    """The next night: its own day only, and a snapshot in which few labels changed."""
    write_day(connection, folder / "sources/events", size, size.days, 0)
    write_users(connection, folder / "sources/users", size.users, FIRST + timedelta(days=size.days + 1), 1)
    night = side("ours", folder, memory)
    wall, cpu = (statistics.median(ran.events(which) for ran in full) / size.days for which in (0, 1))
    show("one more day", [night])
    events = f"events {night.events(0):.1f} s, {night.events(0) / wall:.2f} times their share of the full load"
    print(f"one more day: {events} (CPU {night.events(1):.1f} s, {night.events(1) / cpu:.2f} times)")
    print(f"one more day: users and labels {night.labels(0):.1f} s (CPU {night.labels(1):.1f} s)")


def ratio(some: list[Ran], others: list[Ran], what: str) -> float:
    """The median of the ratios of the rounds."""
    pairs = zip(some, others, strict=True)
    return statistics.median(float(getattr(a, what)) / float(getattr(b, what)) for a, b in pairs)


def show(name: str, runs: list[Ran]) -> None:
    for ran in runs:
        stages = ", ".join(f"{stage} {seconds:.1f}" for stage, (seconds, _) in ran.stages.items() if seconds >= 0.05)
        print(
            f"{name:>14}  wall {ran.wall:7.1f} s  CPU {ran.cpu:7.1f} s  peak {ran.peak:.2f} GB  ({stages})", flush=True
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=6_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--late", type=int, default=1, help="percent of late events in the full load")
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="a small one, to see that it runs")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("--side", choices=("ours", "copied"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side:
        found = ours(chosen.folder) if chosen.side == "ours" else copied(chosen.folder, chosen.memory)
        print(json.dumps(found))
        return 0
    size = Size(1_000, 20_000, 4) if chosen.smoke else Size(chosen.users, chosen.events, chosen.days)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary) / "bench"
        compare(folder, size, chosen.memory, chosen.rounds, chosen.late)
    return 0


if __name__ == "__main__":
    sys.exit(main())
