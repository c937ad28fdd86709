"""The metrics' file, read by Prometheus' own parser."""

from __future__ import annotations

import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from segkit.api import Workspace
from segkit.errors import DataProblem
from segkit.operations.metrics import Sample, exposition
from tests.operations.making import Clock, night, opened, segment
from tests.small_workspace import SmallWorkspace

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    """Every sample by its name and labels, as Prometheus reads them; each gauge once, with a help."""
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    assert all(family.type == "gauge" and family.documentation for family in families)
    found = [(s.name, frozenset(s.labels.items()), s.value) for family in families for s in family.samples]
    by_key = {(name, labels): value for name, labels, value in found}
    assert len(by_key) == len(found)
    return by_key


def of(gauge: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"segkit_{gauge}", frozenset(labels.items())


def seconds(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


def metrics(workspace: Workspace) -> Samples:
    return parsed((workspace.folder / "runs" / "segkit.prom").read_text())


@pytest.fixture
def workspace(unloaded: SmallWorkspace, clock: Clock) -> Workspace:
    unloaded.user("bo", country="AT")
    unloaded.event("cy", "app_used", at="2024-11-01 10:00")
    del unloaded._users["cy"]
    unloaded.write()
    made = opened(unloaded.folder, clock)
    made.load()
    return made


def test_what_is_published_and_loaded_is_told_as_it_is_served(workspace: Workspace, clock: Clock) -> None:
    app = workspace.app()
    document = {"name": "All", "cycle": "daily", "rule": {"all": []}}
    id_ = app.save(document, publish=False).id
    app.refresh(["All"], "2024-11-06")
    night(workspace, segment("All", None, status="held"), clock=clock, held=["shop: ‘All’ held: why"])
    found = metrics(workspace)
    assert found[of("segment_users", app="shop", segment_id=id_)] == 2
    as_of = of("segment_as_of_timestamp_seconds", app="shop", segment_id=id_)
    assert found[as_of] == seconds(2024, 11, 5, 23)  # midnight in Berlin
    assert found[of("segment_info", app="shop", segment_id=id_, name="All")] == 1
    assert found[of("app_users", app="shop")] == 2
    assert found[of("data_date_timestamp_seconds", app="shop")] == seconds(2024, 11, 1, 23)
    assert found[of("load_rows", app="shop", role="users", kind="kept")] == 2
    assert found[of("load_rows", app="shop", role="events", kind="orphan")] == 1
    assert found[of("night_segments", app="shop", status="held")] == 1
    assert found[of("night_segments", app="shop", status="published")] == 0
    assert found[of("night_duration_seconds")] == 90.5
    assert found[of("night_exit_code")] == 3
    assert found[of("night_end_timestamp_seconds")] == seconds(2024, 11, 7, 2, 31, 30) + 0.5
    assert of("night_last_success_timestamp_seconds", app="shop") not in found


def test_the_last_success_stays_through_nights_that_fail(workspace: Workspace, clock: Clock) -> None:
    last = of("night_last_success_timestamp_seconds", app="shop")
    night(workspace, segment("A", 1), as_of=date(2024, 11, 7))
    night(workspace, as_of=date(2024, 11, 7), failed=["shop: load: why"])  # the same date again
    clock.on(days=1)
    night(workspace, as_of=date(2024, 11, 8), failed=["shop: load: why"])
    clock.on(days=1)
    with pytest.raises(DataProblem):
        night(workspace, as_of=date(2024, 11, 9), error=DataProblem("no data"))
    found = metrics(workspace)
    assert found[last] == seconds(2024, 11, 7, 2, 30)
    assert found[of("night_end_timestamp_seconds")] == seconds(2024, 11, 9, 2, 30)
    assert found[of("night_exit_code")] == 1
    clock.on(days=1)
    night(workspace, as_of=date(2024, 11, 10))
    assert metrics(workspace)[last] == seconds(2024, 11, 10, 2, 30)


def test_each_app_is_told_from_its_own_last_night(tmp_path: Path, clock: Clock) -> None:
    small = SmallWorkspace(tmp_path / "two")
    small.settings = '[apps.mall]\nzone = "Europe/Berlin"\nas_of = 2024-11-07\nvocabulary = "vocabulary/shop"'
    small.write()
    workspace = opened(small.folder, clock)
    night(workspace, segment("A", 7), app="shop", as_of=date(2024, 11, 6))
    night(workspace, segment("A", 9), segment("B", 9), app="mall")
    found = metrics(workspace)
    told = {app: found[of("night_segments", app=app, status="published")] for app in ("shop", "mall")}
    assert told == {"shop": 1, "mall": 2}


@pytest.mark.parametrize(
    "name", ['quo"te', "back\\slash", "back\\nslash n", "two\nlines", "‘ünï’ 用户", '{a="b"} 1 # x']
)
def test_names_are_read_back_as_they_are(name: str) -> None:
    text = exposition([Sample("segkit_segment_info", {"app": "shop", "name": name}, 1)])
    assert parsed(text) == {of("segment_info", app="shop", name=name): 1}


def test_numbers_are_read_back_as_they_are() -> None:
    for value in (0, 1, 12_345_678_901, 1_730_939_490.123, 0.001, 90.5):
        assert parsed(exposition([Sample("segkit_night_duration_seconds", {}, value)])) == {
            of("night_duration_seconds"): value
        }


def test_the_file_lies_where_the_settings_say_with_the_rights_they_give(
    unloaded: SmallWorkspace, clock: Clock, tmp_path: Path
) -> None:
    target = tmp_path / "node exporter" / "segkit.prom"
    target.parent.mkdir()
    unloaded.settings = f'[reports]\nprometheus = "{target}"\nprometheus_mode = "0644"'
    unloaded.write()
    workspace = opened(unloaded.folder, clock)
    night(workspace)
    assert of("night_exit_code") in parsed(target.read_text())
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert list(target.parent.iterdir()) == [target]
    assert not (workspace.folder / "runs" / "segkit.prom").exists()


def test_by_default_it_is_the_owners_only(workspace: Workspace) -> None:
    night(workspace)
    assert stat.S_IMODE((workspace.folder / "runs" / "segkit.prom").stat().st_mode) == 0o600


def test_metrics_that_cannot_be_written_are_told_and_kept_in_the_run(workspace: Workspace) -> None:
    (workspace.folder / "runs" / "segkit.prom").mkdir(parents=True)
    done = night(workspace)
    [problem] = done.failed
    assert problem.startswith("the metrics could not be made: ")
    text = (workspace.folder / "runs" / "2024-11-07" / "run.json").read_text()
    assert '"outcome": "done"' in text
    assert "the metrics could not be made" in text
