"""Whole nights through the command line: what is held, what is exported and when, what a second run does, backfill."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.nightly_shop import EVE, NIGHT, NightlyShop

Run = Callable[..., subprocess.CompletedProcess[str]]
EXPORTS = """
[apps.shop.gates]
segments = {Others = 1000}
[[exports]]
name = "germans"
app = "shop"
segments = ["Germans"]
[[exports]]
name = "vips"
app = "shop"
segments = ["VIPs"]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[NightlyShop]:
    made = NightlyShop(tmp_path / "shop")
    made.more = EXPORTS
    made.evening()
    yield made
    made.close()


def exports(report: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {made["name"]: made["status"] for made in report["exports"]}


def files(shop: NightlyShop) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (shop.folder / "exports").glob("*")}


def test_a_night_with_a_fault_ends_with_3_and_run_again_does_only_what_was_left(
    shop: NightlyShop, run_segkit: Run
) -> None:
    shop.bring(germans=0)
    shop.write(NIGHT)
    first = run_segkit("nightly", "-w", shop.folder, "--json", code=3)
    report = json.loads(first.stdout)
    assert [(f["app"], f["gate"], f["holds"], f["found"], f["limit"], f["accepted"]) for f in report["gates"]] == [
        ("shop", "size", "Germans", "60 → 0 (−100.0 %)", "±50 %", "")
    ]
    assert exports(report) == {"germans": "held", "vips": "made"}
    assert "shop: ‘Germans’ held: it had 60 users as of 2026-06-09 and would have none" in first.stderr
    assert "shop: export ‘germans’ held: ‘Germans’ is held: it had 60 users" in first.stderr
    assert "If this is right: segkit nightly --accept Germans" in first.stderr
    made = files(shop)
    assert list(made) == ["shop-vips-2026-06-10.zip"]

    again = json.loads(run_segkit("nightly", "-w", shop.folder, "--json", code=3).stdout)
    assert exports(again) == {"germans": "held", "vips": "made before"}
    assert files(shop) == made

    let = json.loads(run_segkit("nightly", "-w", shop.folder, "--json", "--accept", "Germans").stdout)
    assert exports(let) == {"germans": "made", "vips": "made before"}
    assert [f["accepted"] != "" for f in let["gates"]] == [True]
    both = files(shop)
    assert sorted(both) == ["shop-germans-2026-06-10.zip", "shop-vips-2026-06-10.zip"]
    assert both["shop-vips-2026-06-10.zip"] == made["shop-vips-2026-06-10.zip"]

    last = json.loads(run_segkit("nightly", "-w", shop.folder, "--json").stdout)
    assert set(exports(last).values()) == {"made before"}
    assert files(shop) == both


def test_drift_holds_the_night_and_accepting_it_takes_the_files(shop: NightlyShop, run_segkit: Run) -> None:
    import pyarrow as pa

    from tests.data.made import event

    shop.bring_users(NIGHT)
    rows = [{**event(f"u{n:03}", "seen", f"{EVE} 12:00", f"{EVE} u{n:03}"), "amount": "1.5"} for n in range(100)]
    shop.made.events(EVE.isoformat(), *rows, types={"amount": pa.string()})
    shop.write(NIGHT)
    held = run_segkit("nightly", "-w", shop.folder, code=3)
    assert "shop: all 14 segments held" not in held.stderr
    assert "shop: all 4 segments held: the sources are not what was accepted so far" in held.stderr
    assert "--accept fresh --accept drift" in held.stderr
    report = json.loads(run_segkit("nightly", "-w", shop.folder, "--accept", "drift", "--json").stdout)
    assert report["gates"] == []
    (entry,) = shop.workspace.catalog.audit("shop", action="accept drift")
    assert "amount" in entry.subject


def test_a_failing_segment_is_partly_done_whatever_gates_hold_beside_it(shop: NightlyShop, run_segkit: Run) -> None:
    labels = shop.made.labels
    shop.made.labels = [label for label in labels if label["code"] != "vip"]
    shop.bring(germans=0)
    shop.write(NIGHT)
    done = run_segkit("nightly", "-w", shop.folder, code=5)
    assert "shop: ‘VIPs’ failed: " in done.stderr
    assert "no label 'vip'" in done.stderr
    assert "‘Germans’ held: it had 60 users" in done.stderr


def test_backfill_publishes_each_date_and_exports_only_the_apps_own(shop: NightlyShop, run_segkit: Run) -> None:
    shop.bring()
    shop.write(NIGHT)
    words = ("nightly", "-w", shop.folder, "--from", "2026-06-08", "--to", "2026-06-10", "--json")
    nights = json.loads(run_segkit(*words).stdout)["nights"]
    assert [night["as_of"] for night in nights] == [{"shop": f"2026-06-{day:02}"} for day in (8, 9, 10)]
    assert [exports(night) for night in nights] == [{}, {}, {"germans": "made", "vips": "made"}]
    catalog = shop.workspace.catalog
    germans = shop.app.segment("Germans").id
    published = {(str(s.as_of), s.count) for s in catalog.snapshots("shop", germans)}
    assert published == {("2026-06-10", 60), ("2026-06-09", 60), ("2026-06-08", 60)}
    with_exports = json.loads(run_segkit(*words[:-1], "--export", "--json").stdout)["nights"]
    assert [exports(night) for night in with_exports] == [
        {"germans": "made", "vips": "made"},
        {"germans": "made", "vips": "made"},
        {"germans": "made before", "vips": "made before"},
    ]


@pytest.fixture
def idle(tmp_path: Path) -> Path:
    """A shop of which nothing is loaded."""
    made = NightlyShop(tmp_path / "shop")
    made.bring_users(EVE)
    made.write(EVE)
    return made.folder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--from", "2026-06-10", "--to", "2026-06-09"), "expected the earlier day first"),
        (("--from", "2026-06-09", "--to", "2026-06-12"), "lies after 2026-06-09, the own date of app 'shop'"),
        (("--to", "2026-06-09"), "--to goes with --from"),
        (("--export",), "--export goes with --from"),
        (("--from", "2026-06-09", "--as-of", "2026-06-09"), "--as-of and --from: expected one of them"),
        (("--from", "yesterday"), "--from 'yesterday': expected a day such as 2026-01-31"),
    ],
)
def test_dates_that_do_not_fit_are_refused(idle: Path, run_segkit: Run, words: tuple[str, ...], expected: str) -> None:
    assert expected in run_segkit("nightly", "-w", idle, *words, code=1).stderr
