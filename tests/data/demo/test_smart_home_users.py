"""The users and devices of the made-up smart-home app: what is known of them, what is missing, what changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Query = Callable[[str], list[tuple[Any, ...]]]

SNAPSHOTS = ["2026-02-01", "2026-03-03", "2026-04-02", "2026-05-02", "2026-05-30", "2026-05-31", "2026-06-01"]


def test_snapshots_are_monthly_and_daily_at_the_end(home: Query) -> None:
    found = home("SELECT data_date, count(*) FROM users GROUP BY data_date ORDER BY data_date")
    assert [str(day) for day, _ in found] == SNAPSHOTS
    counts = [count for _, count in found]
    assert counts == sorted(counts)
    assert counts[-1] == 2_000


def test_types_of_the_labels(smart_home_folder: Path) -> None:
    schema = pq.read_schema(smart_home_folder / "sources/smart-home/users/2026-06-01.parquet")
    types = {name: schema.field(name).type for name in schema.names}
    assert {name for name, kind in types.items() if kind == pa.date32()} == {
        "registered_at", "last_active_day", "known_from", "gone_at",
    }  # fmt: skip
    assert {name for name, kind in types.items() if kind == pa.bool_()} == {
        "marketing_consent", "consent_email", "consent_sms", "consent_push",
    }  # fmt: skip
    assert types["amount_spent"] == pa.float64()
    assert len(types) == 24


def test_a_user_is_in_a_snapshot_from_the_day_after_he_was_first_seen(home: Query) -> None:
    assert home("SELECT count(*) FROM users WHERE registered_at >= data_date") == [(0,)]
    assert home("SELECT count(*) FROM users WHERE known_from > data_date") == [(0,)]
    missed = """SELECT count(DISTINCT u.user_id) FROM users AS u, (SELECT DISTINCT data_date FROM users) AS s
                WHERE u.known_from <= s.data_date AND u.user_id NOT IN
                (SELECT user_id FROM users WHERE data_date = s.data_date)"""
    assert home(missed) == [(0,)]


def test_last_active_day_and_active_days_are_what_the_events_say(home: Query) -> None:
    differs = """
        SELECT count(*) FROM users AS u LEFT JOIN (
            SELECT s.data_date, e.user_id, max(e.day) AS last_day,
                   count(DISTINCT e.day) FILTER (e.day >= s.data_date - 30) AS days
            FROM (SELECT DISTINCT data_date FROM users) AS s JOIN events AS e ON e.day < s.data_date
            WHERE e.event = 'app_used' GROUP BY ALL
        ) AS t USING (user_id, data_date)
        WHERE u.last_active_day IS DISTINCT FROM t.last_day OR u.active_days_30 <> coalesce(t.days, 0)"""
    assert home(differs) == [(0,)]


def test_orders_and_amounts_of_new_users_are_what_the_events_say(home: Query) -> None:
    differs = """
        SELECT count(*) FROM now LEFT JOIN (SELECT user_id, count(*) AS paid, round(sum(amount), 2) AS total
                                            FROM events WHERE event = 'order_paid' GROUP BY user_id) USING (user_id)
        WHERE registered_at >= DATE '2026-02-01' AND (orders <> coalesce(paid, 0)
              OR NOT isnan(amount_spent) AND abs(amount_spent - coalesce(total, 0)) > 0.001)"""
    visitors_before = " AND known_from > DATE '2026-02-01'"
    assert home(differs + visitors_before) == [(0,)]
    assert home("SELECT count(*) > 20 FROM now WHERE orders > 0 AND registered_at >= DATE '2026-02-01'") == [(True,)]


def test_provinces_cities_and_zones_fit_the_country(home: Query) -> None:
    assert home("SELECT DISTINCT continent FROM now WHERE country = 'DE'") == [("Europe",)]
    assert home(
        "SELECT max(c) FROM (SELECT count(DISTINCT country) AS c FROM users GROUP BY city HAVING city <> '')"
    ) == [(1,)]
    strange = """SELECT count(*) FROM events JOIN now USING (user_id)
                 WHERE country = 'JP' AND time_zone_id <> 'Asia/Tokyo'"""
    assert home(strange) == [(0,)]
    assert home("SELECT count(DISTINCT country) FROM now") == [(18,)]


@pytest.mark.parametrize(
    ("column", "least", "most"),
    [
        ("province", 0.05, 0.10),
        ("city", 0.08, 0.16),
        ("language", 0.003, 0.02),
        ("marketing_consent", 0.007, 0.03),
        ("consent_push", 0.02, 0.06),
        ("email", 0.08, 0.25),
        ("mobile", 0.50, 0.85),
        ("user_level", 0.06, 0.15),
        ("last_active_day", 0.12, 0.35),
        ("favourite_category", 0.55, 0.85),
        ("orders", 0.001, 0.01),
    ],
)
def test_values_are_missing_for_some(home: Query, column: str, least: float, most: float) -> None:
    [(share,)] = home(f"SELECT avg(({column} IS NULL)::INT) FROM now")
    assert least <= share <= most


def test_some_amounts_are_nan_and_some_provinces_empty(home: Query) -> None:
    assert home("SELECT count(*) FROM now WHERE isnan(amount_spent)") == [(5,)]
    assert home("SELECT count(*) BETWEEN 3 AND 30 FROM now WHERE province = ''") == [(True,)]


def test_addresses_are_fictional_and_belong_to_one_user(home: Query) -> None:
    real = (
        "SELECT count(*) FROM users WHERE NOT regexp_full_match(email, '[a-z]+\\.[a-z]+[0-9]+@example\\.(com|org|net)')"
    )
    assert home(real) == [(0,)]
    fiction = r"\+1[2-9][0-9]{2}55501[0-9]{2}|\+447700900[0-9]{3}|\+3363998[0-9]{4}|\+3532091[0-9]{5}"
    fiction += r"|\+49(17139200|176040690)[0-9]{2}|\+46701740(60[5-9]|6[1-9][0-9])"
    assert home(f"SELECT count(*) FROM users WHERE NOT regexp_full_match(mobile, '{fiction}')") == [(0,)]
    assert home("SELECT count(email) - count(DISTINCT email), count(mobile) - count(DISTINCT mobile) FROM now") == [
        (0, 0)
    ]


def test_visitors_have_no_address_no_level_and_no_orders_but_a_first_day(home: Query) -> None:
    visitors = """SELECT count(*) > 100, count(email), count(mobile), count(user_level), sum(orders),
                         count(*) - count(registered_at) FROM now WHERE user_type = 'visitor'"""
    assert home(visitors) == [(True, 0, 0, 0, 0, 0)]
    [(registered,)] = home("SELECT count(*) FROM now WHERE user_type = 'registered'")
    assert 1_700 < registered < 1_900


def test_a_channel_is_agreed_to_only_by_who_agreed_to_marketing(home: Query) -> None:
    odd = """SELECT count(*) FROM users WHERE (consent_email OR consent_sms OR consent_push)
             AND marketing_consent IS DISTINCT FROM true"""
    assert home(odd) == [(0,)]
    assert home("SELECT avg(marketing_consent::INT) BETWEEN 0.4 AND 0.65 FROM now") == [(True,)]


@pytest.mark.parametrize("column", ["city", "platform", "user_level", "marketing_consent", "consent_push", "user_type"])
def test_labels_change_between_snapshots(home: Query, column: str) -> None:
    changed = f"""SELECT count(*) FROM users AS a JOIN now AS b USING (user_id)
                  WHERE a.data_date = DATE '2026-03-03' AND a.{column} IS DISTINCT FROM b.{column}"""
    [(count,)] = home(changed)
    assert count >= 8


def test_a_change_of_the_phone_shows_in_the_events_since(home: Query) -> None:
    odd = """SELECT count(*) FROM events JOIN now USING (user_id) WHERE day = DATE '2026-05-31'
             AND os <> CASE platform WHEN 'ios' THEN 'iOS' WHEN 'android' THEN 'Android' ELSE 'HarmonyOS' END"""
    assert home(odd) == [(0,)]


def test_who_is_gone_stays_in_the_file_and_does_nothing_more(home: Query) -> None:
    [(gone,)] = home("SELECT count(*) FROM now WHERE gone_at IS NOT NULL")
    assert 30 < gone < 120
    assert home("SELECT count(*) FROM users WHERE gone_at > data_date OR gone_at <= known_from") == [(0,)]
    assert home("SELECT count(*) FROM events JOIN now USING (user_id) WHERE day >= gone_at") == [(0,)]


def test_some_users_come_back_after_they_were_gone(home: Query) -> None:
    back = """SELECT user_id FROM users AS a JOIN now AS b USING (user_id)
              WHERE a.data_date = DATE '2026-03-03' AND a.gone_at IS NOT NULL AND b.gone_at IS NULL"""
    returned = [user for (user,) in home(back)]
    assert len(returned) == 3
    between = f"SELECT count(*) FROM events WHERE user_id IN {tuple(returned)} AND day BETWEEN "
    assert home(between + "'2026-03-04' AND '2026-04-01'") == [(0,)]
    [(since,)] = home(between + "'2026-04-02' AND '2026-05-31'")
    assert since > 20


def test_some_users_are_known_from_no_day_and_some_appear_after_their_events(home: Query) -> None:
    old = "SELECT count(*) FROM users WHERE data_date = DATE '2026-02-01' AND known_from IS NULL"
    [(always_known,)] = home(old)
    assert always_known >= 5
    held = """SELECT user_id, min(registered_at), min(data_date) FROM users WHERE known_from IS NULL
              GROUP BY user_id HAVING min(data_date) = DATE '2026-06-01'"""
    late = home(held)
    assert len(late) == 3
    assert all(registered < date(2026, 5, 8) for _, registered, _ in late)
    for user, registered, _ in late:
        [(events,)] = home(f"SELECT count(*) FROM events WHERE user_id = '{user}' AND day >= '{registered}'")
        assert events >= 1


@pytest.mark.parametrize("silence", [7, 8, 29, 30, 31])
def test_owners_who_agreed_are_silent_for_exactly_so_many_days(home: Query, silence: int) -> None:
    owners = f"""SELECT count(*) FROM now WHERE last_active_day = DATE '2026-06-01' - {silence} AND gone_at IS NULL
                 AND marketing_consent AND consent_email AND consent_sms AND consent_push
                 AND user_id IN (SELECT user_id FROM devices WHERE unbound_at IS NULL)"""
    [(count,)] = home(owners)
    assert count >= 3


def test_every_pairing_that_succeeds_binds_a_device_of_that_product(home: Query) -> None:
    unbound = """SELECT count(*) FROM events AS e WHERE event = 'pairing_succeeds' AND user_id LIKE 'u%' AND NOT EXISTS
                 (FROM devices AS d WHERE d.user_id = e.user_id AND d.product = e.pid AND d.bound_at = e."at")"""
    assert home(unbound) == [(0,)]


def test_devices_are_bound_before_they_are_unbound_and_belong_to_known_users(home: Query) -> None:
    assert home("SELECT count(*) FROM devices WHERE unbound_at <= bound_at") == [(0,)]
    assert home("SELECT count(*) FROM devices WHERE user_id NOT IN (SELECT user_id FROM now)") == [(0,)]
    assert home("SELECT count(*) - count(DISTINCT device_id) FROM devices") == [(0,)]
    [(unbound, gateways)] = home("SELECT avg((unbound_at IS NOT NULL)::INT), avg(is_gateway::INT) FROM devices")
    assert 0.03 < unbound < 0.2
    assert 0.15 < gateways < 0.4
    assert home("SELECT DISTINCT category FROM devices WHERE is_gateway") == [("gateway",)]
