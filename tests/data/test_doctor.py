"""What the doctor finds in an app's data: each fault is planted, and named with why it matters and what to do."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
from collections import namedtuple
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segkit.data.doctor import Finding, examine_data, examine_workspace
from segkit.data.settings import Settings, read_settings
from segkit.data.watching.drift import Drifted
from segkit.files.locks import Lock

from .made import APP, DERIVED, LABELS, Made, event, user

ANA = {"country": "DE", "score": 1.5, "spent": 2.25, "born": "1990-01-31", "vip": True, "likes": ["tea"]}


@pytest.fixture
def sound(shop: Made) -> Made:
    """A loaded shop with which nothing is wrong."""
    shop.labels, shop.link_mapping = [*LABELS, *DERIVED], {}
    shop.users("2026-05-01", user("ana", **ANA), user("bo", **ANA))
    shop.devices("2026-05-01", {"uid": "ana", "kind": "hub", "is_hub": True})
    names = ("bought", "seen", "order.paid")
    shop.events("a", *(event("ana", n, f"2026-05-0{d} 10:00", n, 1.5, "lamp") for d, n in enumerate(names, 1)))
    shop.load()
    return shop


def examined(shop: Made, *, deep: bool = False) -> list[Finding]:
    shop.write_settings()
    return examine_data(shop.folder, read_settings(shop.folder), APP, deep=deep)


def about_labels(shop: Made) -> list[Finding]:
    return [finding for finding in examined(shop) if "label" in finding.where]


def about_the_folder(shop: Made, **changes: Any) -> list[Finding]:
    settings = read_settings(shop.folder)
    return examine_workspace(shop.folder, Settings.model_validate(settings.model_dump() | changes))


def the_one(findings: list[Finding], severity: str, *words: str) -> Finding:
    """The only finding whose text has all these words; it says why, and what to do."""
    (found,) = [finding for finding in findings if all(word in f"{finding.where}: {finding.what}" for word in words)]
    assert found.severity == severity
    assert found.why
    assert found.next_step
    return found


def test_a_sound_workspace_has_no_findings(sound: Made) -> None:
    assert examined(sound, deep=True) == []
    assert about_the_folder(sound) == []


def test_a_finding_is_plain_data_and_three_lines(sound: Made) -> None:
    sound.events("b", event("ana", "seen", "2026-05-09 10:00", "9"))
    (found,) = examined(sound)
    assert json.loads(json.dumps(found.to_dict())) == {
        "severity": "note",
        "where": "shop",
        "what": "1 source files are new or have changed since the last load",
        "why": "numbers do not know them yet",
        "next_step": "segkit load --app shop",
    }
    assert [line.strip().split(" ")[0] for line in str(found).splitlines()] == ["note:", "why:", "→"]


# --- settings and vocabulary files -----------------------------------------------------------------------------------


def test_an_app_without_data_is_told_how_to_load(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"))
    (found,) = examined(shop)
    assert (found.severity, found.next_step) == ("note", "segkit load --app shop")


def test_a_vocabulary_that_cannot_be_read_is_an_error_by_its_place(sound: Made) -> None:
    sound.labels = [{"code": "country", "type": "text"}]
    the_one(examined(sound), "error", "labels.yaml", "labels[0].type")


def test_a_type_that_changed_is_an_error_by_name(sound: Made) -> None:
    sound.labels = [{"code": "country", "type": "number"}, *LABELS[1:], *DERIVED]
    the_one(examined(sound), "error", "label 'country': stored as string, now declared as double")


# --- sources ---------------------------------------------------------------------------------------------------------


def test_a_pattern_that_matches_no_file_is_said(sound: Made) -> None:
    sound.events_mapping = {"files": "sources/evnets/*"}
    the_one(examined(sound), "warning", "events: no file matches 'sources/evnets/*'")


def test_columns_that_the_sources_lack_are_said_with_the_nearest_name(sound: Made) -> None:
    sound.events_mapping = {"key": "event_id"}
    sound.users_mapping = {"uid": "uuid"}
    sound.labels = [*sound.labels, {"code": "city", "type": "string", "column": "contry"}]
    found = examined(sound)
    the_one(found, "error", "users: sources/users/2026-05-01.parquet has no column 'uuid'. Did you mean 'uid'?")
    the_one(found, "warning", "label 'city': no source has its column 'contry'. Did you mean 'country'?")
    the_one(found, "error", "events, sources/events/*", "'event_id'")


def test_a_file_that_cannot_be_read_is_an_error(sound: Made) -> None:
    (sound.folder / "sources/users/2026-05-03.parquet").write_bytes(b"nothing")
    the_one(examined(sound), "error", "2026-05-03.parquet: cannot be read as Parquet")


def test_a_file_that_changed_after_it_was_read_is_said(sound: Made) -> None:
    sound.events("a", *(event("ana", "seen", f"2026-05-0{d} 10:00", f"{d}", 1.5, "lamp") for d in (1, 2, 3, 4)))
    the_one(examined(sound), "warning", "sources/events/a.parquet changed after it was read")


def test_drift_that_waits_is_an_error_before_anybody_loads(sound: Made) -> None:
    sound.users("2026-05-02", user("ana", **ANA | {"country": 7}), types={"country": pa.int64()})
    found = the_one(examined(sound), "error", "2026-05-02.parquet, column 'country'", "holds numbers; it held text")
    assert found.next_step.endswith("segkit load --app shop --accept-drift country")


def test_what_held_the_last_load_is_said_until_it_is_mended(sound: Made) -> None:
    sound.labels = [label | ({"values": {"DE": "Germany"}} if label["code"] == "country" else {}) for label in LABELS]
    sound.users("2026-05-02", *[user(f"u{n}", **ANA | {"country": "XX"}) for n in range(9)])
    sound.labels += DERIVED
    with pytest.raises(Drifted):
        load_with_names(sound)
    assert (sound.data / "held.json").stat().st_mode & 0o077 == 0
    the_one(examined(sound), "error", "2026-05-02.parquet, column 'country'", "new values without a name")
    sound.users("2026-05-02", *[user(f"u{n}", **ANA) for n in range(9)])
    sound.load()
    assert examined(sound) == []
    assert not (sound.data / "held.json").exists()


def load_with_names(shop: Made) -> None:
    """Accepts the first file's values under their names, then loads what is new."""
    later = shop.folder / "sources/users/2026-05-02.parquet"
    aside = later.rename(shop.folder / "aside.parquet")
    shop.users("2026-05-01", user("ana", **ANA), user("bo", **ANA))
    shop.load(rebuild=True)
    aside.rename(later)
    shop.load()


# --- vocabulary against data -----------------------------------------------------------------------------------------


def test_a_label_that_nobody_has_is_said(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE"), user("bo", country="DE"))
    shop.load()
    found = the_one(examined(shop), "warning", "label 'score'", "none of 2 rows")
    assert "picks" in found.why or "pick" in found.why


def test_events_that_never_came_are_said(sound: Made) -> None:
    sound.events_declared = [*sound.events_declared, {"code": "returned", "parameters": []}]
    the_one(examined(sound), "warning", "event 'returned'", "none was ever loaded")


def test_event_names_that_nobody_declared_are_counted(shop: Made) -> None:
    rows = [event("ana", "unheard of", f"2026-05-01 1{n}:00", f"u{n}") for n in range(3)]
    shop.users("2026-05-01", user("ana", **ANA))
    shop.events("a", *rows, event("ana", "seen", "2026-05-01 10:00", "s"))
    shop.load()
    found = the_one(examined(shop), "note", "events of names that are not declared: 'unheard of' (3)")
    assert "no rule can speak of them" in found.why


def test_values_without_names_where_others_have_some_are_counted_and_not_told(shop: Made) -> None:
    shop.labels = [{"code": "country", "type": "string", "values": {"DE": "Germany"}}]
    shop.users("2026-05-01", user("ana", country="DE"), user("bo", country="Narnia"))
    shop.load()
    found = the_one(examined(shop), "note", "label 'country'", "1 of its values have no name")
    assert "Narnia" not in str(found)
    shop.labels = [{"code": "country", "type": "string", "values": {"DE": "Germany", "Narnia": "Narnia"}}]
    assert about_labels(shop) == []


@pytest.mark.parametrize(
    ("code", "value", "kind"),
    [
        ("contact_email", "none", "email"),
        ("last_name", "Nobody", "name"),
        ("phone2", "12", "mobile"),
        ("login", "ana@example.org", "email"),
        ("HomeAddress", "there", "address"),
        ("call_me", "+49 151 1234567", "mobile"),
    ],
)
def test_what_looks_like_personal_data_and_is_not_flagged_is_said_without_it(
    shop: Made, code: str, value: str, kind: str
) -> None:
    shop.labels = [{"code": code, "type": "string"}]
    shop.users("2026-05-01", {"uid": "ana", code: value}, types={code: pa.string()})
    shop.load()
    found = the_one(examined(shop), "warning", f"label '{code}'", f"({kind})")
    assert value not in str(found)
    shop.labels = [{"code": code, "type": "string", "personal": kind}]
    assert about_labels(shop) == []


@pytest.mark.parametrize("code", ["home_ownership", "product_name", "emails_sent_group", "brand", "mailing_day"])
def test_names_that_only_resemble_personal_data_are_not_taken_for_it(shop: Made, code: str) -> None:
    shop.labels = [{"code": code, "type": "string"}]
    shop.users("2026-05-01", {"uid": "ana", code: "x"}, types={code: pa.string()})
    shop.load()
    assert about_labels(shop) == []


# --- what is stored --------------------------------------------------------------------------------------------------


def test_stored_files_that_are_missing_or_damaged_are_errors(sound: Made) -> None:
    (sound.data / sound.manifest.users.path).unlink()
    the_one(examined(sound), "error", "users.parquet is missing")
    day = sound.data / sound.manifest.days[0].path
    content = bytearray(day.read_bytes())
    content[100] ^= 1
    day.write_bytes(content)
    assert "its sha256 is another" in the_one(examined(sound, deep=True), "error", day.name).what


def test_a_manifest_that_cannot_be_read_is_an_error(sound: Made) -> None:
    (sound.data / "manifest.json").write_text("{")
    assert the_one(examined(sound), "error", "manifest.json is not what segkit wrote").next_step == (
        "segkit load --app shop --rebuild"
    )


def test_days_of_another_zone_are_an_error(sound: Made) -> None:
    sound.zone = "Europe/Berlin"
    the_one(examined(sound), "error", "loaded by days in UTC; segkit.toml says Europe/Berlin")


def test_what_a_newer_pyarrow_wrote_is_said(sound: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pa, "__version__", "3.0.0")
    the_one(examined(sound), "warning", f"written by pyarrow {pq.core.pa.cpp_version}; pyarrow 3.0.0 is installed")


def test_what_the_last_load_refused_and_days_without_events_are_noted_by_place(sound: Made) -> None:
    rows = [event("ana", "seen", f"2026-05-06 10:{n:02}", f"x{n}") for n in range(20)]
    sound.events("b", *rows, event(None, "seen", "2026-05-06 10:00", "y"))
    sound.load()
    found = examined(sound)
    the_one(found, "note", "events: the last load: no uid: 1 (sources/events/b.parquet row 21)")
    the_one(found, "note", "2 days have no event at all (2026-05-04, 2026-05-05)")


# --- the folder and what is installed --------------------------------------------------------------------------------


def test_a_disk_without_room_for_a_load_is_said(sound: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 150_000_000))
    the_one(about_the_folder(sound), "warning", "disk: 150 MB are free; a load of all sources may need 200 MB")


def test_files_that_others_can_read_are_said_with_the_command_that_closes_them(sound: Made) -> None:
    path = sound.data / sound.manifest.users.path
    path.chmod(0o644)
    found = the_one(about_the_folder(sound), "warning", "users.parquet", "mode 0644")
    assert found.next_step == "chmod -R go= data"
    path.chmod(0o600)
    sound.data.chmod(0o755)
    the_one(about_the_folder(sound), "warning", "data/shop: others than its owner", "mode 0755")


def test_what_a_dead_load_left_behind_is_noted_unless_one_is_at_work(sound: Made) -> None:
    (sound.data / ".load").mkdir(mode=0o700)
    the_one(about_the_folder(sound), "note", "shop, data: .load was left behind")
    with Lock(sound.data / "load.lock", "loading shop"):
        assert about_the_folder(sound) == []


def test_damaged_files_in_quarantine_are_said(sound: Made) -> None:
    quarantine = sound.folder / "quarantine"
    quarantine.mkdir(mode=0o700)
    record = quarantine / "users.parquet.reason.json"
    record.touch(0o600)
    assert "quarantine/users.parquet.reason.json" in the_one(about_the_folder(sound), "warning", "1 damaged").next_step


@pytest.fixture
def without_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.usefixtures("without_driver")
def test_a_driver_that_the_settings_need_and_is_not_installed_is_an_error(sound: Made) -> None:
    assert about_the_folder(sound) == []
    found = the_one(about_the_folder(sound, catalog="postgresql://db/segkit"), "error", "driver is not installed")
    assert "segkit[team]" in found.next_step


def test_versions_that_answers_are_not_held_against_are_errors(sound: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "1.9.0")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 0))
    found = about_the_folder(sound)
    the_one(found, "error", "duckdb 1.9.0 is installed; expected 2.0.x")
    the_one(found, "error", "expected 3.35 or newer")


def test_no_finding_holds_a_value_of_a_user(shop: Made) -> None:
    shop.labels = [*LABELS, {"code": "email", "type": "string"}]
    secret = user("ana@example.org", country="Narnia", spent=0.123456, email="ana@example.org")
    shop.users("2026-05-01", secret, user(None), types={"email": pa.string()})
    shop.events("a", event("ana@example.org", "seen", "2026-05-01 10:00", "secret-key"), event("x", "seen", None, "k"))
    shop.load()
    os.chmod(shop.data, 0o755)
    text = json.dumps([finding.to_dict() for finding in (*examined(shop, deep=True), *about_the_folder(shop))])
    assert not [value for value in ("ana@example", "Narnia", "0.123", "secret-key") if value in text]
