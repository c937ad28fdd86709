"""What happens in the made-up smart-home app: how much, when, and what is odd about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segkit.data.demo import smart_home

Query = Callable[[str], list[tuple[Any, ...]]]

EVENTS = {
    "registered", "logged_in", "pairing_starts", "pairing_succeeds", "pairing_fails", "pairing_times_out", "app_used",
    "feedback_submitted", "product_browsed", "added_to_cart", "added_to_favourites", "order_paid", "marketing_received",
    "marketing_opened",
}  # fmt: skip


def _sums(folder: Path) -> dict[str, str]:
    files = sorted(folder.rglob("*.parquet"))
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("three", 7), ("other", 8)):
        smart_home.write(tmp_path / name, users=500, days=60, seed=seed)
    one, two, three, other = (_sums(tmp_path / name) for name in ("one", "two", "three", "other"))
    assert one == two == three
    assert one.keys() == other.keys()
    assert not set(one.values()) & set(other.values())


def test_writing_again_leaves_nothing_of_an_earlier_sample(tmp_path: Path) -> None:
    smart_home.write(tmp_path, users=500, days=60, as_of=date(2026, 3, 1))
    smart_home.write(tmp_path, users=500, days=60, as_of=date(2026, 6, 1))
    names = {file.name for file in tmp_path.rglob("*") if file.is_file()}
    assert names == {
        *(f"2026-{month}.parquet" for month in ("04", "05")), "late-2026-05-31.parquet",
        *(f"2026-{day}.parquet" for day in ("04-02", "05-02", "05-30", "05-31", "06-01")),
    }  # fmt: skip


def test_too_few_users_or_days_are_refused_with_the_least_that_works(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="users=499: expected at least 500"):
        smart_home.write(tmp_path, users=499)
    with pytest.raises(ValueError, match="days=39: expected at least 40"):
        smart_home.write(tmp_path, users=500, days=39)
    assert not list(tmp_path.iterdir())


def test_progress_is_told_in_words(tmp_path: Path) -> None:
    said: list[str] = []
    smart_home.write(tmp_path, users=500, days=40, progress=said.append)
    assert said[0].endswith("events of 500 users made")
    assert all(sentence.startswith("smart-home: ") for sentence in said)


def test_instants_are_utc_microseconds_and_text_is_plain(smart_home_folder: Path) -> None:
    schema = pq.read_schema(smart_home_folder / "sources/smart-home/events/2026-05.parquet")
    assert schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert {schema.field(name).type for name in ("event_id", "user_id", "event", "model", "pid")} == {pa.string()}
    assert schema.field("amount").type == pa.float64()


def test_about_forty_events_a_user_of_every_declared_name(home: Query) -> None:
    assert {name for (name,) in home("SELECT DISTINCT event FROM events")} == EVENTS
    [(count,)] = home("SELECT count(*) FROM events")
    assert 33 <= count / 2_000 <= 47


def test_every_event_falls_between_the_first_and_the_last_local_midnight(home: Query) -> None:
    [(first, last)] = home("SELECT min(day), max(day) FROM events")
    assert (first, last) == (date(2026, 2, 1), date(2026, 5, 31))


def test_a_file_holds_the_events_of_its_month_in_the_apps_zone(home: Query) -> None:
    wrong = """SELECT count(*) FROM arrived WHERE parse_filename(filename, true) NOT LIKE 'late%'
               AND strftime("at", '%Y-%m') <> parse_filename(filename, true)"""
    assert home(wrong) == [(0,)]


def test_every_event_carries_the_public_parameters(home: Query) -> None:
    missing = """SELECT count(*) FROM events WHERE time_zone_id IS NULL OR language IS NULL OR os_version IS NULL
                 OR os IS NULL OR model IS NULL OR app_version IS NULL"""
    assert home(missing) == [(0,)]


@pytest.mark.parametrize(
    ("parameter", "events"),
    [
        ("pairing_type", {"pairing_starts", "pairing_succeeds", "pairing_fails", "pairing_times_out"}),
        ("pid", {"pairing_starts", "pairing_succeeds", "pairing_fails", "pairing_times_out"}),
        ("issue_type", {"feedback_submitted"}),
        ("campaign", {"marketing_received", "marketing_opened"}),
        ("category", {"product_browsed", "added_to_cart", "added_to_favourites", "order_paid"}),
        ("amount", {"order_paid"}),
    ],
)
def test_a_parameter_stands_on_its_events_and_on_no_others(home: Query, parameter: str, events: set[str]) -> None:
    carrying = home(f"SELECT event, count({parameter}) / count(*) FROM events GROUP BY event")
    assert {event: share for event, share in carrying if share} == dict.fromkeys(events, 1.0)


def test_most_users_are_quiet_and_a_few_come_daily(home: Query) -> None:
    days = """SELECT quantile_disc(days, [0.5, 0.99]) FROM
              (SELECT count(DISTINCT day) AS days FROM events WHERE event = 'app_used' GROUP BY user_id)"""
    [([median, busiest],)] = home(days)
    assert median <= 12
    assert busiest >= 70


def test_people_keep_the_hours_of_their_own_zone(home: Query) -> None:
    share = """SELECT avg((hour("at" AT TIME ZONE time_zone_id) BETWEEN 17 AND 21)::INT),
                      avg((hour("at" AT TIME ZONE time_zone_id) BETWEEN 1 AND 4)::INT)
               FROM events WHERE event = 'app_used' AND time_zone_id = 'America/Los_Angeles'"""
    [(evening, night)] = home(share)
    assert evening > 0.35
    assert night < 0.05
    assert home("SELECT count(DISTINCT time_zone_id) >= 20 FROM events") == [(True,)]


def test_the_launch_week_brings_registrations_and_the_sale_brings_orders(home: Query) -> None:
    weeks = """SELECT count(*) FILTER (event = 'registered' AND day BETWEEN '2026-04-02' AND '2026-04-08'),
                      count(*) FILTER (event = 'registered' AND day BETWEEN '2026-03-26' AND '2026-04-01'),
                      count(*) FILTER (event = 'order_paid' AND day BETWEEN '2026-05-08' AND '2026-05-14'),
                      count(*) FILTER (event = 'order_paid' AND day BETWEEN '2026-05-01' AND '2026-05-07')
               FROM events"""
    [(launch, before_launch, sale, before_sale)] = home(weeks)
    assert launch > 1.5 * before_launch
    assert sale > 1.3 * before_sale


def test_every_attempt_to_pair_ends_in_one_way_within_two_minutes(home: Query) -> None:
    counts = "SELECT event, count(*) FROM events WHERE event LIKE 'pairing%' GROUP BY event"
    found: dict[str, int] = dict(row for row in home(counts))
    ends = found["pairing_succeeds"] + found["pairing_fails"] + found["pairing_times_out"]
    assert abs(found["pairing_starts"] - ends) <= 5  # at the edges of a user's time
    assert 0.6 < found["pairing_succeeds"] / found["pairing_starts"] < 0.85


def test_pairing_fails_more_on_a_poor_phone(home: Query) -> None:
    share = """SELECT count(*) FILTER (event = 'pairing_succeeds') / count(*) FILTER (event = 'pairing_starts')
               FROM events WHERE model """
    [(poor,)] = home(share + "= 'Lumo A3'")
    [(good,)] = home(share + "LIKE 'iPhone%'")
    assert poor < good - 0.1


def test_users_whose_pairings_fail_give_more_feedback(home: Query) -> None:
    feedback = """SELECT avg(said) FILTER (failed > 0), avg(said) FILTER (failed = 0) FROM (SELECT user_id,
                    count(*) FILTER (event IN ('pairing_fails', 'pairing_times_out')) AS failed,
                    count(*) FILTER (event = 'feedback_submitted') AS said FROM events GROUP BY user_id)"""
    [(after_failure, otherwise)] = home(feedback)
    assert after_failure > 2 * otherwise


def test_a_message_is_received_before_it_is_opened_and_only_by_who_agreed_at_some_time(home: Query) -> None:
    alone = """SELECT count(*) FROM events AS o WHERE event = 'marketing_opened' AND NOT EXISTS (FROM events AS r
               WHERE r.event = 'marketing_received' AND r.user_id = o.user_id AND r.campaign = o.campaign
               AND r."at" < o."at") AND user_id LIKE 'u%'"""
    assert home(alone) == [(0,)]
    never_agreed = """SELECT count(*) FROM events WHERE event = 'marketing_received' AND user_id LIKE 'u%'
                      AND user_id NOT IN (SELECT user_id FROM users WHERE marketing_consent)"""
    [(count,)] = home(never_agreed)
    assert count <= 30  # who agreed and thought better of it between two snapshots


def test_amounts_have_two_decimals_and_a_long_tail(home: Query) -> None:
    assert home("SELECT count(*) FROM events WHERE amount <> round(amount, 2) OR amount <= 0") == [(0,)]
    [(median, most)] = home("SELECT median(amount), max(amount) FROM events")
    assert 25 < median < 80
    assert most > 8 * median


def test_some_events_arrive_late_and_some_a_second_time(home: Query) -> None:
    late = "parse_filename(filename, true) LIKE 'late-%'"
    twice = "event_id IN (SELECT event_id FROM arrived GROUP BY event_id HAVING count(*) > 1)"
    [(late_once,)] = home(f"SELECT count(*) FROM arrived WHERE {late} AND NOT {twice}")
    [(repeated,)] = home(f"SELECT count(*) FROM arrived WHERE {late} AND {twice}")
    assert 200 < late_once < 900
    assert 100 < repeated < 500
    assert home(f'SELECT count(DISTINCT "at"::DATE) > 60 FROM arrived WHERE {late}') == [(True,)]


def test_a_repeated_key_is_the_same_event_or_the_same_a_few_seconds_later(home: Query) -> None:
    spread = """SELECT count(DISTINCT (user_id, event)), date_diff('second', min("at"), max("at")) AS apart
                FROM arrived GROUP BY event_id HAVING count(*) > 1"""
    found = home(spread)
    assert {kinds for kinds, _ in found} == {1}
    assert {apart > 0 for _, apart in found} == {True, False}
    assert max(apart for _, apart in found) < 30


def test_strangers_leave_events_that_no_snapshot_explains(home: Query) -> None:
    strangers = "SELECT count(*), count(DISTINCT user_id) FROM events WHERE user_id NOT IN (SELECT user_id FROM users)"
    [(events, users)] = home(strangers)
    assert events >= 12
    assert users == 4
