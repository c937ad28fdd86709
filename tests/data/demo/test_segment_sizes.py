"""Each sample segment picks a share of users that is worth looking at; counted by queries of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Query = Callable[[str], list[tuple[Any, ...]]]

BASE = "SELECT * FROM now WHERE gone_at IS NULL"
SILENT = f"""SELECT user_id FROM ({BASE}) WHERE marketing_consent AND registered_at < DATE '2026-06-01' - 30
    AND user_id IN (SELECT user_id FROM devices WHERE is_gateway AND unbound_at IS NULL)
    AND user_id NOT IN (SELECT user_id FROM events WHERE event = 'app_used' AND day >= DATE '2026-06-01' - 30)"""
BROWSERS = """SELECT user_id FROM events WHERE day >= DATE '2026-06-01' - 30 GROUP BY user_id
    HAVING count(*) FILTER (event = 'product_browsed') >= 3 AND count(*) FILTER (event = 'order_paid') = 0
    AND count(*) FILTER (event IN ('added_to_cart', 'added_to_favourites')) > 0"""
TROUBLE = """SELECT user_id FROM events WHERE day >= DATE '2026-06-01' - 90 GROUP BY user_id
    HAVING count(*) FILTER (event = 'pairing_starts') >= 3
           AND 2 * count(*) FILTER (event = 'pairing_succeeds') < count(*) FILTER (event = 'pairing_starts')
        OR count(*) FILTER (event = 'feedback_submitted'
                            AND issue_type IN ('pairing', 'connection', 'device_offline')) >= 2"""
DRAWN = """SELECT DISTINCT o.user_id FROM events AS o JOIN events AS b ON b.user_id = o.user_id
    AND b."at" > o."at" AND b."at" <= o."at" + INTERVAL 72 HOUR
    WHERE o.event = 'marketing_opened' AND o.campaign = 'spring_sale' AND b.event = 'product_browsed'"""
REGULARS = f"""SELECT user_id FROM (SELECT user_id, (DATE '2026-05-31' - day) // 7 AS week FROM events
    WHERE event = 'app_used' AND day >= DATE '2026-06-01' - 28 GROUP BY ALL HAVING count(*) >= 2)
    JOIN ({BASE}) USING (user_id) WHERE continent = 'Europe' AND user_level <> 'bronze'
    AND user_id NOT IN ({TROUBLE}) GROUP BY user_id HAVING count(*) = 4"""
WIN_BACK = f"""SELECT user_id FROM ({SILENT}) JOIN now USING (user_id)
    WHERE consent_email AND email <> '' AND user_id IN (SELECT user_id FROM devices
    WHERE unbound_at IS NULL AND category IN ('light', 'sensor', 'plug', 'camera'))"""


@pytest.mark.parametrize(
    ("query", "least", "most"),
    [
        (SILENT, 0.03, 0.09),
        (BROWSERS, 0.02, 0.08),
        (TROUBLE, 0.01, 0.05),
        (DRAWN, 0.015, 0.07),
        (REGULARS, 0.02, 0.09),
        (WIN_BACK, 0.015, 0.07),
    ],
    ids=["silent", "browsers", "trouble", "drawn", "regulars", "win-back"],
)
def test_smart_home_segments_pick_some_but_not_many(home: Query, query: str, least: float, most: float) -> None:
    [(picked,)] = home(f"SELECT count(*) FROM ({query}) SEMI JOIN ({BASE}) USING (user_id)")
    [(base,)] = home(f"SELECT count(*) FROM ({BASE})")
    assert least < picked / base < most


WEEKLY = """SELECT household_id FROM
    (SELECT DISTINCT household_id, (DATE '2017-12-31' - purchased_at::DATE) // 7 AS week
     FROM purchases WHERE purchased_at >= DATE '2018-01-01' - 84)
    GROUP BY household_id HAVING count(*) >= 11"""
PRIVATE = """SELECT household_id FROM purchases WHERE purchased_at >= DATE '2018-01-01' - 180 GROUP BY household_id
    HAVING count(DISTINCT basket_id) >= 12 AND count(*) FILTER (brand = 'Private') * 20 >= count(*) * 7"""
STOPPED = """SELECT household_id FROM purchases WHERE purchased_at >= '2017-10-01' AND purchased_at < '2017-12-01'
    AND household_id NOT IN (SELECT household_id FROM purchases WHERE purchased_at >= DATE '2018-01-01' - 30)
    GROUP BY household_id HAVING count(DISTINCT purchased_at::DATE) >= 4"""
REDEEMED = """SELECT DISTINCT household_id FROM campaigns JOIN coupons USING (household_id)
    WHERE campaign_type = 'Type A' AND received_at >= '2017-01-01'
    AND redeemed_at > received_at AND redeemed_at <= received_at + INTERVAL 56 DAY"""
WITHOUT = f"""SELECT household_id FROM campaigns WHERE campaign_id = '18'
    AND household_id NOT IN (SELECT household_id FROM coupons WHERE campaign_id = '18')
    AND household_id NOT IN ({STOPPED})
    AND household_id IN (SELECT household_id FROM purchases WHERE purchased_at >= DATE '2018-01-01' - 60)"""
FAMILIES = f"""SELECT household_id FROM households WHERE kids_count <> '0' AND household_id IN ({WEEKLY})
    AND household_id IN (SELECT household_id FROM purchases WHERE purchased_at >= DATE '2018-01-01' - 90
    AND department IN ('PRODUCE', 'MEAT', 'SEAFOOD', 'SALAD BAR') GROUP BY household_id HAVING sum(amount) >= 100)"""


@pytest.mark.parametrize(
    ("query", "households"),
    [(WEEKLY, 532), (PRIVATE, 505), (STOPPED, 85), (REDEEMED, 384), (WITHOUT, 871), (FAMILIES, 80)],
    ids=["weekly", "private", "stopped", "redeemed", "without", "families"],
)
def test_grocery_segments_pick_known_numbers_of_households(shop: Query, query: str, households: int) -> None:
    assert shop(f"SELECT count(*) FROM ({query})") == [(households,)]
