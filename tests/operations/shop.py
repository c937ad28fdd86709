"""A workspace in which one person, Ana, is known wherever a person can be: written as sources, loaded, worked with."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import segkit
from segkit.api import Workspace

UID, EMAIL, MOBILE = "ana-4711", "Ana.Weiss@example.com", "+49 151 5550199"
ANA = (UID, EMAIL, MOBILE)
#: Users: uid, e-mail, mobile, country.
ROWS: list[tuple[str, str | None, str | None, str]] = [
    (UID, EMAIL, MOBILE, "DE"),
    ("bo-0001", "bo@example.com", "+49 151 5550100", "DE"),
    ("cem-0002", "cem@example.com", None, "AT"),
    ("dora-003", "anabel.weiss@example.com", "+49 151 555019", "DE"),  # nearly Ana, and not her
]
#: Events: day of November 2024, uid, name, key.
EVENTS = [
    (1, UID, "app_used", "k1"),
    (1, "bo-0001", "app_used", "k2"),
    (2, UID, "app_used", "k3"),  # the only one of its day
    (3, "cem-0002", "app_used", "k4"),
    (3, "ghost-99", "app_used", "k5"),  # of a user who is not known
]
_SETTINGS = """segkit = 1
{catalog}
[gates]
off = ["fresh", "missing_days"]
[apps.shop]
zone = "Europe/Berlin"
as_of = 2024-11-10
[[apps.shop.users]]
files = "sources/users-*.parquet"
uid = "uid"
data_date = "file"
[[apps.shop.events]]
files = "sources/events-*.parquet"
uid = "uid"
time = "at"
name = "event"
key = "id"
[[apps.shop.links]]
name = "devices"
files = "sources/devices.csv"
uid = "owner"
data_date = 2024-11-01
"""
_LABELS: list[dict[str, Any]] = [
    {"code": "email", "name": "E-mail", "type": "string", "personal": "email"},
    {"code": "mobile", "name": "Mobile", "type": "string", "personal": "mobile"},
    {"code": "country", "name": "Country", "type": "string"},
    {"code": "devices", "name": "Devices", "type": "number", "derived": {"link": "devices", "measure": "count"}},
]


def write(folder: Path, url: str | None = None) -> None:
    """Settings, vocabulary and the sources of the first day."""
    (folder / "vocabulary" / "shop").mkdir(parents=True)
    (folder / "sources").mkdir()
    catalog = f'catalog = "{url}"' if url else ""
    (folder / "segkit.toml").write_text(_SETTINGS.format(catalog=catalog))
    (folder / "vocabulary" / "shop" / "labels.yaml").write_text(json.dumps({"segkit": 1, "labels": _LABELS}))
    events = [{"code": "app_used", "name": "App used"}]
    (folder / "vocabulary" / "shop" / "events.yaml").write_text(json.dumps({"segkit": 1, "events": events}))
    (folder / "sources" / "devices.csv").write_text(f"owner,kind\n{UID},hub\nbo-0001,hub\nghost-99,hub\n")
    add_users(folder, "2024-11-04", ROWS)
    add_events(folder, "first", EVENTS)


def write_two_apps(folder: Path) -> None:
    """The same with a second app, over the same sources."""
    write(folder)
    shutil.copytree(folder / "vocabulary" / "shop", folder / "vocabulary" / "second")
    settings = folder / "segkit.toml"
    text = settings.read_text()
    settings.write_text(text + text[text.index("[apps.shop]") :].replace("apps.shop", "apps.second"))


def add_users(folder: Path, day: str, rows: list[tuple[str, str | None, str | None, str]]) -> None:
    """One more snapshot of users."""
    names = ("uid", "email", "mobile", "country")
    columns = {name: pa.array([row[n] for row in rows], pa.string()) for n, name in enumerate(names)}
    pq.write_table(pa.table(columns), folder / "sources" / f"users-{day}.parquet")


def add_events(folder: Path, name: str, rows: list[tuple[int, str, str, str]]) -> None:
    """One more file of events; each at noon."""
    moments = [datetime(2024, 11, day, 12, tzinfo=UTC) for day, *_ in rows]
    columns = {
        "uid": pa.array([uid for _, uid, _, _ in rows], pa.string()),
        "event": pa.array([event for _, _, event, _ in rows], pa.string()),
        "at": pa.array(moments, pa.timestamp("us", tz="UTC")),
        "id": pa.array([key for *_, key in rows], pa.string()),
    }
    pq.write_table(pa.table(columns), folder / "sources" / f"events-{name}.parquet")


def at_work(folder: Path, url: str | None = None) -> Workspace:
    """The workspace after two loads, a refresh and exports, with Ana in rules, notes, personas, exports, notebooks."""
    write(folder, url)
    workspace = segkit.open(folder, actor="tester", clock=lambda: datetime(2024, 11, 10, 9, tzinfo=UTC))
    workspace.load()
    changed = [(uid, email, mobile, "CH" if uid == UID else country) for uid, email, mobile, country in ROWS]
    add_users(folder, "2024-11-05", changed)
    workspace.load()
    app = workspace.app()
    everybody = {"any": [{"label": "email", "op": "eq", "value": EMAIL}, {"all": []}]}
    personas = {"in": [UID, "bo-0001"]}
    saved = {"name": "Everybody", "rule": everybody, "personas": personas, "tags": [UID], "description": f"not {EMAIL}"}
    app.save(saved, note=f"call {MOBILE}")
    app.save({"name": "Like her", "rule": {"label": "mobile", "op": "in", "value": [MOBILE, "+1"]}})
    app.delete("Like her")
    app.save({"name": "Austria", "rule": {"label": "country", "op": "eq", "value": "AT"}})
    app.refresh()
    app.export(["Everybody"], folder / "exports" / "all.zip", labels=["email"])
    app.export(["Everybody"], folder / "exports" / "book.zip", labels=["mobile"], format="xlsx")
    app.export(["Austria"], folder / "exports" / "austria.zip", labels=["email"])
    app.export(["Everybody"], folder.parent / "elsewhere.zip")
    runs = folder / "runs" / "2024-11-10"
    runs.mkdir(parents=True)
    (runs / "night.ipynb").write_text(json.dumps({"cells": [{"outputs": [{"text": f"failed for {UID}"}]}]}))
    (runs / "night.html").write_text(f"<p>{EMAIL.replace('@', '&#64;')}</p>")
    (runs / "mail.txt").write_text(f"https://example.com/?to={EMAIL.replace('@', '%40')}&x=1")
    (runs / "log.json.gz").write_bytes(gzip.compress(json.dumps({"to": "0049 " + MOBILE}).encode()))
    (runs / "run.json").write_text('{"users": 4711}')
    (folder / ".backup" / "held").mkdir(parents=True)  # left by a backup that was killed
    (folder / ".backup" / "held" / "users.txt").write_text(" ".join(ANA))
    return workspace
