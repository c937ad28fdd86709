"""When a local day begins: against what zdump printed, and against plain datetimes in the awkward zones."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segkit.definitions.zones import (
    day_boundaries,
    day_bounds,
    first_instant,
    instants_of_naive,
    local_day,
    local_days,
    tzdata_version,
    zone,
)
from segkit.errors import NotFound, SegkitError

PRINTED = (Path(__file__).parent / "data" / "zdump.txt").read_text(encoding="utf-8").splitlines()
ROWS: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
for line in PRINTED[1:]:
    sort, name, *row = line.split()
    ROWS[sort, name].append(row)

EIGHT = (
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "America/Vancouver",
    "Asia/Kathmandu",
)
AWKWARD = (*EIGHT, "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "Antarctica/Troll")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BEGIN, END = ((datetime(year, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND for year in (1970, 2101))
HOUR = 3_600_000_000
instants = st.integers(BEGIN, END - 1)
half_hours = st.builds(
    lambda n, e: n * HOUR // 2 + e, st.integers(1, 2 * (END // HOUR) - 2), st.sampled_from((-1, 0, 1))
)


def microseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // MICROSECOND


def wall(microseconds_shown: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=microseconds_shown)  # noqa: DTZ001 a naive time is meant


def by_datetime(microseconds_shown: int, known: ZoneInfo) -> int:
    return (wall(microseconds_shown).replace(tzinfo=known) - EPOCH) // MICROSECOND


def date_shown(instant: int, known: ZoneInfo) -> date:
    return (EPOCH + timedelta(microseconds=instant)).astimezone(known).date()


def around_the_changes(known: ZoneInfo) -> list[int]:
    """Instants at, next to and some hours about every change from 1985 to 2040, found with datetime alone."""
    found = []
    noon = [datetime(1985, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(55 * 365)]
    offsets = [at.astimezone(known).utcoffset() for at in noon]
    for at, before, after in zip(noon, offsets, offsets[1:], strict=False):
        if before != after:
            low, high = at, at + timedelta(days=1)
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if middle.astimezone(known).utcoffset() == before else (low, middle)
            change = (high.replace(microsecond=0) - EPOCH) // MICROSECOND
            found += [change + h * HOUR // 2 + e for h in (-49, -4, -2, -1, 0, 1, 2, 4, 47) for e in (-1, 0, 1)]
    return found


def test_the_printed_data_holds_all_eight_zones_and_the_zone_data_are_at_least_as_new() -> None:
    assert {name for _, name in ROWS} == set(EIGHT)
    assert sum(len(rows) for (sort, _), rows in ROWS.items() if sort == "change") == 241
    assert PRINTED[0] == "tzdata 2026f"
    assert tzdata_version() >= "2026f"


@pytest.mark.parametrize("name", EIGHT)
def test_days_begin_where_zdump_says_to_the_microsecond(name: str) -> None:
    known = zone(name)
    for day_text, first_text in ROWS["day", name]:
        day, first = date.fromisoformat(day_text), microseconds(first_text)
        assert first_instant(day, known) == first, day
        days = [local_day(first + step, known) for step in (-1, 0, 1)]
        assert days == [day - timedelta(days=1), day, day], day


@pytest.mark.parametrize("name", EIGHT)
def test_naive_times_about_every_change_are_read_as_zdump_says(name: str) -> None:
    known = zone(name)
    for at_text, before, after in ROWS["change", name]:
        at, old, new = microseconds(at_text), int(before) * 1_000_000, int(after) * 1_000_000
        settled = at + max(old, new)  # in a gap and in an overlap alike, fold=0 is the offset before the change
        shown = [edge + step for edge in (at + old, at + new) for step in (-1, 0, 1)]
        expected = [s - (old if s < settled else new) for s in shown]
        assert instants_of_naive(np.array(shown), known).tolist() == expected, at_text


@pytest.mark.parametrize("name", AWKWARD)
def test_naive_times_about_every_change_are_read_as_plain_datetimes_are(name: str) -> None:
    known = zone(name)
    shown = [at + h * HOUR for at in around_the_changes(known) for h in (-8, -5, -4, -3, 0, 1, 2, 3, 5, 10, 11, 13)]
    assert instants_of_naive(np.array(shown, dtype=np.int64), known).tolist() == [by_datetime(s, known) for s in shown]


@pytest.mark.parametrize("name", [name for name in AWKWARD if name != "America/St_Johns"])
def test_the_local_day_about_every_change_is_the_date_that_a_plain_datetime_shows(name: str) -> None:
    known = zone(name)
    at = around_the_changes(known)
    assert days_of(at, known) == [date_shown(instant, known) for instant in at]


@given(st.sampled_from(AWKWARD), st.lists(instants | half_hours, min_size=1, max_size=20))
def test_any_naive_time_is_read_as_a_plain_datetime_is(name: str, shown: list[int]) -> None:
    known = zone(name)
    assert instants_of_naive(np.array(shown), known).tolist() == [by_datetime(s, known) for s in shown]


@given(st.sampled_from(AWKWARD), st.lists(instants | half_hours, min_size=1, max_size=20))
def test_the_local_day_of_any_instant_is_the_latest_date_shown_so_far(name: str, at: list[int]) -> None:
    known = zone(name)
    # Where clocks fall back over midnight, the new day has begun and does not end again: look back over three hours.
    shown = [max(date_shown(instant - m * HOUR // 60, known) for m in range(181)) for instant in at]
    assert days_of(at, known) == shown
    assert [local_day(instant, known) for instant in at] == shown


@given(st.sampled_from(AWKWARD), st.dates(date(1970, 1, 1), date(2100, 12, 31)))
def test_a_day_begins_at_the_first_instant_that_shows_its_date_or_a_later_one(name: str, day: date) -> None:
    known = zone(name)
    first = first_instant(day, known)
    assert date_shown(first, known) >= day
    assert date_shown(first - 1, known) < day


def days_of(at: list[int], known: ZoneInfo) -> list[date]:
    numbers = local_days(np.array(at, dtype=np.int64), known)
    assert numbers.dtype == np.int32
    return [date(1970, 1, 1) + timedelta(days=int(n)) for n in numbers]


def test_a_day_that_starts_in_a_gap_begins_with_the_hour_after_it() -> None:
    assert first_instant(date(2018, 11, 4), zone("America/Sao_Paulo")) == microseconds("2018-11-04T03:00:00Z")


def test_a_gap_that_starts_before_midnight_ends_the_day_early() -> None:
    # Toronto, 1919: from 23:30 on 30 March to 00:30 on the 31st.
    toronto = zone("America/Toronto")
    assert first_instant(date(1919, 3, 31), toronto) == microseconds("1919-03-31T04:30:00Z")
    assert local_day(microseconds("1919-03-31T04:29:59Z"), toronto) == date(1919, 3, 30)
    midnight = (datetime(1919, 3, 31, tzinfo=UTC) - EPOCH) // MICROSECOND
    assert instants_of_naive(np.array([midnight]), toronto)[0] == microseconds("1919-03-31T05:00:00Z")


def test_a_date_that_a_zone_skipped_is_an_empty_day() -> None:
    apia = zone("Pacific/Apia")
    skipped, after = first_instant(date(2011, 12, 30), apia), first_instant(date(2011, 12, 31), apia)
    assert skipped == after == microseconds("2011-12-30T10:00:00Z")
    assert local_day(after - 1, apia) == date(2011, 12, 29)
    assert local_day(after, apia) == date(2011, 12, 31)


def test_midnight_that_comes_twice_counts_the_first_time() -> None:
    assert first_instant(date(2024, 11, 3), zone("America/Havana")) == microseconds("2024-11-03T04:00:00Z")


def test_a_day_that_has_begun_does_not_end_when_the_clock_falls_back_over_midnight() -> None:
    # St John's, 2006: at 00:01 on 29 October the clock went back to 23:01 on the 28th.
    johns = zone("America/St_Johns")
    assert first_instant(date(2006, 10, 29), johns) == microseconds("2006-10-29T02:30:00Z")
    assert local_day(microseconds("2006-10-29T02:31:00Z"), johns) == date(2006, 10, 29)


def test_a_naive_time_that_exists_comes_back_as_itself_where_the_rule_for_the_future_sets_in() -> None:
    # Nuuk, 2023-10-28 23:05: plain datetimes get this hour wrong, since they apply the new rule to it.
    nuuk = zone("America/Nuuk")
    shown = microseconds("2023-10-28T23:05:00Z")
    instant = int(instants_of_naive(np.array([shown]), nuuk)[0])
    assert instant == microseconds("2023-10-29T01:05:00Z")
    assert (EPOCH + timedelta(microseconds=instant)).astimezone(nuuk).replace(tzinfo=None) == wall(shown)


def test_bounds_are_half_open_and_an_open_end_stays_open() -> None:
    berlin = zone("Europe/Berlin")
    assert day_bounds(date(2026, 3, 29), date(2026, 3, 30), berlin) == (
        microseconds("2026-03-28T23:00:00Z"),
        microseconds("2026-03-29T22:00:00Z"),
    )
    assert day_bounds(None, date(2026, 1, 1), berlin) == (None, microseconds("2025-12-31T23:00:00Z"))
    assert day_bounds(date(2026, 1, 1), None, zone("UTC")) == (microseconds("2026-01-01T00:00:00Z"), None)


def test_boundaries_hold_both_ends_and_say_the_same_as_local_days() -> None:
    apia = zone("Pacific/Apia")
    day, instant = day_boundaries(date(2011, 12, 28), date(2012, 1, 2), apia)
    assert day.tolist() == list(range(15336, 15342))
    assert (day.dtype.name, instant.dtype.name) == ("int32", "int64")
    assert [int(i) for i in instant] == [first_instant(date(1970, 1, 1) + timedelta(days=int(d)), apia) for d in day]
    at = np.arange(instant[0], instant[-1], HOUR // 2)
    assert day[np.searchsorted(instant, at, side="right") - 1].tolist() == local_days(at, apia).tolist()
    assert len(day_boundaries(date(2012, 1, 2), date(2012, 1, 1), apia).day) == 0


def test_empty_arrays_give_empty_arrays() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert local_days(nothing, zone("Asia/Beirut")).tolist() == []
    assert instants_of_naive(nothing, zone("Asia/Beirut")).tolist() == []


def test_the_zone_data_do_not_come_from_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.TZPATH", ("/nowhere",))
    zone.cache_clear()
    assert zone("Asia/Kathmandu").key == "Asia/Kathmandu"
    assert zone("Asia/Kathmandu") is zone("Asia/Kathmandu")


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("Europe/Berlni", "Did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "Did you mean 'Europe/Berlin'?"),
        ("new york", "Did you mean 'America/New_York'?"),
        ("Louisville", "Did you mean 'America/Kentucky/Louisville' or 'America/Louisville'?"),
        ("../__init__.py", "such as 'Europe/Berlin'"),
        ("", "such as 'Europe/Berlin'"),
        ("Europe", "such as 'Europe/Berlin'"),
    ],
)
def test_an_unknown_zone_is_an_error_that_names_near_ones(wrong: str, hint: str) -> None:
    with pytest.raises(NotFound) as raised:
        zone(wrong)
    assert str(raised.value).startswith(f"No time zone '{wrong}'.")
    assert hint in str(raised.value)


@pytest.mark.parametrize("far", [-(2**63), 2**63 - 1, 1_700_000_000_000_000_000])
def test_instants_in_another_unit_are_refused(far: int) -> None:
    with pytest.raises(SegkitError, match="outside the years 1 to 9999"):
        local_days(np.array([0, far]), zone("UTC"))
    with pytest.raises(SegkitError, match="outside the years 1 to 9999"):
        instants_of_naive(np.array([0, far]), zone("UTC"))


def test_arrays_that_are_not_whole_microseconds_are_refused() -> None:
    with pytest.raises(TypeError, match=r"datetime64\[ns\]; expected int64 microseconds"):
        local_days(np.array(["2026-01-01"], dtype="datetime64[ns]"), zone("UTC"))


def test_the_far_past_and_the_far_future_follow_the_zone_too() -> None:
    york = zone("America/New_York")
    for day in (date(1, 1, 3), date(1850, 7, 1), date(2109, 12, 1), date(2400, 7, 1), date(9999, 12, 30)):
        assert first_instant(day, york) == by_datetime(microseconds(f"{day.isoformat()}T00:00:00Z"), york)


def test_the_last_moment_of_time_has_a_day_in_every_zone() -> None:
    ever, never = microseconds("0001-01-01T00:00:00Z"), microseconds("9999-12-31T23:59:59.999999Z")
    for name in ("Asia/Tokyo", "America/New_York", "UTC"):
        assert local_day(never, zone(name)) == date.max
        assert local_day(ever, zone(name)) == date.min
        assert instants_of_naive(np.array([never]), zone("UTC"))[0] == never
