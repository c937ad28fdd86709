"""Two apps in one workspace, each with its zone: days, numbering, names and members do not touch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import segkit
from segkit import event, label, segment
from segkit.api import App, Workspace
from segkit.data.stored import StoredData
from segkit.errors import Held, NotFound

#: The same people, instants and event names for both; Tokyo has a user more, who comes first by uid.
LABELS = {"segkit": 1, "labels": [{"code": "country", "name": "Country", "type": "string"}]}
EVENTS = {"segkit": 1, "events": [{"code": "seen", "name": "Seen"}]}
USERS = {"tokyo": "uid,country\nab,JP\nana,JP\nbo,PE\n", "lima": "uid,country\nana,PE\nbo,PE\n"}
SEEN = "uid,at,id\nana,2026-05-01T20:00:00Z,1\nbo,2026-05-02T04:00:00Z,2\nana,2026-05-02T16:00:00Z,3\n"
SETTINGS = "".join(
    f"""
[apps.{name}]
zone = "{zone}"
[[apps.{name}.users]]
files = "sources/{name}/users.csv"
uid = "uid"
data_date = 2026-05-01
[[apps.{name}.events]]
files = "sources/{name}/seen*.csv"
uid = "uid"
time = "at"
name = "=seen"
key = "id"
"""
    for name, zone in (("tokyo", "Asia/Tokyo"), ("lima", "America/Lima"))
)
#: At this moment it is the 3rd of May in Tokyo and still the 2nd in Lima.
NOW = datetime(2026, 5, 2, 18, tzinfo=UTC)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "segkit.toml").write_text("segkit = 1\n" + SETTINGS)
    for app, users in USERS.items():
        vocabulary, sources = tmp_path / "vocabulary" / app, tmp_path / "sources" / app
        vocabulary.mkdir(parents=True)
        sources.mkdir(parents=True)
        (vocabulary / "labels.yaml").write_text(json.dumps(LABELS))
        (vocabulary / "events.yaml").write_text(json.dumps(EVENTS))
        (sources / "users.csv").write_text(users)
        (sources / "seen.csv").write_text(SEEN)
    workspace = segkit.open(tmp_path, actor="tester", clock=lambda: NOW)
    workspace.load()
    yield workspace
    workspace.close()


def members(app: App, rule: object, as_of: str | None = None) -> set[str]:
    return set(app.evaluate([rule], as_of)[0].uids())  # type: ignore[list-item]


def files_of(workspace: Workspace, app: str) -> dict[str, bytes]:
    """Everything that is kept of one app, but for the catalog."""
    roots = [workspace.folder / "data" / app, workspace.folder / "snapshots" / app]
    paths = [path for root in roots for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {path.relative_to(workspace.folder).as_posix(): path.read_bytes() for path in paths}


def test_an_instant_lies_on_the_day_of_each_apps_zone(both: Workspace) -> None:
    days = {app.name: [(str(day.day), day.rows) for day in app.manifest.days] for app in both.apps()}
    assert days == {
        "tokyo": [("2026-05-02", 2), ("2026-05-03", 1)],
        "lima": [("2026-05-01", 2), ("2026-05-02", 1)],
    }


def test_today_and_windows_are_those_of_each_app(both: Workspace) -> None:
    assert {app.name: str(app.as_of) for app in both.apps()} == {"tokyo": "2026-05-03", "lima": "2026-05-02"}
    yesterday = event("seen").last(1)
    assert members(both.app("tokyo"), yesterday) == {"ana", "bo"}
    assert members(both.app("lima"), yesterday) == {"ana", "bo"}
    assert members(both.app("tokyo"), yesterday, "2026-05-02") == set()
    assert members(both.app("lima"), yesterday, "2026-05-03") == {"ana"}


def test_each_app_numbers_its_own_users(both: Workspace) -> None:
    numbers = {
        app.name: dict(enumerate(StoredData(app.folder, app.manifest).uids().to_pylist())) for app in both.apps()
    }
    assert numbers == {"tokyo": {0: "ab", 1: "ana", 2: "bo"}, "lima": {0: "ana", 1: "bo"}}


def test_one_name_is_a_segment_of_its_own_in_each_app(both: Workspace) -> None:
    tokyo, lima = both.app("tokyo"), both.app("lima")
    tokyo.save({"name": "Locals", "rule": {"label": "country", "op": "eq", "value": "JP"}})
    lima.save({"name": "Locals", "rule": {"label": "country", "op": "eq", "value": "PE"}})
    assert members(tokyo, segment("Locals")) == {"ab", "ana"}
    assert members(lima, segment("Locals")) == {"ana", "bo"}
    assert members(tokyo, ~segment("Locals")) == {"bo"}
    assert members(lima, ~segment("Locals")) == set()
    lima.delete("Locals")
    assert members(tokyo, segment("Locals")) == {"ab", "ana"}
    with pytest.raises(NotFound, match="no segment 'Locals' in app 'lima'"):
        members(lima, "Locals")


def test_a_segment_of_one_app_cannot_be_named_in_the_other_by_its_id(both: Workspace) -> None:
    saved = both.app("tokyo").save({"name": "Locals", "rule": {"label": "country", "op": "eq", "value": "JP"}})
    with pytest.raises(NotFound, match=saved.id):
        members(both.app("lima"), saved.id)


def test_a_load_a_save_and_a_refresh_in_one_app_leave_the_other_as_it_was(both: Workspace) -> None:
    both.app("lima").save({"name": "Locals", "rule": {"label": "country", "op": "eq", "value": "PE"}})
    before = files_of(both, "lima")
    more = both.folder / "sources" / "tokyo" / "seen-more.csv"
    more.write_text("uid,at,id\nab,2026-05-02T01:00:00Z,1\nbo,2026-05-02T02:00:00Z,9\n")
    (report,) = both.load("tokyo")
    tokyo = both.app("tokyo")
    tokyo.save({"name": "Everybody of Tokyo", "rule": {"all": []}})
    tokyo.refresh()
    # Key 1 is another event in each app: in Tokyo ana's of 2026-05-01T20:00Z stands, which came before ab's.
    assert (report.app, report.role("events").kept, report.role("events").duplicate) == ("tokyo", 1, 1)
    assert files_of(both, "lima") == before
    assert [s.name for s in both.catalog.segments("lima")] == ["Locals"]
    assert members(both.app("lima"), event("seen").ever()) == {"ana", "bo"}
    assert members(both.app("lima"), label("country").is_empty()) == set()


def test_drift_in_one_app_holds_that_app_only(both: Workspace) -> None:
    for app in ("tokyo", "lima"):
        more = both.folder / "sources" / app / "seen-more.csv"
        more.write_text("uid,at,id\nbo,2026-05-02T02:00:00Z,9\n")
    (both.folder / "sources" / "tokyo" / "users.csv").write_text("uid,land\nab,JP\nana,JP\nbo,PE\n")
    with pytest.raises(Held, match=r"sources/tokyo/users\.csv, column 'country'"):
        both.load("tokyo")
    (report,) = both.load("lima")
    assert report.role("events").kept == 1
