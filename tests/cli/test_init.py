"""`segkit init` on the command line: what it asks in a terminal, what it takes from flags, what it refuses, and how."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import segkit
from segkit.cli.asking import Answers, ask, correct
from segkit.errors import SegkitError

Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    rows = {
        "order_id": [1, 2, 3, 4],
        "user_id": ["ana", "bo", "ana", "cy"],
        "ordered_at": ["2026-01-05 08:00:00", "2026-01-06 09:00:00", "2026-01-07 10:00:00", "2026-01-08 11:00:00"],
        "amount": [10.5, 3.25, 7.0, 1.0],
        "code": [7, 8, 9, 7],
    }
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table(rows), path)
    return path


def test_with_all_flags_it_writes_and_prints_commands_that_work(
    orders: Path, tmp_path: Path, segkit_process: Run
) -> None:
    words = ("init", "shop", "--events", orders, "--event-uid", "user_id", "--event-name", "=order_paid")
    done = segkit_process(*words, "--event-time", "ordered_at", "--zone", "Europe/Berlin", cwd=tmp_path)
    commands = [line.split("#")[0].split()[1:] for line in done.stdout.splitlines() if line.startswith("segkit ")]
    assert [command[0] for command in commands] == ["load", "labels", "estimate"]
    for command in commands:
        last = segkit_process(*command, cwd=tmp_path)
    assert "of 3 users" in last.stdout


def test_without_a_zone_it_writes_nothing_and_says_which_flag(orders: Path, tmp_path: Path, run_segkit: Run) -> None:
    done = run_segkit("init", tmp_path / "shop", "--events", orders, "--yes", code=1)
    assert "events.ordered_at names no time zone" in done.stderr
    assert "--zone" in done.stderr
    assert not (tmp_path / "shop").exists()


def test_a_wrong_column_and_a_wrong_file_are_answered_with_the_nearest(
    orders: Path, tmp_path: Path, run_segkit: Run
) -> None:
    wrong = run_segkit("init", tmp_path / "shop", "--events", orders, "--event-uid", "user_ids", code=1)
    assert "no column 'user_ids'" in wrong.stderr
    assert "Did you mean 'user_id'?" in wrong.stderr
    missing = run_segkit("init", tmp_path / "shop", "--events", orders.with_name("order.parquet"), code=1)
    assert "Did you mean 'orders.parquet'?" in missing.stderr
    assert "Traceback" not in wrong.stderr + missing.stderr


def test_a_second_time_it_refuses_and_with_force_keeps_the_old_files(
    orders: Path, tmp_path: Path, run_segkit: Run
) -> None:
    words = ("init", tmp_path / "shop", "--events", orders, "--zone", "UTC", "--yes")
    run_segkit(*words)
    refused = run_segkit(*words, code=1)
    assert "--force" in refused.stderr
    assert "--app" in refused.stderr
    kept = json.loads(run_segkit(*words, "--force", "--json").stdout)["kept"]
    assert sorted(Path(path).name for path in kept) == [
        "events.yaml.before-1", "first_segment.yaml.before-1", "labels.yaml.before-1", "segkit.toml.before-1",
    ]  # fmt: skip


def test_a_table_of_a_duckdb_file_is_read_and_loaded(orders: Path, tmp_path: Path, run_segkit: Run) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute("CREATE TABLE orders AS SELECT * FROM read_parquet($1)", [str(orders)])
        con.execute("CREATE TABLE cards AS SELECT 'ana' AS user_id, 'gold' AS card")
    source = f"{tmp_path / 'shop.duckdb'}:orders"
    link = f"cards={tmp_path / 'shop.duckdb'}:cards:user_id"
    run_segkit("init", tmp_path / "shop", "--events", source, "--zone", "UTC", "--link", link, "--yes")
    run_segkit("load", "-w", tmp_path / "shop")
    app = segkit.open(tmp_path / "shop").app()
    assert app.base("2026-01-09").count == 3
    assert app.estimate({"label": "has_cards", "op": "eq", "value": True}, "2026-01-09").count == 1


# --- in a terminal ---------------------------------------------------------------------------------------------------


def answering(*lines: str) -> tuple[Answers, list[str]]:
    given: Iterator[str] = iter(lines)
    said: list[str] = []
    return Answers(lambda _: next(given), said.append), said


def test_it_asks_for_the_zone_until_there_is_one_and_takes_corrections(orders: Path, tmp_path: Path) -> None:
    start = segkit.init(tmp_path / "shop", events=orders)
    lines = (
        "",
        "Europe/Berlinn",
        "Europe/Berlin",
        "events.code = number",
        "events:name = =bought",
        "events.x = date",
        "",
    )
    answers, said = answering(*lines)
    assert ask(start, answers)
    assert any("Did you mean 'Europe/Berlin'" in line for line in said)
    assert any("no column 'x'" in line for line in said)
    assert start.proposal.zone == "Europe/Berlin"
    assert start.proposal.events is not None
    assert start.proposal.events.column("code").type == "number"
    assert [event.code for event in start.proposal.event_list] == ["bought"]


def test_leaving_writes_nothing(orders: Path, tmp_path: Path) -> None:
    start = segkit.init(tmp_path / "shop", events=orders, zone="UTC")
    assert not ask(start, answering("q")[0])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("users.age", "expected such as"),
        ("age = string", "expected TABLE.COLUMN"),
        ("orders.age = string", "no table 'orders'"),
        ("events.amount = texts", "expected a type"),
        ("events.amount = personal mail", "expected one of email"),
        ("events:tine = ordered_at", "Did you mean 'time'"),
    ],
)
def test_a_correction_that_is_not_understood_is_answered_with_what_was_expected(
    orders: Path, tmp_path: Path, line: str, words: str
) -> None:
    start = segkit.init(tmp_path / "shop", events=orders, zone="UTC")
    with pytest.raises(SegkitError, match=words):
        correct(start, line)


def test_in_a_real_terminal_it_shows_asks_and_writes(orders: Path, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "segkit.cli", "init", str(tmp_path / "shop"), "--events", str(orders)]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "COLUMNS": "160"})
    os.close(slave)
    said = _until(master, "Whose midnights")
    os.write(master, b"Europe/Berlin\n")
    said += _until(master, "Enter to write")
    os.write(master, b"\n")
    said += _rest(master)
    assert process.wait(timeout=600) == 0
    os.close(master)
    assert "the instant" in said
    assert "10.5" in said  # an example
    assert segkit.open(tmp_path / "shop").settings.app("shop").zone == "Europe/Berlin"


def _until(master: int, words: str) -> str:
    said = ""
    while words not in said:
        chunk = os.read(master, 4096).decode(errors="replace")
        assert chunk, said
        said += chunk
    return said


def _rest(master: int) -> str:
    said = ""
    try:
        while chunk := os.read(master, 4096):
            said += chunk.decode(errors="replace")
    except OSError:  # the other end is closed
        pass
    return said
