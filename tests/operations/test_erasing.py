"""A person erased is found nowhere in the decoded workspace, and no load, refresh or rebuild brings them back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import segkit
from segkit.api import Workspace
from segkit.api.doctor import examine
from segkit.cli import cli
from segkit.errors import Busy, NotFound
from segkit.files.locks import Lock
from segkit.store.snapshots import read_snapshot
from tests.operations.decoder import places_of
from tests.operations.shop import (
    ANA,
    EMAIL,
    EVENTS,
    MOBILE,
    ROWS,
    UID,
    add_events,
    add_users,
    at_work,
    write,
    write_two_apps,
)
from tests.store.conftest import database_url

__all__ = ["database_url"]

EVERYBODY: dict[str, list[object]] = {"all": []}
OTHERS = ["bo-0001", "cem-0002", "dora-003"]


@pytest.fixture
def shop(tmp_path: Path, database_url: str | None) -> Iterator[Workspace]:
    opened = at_work(tmp_path / "workspace", database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> Iterator[Workspace]:
    opened = at_work(tmp_path / "workspace")
    yield opened
    opened.close()


def users(workspace: Workspace) -> list[str]:
    return list(workspace.app().members(EVERYBODY)["uid"])


def everywhere(workspace: Workspace) -> set[str]:
    """Where any of Ana's words stands."""
    return {place for word in ANA for place in places_of(workspace.folder, word, workspace.settings.catalog)}


def test_an_erased_person_is_found_nowhere_in_the_decoded_workspace(shop: Workspace) -> None:
    before = everywhere(shop)
    kinds = {place.split("/")[0] for place in before}
    assert {"data", "exports", "runs"} < kinds
    assert ("table versions" if shop.settings.catalog else "catalog.sqlite") in before
    shop.erase(UID)
    assert everywhere(shop) == set()
    assert users(shop) == OTHERS
    assert not [str(finding) for finding in examine(shop, deep=True) if finding.severity == "error"]


@pytest.mark.parametrize("who", [UID, "ana.weiss@EXAMPLE.com ", "+491515550199"])
def test_a_person_is_found_by_uid_e_mail_or_mobile(sqlite_shop: Workspace, who: str) -> None:
    report = sqlite_shop.erase(who)
    assert report.users == {"shop": 1}
    assert users(sqlite_shop) == OTHERS
    assert everywhere(sqlite_shop) == set()


def test_no_load_brings_an_erased_person_back(sqlite_shop: Workspace) -> None:
    shop, folder = sqlite_shop, sqlite_shop.folder
    shop.erase(EMAIL)
    shop.load()
    add_users(folder, "2024-11-06", [*ROWS, ("eve-0005", "eve@example.com", None, "DE")])
    add_events(folder, "later", [*EVENTS, (6, UID, "app_used", "k6"), (6, "bo-0001", "app_used", "k7")])
    [report] = shop.load()
    assert report.role("users").left_out[0].count == 1
    assert report.role("events").left_out[0].count == 3  # k1, k3 and k6
    assert report.role("events").kept == 1
    assert everywhere(shop) == set()
    assert users(shop) == [*OTHERS, "eve-0005"]
    [report] = shop.load(rebuild=True)
    assert report.users == 4
    assert report.role("link:devices").left_out[0].count == 1
    [devices] = shop.app().manifest.labels["devices"]
    stored = pq.read_table(shop.app().folder / devices.path, columns=["user_no"])
    assert sorted(stored.column("user_no").to_pylist()) == [1, 2, 3, 4]  # nothing of the dead number
    shop.app().refresh()
    assert everywhere(shop) == set()
    assert users(shop) == [*OTHERS, "eve-0005"]
    assert shop.app().estimate({"event": "app_used", "window": {"all": True}}).count == 2


def test_who_comes_with_an_erased_address_under_a_new_uid_is_kept_out(sqlite_shop: Workspace) -> None:
    shop = sqlite_shop
    shop.erase(UID)
    changed = [(uid, EMAIL.upper() if uid == "bo-0001" else email, mobile, c) for uid, email, mobile, c in ROWS[1:]]
    add_users(shop.folder, "2024-11-06", [*changed, ("new-9999", EMAIL, None, "DE")])
    add_events(shop.folder, "later", [(6, "new-9999", "app_used", "k8")])
    shop.load()
    assert users(shop) == OTHERS
    assert everywhere(shop) == set()
    assert places_of(shop.folder, "new-9999") == set()
    add_events(shop.folder, "last", [(7, "new-9999", "app_used", "k9")])
    shop.load()
    assert places_of(shop.folder, "new-9999") == set()


def test_counts_that_were_published_stay_and_nobody_lists_the_person(shop: Workspace) -> None:
    app = shop.app()
    everybody = app.segment("Everybody").id
    [*_, before] = shop.catalog.snapshots("shop", everybody)
    assert before.count == 4
    shop.erase(UID)
    assert before in shop.catalog.snapshots("shop", everybody)
    assert read_snapshot(shop.folder, before).count == 4
    assert app.estimate(EVERYBODY).count == 3
    assert app.estimate("Everybody").conditions[0].count == 3
    for who in (UID, EMAIL):
        with pytest.raises(NotFound, match="was erased from app 'shop'"):
            app.check(who, "Everybody")
    for day in ("2024-11-04", "2024-11-10"):
        assert list(app.members("Everybody", day)["uid"]) == OTHERS
    assert {s.status for s in app.refresh().segments if s.name == "Everybody"} == {"published"}
    assert app.segment("Everybody").count == 3


def test_the_report_tells_rules_exports_and_files_and_not_the_person(shop: Workspace) -> None:
    (shop.folder / "notes.txt").write_text(f"ask {EMAIL}")
    everybody, austria = shop.app().segment("Everybody").id, shop.app().segment("Austria").id
    [gone] = shop.catalog.segments("shop", deleted=True)
    report = shop.erase(UID)
    assert {(at.segment_id, at.version, at.place) for at in report.literals} == {
        (everybody, 1, "rule.any[0].value"),
        (everybody, 1, "personas.in[0]"),
        (everybody, 1, "tags[0]"),
        (everybody, 1, "description"),
        (gone.id, 1, "rule.value[0]"),
    }
    assert {(export.file.rpartition("/")[2], export.removed, export.by) for export in report.exports} == {
        ("all.zip", True, "its rows"),
        ("book.zip", True, "its rows"),
        ("elsewhere.zip", False, "the users that were sent"),
    }
    assert [path.name for path in (shop.folder / "exports").iterdir()] == ["austria.zip"]
    runs = "runs/2024-11-10"
    assert report.evidence == tuple(f"{runs}/{n}" for n in ("log.json.gz", "mail.txt", "night.html", "night.ipynb"))
    assert [path.name for path in (shop.folder / runs).iterdir()] == ["run.json"]
    assert set(report.still_named_in) == {
        "notes.txt", "sources/devices.csv", "sources/events-first.parquet",
        "sources/users-2024-11-04.parquet", "sources/users-2024-11-05.parquet",
    }  # fmt: skip
    assert (report.removed.users, report.removed.label_values, report.removed.events) == (1, 5, 2)
    told = json.dumps(report.to_dict()) + repr(report) + str(shop.catalog.audit(action="erase"))
    assert not [word for word in ANA if word.casefold() in told.casefold()]
    [entry] = shop.catalog.audit(action="erase")
    assert (entry.subject, entry.detail["users"]) == (report.erasure, {"shop": 1})
    assert shop.catalog.version(everybody, 1).document.rule != shop.catalog.version(austria, 1).document.rule


def test_a_name_of_a_segment_is_masked_and_what_the_audit_trail_says_of_it_is_told(sqlite_shop: Workspace) -> None:
    saved = sqlite_shop.app().save({"name": f"Like {UID}", "rule": EVERYBODY}, publish=False)
    report = sqlite_shop.erase(UID)
    assert sqlite_shop.app().segment(saved.id).name == "Like (erased)"
    assert [segment.name for segment in sqlite_shop.app().segments("like")] == ["Like (erased)"]
    assert "1 fields of the audit trail name the person" in report.notes[-1]


def test_an_address_of_several_stays_with_the_others_and_is_theirs_alone_when_they_go(sqlite_shop: Workspace) -> None:
    shop = sqlite_shop
    add_users(shop.folder, "2024-11-06", [*ROWS, ("kid-0006", EMAIL, None, "DE")])
    shop.load()
    report = shop.erase(UID)
    assert any("1 addresses are also those of other users" in note for note in report.notes)
    shop.load(rebuild=True)
    assert users(shop) == [*OTHERS, "kid-0006"]
    assert shop.app().estimate({"label": "email", "op": "eq", "value": EMAIL}).count == 1
    assert shop.erase(EMAIL).users == {"shop": 1}
    assert users(shop) == OTHERS
    assert everywhere(shop) == set()


def test_rows_kept_aside_of_an_unknown_user_are_erased_too(sqlite_shop: Workspace) -> None:
    shop = sqlite_shop
    assert places_of(shop.folder, "ghost-99")
    report = shop.erase("ghost-99")
    assert (report.removed.users, report.removed.aside) == (0, 2)
    assert places_of(shop.folder, "ghost-99") == set()
    shop.load(rebuild=True)
    assert places_of(shop.folder, "ghost-99") == set()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


def test_whoever_is_not_there_cannot_be_erased_and_whoever_was_erased_is_told_so(sqlite_shop: Workspace) -> None:
    before = _files(sqlite_shop.folder)
    with pytest.raises(NotFound, match="nobody has the uid, e-mail or mobile"):
        sqlite_shop.erase("mary@example.com")
    assert _files(sqlite_shop.folder) == before
    first = sqlite_shop.erase(UID)
    again = sqlite_shop.erase(MOBILE)
    assert again.notes[-1].startswith("this was done before")
    assert (again.erasure, again.literals, again.exports) == (first.erasure, first.literals, first.exports)
    assert len(sqlite_shop.catalog.audit(action="erase")) == 1


def test_a_number_of_an_erased_user_is_given_to_nobody(sqlite_shop: Workspace) -> None:
    shop = sqlite_shop
    numbers = {uid: shop.app().user_no(uid) for uid in OTHERS}
    shop.erase(UID)
    add_users(shop.folder, "2024-11-06", [*ROWS, ("aaa-0000", None, None, "DE")])
    shop.load()
    assert {uid: shop.app().user_no(uid) for uid in OTHERS} == numbers
    assert shop.app().user_no("aaa-0000") == 4
    assert shop.app().manifest.dead == (0,)


def test_what_stands_in_csv_with_a_list_of_addresses_is_kept_out_too(tmp_path: Path) -> None:
    write(tmp_path / "workspace")
    folder = tmp_path / "workspace"
    labels = folder / "vocabulary" / "shop" / "labels.yaml"
    labels.write_text(labels.read_text().replace('"E-mail", "type": "string"', '"E-mail", "type": "list"'))
    settings = (folder / "segkit.toml").read_text()
    settings = settings.replace("users-*.parquet", "people-*.csv").replace("events-*.parquet", "acts*.csv")
    (folder / "segkit.toml").write_text(settings)
    people = f'uid,email,country\nana-4711,"[""{EMAIL}"", ""second@example.com""]",DE\nbo-0001,,DE\n'
    (folder / "sources" / "people-2024-11-04.csv").write_text(people)
    acts = "uid,event,at,id\nana-4711,app_used,2024-11-01 12:00:00,k1\nbo-0001,app_used,2024-11-01 12:00:00,k2\n"
    (folder / "sources" / "acts.csv").write_text(acts)
    shop = segkit.open(folder, actor="tester")
    shop.load()
    assert shop.erase("second@example.com").users == {"shop": 1}
    later = f'uid,email,country\nnew-9999,"[""x@example.com"", ""{EMAIL}""]",DE\n'
    later += f'bo-0001,"[""{EMAIL}"", ""bo@example.com""]",DE\n'
    (folder / "sources" / "people-2024-11-05.csv").write_text(later)
    (folder / "sources" / "acts-2.csv").write_text("uid,event,at,id\nnew-9999,app_used,2024-11-02 12:00:00,k3\n")
    shop.load()
    shop.load(rebuild=True)
    frame = shop.app().members(EVERYBODY, labels=["email"], unmask=True)
    assert frame["uid"].tolist() == ["bo-0001"]
    assert [list(emails) for emails in frame["email"]] == [["bo@example.com"]]
    assert [place for word in (UID, EMAIL, "new-9999") for place in places_of(folder, word)] == []
    shop.close()


def test_while_a_backup_is_at_work_nothing_is_erased(sqlite_shop: Workspace) -> None:
    with (
        Lock(sqlite_shop.folder / "locks" / "backup.lock", "a backup"),
        pytest.raises(Busy, match=r"backup\.lock is held by"),
    ):
        sqlite_shop.erase(UID)
    assert UID in users(sqlite_shop)


def test_a_short_uid_is_taken_from_personas_and_left_in_texts(sqlite_shop: Workspace) -> None:
    shop = sqlite_shop
    add_users(shop.folder, "2024-11-06", [*ROWS, ("7", "seven@example.com", None, "DE")])
    shop.load()
    shop.app().save({"name": "Last 7 days", "rule": EVERYBODY, "personas": {"in": ["7"], "out": []}})
    shop.app().refresh()
    shop.app().export(["Last 7 days"], shop.folder / "exports" / "seven.zip")
    shop.app().export(["Last 7 days"], shop.folder / "exports" / "seven-book.zip", format="xlsx")
    report = shop.erase("7")
    removed = {export.file for export in report.exports if export.removed}
    assert removed == {"exports/seven.zip", "exports/seven-book.zip"}
    document = shop.app().document("Last 7 days")
    assert document.personas is None
    assert {s.status for s in shop.app().refresh().segments if s.name == "Last 7 days"} == {"published"}
    assert (shop.folder / "runs" / "2024-11-10" / "run.json").exists()


def test_a_key_that_others_used_too_still_counts_once_after_the_erasure(sqlite_shop: Workspace) -> None:
    shop = sqlite_shop
    add_events(shop.folder, "twice", [(1, "cem-0002", "app_used", "k1"), (4, "bo-0001", "app_used", "k10")])
    shop.load()
    shop.erase(UID)
    manifest = shop.app().manifest
    assert manifest.keys is not None
    assert sum(run.rows for run in manifest.keys.runs) == 4  # k2, k4, k5, k10; not k1 and k3
    add_events(shop.folder, "again", [(1, "bo-0001", "app_used", "k2"), (5, "cem-0002", "app_used", "k3")])
    [report] = shop.load()
    assert (report.role("events").duplicate, report.role("events").kept) == (1, 1)


def test_in_another_app_who_has_the_same_uid_stays(tmp_path: Path) -> None:
    write_two_apps(tmp_path / "workspace")
    shop = segkit.open(tmp_path / "workspace", actor="tester")
    shop.load()
    for app in shop.apps():
        app.save({"name": "Ana", "rule": {"label": "email", "op": "eq", "value": EMAIL}, "personas": {"in": [UID]}})
    report = shop.erase(UID, "second")
    assert report.users == {"second": 1}
    assert list(shop.app("shop").members("Ana")["uid"]) == [UID]
    assert shop.app("shop").document("Ana").personas is not None
    assert list(shop.app("second").members("Ana")["uid"]) == []
    assert shop.app("second").document("Ana").personas is None
    shop.load(rebuild=True)
    assert [app.base("2024-11-10").count for app in shop.apps()] == [4, 3]
    assert shop.erase(EMAIL).users == {"shop": 1}
    shop.close()


def test_who_is_known_from_events_only_is_erased_and_kept_out(tmp_path: Path) -> None:
    write(tmp_path / "workspace")
    settings = tmp_path / "workspace" / "segkit.toml"
    text = settings.read_text()
    start, end = text.index("[[apps.shop.users]]"), text.index("[[apps.shop.events]]")
    settings.write_text(text[:start] + text[end:])
    shop = segkit.open(tmp_path / "workspace", actor="tester")
    shop.load()
    assert users(shop) == [UID, "bo-0001", "cem-0002", "ghost-99"]
    shop.erase(UID)
    shop.load(rebuild=True)
    assert users(shop) == ["bo-0001", "cem-0002", "ghost-99"]
    assert places_of(shop.folder, UID) == set()
    shop.close()


def test_hashes_on_the_list_are_hmacs_that_nobody_can_try_out(sqlite_shop: Workspace) -> None:
    sqlite_shop.erase(UID)
    [path] = (sqlite_shop.folder / "erasures").glob("kept-out-*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    ring = json.loads(path.read_text())
    key = bytes.fromhex(ring["key"])
    expected = {
        kind: hmac.new(key, f"shop\0{kind}\0{value}".encode(), hashlib.sha256).hexdigest()
        for kind, value in (("uid", UID), ("email", "ana.weiss@example.com"), ("mobile", "+491515550199"))
    }
    assert {entry["kind"]: entry["hash"] for entry in ring["entries"]} == expected


def test_after_an_older_backup_was_restored_erase_again_erases_who_came_back(sqlite_shop: Workspace) -> None:
    shop, folder = sqlite_shop, sqlite_shop.folder
    backup = folder.parent / "backup.zip"
    shop.backup(backup)
    shop.erase(UID)
    shop.close()
    done = CliRunner().invoke(cli, ["restore", str(backup), str(folder), "--replace"])
    assert done.exit_code == 0, done.output
    assert "segkit erase --again" in done.output
    restored = segkit.open(folder, actor="tester", clock=shop.clock)
    assert UID in users(restored)
    assert restored.erase(again=True).users == {"shop": 1}
    assert users(restored) == OTHERS
    assert everywhere(restored) == set()
    restored.load(rebuild=True)
    assert users(restored) == OTHERS
    restored.close()


def test_the_command_asks_first_and_says_what_it_did(sqlite_shop: Workspace) -> None:
    folder = str(sqlite_shop.folder)
    assert CliRunner().invoke(cli, ["erase", UID, "-w", folder]).exit_code == 2
    assert CliRunner().invoke(cli, ["erase", "-w", folder, "--yes"]).exit_code == 2
    assert UID in users(sqlite_shop)
    done = CliRunner().invoke(cli, ["erase", UID, "-w", folder, "--yes", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["users"] == {"shop": 1}
    assert UID not in users(sqlite_shop)
