"""The whole sample workspace: its settings, and documents that fit the data they speak of."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from segkit.data.demo import grocery, smart_home, world, write_demo

Query = Callable[[str], list[tuple[Any, ...]]]

DOCUMENTS = Path(str(resources.files("segkit.data.demo")))
APPS = ("smart-home", "grocery")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _segments(app: str) -> list[Any]:
    return [_read(path) for path in sorted((DOCUMENTS / app / "segments").glob("*.yaml"))]


def _nodes(item: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a document."""
    if isinstance(item, dict):
        yield item
    for inside in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
        yield from _nodes(inside)


def _settings(folder: Path) -> Any:
    return tomllib.loads((folder / "segkit.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample workspace of both apps."""
    if not grocery.available():
        pytest.skip(grocery.HOW_TO_GET_IT)
    folder = tmp_path_factory.mktemp("demo")
    assert write_demo(folder, users=500) == ["smart-home", "grocery"]
    return folder


def test_a_demo_holds_settings_vocabulary_and_definitions_of_both_apps(demo: Path) -> None:
    settings = _settings(demo)
    assert set(settings) == {"segkit", "limits", "apps", "exports"}
    assert settings["apps"]["smart-home"]["as_of"] == smart_home.AS_OF
    assert settings["apps"]["grocery"]["as_of"] == grocery.AS_OF
    for app in APPS:
        assert len(list((demo / "definitions" / app).glob("*.yaml"))) == 6
        assert {file.name for file in (demo / settings["apps"][app]["vocabulary"]).iterdir()} == {
            "labels.yaml", "events.yaml",
        }  # fmt: skip


def test_every_source_that_the_settings_name_has_the_columns_that_they_name(demo: Path) -> None:
    roles = {"users": ("uid", "known_from", "gone_at"), "events": ("uid", "time", "name", "key")}
    roles["links"] = ("uid", "valid_from", "valid_to")
    for app in _settings(demo)["apps"].values():
        sources = [(role, source) for kind, role in roles.items() for source in app.get(kind, [])]
        for named, source in sources:
            columns = {row[0] for row in duckdb.execute(f"DESCRIBE FROM '{demo / source['files']}'").fetchall()}
            assert {source[role] for role in named if not source.get(role, "=").startswith("=")} <= columns


def test_one_export_is_due_a_night_and_of_segments_that_exist(demo: Path) -> None:
    [export] = _settings(demo)["exports"]
    assert export["app"] == "smart-home"
    assert export["segments"][0] in {segment["name"] for segment in _segments("smart-home")}


def test_without_the_groceries_there_is_one_app_and_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grocery, "find_spec", lambda _: None)
    said: list[str] = []
    assert write_demo(tmp_path, users=500, progress=said.append) == ["smart-home"]
    assert said[-1] == grocery.HOW_TO_GET_IT
    assert list(_settings(tmp_path)["apps"]) == ["smart-home"]
    assert not (tmp_path / "definitions" / "grocery").exists()


def test_a_demo_may_be_written_again_but_never_over_another_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grocery, "find_spec", lambda _: None)
    write_demo(tmp_path, users=500)
    write_demo(tmp_path, users=500)
    (tmp_path / "segkit.toml").write_text("segkit = 1\n", encoding="utf-8")
    with pytest.raises(FileExistsError, match="a workspace that is no sample"):
        write_demo(tmp_path, users=500)
    assert (tmp_path / "segkit.toml").read_text(encoding="utf-8") == "segkit = 1\n"


@pytest.mark.parametrize("app", APPS)
def test_segments_are_six_with_short_names_one_of_them_once(app: str) -> None:
    segments = _segments(app)
    assert len({segment["name"] for segment in segments}) == 6
    assert sorted(segment["cycle"] for segment in segments) == ["daily"] * 5 + ["once"]
    for segment in segments:
        assert set(segment) == {"segkit", "app", "name", "description", "cycle", "rule"}
        assert segment["app"] == app
        assert len(segment["name"]) <= 64
        assert len(segment["description"]) <= 128


@pytest.mark.parametrize("app", APPS)
def test_segments_speak_of_what_the_vocabulary_declares(app: str) -> None:
    labels = {label["code"] for label in _read(DOCUMENTS / app / "labels.yaml")["labels"]}
    declared = _read(DOCUMENTS / app / "events.yaml")
    carried = {event["code"]: set(event["parameters"]) for event in declared["events"]}
    for node in _nodes([segment["rule"] for segment in _segments(app)]):
        assert node.get("label", "country" if app == "smart-home" else "age") in labels
        if "event" in node:
            assert {inner["param"] for inner in _nodes(node.get("where")) if "param" in inner} <= carried[node["event"]]


@pytest.mark.parametrize("app", APPS)
def test_a_segment_refers_only_to_earlier_ones(app: str) -> None:
    earlier: set[str] = set()
    for segment in _segments(app):
        assert {node["segment"] for node in _nodes(segment["rule"]) if "segment" in node} <= earlier
        earlier.add(segment["name"])


@pytest.mark.parametrize("app", APPS)
def test_events_carry_declared_parameters_and_all_of_them_are_carried(app: str) -> None:
    declared = _read(DOCUMENTS / app / "events.yaml")
    carried = {code for event in declared["events"] for code in event["parameters"]}
    assert carried == {parameter["code"] for parameter in declared["parameters"]}


def test_the_vocabulary_of_smart_home_is_what_its_world_holds(home: Query) -> None:
    declared = _read(DOCUMENTS / "smart-home" / "events.yaml")
    assert tuple(event["code"] for event in declared["events"]) == world.EVENTS
    named = {parameter["code"]: parameter.get("values", {}) for parameter in declared["parameters"]}
    assert named["pid"] == {product.pid: product.name for product in world.products()}
    for code in ("pairing_type", "issue_type", "campaign", "category", "language"):
        found = {value for (value,) in home(f"SELECT DISTINCT {code} FROM events WHERE {code} IS NOT NULL")}
        assert found <= set(named[code])


def test_the_labels_of_smart_home_are_columns_or_derived_and_their_values_are_named(home: Query) -> None:
    labels = _read(DOCUMENTS / "smart-home" / "labels.yaml")["labels"]
    columns = {row[0] for row in home("DESCRIBE now")}
    derived = {label["code"] for label in labels if "derived" in label}
    assert {"device_count", "has_gateway", "device_categories", "orders_90", "oldest_device"} <= derived
    assert not derived & columns
    assert {label["code"] for label in labels} - derived <= columns
    assert {label["code"] for label in labels if "personal" in label} == {"email", "mobile"}
    for label in labels:
        if "values" in label and label["code"] not in derived:
            code = label["code"]
            found = {value for (value,) in home(f"SELECT DISTINCT {code} FROM now WHERE {code} IS NOT NULL")}
            assert found <= set(label["values"])


def test_the_labels_of_groceries_are_columns_or_derived_from_events(shop: Query) -> None:
    declared = _read(DOCUMENTS / "grocery" / "labels.yaml")["labels"]
    labels = {label["code"] for label in declared if "derived" not in label}
    assert all("event" in label["derived"] for label in declared if "derived" in label)
    assert {row[0] for row in shop("DESCRIBE households")} == {"household_id", *labels}
