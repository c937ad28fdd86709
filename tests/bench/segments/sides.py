"""The sides, each in a process of its own: told to answer, it says how long that took and what it found.

A side answers with the numbers of each segment's users. `python -m tests.bench.segments.sides NAME FOLDER SIZE` reads a
JSON list of rules a line, and writes a line of JSON for each.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tests.bench.load import ZONE
from tests.bench.segments.made import AS_OF, SIZES, Made
from tests.bench.segments.rules import Dialect, Leaf, Rule

Numbers = NDArray[np.int64]
DUCKDB = Dialect("user_no", f"(date_diff('day', day, DATE '{AS_OF}') - 1) // 7")
RAW = Dialect("uid", f"(date_diff('day', day, DATE '{AS_OF}') - 1) // 7")
CLICKHOUSE = Dialect("user_no", f"intDiv(dateDiff('day', day, toDate('{AS_OF}')) - 1, 7)")


class Side(Protocol):
    def prepare(self) -> float:
        """Makes what it answers from; the seconds that it took when it was made."""
        ...

    def open(self) -> None:
        """What is done once before any question."""
        ...

    def answer(self, rules: Sequence[Rule]) -> list[Any]:
        """What it finds for each, in a form of its own."""
        ...

    def numbers(self, found: Any) -> Numbers:
        """The numbers of the users that were found; not timed."""
        ...


class Segkit:
    """A fresh evaluator, so that nothing is cached."""

    kernel = True
    memory = ""  # instead of the workspace's

    def __init__(self, made: Made) -> None:
        self._made = made
        self._uids: Numbers | None = None

    def prepare(self) -> float:
        return self._made.load()

    def open(self) -> None:
        import segkit
        from segkit.data.settings import EvaluationSettings
        from segkit.definitions.documents import parse_rule

        self.app = segkit.open(self._made.workspace, actor="bench").app("shop")
        self._settings = EvaluationSettings(kernel=self.kernel, cache="0MB")
        self._parse = parse_rule

    def evaluator(self) -> Any:
        from segkit.engine.evaluator import DuckEvaluator

        app, limits = self.app, self.app.workspace.settings.limits
        if self.memory:
            limits = limits.model_copy(update={"memory": self.memory})
        given = app.folder, app.manifest, app.vocabulary, limits, self._made.workspace / "data" / ".spill"
        return DuckEvaluator(*given, evaluation=self._settings)

    def answer(self, rules: Sequence[Rule]) -> list[Any]:
        evaluator = self.evaluator()
        try:
            return [found.members for found in evaluator.evaluate([self._parse(rule) for rule in rules], AS_OF)]
        finally:
            evaluator.close()

    def numbers(self, found: Any) -> Numbers:
        if self._uids is None:
            self._uids = np.array([int(uid[1:]) for uid in self.app.uids()])
        return np.asarray(self._uids[found.user_nos()])


class SegkitByDuckDB(Segkit):
    """segkit with its kernel switched off."""

    kernel = False


class SegkitInLittle(Segkit):
    """segkit with little memory allowed."""

    memory = "512MB"


class Prepared:
    """DuckDB, one query a segment, over prepared Parquet."""

    dialect = DUCKDB

    def __init__(self, made: Made) -> None:
        self._made = made

    def prepare(self) -> float:
        return self._made.prepare_parquet()

    def open(self) -> None:
        import duckdb

        self._connection = duckdb.connect(config={"threads": 2})
        self._connection.execute(f"SET TimeZone = '{ZONE}'")
        self._connection.execute("SET parquet_metadata_cache = true")
        self._views()

    def _views(self) -> None:
        folder = self._made.prepared
        self._connection.execute(f"CREATE VIEW users AS FROM '{folder}/users.parquet'")
        self._connection.execute(f"CREATE VIEW events AS FROM '{folder}/events/*.parquet'")

    def answer(self, rules: Sequence[Rule]) -> list[Any]:
        queries = (self.dialect.rule(rule) for rule in rules)
        return [self._connection.execute(query).fetchnumpy()[self.dialect.user] for query in queries]

    def numbers(self, found: Any) -> Numbers:
        return np.asarray(found, np.int64)


class Raw(Prepared):
    """DuckDB, one query a segment, over the sources as they are."""

    dialect = RAW

    def prepare(self) -> float:
        return 0.0

    def _views(self) -> None:
        self._connection.execute(f"CREATE VIEW users AS FROM '{self._made.raw_users}'")
        self._connection.execute(
            f"CREATE VIEW events AS SELECT *, CAST(\"at\" AS DATE) AS day FROM '{self._made.raw_events}/*.parquet'"
        )

    def numbers(self, found: Any) -> Numbers:
        return np.array([int(uid[1:]) for uid in found], np.int64)


class ClickHouse:
    """ClickHouse, embedded (chdb): one query a segment over a MergeTree that is sorted by (event, day, user_no)."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def prepare(self) -> float:
        self._made.prepare_parquet()
        return self._made.once("clickhouse", self._fill)

    def _fill(self) -> None:
        self._session()
        prepared = self._made.prepared
        for name, files, order in (
            ("users", "users.parquet", "user_no"), ("events", "events/*.parquet", "(event, day, user_no)"),
        ):  # fmt: skip
            self._run(
                f"CREATE TABLE {name} ENGINE = MergeTree ORDER BY {order} SETTINGS allow_nullable_key = 1 AS "
                f"SELECT * FROM file('{prepared}/{files}', Parquet)"
            )
        self._run("OPTIMIZE TABLE events FINAL")
        self.close()

    def _session(self) -> None:
        from chdb import session  # type: ignore[import-not-found,unused-ignore]

        self._chdb = session.Session(str(self._made.folder / "clickhouse"))
        self._run("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        self._run("USE bench")

    def _run(self, query: str) -> Any:
        return self._chdb.query(query, "Arrow")

    def close(self) -> None:
        self._chdb.close()

    def open(self) -> None:
        self._session()
        self._run("SET max_threads = 2")

    def answer(self, rules: Sequence[Rule]) -> list[Any]:
        return [self._run(CLICKHOUSE.rule(rule)).bytes() for rule in rules]

    def numbers(self, found: Any) -> Numbers:
        import pyarrow as pa

        table = pa.ipc.open_file(found).read_all()
        numbers: Numbers = table.column(0).to_numpy().astype(np.int64)
        return numbers


class Polars:
    """Polars, lazily: each distinct leaf once over prepared Parquet, sets as sorted arrays."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def prepare(self) -> float:
        return self._made.prepare_parquet()

    def open(self) -> None:
        import polars as pl  # type: ignore[import-not-found,unused-ignore]

        self._pl = pl
        self._users = pl.scan_parquet(self._made.prepared / "users.parquet")
        self._events = pl.scan_parquet(self._made.prepared / "events" / "*.parquet")

    def answer(self, rules: Sequence[Rule]) -> list[Any]:
        everybody = self._users.select("user_no").collect()["user_no"].to_numpy()
        known: dict[str, Numbers] = {}

        def users(node: Rule) -> Numbers:
            if "not" in node:
                return np.setdiff1d(everybody, users(node["not"]), assume_unique=True)
            if "all" in node or "any" in node:
                parts = [users(part) for part in node.get("all") or node["any"]]
                found = parts[0]
                for part in parts[1:]:
                    found = np.intersect1d(found, part, True) if "all" in node else np.union1d(found, part)
                return found
            key = repr(node)
            if key not in known:
                known[key] = self._leaf(node, everybody)
            return known[key]

        return [users(rule) for rule in rules]

    def _leaf(self, leaf: Leaf, everybody: Numbers) -> Numbers:
        pl = self._pl
        if "label" in leaf:
            picked = self._users.filter(self._compared(pl.col(leaf["label"]), leaf)).select("user_no")
            return np.asarray(picked.collect()["user_no"].to_numpy())
        row = pl.col("event") == leaf["event"]
        if "where" in leaf:
            row = row & self._filter(leaf["where"])
        first = date.fromordinal(AS_OF.toordinal() - leaf["window"]["last"])
        rows = self._events.filter(pl.col("day").is_between(first, AS_OF, closed="left"))
        measure, of = leaf.get("measure", "count"), leaf.get("of")
        if measure == "share":
            assert isinstance(of, dict)
            other = pl.col("event") == of["event"]
            counted = rows.filter(row | other).group_by("user_no").agg(row.sum().alias("v"), other.sum().alias("n"))
            picked = counted.filter((pl.col("n") > 0) & (pl.col("v") >= leaf["value"] * pl.col("n")))
        else:
            week = ((pl.lit(AS_OF) - pl.col("day")).dt.total_days() - 1) // 7
            column = pl.col(of or "day")
            value = {
                "count": pl.len(), "days": pl.col("day").n_unique(), "periods": week.n_unique(),
                "distinct": column.drop_nulls().n_unique(), "last": pl.col("day").max(), "max": column.max(),
                "sum": column.sum(), "avg": column.cast(pl.Float64).mean(),
            }[measure]  # fmt: skip
            few = (measure, leaf["op"]) == ("count", "le")
            said = {"op": "gt", "value": leaf["value"]} if few else leaf
            picked = rows.filter(row).group_by("user_no").agg(value.alias("v")).filter(
                self._compared(pl.col("v"), said)
            )  # fmt: skip
            if few:
                more = np.asarray(picked.select("user_no").collect()["user_no"].to_numpy())
                return np.setdiff1d(everybody, more, assume_unique=True)
        return np.sort(picked.select("user_no").collect()["user_no"].to_numpy())

    def _filter(self, node: Rule) -> Any:
        if "all" in node:
            first, second = (self._filter(child) for child in node["all"])
            return first & second
        column = self._pl.col(node["param"])
        if node["op"] == "ne":
            return column.is_null() | (column != node["value"])
        return self._compared(column, node)

    def _compared(self, column: Any, said: Rule) -> Any:
        op, value = said["op"], _value_of(said)
        if op == "between":
            return column.is_between(*value)
        if op == "in":
            return column.is_in(value)
        if op == "not_empty":
            return column != ""
        if op == "starts_with":
            return column.str.starts_with(value)
        name = {"eq": "eq", "ge": "ge", "gt": "gt", "lt": "lt", "le": "le", "after": "gt", "before": "lt"}[op]
        return getattr(column, name)(value)

    def numbers(self, found: Any) -> Numbers:
        return np.asarray(found, np.int64)


class Pandas(Polars):
    """pandas: everything in memory before the first question, each distinct leaf once."""

    def open(self) -> None:
        import pandas as pd

        folder = self._made.prepared
        self._users = pd.read_parquet(folder / "users.parquet", dtype_backend="pyarrow")
        files = sorted((folder / "events").glob("*.parquet"))
        self._events = pd.concat([pd.read_parquet(file, dtype_backend="pyarrow") for file in files], ignore_index=True)
        for name in ("event", "category", "campaign", "sku"):
            self._events[name] = self._events[name].astype("category")

    def answer(self, rules: Sequence[Rule]) -> list[Any]:
        self._everybody = self._users["user_no"].to_numpy()
        known: dict[str, Numbers] = {}

        def users(node: Rule) -> Numbers:
            if "not" in node:
                return np.setdiff1d(self._everybody, users(node["not"]), assume_unique=True)
            if "all" in node or "any" in node:
                parts = [users(part) for part in node.get("all") or node["any"]]
                found = parts[0]
                for part in parts[1:]:
                    found = np.intersect1d(found, part, True) if "all" in node else np.union1d(found, part)
                return found
            return known.setdefault(repr(node), self._of(node))

        return [users(rule) for rule in rules]

    def _of(self, leaf: Leaf) -> Numbers:
        if "label" in leaf:
            users = self._users
            holds = _pandas_holds(users[leaf["label"]], leaf)
            return np.asarray(users["user_no"][holds.fillna(False).astype(bool)].to_numpy())
        events = self._events
        first = date.fromordinal(AS_OF.toordinal() - leaf["window"]["last"])
        rows = events[(events["event"] == leaf["event"]) & (events["day"] >= first)]
        if "where" in leaf:
            rows = rows[_pandas_filter(rows, leaf["where"])]
        by, measure, of = rows.groupby("user_no"), leaf.get("measure", "count"), leaf.get("of")
        if measure == "share":
            assert isinstance(of, dict)
            others = events[(events["event"] == of["event"]) & (events["day"] >= first)].groupby("user_no").size()
            share = by.size().reindex(others.index, fill_value=0) / others
            return np.sort(share.index[share >= leaf["value"]].to_numpy())
        if measure == "periods":
            week = (AS_OF.toordinal() - 719163 - 1 - rows["day"].astype("int32[pyarrow]").astype("int64")) // 7
            value = week.groupby(rows["user_no"]).nunique()
        elif measure in ("count", "days", "last"):
            value = {"count": by.size, "days": by["day"].nunique, "last": by["day"].max}[measure]()
        else:
            value = {"sum": by[of].sum, "avg": by[of].mean, "max": by[of].max, "distinct": by[of].nunique}[measure]()
        if (measure, leaf["op"]) == ("count", "le"):
            more = value.index[value > leaf["value"]].to_numpy()
            return np.setdiff1d(self._everybody, more, assume_unique=True)
        return np.sort(value.index[_pandas_holds(value, leaf).fillna(False).astype(bool)].to_numpy())


def _value_of(said: Rule) -> Any:
    return said.get("value")


def _pandas_filter(rows: Any, node: Rule) -> Any:
    if "all" in node:
        return _pandas_filter(rows, node["all"][0]) & _pandas_filter(rows, node["all"][1])
    column = rows[node["param"]]
    if node["op"] == "ne":
        return column.isna() | (column != node["value"])
    return _pandas_holds(column, node).fillna(False).astype(bool)


def _pandas_holds(column: Any, said: Rule) -> Any:
    op, value = said["op"], _value_of(said)
    if op == "between":
        return column.between(*value)
    if op == "in":
        return column.isin(value)
    if op == "not_empty":
        return column.notna() & (column.astype("string") != "")
    if op == "starts_with":
        return column.astype("string").str.startswith(value)
    name = {"eq": "eq", "ge": "ge", "gt": "gt", "lt": "lt", "le": "le", "after": "gt", "before": "lt"}[op]
    return getattr(column, name)(value)


SIDES: dict[str, tuple[str, Callable[[Made], Side]]] = {
    "segkit": ("segkit", Segkit),
    "segkit-512MB": ("segkit, `memory = 512MB`", SegkitInLittle),
    "segkit-duckdb": ("segkit, kernel off", SegkitByDuckDB),
    "prepared": ("DuckDB, a query a segment, prepared Parquet", Prepared),
    "raw": ("DuckDB, a query a segment, raw Parquet", Raw),
    "clickhouse": ("ClickHouse embedded, MergeTree", ClickHouse),
    "polars": ("Polars, lazily, leaf by leaf", Polars),
    "pandas": ("pandas, in memory, leaf by leaf", Pandas),
}


# --- the process -----------------------------------------------------------------------------------------------------


class _Peak:
    """The highest private memory of this process, looked at a hundred times a second."""

    def __init__(self) -> None:
        self.highest = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.look()

    def look(self) -> None:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                self.highest = max(self.highest, int(line.split()[1]) * 1024)


def fingerprint(numbers: Numbers) -> str:
    """The same for the same users, in whatever order."""
    return f"{len(numbers)} {hashlib.sha256(np.sort(numbers).tobytes()).hexdigest()[:16]}"


def main(name: str, folder: str, size: str) -> None:
    side = SIDES[name][1](Made(Path(folder), SIZES[size]))
    prepared, began = side.prepare(), time.perf_counter()
    side.open()
    say = {"prepared": prepared, "opened": time.perf_counter() - began}
    print(json.dumps(say), flush=True)
    peak = _Peak()
    for line in sys.stdin:
        asked = json.loads(line)
        rules = [_with_dates(rule) for rule in asked["rules"]]
        wall, cpu = time.perf_counter(), time.process_time()
        found = side.answer(rules)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak.look()
        told = {"wall": wall, "cpu": cpu, "peak": peak.highest}
        if asked["check"]:
            told["found"] = [fingerprint(side.numbers(one)) for one in found]  # type: ignore[assignment]
        print(json.dumps(told), flush=True)


def _with_dates(node: Rule) -> Rule:
    """JSON has no dates: those of rules become ones again."""
    found = dict(node)
    for key in ("all", "any"):
        if key in node:
            found[key] = [_with_dates(child) for child in node[key]]
    if "not" in node:
        found["not"] = _with_dates(node["not"])
    if node.get("op") in ("after", "before"):
        found["value"] = date.fromisoformat(str(node["value"]))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
