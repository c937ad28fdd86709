"""A large workspace with a dozen stored segments, made once and asked by several benchmarks.

`python -m tests.bench.stored FOLDER --users 2000000 --events 60000000`; the data is that of `tests.bench.load`.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

import duckdb

import segkit
from segkit import event, label, param, segment, sequence
from segkit.definitions.conditions import Condition
from tests.bench.load import FIRST, Size, ours, write_day, write_users, write_workspace

CONSENT = label("consent").is_true()
#: A dozen segments as people have them: labels, counts, sums, days, shares, a sequence, nested ones.
SEGMENTS: dict[str, Condition] = {
    "Consenting": CONSENT,
    "German speakers": label("country").isin("DE", "AT", "CH"),
    "Premium": CONSENT & label("tier").isin("a", "b") & (label("balance") >= 50),
    "New": label("registered_at").in_last(365),
    "Active": event("event_00").last(30),
    "Regular": event("event_01").days().last(60) >= 5,
    "Quiet": ~event("event_02").last(14) & event("event_02").last(90),
    "Spenders": event("event_03").sum("amount").last(90) >= 500,
    "Camera fans": event("event_04", where=param("category") == "camera").count().last(90) >= 2,
    "Converted": sequence(event("event_05"), event("event_06"), within=7).last(60),
    "Reachable spenders": segment("Spenders") & segment("Consenting") & label("push_on").is_true(),
    "Win back": segment("Quiet") & ~segment("Active") & (segment("German speakers") | segment("New")),
}


def make(folder: Path, size: Size) -> None:
    """Makes what is not there yet: sources, loaded data, stored segments."""
    if not (folder / "data" / "shop" / "manifest.json").exists():
        connection = duckdb.connect(config={"threads": 2})
        connection.execute("SET TimeZone = 'UTC'")
        write_workspace(folder, "2GB")
        write_users(connection, folder / "sources/users", size.users, FIRST, 0)
        for number in range(size.days):
            write_day(connection, folder / "sources/events", size, number, 1)
        connection.close()
        ours(folder)
    settings = folder / "segkit.toml"
    as_of = f"as_of = {FIRST + timedelta(days=size.days)}\n"
    if as_of not in settings.read_text():
        settings.write_text(settings.read_text().replace("[apps.shop]\n", "[apps.shop]\n" + as_of))
    store(folder)


def store(folder: Path) -> None:
    """Saves and publishes the segments that are not there yet."""
    workspace = segkit.open(folder, actor="bench")
    app = workspace.app("shop")
    there = {info.name for info in app.segments()}
    for name, rule in SEGMENTS.items():
        if name not in there:
            app.save_rule(name, rule)
    workspace.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stored", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--users", type=int, default=2_000_000)
    parser.add_argument("--events", type=int, default=60_000_000)
    parser.add_argument("--days", type=int, default=90)
    chosen = parser.parse_args()
    make(chosen.folder, Size(chosen.users, chosen.events, chosen.days))
    return 0


if __name__ == "__main__":
    sys.exit(main())
