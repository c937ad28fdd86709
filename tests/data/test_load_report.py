"""The report of a load: every row that was read has one fate, each source its own line, and the last one is kept."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import segkit
from segkit.data.generation import last_report
from segkit.data.report import RoleReport
from segkit.data.watching.drift import Acceptance
from segkit.errors import Damaged, NotFound

from .made import APP, Made, event, user


def fates(report: RoleReport) -> int:
    """All rows of which the report says what became of them."""
    lost = sum(found.count for found in (*report.refused, *report.left_out))
    return report.kept + report.duplicate + report.orphan + lost


# --- every row has one fate ------------------------------------------------------------------------------------------

UIDS = st.sampled_from(["ana", "bo", "cy", "stranger", "", " ", None, "ana "])
MESSY = st.lists(
    st.tuples(
        UIDS,
        st.sampled_from(["bought", "seen", "order.paid", "unheard of", None, ""]),
        st.sampled_from(["2026-05-01 10:00", "2026-05-03T10:00:00Z", "yesterday", "", None]),
        st.sampled_from(["k1", "k2", "k3", "", None]),
        st.sampled_from(["1.5", "2.345", "much", None]),
    ),
    max_size=25,
)


def check_fates(folder: Path, people: list[str | None], batches: list[list[tuple[str | None, ...]]]) -> None:
    """Loads the batches one after the other, the first together with the people; every row that is read has a fate."""
    shop = Made(folder)
    shop.users("2026-05-01.csv", *[{"uid": uid, "country": "DE"} for uid in people])
    for number, rows in enumerate(batches):
        named = [dict(zip(("uid", "event", "at", "id", "amount"), row, strict=True)) for row in rows]
        shop.events(f"{number}.csv", *(named or [event("ana", "seen", "2026-05-01 10:00", "k1")]))
        report = shop.load(accept=EVERYTHING)
        for role, read in (("users", len(people) if not number else 0), ("events", max(1, len(rows)))):
            found = report.role(role)
            assert (found.read, fates(found)) == (read, read)
            assert sum(source.read for source in found.sources) == read


EVERYTHING = Acceptance("tester", datetime(2026, 6, 1, tzinfo=UTC))


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(people=st.lists(UIDS, min_size=1, max_size=6), batches=st.lists(MESSY, min_size=1, max_size=2))
def test_rows_that_were_read_are_kept_or_repeated_or_set_aside_or_refused_or_left_out(
    tmp_path_factory: pytest.TempPathFactory, people: list[str | None], batches: list[list[tuple[str | None, ...]]]
) -> None:
    check_fates(tmp_path_factory.mktemp("messy") / "workspace", people, batches)


def test_so_do_many_more(full: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    chance = random.Random(20260501)
    for _ in range(60 if full else 1):
        rows: list[tuple[str | None, ...]] = [
            (
                chance.choice(["ana", "bo", "stranger", None]),
                chance.choice(["bought", "seen", "unheard of", None]),
                chance.choice(["2026-05-01 10:00", "nonsense", None]),
                chance.choice([*"abcdefgh", None]),
                chance.choice(["1", "x", None]),
            )
            for _ in range(chance.randrange(1, 200))
        ]
        people: list[str | None] = [chance.choice(["ana", "bo", "cy", None]) for _ in range(9)]
        check_fates(tmp_path_factory.mktemp("messy") / "workspace", people, [rows[::2], rows[1::2]])


# --- by source -------------------------------------------------------------------------------------------------------


def test_rows_are_told_source_by_source_where_there_are_several(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"), event(None, "seen", "2026-05-01 10:00", "2"))
    shop.write_settings()
    settings_file = shop.folder / "segkit.toml"
    more = f'\n[[apps.{APP}.events]]\nfiles = "sources/web/*"\nuid = "who"\ntime = "at"\nname = "=seen"\n'
    web = shop.folder / "sources" / "web" / "w.csv"
    web.parent.mkdir()
    web.write_text("who,at\nana,2026-05-02T10:00:00Z\nbo,2026-05-02T10:00:00Z\n,2026-05-02T10:00:00Z\n")
    settings_file.write_text(settings_file.read_text() + more)
    with closing(segkit.open(shop.folder)) as workspace:
        (report,) = workspace.load()
    events = report.role("events")
    assert [(rows.source, rows.files, rows.read, rows.refused) for rows in events.sources] == [
        ("sources/events/*", 1, 2, 1),
        ("sources/web/*", 1, 3, 1),
    ]
    assert (events.read, events.kept, events.orphan) == (5, 2, 1)
    assert "  of sources/web/*: 3 rows from 1 file; 1 refused" in report.words()


# --- the last one is kept --------------------------------------------------------------------------------------------


def test_the_report_of_the_last_load_is_kept_with_its_generation(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", spent=0.123), user(None))
    shop.events("a", *(event("ana", "seen", f"2026-05-0{n} 10:00", f"{n}") for n in (1, 4)))
    first = shop.load()
    assert last_report(shop.data) == first
    assert [str(day) for day in last_report(shop.data).missing_days] == ["2026-05-02", "2026-05-03"]
    assert not shop.load().is_new
    assert last_report(shop.data) == first
    shop.events("b", event("ana", "seen", "2026-05-06 10:00", "6"))
    second = shop.load()
    assert last_report(shop.data) == second != first
    assert json.loads(json.dumps(second.to_dict()))["roles"][0]["role"] == "events"


def test_a_report_that_is_not_there_or_damaged_is_said(shop: Made) -> None:
    with pytest.raises(NotFound, match="has no data yet"):
        last_report(shop.data)
    shop.users("2026-05-01", user("ana"))
    shop.load()
    kept = shop.manifest.report
    assert kept is not None
    (shop.data / kept.path).write_text("nothing")
    with pytest.raises(Damaged, match=r"report\.json is not what segkit wrote"):
        last_report(shop.data)


def test_the_command_line_shows_the_last_report_again(
    shop: Made, run_segkit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    shop.users("2026-05-01", user("ana"))
    report = shop.load()
    done = run_segkit("load", "-w", shop.folder, "--last", "--json")
    assert json.loads(done.stdout) == [json.loads(json.dumps(report.to_dict()))]
    assert done.stderr.splitlines() == report.words()


# --- drift by the command line, on record ----------------------------------------------------------------------------


def test_drift_ends_the_command_with_3_until_it_is_accepted_on_record(
    shop: Made, run_segkit: Callable[..., subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.users("2026-05-01", user("ana", country="DE", score=1.0))
    shop.load()
    shop.users("2026-05-02", user("ana", country=7, score="x"), types={"country": pa.int64(), "score": pa.string()})
    held = run_segkit("load", "-w", shop.folder, code=3)
    assert "segkit load --app shop --accept-drift country score" in held.stderr
    assert "column 'score'" in run_segkit("load", "-w", shop.folder, "--accept-drift", "country", code=3).stderr
    run_segkit("load", "-w", shop.folder, "country", code=2)
    monkeypatch.setenv("SEGKIT_ACTOR", "mary")
    done = run_segkit("load", "-w", shop.folder, "--accept-drift", "country", "score")
    assert "accepted by mary: sources/users/2026-05-02.parquet, column 'country'" in done.stderr
    with closing(segkit.open(shop.folder)) as workspace:
        (entry,) = workspace.catalog.audit("shop", action="accept drift")
    assert (entry.actor, entry.subject, entry.detail["generation"]) == ("mary", "country, score", 2)
    assert {drift["column"] for drift in entry.detail["drift"]} == {"country", "score"}
    assert last_report(shop.data).accepted_by == "mary"
