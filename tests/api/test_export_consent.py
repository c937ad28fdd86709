"""Consent and address as they are at the moment of an export, by channel, whatever the snapshot rests on."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segkit import label
from segkit.errors import SegkitError
from tests.small_workspace import SmallWorkspace

REACH = """
[apps.shop.reach.email]
address = "email"
consent = ["marketing_consent"]
[apps.shop.reach.push]
consent = ["has_gateway"]
"""
EVERYBODY = label("country") == "DE"


def rows_of(path: Any, number: int = 0) -> list[list[str]]:
    with zipfile.ZipFile(path) as found:
        entry = json.loads(found.read("manifest.json"))["segments"][number]
        return list(csv.reader(io.StringIO(found.read(entry["file"]).decode())))[1:]


def manifest_of(path: Any) -> Any:
    return json.loads(zipfile.ZipFile(path).read("manifest.json"))


def load_later(small: SmallWorkspace, labels: dict[str, dict[str, Any]]) -> None:
    """A later load, of the day after: what users say now."""
    names = ("marketing_consent", "email")
    columns = {"uid": pa.array(labels, pa.string())}
    kinds = {"marketing_consent": pa.bool_(), "email": pa.string()}
    for name in names:
        columns[name] = pa.array([values.get(name) for values in labels.values()], kinds[name])
    pq.write_table(pa.table(columns), small.folder / "sources" / "later.parquet")
    toml = small.folder / "segkit.toml"
    toml.write_text(
        toml.read_text()
        + """
[[apps.shop.users]]
files = "sources/later.parquet"
uid = "uid"
data_date = 2024-11-20
"""
    )
    small.reopen()
    small.workspace.load()


def test_withdrawn_consent_is_absent_1000_of_1000_and_counted(small: SmallWorkspace) -> None:
    for number in range(3_000):
        small.user(f"u{number:04}", country="DE", marketing_consent=True, email=f"u{number:04}@example.org")
    small.app_settings = REACH
    small.app.save_rule("Germans", EVERYBODY)
    withdrawn = {
        f"u{3 * n:04}": {"marketing_consent": False, "email": f"u{3 * n:04}@example.org"} for n in range(1_000)
    }
    load_later(small, withdrawn)
    result = small.app.export(["Germans"], channel="email", labels=["email"])
    found = {uid for uid, _ in rows_of(result.path)}
    assert len(withdrawn) == 1_000
    assert found == {f"u{n:04}" for n in range(3_000)} - withdrawn.keys()
    told = manifest_of(result.path)
    assert (told["channel"], told["consent_as_of"], told["as_of"]) == ("email", "2024-11-20", "2024-11-07")
    entry = told["segments"][0]
    assert (entry["count"], entry["rows"], entry["held_back"]) == (3_000, 2_000, {"no consent for e-mail": 1_000})
    assert small.workspace.catalog.exports("shop")[0].detail["held_back"] == {
        entry["id"]: {"no consent for e-mail": 1_000}
    }


def test_every_reason_is_counted_once_and_all_come_to_the_count(small: SmallWorkspace) -> None:
    small.user("ana", country="DE", marketing_consent=True, email="ana@example.org")
    small.user("bo", country="DE", marketing_consent=False, email="bo@example.org")
    small.user("chi", country="DE", marketing_consent=None, email=None)
    small.user("dai", country="DE", marketing_consent=True, email="")
    small.user("eva", country="FR", marketing_consent=True, email="eva@example.org")
    small.app_settings = REACH
    small.app.save_rule("Germans", EVERYBODY)
    result = small.app.export(["Germans"], channel="email")
    assert rows_of(result.path) == [["ana"]]
    entry = manifest_of(result.path)["segments"][0]
    assert entry["held_back"] == {"no consent for e-mail": 2, "no address for e-mail": 1}
    assert entry["count"] == 4 == entry["rows"] + sum(entry["held_back"].values())


def test_an_address_that_changed_since_is_the_newest(small: SmallWorkspace) -> None:
    small.user("ana", country="DE", marketing_consent=True, email="old@example.org")
    small.app_settings = REACH
    small.app.save_rule("Germans", EVERYBODY)
    load_later(small, {"ana": {"marketing_consent": True, "email": "new@example.org"}})
    result = small.app.export(["Germans"], channel="email", labels=["country", "email"])
    assert rows_of(result.path) == [["ana", "DE", "new@example.org"]]


def test_a_channel_without_an_address_asks_for_consent_alone(small: SmallWorkspace) -> None:
    small.user("ana", country="DE", has_gateway=True)
    small.user("bo", country="DE", has_gateway=False)
    small.app_settings = REACH
    small.app.save_rule("Germans", EVERYBODY)
    assert rows_of(small.app.export(["Germans"], channel="push").path) == [["ana"]]


def test_without_a_channel_everybody_is_written(small: SmallWorkspace) -> None:
    small.user("ana", country="DE", marketing_consent=False)
    small.app_settings = REACH
    small.app.save_rule("Germans", EVERYBODY)
    result = small.app.export(["Germans"])
    assert rows_of(result.path) == [["ana"]]
    assert "channel" not in manifest_of(result.path)


def test_a_channel_that_the_settings_do_not_explain_is_refused(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    small.app_settings = REACH
    small.app.save_rule("Germans", EVERYBODY)
    with pytest.raises(SegkitError, match=r"expected \[apps.shop.reach.mobile\] .* It has: email, push"):
        small.app.export(["Germans"], channel="mobile")
    assert small.workspace.catalog.exports("shop") == ()
