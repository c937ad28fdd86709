"""Pages of members at a million users: each kind of page after its first, in milliseconds, and memory over 200 of them.

`python -m tests.bench.members FOLDER --users 1000000 --events 10000000` makes the workspace first, if it is not there
(see `tests.bench.stored`). Pages are asked of the panel's model, as its view does. Each kind is compared with a query
over the source files first. `--smoke` for a small one.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

import segkit
from segkit.workbench.panels.group_users.model import PAGE, GroupUsersModel
from tests.bench.load import Size
from tests.bench.stored import make

LIMIT = 0.1  # seconds a page
LEVEL = 20_000_000  # bytes that memory may grow by over the interactions, less than a page's labels in DuckDB
COLUMNS = ["country", "registered_at", "balance", "email", "platform", "tier"]
GERMAN = {"label": "country", "op": "eq", "value": "DE"}
#: By what is asked: the question, and the same as SQL over `users`.
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "everybody": ({}, "ORDER BY uid"),
    "a segment": ({"segment": "German speakers"}, "WHERE country IN ('DE', 'AT', 'CH') ORDER BY uid"),
    "sorted by uid, down": ({"sort": "uid", "down": True}, "ORDER BY uid DESC"),
    "sorted by a text": ({"sort": "country"}, "ORDER BY country, uid"),
    "sorted by a number": ({"sort": "balance"}, "ORDER BY balance, uid"),
    "sorted by e-mail": ({"sort": "email"}, "ORDER BY email, uid"),
    "sorted by a date": ({"sort": "registered_at"}, "ORDER BY registered_at, uid"),
    "filtered": ({"where": GERMAN}, "WHERE country = 'DE' ORDER BY uid"),
    "filtered, sorted": ({"where": GERMAN, "sort": "tier"}, "WHERE country = 'DE' ORDER BY tier, uid"),
    "searched": ({"search": "u00001"}, "WHERE contains(uid, 'u00001') ORDER BY uid"),
}


def resident() -> int:
    """Bytes of memory that this process holds now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


class Asking:
    """The panel's model, asked in this thread and timed."""

    def __init__(self, folder: Path) -> None:
        self.workspace = segkit.open(folder, actor="bench")
        self.model = GroupUsersModel(self.workspace.app("shop"))
        self.told: list[dict[str, Any]] = []
        self.model.tell = lambda message, buffers=(): self.told.append(message)

    def ask(self, do: str, **data: Any) -> tuple[dict[str, Any], float, float]:
        """An answer, with wall and CPU seconds."""
        segment = data.pop("segment", None) if do == "page" else None
        data |= {"inside": [segment]} if segment else {}
        began, cpu = time.perf_counter(), time.process_time()
        self.model.receive({"do": do, "ask": 1, **data})
        self.model.wait()
        spent = time.perf_counter() - began, time.process_time() - cpu
        answer = self.told.pop()
        if "refused" in answer:
            raise AssertionError(f"{do}: {answer['refused']}")
        return answer, *spent

    def close(self) -> None:
        self.model.close()
        self.workspace.close()


def is_equal(asking: Asking, sources: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether first, middle and last page of a kind hold the users that a query over the files finds."""
    question, query = KINDS[name]
    wanted = [uid for (uid,) in sources.execute(f"SELECT uid FROM users {query}").fetchall()]
    for offset in offsets(len(wanted)):
        page = asking.ask("page", columns=COLUMNS, offset=offset, **question)[0]
        if page["total"] != len(wanted) or [row["uid"] for row in page["rows"]] != wanted[offset : offset + PAGE]:
            print(f"{name}, from {offset:,}: other users than the files have", file=sys.stderr)
            return False
    return True


def offsets(total: int) -> list[int]:
    """Where the first, a middle and the last page begin."""
    return [0, total // 2 // PAGE * PAGE, (total - 1) // PAGE * PAGE]


def compare(folder: Path, rounds: int, is_judged: bool) -> int:
    """Every kind of page in turn; then 200 interactions of all kinds, people and explanations among them."""
    sources = duckdb.connect()
    sources.execute(f"CREATE VIEW users AS FROM '{folder}/sources/users/*.parquet'")
    asking = Asking(folder)
    slowest: dict[str, float] = {}
    users = asking.model.app.manifest.user_count
    print(f"{users:,} users, {len(COLUMNS)} columns, pages of {PAGE}; wall and CPU", flush=True)
    for name, (question, _) in KINDS.items():
        shown = {"shown": True} if question.get("sort") == "email" else {}
        KINDS[name][0].update(shown)
        _, first, first_cpu = asking.ask("page", columns=COLUMNS, **question)
        if not is_equal(asking, sources, name):
            return 1
        total = asking.ask("page", columns=COLUMNS, **question)[0]["total"]
        told = []
        for where, offset in zip(("first", "middle", "last"), offsets(total), strict=True):
            spent = [asking.ask("page", columns=COLUMNS, offset=offset, **question)[1:] for _ in range(rounds)]
            wall, cpu = (statistics.median(each) for each in zip(*spent, strict=True))
            told.append(f"{where} {wall * 1000:5.0f}/{cpu * 1000:4.0f} ms")
            slowest[name] = max(slowest.get(name, 0.0), wall)
        print(f"{name:>22}  sorting {first * 1000:6.0f}/{first_cpu * 1000:5.0f} ms  {'  '.join(told)}", flush=True)
    grown = interact(asking, users)
    asking.close()
    if is_judged and (max(slowest.values()) > LIMIT or grown > LEVEL):
        print(f"more than {LIMIT * 1000:.0f} ms a page, or {LEVEL / 1e6:.0f} MB", file=sys.stderr)
        return 1
    return 0


def interact(asking: Asking, users: int) -> int:
    """200 interactions twice; by how many bytes memory grew in the second turn, when all is kept that is kept."""
    spent: dict[str, list[tuple[float, float]]] = {"page": [], "person": [], "why": []}
    held = [resident()]
    for turn in range(2):
        for number in range(200):
            user = (number * 7919 + turn * 104_729) % users
            if number % 10 == 3:
                question: dict[str, Any] = {"no": user}
                do = "person"
            elif number % 10 == 7:
                do, question = "why", {"no": user, "segment": "Premium" if number % 20 == 7 else "Active"}
            else:
                do = "page"
                name = list(KINDS)[number % len(KINDS)]
                question = {**KINDS[name][0], "columns": COLUMNS, "offset": user // PAGE // 40 * PAGE}
            spent[do].append(asking.ask(do, **question)[1:])
        held.append(resident())
    for do, each in spent.items():
        wall, cpu = (statistics.median(of) for of in zip(*each, strict=True))
        print(f"{do:>22}  median of {len(each)}: {wall * 1000:.0f}/{cpu * 1000:.0f} ms", flush=True)
    print(f"{'memory':>22}  {' then '.join(f'{each / 1e6:,.0f} MB' for each in held)}", flush=True)
    return held[2] - held[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.members", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="a small one, to see that it runs")
    chosen = parser.parse_args()
    size = Size(2_000, 20_000, 90) if chosen.smoke else Size(chosen.users, chosen.events, chosen.days)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary) / "bench"
        make(folder, size)
        return compare(folder, 1 if chosen.smoke else chosen.rounds, not chosen.smoke)


if __name__ == "__main__":
    sys.exit(main())
