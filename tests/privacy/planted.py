"""A small workspace whose data holds 50 personal strings that exist nowhere else; its uids are e-mail addresses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

UIDS = [f"uid.planted{n}@users.example.com" for n in range(10)]
EMAILS = [f"mail.planted{n}@post.example.org" for n in range(10)]
MOBILES = [f"+491517700{n:04}" for n in range(1, 11)]
_TREES = ("Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper")
NAMES = [f"Petronella Planted-{tree}" for tree in _TREES]
ADDRESSES = [f"{n} Plantedstrasse, Kleinposemuckel" for n in range(11, 21)]
PLANTED = [*UIDS, *EMAILS, *MOBILES, *NAMES, *ADDRESSES]

_SETTINGS = """segkit = 1
[gates]
off = ["fresh", "missing_days"]
[apps.shop]
zone = "Europe/Berlin"
as_of = 2024-11-07
[apps.shop.reach]
email = {address = "mail"}
[[apps.shop.users]]
files = "sources/users*.parquet"
uid = "uid"
data_date = 2020-01-01
[[apps.shop.events]]
files = "sources/events*.parquet"
uid = "uid"
time = "at"
name = "event"
key = "key"
[[exports]]
name = "crm"
app = "shop"
segments = ["By mail"]
labels = ["mail", "mobile", "full_name"]
"""
LABELS = [
    {"code": "mail", "name": "Mail", "type": "string", "personal": "email"},
    {"code": "mobile", "name": "Mobile", "type": "string", "personal": "mobile"},
    {"code": "full_name", "name": "Name", "type": "string", "personal": "name"},
    {"code": "born", "name": "Born", "type": "date"},
]
_PARAMETERS = [{"code": "ship_to", "name": "Ship to", "type": "string", "personal": "address"}]
#: Rules that name some of the planted strings.
DOCUMENTS = [
    {"name": "By mail", "rule": {"label": "mail", "op": "in", "value": EMAILS[:3]}},
    {"name": "By mobile", "rule": {"not": {"label": "mobile", "op": "eq", "value": MOBILES[0]}}},
    {"name": "By name", "rule": {"label": "full_name", "op": "contains", "value": NAMES[0]},
     "personas": {"in": [UIDS[0]], "out": [UIDS[1]]}},
    {"name": "By address", "rule": {"event": "ordered", "window": {"last": 30},
     "where": {"param": "ship_to", "op": "eq", "value": ADDRESSES[0]}}},
]  # fmt: skip


def write_workspace(folder: Path) -> None:
    """Settings, vocabulary and sources."""
    vocabulary = folder / "vocabulary" / "shop"
    vocabulary.mkdir(parents=True)
    (folder / "sources").mkdir()
    (folder / "segkit.toml").write_text(_SETTINGS)
    declare(folder, LABELS)
    events = [{"code": "ordered", "name": "Ordered", "parameters": ["ship_to"]}]
    (vocabulary / "events.yaml").write_text(json.dumps({"segkit": 1, "parameters": _PARAMETERS, "events": events}))
    columns = {"uid": UIDS, "mail": EMAILS, "mobile": MOBILES, "full_name": NAMES, "born": ["1980-01-31"] * 10}
    pq.write_table(pa.table(columns), folder / "sources" / "users.parquet")
    write_events(folder, "events", UIDS, ADDRESSES)


def declare(folder: Path, labels: list[dict[str, str]]) -> None:
    """Makes these the app's labels."""
    content = {"segkit": 1, "labels": labels}
    (folder / "vocabulary" / "shop" / "labels.yaml").write_text(json.dumps(content))


def write_events(folder: Path, name: str, uids: list[str], addresses: list[str]) -> None:
    """A file of events, one for each uid."""
    at = pa.array([datetime(2024, 11, 5, 12, tzinfo=UTC)] * len(uids), pa.timestamp("us", tz="UTC"))
    keys = [f"{name} {number}" for number in range(len(uids))]
    columns = {"uid": uids, "event": ["ordered"] * len(uids), "at": at, "ship_to": addresses, "key": keys}
    pq.write_table(pa.table(columns), folder / "sources" / f"{name}.parquet")
