"""Days that are read again, forgotten, or no longer kept; all others keep their files."""

from __future__ import annotations

import pytest

from segkit.data.day_ranges import DayRanges
from segkit.data.forgetting import forget_days
from segkit.data.load import load_app
from segkit.data.report import LoadReport
from segkit.data.settings import read_settings
from segkit.errors import DataProblem, NotFound, SegkitError

from .made import APP, Made, day, event, user


def month(shop: Made, *days: int) -> None:
    """A user, and a file with one event a day."""
    shop.users("2026-05-01", user("ana"))
    shop.events("may", *(event("ana", "seen", f"2026-05-{n:02} 10:00", f"k{n}") for n in days))


def days_of(shop: Made) -> list[str]:
    return [str(file.day) for file in shop.manifest.days]


def load_days(shop: Made, *days: str) -> LoadReport:
    return load_app(shop.folder, read_settings(shop.folder), APP, today=day("2026-12-01"), days=DayRanges.parsed(days))


def forget(shop: Made, *days: str) -> LoadReport:
    return forget_days(shop.folder, read_settings(shop.folder), APP, DayRanges.parsed(days))


# --- how days are written --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["2026-05-01"], "2026-05-01"),
        (["2026-05-01..2026-05-03"], "2026-05-01 to 2026-05-03"),
        (["2026-05-03", "2026-05-01", "2026-05-02"], "2026-05-01 to 2026-05-03"),
        (["2026-05-01..2026-05-09", "2026-05-04..2026-05-05", "2026-06-01"], "2026-05-01 to 2026-05-09, 2026-06-01"),
    ],
)
def test_days_are_written_singly_or_from_to(texts: list[str], words: str) -> None:
    assert str(DayRanges.parsed(texts)) == words


@pytest.mark.parametrize("text", ["", "may", "2026-05-32", "2026-05-02..2026-05-01", "2026-05-01..", "..2026-05-01"])
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(SegkitError, match=r"expected a day such as 2026-05-01, or days such as"):
        DayRanges.parsed([text])


def test_days_are_taken_out_of_the_middle_of_a_range() -> None:
    whole = DayRanges.parsed(["2026-05-01..2026-05-09"])
    assert (
        str(whole - DayRanges.parsed(["2026-05-03..2026-05-04"]))
        == "2026-05-01 to 2026-05-02, 2026-05-05 to 2026-05-09"
    )
    assert not whole - DayRanges.parsed(["2026-04-01..2026-05-09"])


# --- read again ------------------------------------------------------------------------------------------------------


def test_days_read_again_hold_what_the_sources_hold_now_and_others_keep_their_files(shop: Made) -> None:
    month(shop, 1, 2, 3)
    shop.load()
    before = {str(file.day): file for file in shop.manifest.days}
    month(shop, 1, 3)
    other = shop.events(
        "more", event("ana", "bought", "2026-05-02 12:00", "new"), event("ana", "seen", "2026-05-03 09:00", "x")
    )
    shop.load()
    assert [row[2] for row in shop.stored_events()] == [
        "2026-05-02 12:00:00",
        "2026-05-01 10:00:00",
        "2026-05-02 10:00:00",
        "2026-05-03 09:00:00",
        "2026-05-03 10:00:00",
    ]
    other.unlink()
    report = load_days(shop, "2026-05-02..2026-05-03")
    assert [row[2] for row in shop.stored_events()] == ["2026-05-01 10:00:00", "2026-05-03 10:00:00"]
    assert shop.manifest.days[0] == before["2026-05-01"]
    assert "events of 2026-05-02 to 2026-05-03 read again: 4 before, 1 rows now" in report.words()
    assert report.role("events").late == 0


def test_a_corrected_file_without_keys_is_taken_in_by_the_days_that_it_has(shop: Made) -> None:
    shop.events_mapping = {"key": None}
    month(shop, 1, 2)
    shop.load()
    shop.events("may", *(event("ana", "seen", f"2026-05-0{n} 11:00") for n in (1, 2, 2)))
    with pytest.raises(DataProblem, match="changed since it was read"):
        shop.load()
    with pytest.raises(DataProblem, match=r"events/may\.parquet: changed .* other days too, 2026-05-02 first"):
        load_days(shop, "2026-05-01")
    load_days(shop, "2026-05-01..2026-05-02")
    assert len(shop.stored_events()) == 3
    assert not shop.load().is_new


def test_a_day_read_again_does_not_count_rows_without_keys_twice_later(shop: Made) -> None:
    shop.events_mapping = {"key": None}
    month(shop, 1, 2)
    shop.load()
    load_days(shop, "2026-05-01")
    assert len(shop.stored_events()) == 2
    assert not shop.load().is_new
    shop.events("may", event("ana", "seen", "2026-05-02 11:00"))
    with pytest.raises(DataProblem, match="2 of its rows had no event key"):
        shop.load()


def test_what_was_set_aside_of_a_day_that_is_read_again_makes_way_too(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    path = shop.events(
        "a", event("stranger", "seen", "2026-05-01 10:00", "1"), event("stranger", "seen", "2026-05-02 10:00", "2")
    )
    shop.load()
    path.unlink()
    load_days(shop, "2026-05-01")
    assert [row[3] for row in shop.content()["orphans"]] == ["2"]


def test_new_files_are_read_whole_beside_the_days_that_are_asked_for(shop: Made) -> None:
    month(shop, 1, 2)
    shop.load()
    shop.events("june", event("ana", "seen", "2026-06-01 10:00", "j"))
    load_days(shop, "2026-05-01")
    assert days_of(shop) == ["2026-05-01", "2026-05-02", "2026-06-01"]
    assert not shop.load().is_new


# --- forgotten -------------------------------------------------------------------------------------------------------


def test_forgotten_days_stay_away_until_they_are_asked_for(shop: Made) -> None:
    month(shop, 1, 2, 3)
    shop.load()
    report = forget(shop, "2026-05-02")
    assert report.words()[-1] == "forgot 1 events of 2026-05-02"
    assert days_of(shop) == ["2026-05-01", "2026-05-03"]
    assert shop.manifest.missing_days() == ()
    shop.events("late", event("ana", "bought", "2026-05-02 12:00", "l"), event("ana", "seen", "2026-05-04 10:00", "m"))
    left_out = shop.load().role("events").left_out
    assert [(found.what, found.count) for found in left_out] == [("of days that were forgotten", 1)]
    assert days_of(shop) == ["2026-05-01", "2026-05-03", "2026-05-04"]
    load_days(shop, "2026-05-02")
    assert [row[2] for row in shop.stored_events() if row[3] == "2026-05-02"] == [
        "2026-05-02 12:00:00",
        "2026-05-02 10:00:00",
    ]
    assert shop.manifest.forgotten == ()


def test_a_rebuild_brings_forgotten_days_back(shop: Made) -> None:
    month(shop, 1, 2)
    shop.load()
    forget(shop, "2026-05-01")
    shop.load(rebuild=True)
    assert days_of(shop) == ["2026-05-01", "2026-05-02"]


def test_what_was_set_aside_is_forgotten_too_and_does_not_join_its_user_later(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", *(event("bo", "seen", f"2026-05-0{n} 10:00", f"{n}") for n in (1, 2)))
    shop.load()
    assert forget(shop, "2026-05-01").words()[-1] == "forgot 1 events of 2026-05-01"
    shop.users("2026-05-09", user("ana"), user("bo"))
    shop.load()
    assert [row[3] for row in shop.stored_events()] == ["2026-05-02"]


def test_a_key_of_a_forgotten_day_counts_again_on_another_day(shop: Made) -> None:
    month(shop, 1, 2)
    shop.load()
    forget(shop, "2026-05-01")
    shop.events("again", event("ana", "bought", "2026-05-03 10:00", "k1"))
    shop.load()
    assert days_of(shop) == ["2026-05-02", "2026-05-03"]


def test_nothing_is_forgotten_before_the_first_load(shop: Made) -> None:
    shop.write_settings()
    with pytest.raises(NotFound, match="no data yet"):
        forget(shop, "2026-05-01")


# --- no longer kept --------------------------------------------------------------------------------------------------


def keep(shop: Made, days: int) -> None:
    shop.write_settings()
    path = shop.folder / "segkit.toml"
    path.write_text(path.read_text().replace('zone = "UTC"', f'zone = "UTC"\nkeep_days = {days}', 1))


def load_kept(shop: Made) -> LoadReport:
    return load_app(shop.folder, read_settings(shop.folder), APP, today=day("2026-12-01"))


def test_the_first_load_leaves_out_what_is_older_than_the_days_that_are_kept(shop: Made) -> None:
    month(shop, 1, 2, 3, 4)
    keep(shop, 3)
    report = load_kept(shop)
    assert days_of(shop) == ["2026-05-02", "2026-05-03", "2026-05-04"]
    assert [(found.what, found.count) for found in report.role("events").left_out] == [
        ("older than the days that are kept", 1)
    ]
    assert str(shop.manifest.kept_from) == "2026-05-02"


def test_each_night_drops_the_day_that_grew_too_old_and_says_so(shop: Made) -> None:
    month(shop, 1, 2, 3, 4)
    keep(shop, 3)
    load_kept(shop)
    kept = shop.manifest.days[1:]
    shop.events("next", event("ana", "seen", "2026-05-05 10:00", "n"), event("ana", "seen", "2026-05-01 10:00", "o"))
    report = load_kept(shop)
    assert shop.manifest.days[:2] == kept
    assert days_of(shop) == ["2026-05-03", "2026-05-04", "2026-05-05"]
    assert "dropped 1 events of days before 2026-05-03; keep_days is 3" in report.words()


def test_fewer_days_kept_take_effect_without_new_files(shop: Made) -> None:
    month(shop, 1, 2, 3)
    keep(shop, 10)
    load_kept(shop)
    keep(shop, 2)
    assert load_kept(shop).is_new
    assert days_of(shop) == ["2026-05-02", "2026-05-03"]
    assert not load_kept(shop).is_new


def test_an_event_dated_long_after_today_lets_nothing_be_dropped(shop: Made) -> None:
    month(shop, 1, 2, 3)
    shop.events("clock", event("ana", "seen", "2199-01-01 10:00", "wrong"))
    keep(shop, 400)
    load_kept(shop)
    assert days_of(shop) == ["2026-05-01", "2026-05-02", "2026-05-03", "2199-01-01"]
