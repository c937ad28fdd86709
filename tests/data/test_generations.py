"""A load counts whole or not at all: refused files, cancelling, old generations, other orders."""

from __future__ import annotations

import os
import random
import shutil
import threading
from pathlib import Path

import pytest

from segkit.data.load import LOCK
from segkit.definitions.zones import zone
from segkit.errors import Busy, Cancelled, Damaged, DataProblem
from segkit.files.locks import Lock

from .made import DERIVED, LABELS, Made, day, event, user


def nights(shop: Made, count: int, users: int = 40) -> None:
    """Sources of so many nights: users who come and go, events late and repeated, devices."""
    shop.labels, shop.link_mapping = [*LABELS, *DERIVED], {}
    shop.users_mapping = {"absent": "gone"}
    made = random.Random(count)
    for night in range(1, count + 1):
        uids = [f"u{n:03}" for n in range(users + night) if made.random() < 0.9]
        shop.users(f"2026-05-{night:02}", *(user(uid, country=made.choice(["DE", "AT", None])) for uid in uids))
        shop.devices(f"2026-05-{night:02}", *({"uid": made.choice(uids), "kind": "lamp", "is_hub": True} for _ in uids))
        rows = []
        for n in range(300):
            when = f"2026-05-{made.randint(1, night):02} {made.randint(0, 23):02}:00"
            rows.append(event(f"u{made.randint(0, users + 9):03}", "bought", when, f"{made.randint(0, 400)}", n))
        shop.events(f"2026-05-{night:02}", *rows)


# --- what is refused changes nothing ---------------------------------------------------------------------------------


def test_nothing_is_loaded_by_halves_when_a_file_is_refused(shop: Made) -> None:
    nights(shop, 2)
    shop.load()
    before = shop.content()
    nights(shop, 3)
    broken = shop.folder / "sources/devices/2026-05-03.parquet"
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataProblem, match=r"devices/2026-05-03\.parquet"):
        shop.load()
    assert shop.content() == before
    assert sorted(path.name for path in shop.data.iterdir()) == ["g000001", LOCK, "manifest.json", "manifests"]
    broken.write_bytes(whole)
    assert shop.load().data_dates[-1].day == 3


def test_a_file_that_changes_while_it_is_read_is_refused(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    path = shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"))

    def touched(stage: str, _: float) -> None:
        if stage == "sorting events":
            os.utime(path, ns=(1, 1))

    with pytest.raises(DataProblem, match=r"events/a\.parquet: changed while it was read"):
        shop.load(progress=touched)
    assert not (shop.data / "manifest.json").exists()


def test_a_cancelled_load_changes_nothing(shop: Made) -> None:
    nights(shop, 2)
    shop.load()
    before = shop.content()
    nights(shop, 3)
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        shop.load(cancel=cancel, progress=lambda stage, done: cancel.set() if done > 0.5 else None)
    assert shop.content() == before
    assert not list(shop.data.glob("*.part"))


def test_progress_is_told_in_stages_that_never_go_back(shop: Made) -> None:
    nights(shop, 3)
    told: list[float] = []
    shop.load(progress=lambda stage, done: told.append(done))
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] <= 1


def test_a_second_load_at_the_same_time_is_told_who_is_at_work(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.write_settings()
    shop.data.mkdir(parents=True)
    with Lock(shop.data / LOCK, "loading shop"), pytest.raises(Busy, match=f"process {os.getpid()}.*loading shop"):
        shop.load()
    assert shop.load().users == 1


# --- generations -----------------------------------------------------------------------------------------------------


def test_files_of_older_generations_stay_for_the_last_three_and_then_go(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    manifests = []
    for night in range(1, 8):
        shop.events(f"{night}", event("ana", "seen", f"2026-05-01 {night:02}:00", f"{night}"))
        shop.load()
        manifests.append(shop.manifest)
    there = [all((shop.data / file.path).exists() for file in manifest.days) for manifest in manifests]
    assert there == [False, False, False, True, True, True, True]
    assert (shop.data / shop.manifest.presence.path).exists()
    assert shop.stored.verify(deep=True) == []


def test_nothing_new_writes_nothing(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    first = shop.load()
    files = [path for path in shop.data.rglob("*") if path.is_file() and path.name != LOCK]
    before = {path: path.stat().st_mtime_ns for path in files}
    second = shop.load()
    assert (second.is_new, second.generation, second.data_dates) == (False, first.generation, ())
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert second.words()[0] == "shop: nothing new; 1 users, 0 events"


def test_files_are_their_owners_only(shop: Made) -> None:
    nights(shop, 2)
    shop.load()
    modes = {path.stat().st_mode & 0o077 for path in shop.data.rglob("*")}
    assert modes == {0}


def test_a_rebuild_reads_everything_and_keeps_the_users_numbers(shop: Made) -> None:
    shop.users("2026-05-01", user("zoe"))
    shop.load()
    shop.users("2026-05-02", user("zoe"), user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"))
    shop.load()
    before = shop.content()
    report = shop.load(rebuild=True)
    assert shop.content() == before
    assert (report.generation, report.new_users, report.role("users").read) == (3, 0, 3)


def test_a_rebuild_gives_users_who_are_gone_from_the_sources_no_new_owner_of_their_number(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"), user("bo")).rename(shop.users("2026-05-02", user("x")))
    shop.load()
    shop.users("2026-05-02", user("cem"), user("bo"))
    shop.load(rebuild=True)
    assert shop.stored.uids().to_pylist() == ["ana", "bo", "cem"]
    assert set(shop.presence()) == {"bo", "cem"}


def test_a_damaged_manifest_is_said_and_a_rebuild_mends_it_with_the_same_numbers(shop: Made) -> None:
    shop.users("2026-05-02", user("zoe"))
    shop.load()
    shop.users("2026-05-03", user("ana"))
    shop.load()
    before = shop.content()
    (shop.data / "manifest.json").write_text("{")
    with pytest.raises(Damaged, match="--rebuild"):
        shop.load()
    report = shop.load(rebuild=True)
    assert shop.content() == before
    assert report.generation == 3


def test_another_zone_needs_a_rebuild(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 23:30", "1"))
    shop.load()
    shop.zone = "Europe/Berlin"
    with pytest.raises(DataProblem, match=r"loaded by days in UTC, segkit\.toml says Europe/Berlin.*--rebuild"):
        shop.load()
    shop.load(rebuild=True)
    assert shop.stored_events()[0][3] == "2026-05-02"


def test_other_zone_data_that_moves_no_stored_day_is_taken_in(shop: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.zone = "Europe/Berlin"
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 23:30", "1"))
    shop.load()
    monkeypatch.setattr("segkit.data.load.tzdata_version", lambda: "2999z")
    shop.events("b", event("ana", "seen", "2026-05-02 23:30", "2"))
    assert shop.load().is_new
    monkeypatch.setattr("segkit.data.stored.zone", lambda _: zone("UTC"))
    shop.events("c", event("ana", "seen", "2026-05-03 23:30", "3"))
    with pytest.raises(DataProblem, match=r"2 stored days \(2026-05-02 first\) begin or end elsewhere"):
        shop.load()


# --- loads up to a date, and in other orders -------------------------------------------------------------------------


def test_a_load_of_what_was_known_by_a_date_leaves_out_what_came_later(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE"))
    shop.users("2026-05-05", user("ana", country="AT"), user("bo"))
    shop.events("a", event("ana", "seen", "2026-05-03 23:59", "1"), event("ana", "seen", "2026-05-04 00:00", "2"))
    report = shop.load(as_of_limit=day("2026-05-04"))
    assert [row[2] for row in shop.stored_events()] == ["2026-05-03 23:59:00"]
    assert shop.history("country") == {"ana": [("2026-05-01", "DE")]}
    assert [(found.what, found.count) for found in report.role("events").left_out] == [
        ("later than this load looks", 1)
    ]
    with pytest.raises(DataProblem, match="loaded as it was known by 2026-05-04"):
        shop.load()
    shop.load(rebuild=True)
    assert len(shop.stored_events()) == 2


@pytest.mark.parametrize("seed", range(3))
def test_whatever_arrives_first_the_same_is_stored(shop: Made, seed: int) -> None:
    nights(shop, 5)
    shop.load()
    expected = shop.content()
    arriving = Made(shop.folder.with_name("arriving"), labels=shop.labels, link_mapping={})
    arriving.users_mapping = shop.users_mapping
    order = list(range(1, 6))
    random.Random(seed).shuffle(order)
    for night in order:
        for role in ("users", "events", "devices"):
            target = arriving.folder / "sources" / role / f"2026-05-{night:02}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(shop.folder / "sources" / role / target.name, target)
        arriving.load()
    assert _by_uid(arriving.content()) == _by_uid(expected)


def _by_uid(content: dict[str, object]) -> dict[str, object]:
    """What does not depend on the order in which users got their numbers."""
    uids = content.pop("uids")
    assert isinstance(uids, list)
    return content | {"uids": sorted(uids)}


def test_loads_of_two_apps_do_not_wait_for_each_other(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.write_settings()
    (shop.folder / "data/other").mkdir(parents=True)
    with Lock(shop.folder / "data/other" / LOCK, "loading other"):
        assert shop.load().users == 1


def test_sources_may_lie_elsewhere_and_the_workspace_may_have_any_name(tmp_path: Path) -> None:
    shop = Made(tmp_path / "shop [1] *'")
    shop.users_mapping = {"files": "../outside/*.parquet"}
    (tmp_path / "outside").mkdir()
    shop.users("2026-05-01", user("ana")).rename(tmp_path / "outside/2026-05-01.parquet")
    linked = shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"))
    linked.symlink_to(linked.rename(tmp_path / "real.parquet"))
    shop.load()
    shop.users_mapping = {"files": f"{tmp_path}/outside/*.parquet"}
    shop.load()
    assert [row[0] for row in shop.stored_events()] == ["ana"]
    assert shop.stored.verify(deep=True) == []
