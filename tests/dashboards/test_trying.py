"""Rules are tried and not saved; who may not see people gets about how many, the same for the same question."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segkit import label
from segkit.api.app import App
from segkit.dashboards.evaluator import workspace_of
from segkit.dashboards.passes import NOBODY, Visitor
from segkit.dashboards.trying import AboutModel, TryModel, form_text, try_a_rule
from segkit.engine.normal_form import normal_form
from segkit.errors import Forbidden
from tests.dashboards.running import planted_workspace

GERMANS = {"all": [{"label": "country", "op": "eq", "value": "DE"}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted_workspace(tmp_path_factory.mktemp("trying") / "workspace")


@pytest.fixture
def viewer(folder: Path) -> Iterator[App]:
    workspace = workspace_of(folder, NOBODY)
    yield workspace.app()
    workspace.close()


@pytest.fixture
def reader(folder: Path) -> Iterator[App]:
    workspace = workspace_of(folder, Visitor("rita", is_known=True))
    yield workspace.app()
    workspace.close()


def model_of(app: App, segment: str = "") -> TryModel:
    model = try_a_rule(app, segment).model
    assert isinstance(model, TryModel)
    return model


def told(model: TryModel, **asks: Any) -> list[dict[str, Any]]:
    """Everything that the model tells when it is asked this."""
    model.wait()
    heard: list[dict[str, Any]] = []
    model.tell = heard.append
    model.receive({"ask": 1, "edit": 1, "as_of": "2024-11-07", **asks})
    model.wait()
    model.close()
    return heard


def tried(app: App, rule: dict[str, Any]) -> list[dict[str, Any]]:
    return told(model_of(app), do="rule", document=json.dumps({"rule": rule}))


def count(app: App, rule: dict[str, Any]) -> int:
    (numbers,) = [each for each in tried(app, rule) if each["kind"] == "numbers"]
    return int(numbers["count"])


def test_a_reader_gets_exact_counts_of_the_rule_and_of_its_conditions(reader: App) -> None:
    numbers = next(each for each in tried(reader, GERMANS) if each["kind"] == "numbers")
    assert (numbers["count"], numbers["base"]) == (25, 50)
    assert numbers["conditions"]["rule.all[0]"] == 25


def test_nobody_saves_a_rule_here(reader: App, viewer: App) -> None:
    for app in (reader, viewer):
        (answer,) = told(model_of(app), do="save", document=json.dumps({"name": "Mine", "rule": GERMANS}))
        assert "tried here, not saved" in answer["refused"]
    assert {info.name for info in viewer.segments() if info.kind == "custom"} == {"Germans", "One person"}


def test_a_viewer_gets_about_how_many_and_nothing_of_the_parts(viewer: App) -> None:
    heard = tried(viewer, GERMANS)
    numbers = next(each for each in heard if each["kind"] == "numbers")
    assert numbers["count"] % 10 == 0 or numbers["count"] == 50
    assert (numbers["reach"], numbers["conditions"], numbers["notes"]) == ({}, {}, [])
    assert [each["without"] for each in heard if each["kind"] == "details"] == [{}]
    assert [each["found"] for each in heard if each["kind"] == "findings"] == [[]]


def test_the_same_question_has_one_answer_however_it_is_written_and_whoever_asks(folder: Path, viewer: App) -> None:
    again: dict[str, Any] = {"any": [{"not": {"label": "country", "op": "ne", "value": "DE"}}, GERMANS]}
    muted: dict[str, Any] = {"all": [*GERMANS["all"], {"label": "score", "op": "gt", "value": 5, "mute": True}]}
    answers = {count(viewer, each) for each in (GERMANS, again, muted)}
    other = workspace_of(folder, NOBODY)
    answers.add(count(other.app(), GERMANS))
    other.close()
    assert len(answers) == 1


def test_the_text_of_a_question_is_the_same_in_every_process() -> None:
    rule = label("country").isin("DE", "AT") & (label("score") > 3) & ~label("has_gateway").is_true()
    assert form_text(normal_form(rule)) == form_text(normal_form(~label("has_gateway").is_true() & rule))
    assert "frozenset" not in form_text(normal_form(rule))


def test_labels_that_hold_personal_data_are_not_there_for_a_viewer(viewer: App, reader: App) -> None:
    offered = model_of(viewer).offered()["vocabulary"]["labels"]
    assert "email" not in {each["code"] for each in offered}
    assert "email" in {each["code"] for each in model_of(reader).offered()["vocabulary"]["labels"]}
    rule = {"all": [{"label": "email", "op": "eq", "value": "planted07@example.com"}]}
    taken = next(each for each in tried(viewer, rule) if each["kind"] == "taken")
    assert "no label 'email'" in taken["problems"][0]["message"]
    assert taken["left_out"] == 1
    assert "no label 'email'" in told(model_of(viewer), do="values", code="email")[0]["refused"]


def test_a_viewer_gets_values_that_enough_users_have(viewer: App) -> None:
    (answer,) = told(model_of(viewer), do="values", code="country")
    assert {each["value"] for each in answer["values"]} == {"AT", "DE"}
    assert all(each["count"] % 10 == 0 for each in answer["values"])
    (answer,) = told(model_of(viewer), do="values", code="device_count")
    assert answer["values"] == []


def test_a_segment_whose_rule_reads_personal_data_does_not_open_for_a_viewer(viewer: App, reader: App) -> None:
    assert model_of(viewer, "Germans").shown()["document"]["name"] == "Germans"
    with pytest.raises(Forbidden, match="reads personal data"):
        AboutModel(viewer, "One person")
    assert model_of(reader, "One person").shown()["document"]["name"] == "One person"


def test_a_workspace_may_choose_exact_counts_for_all_but_personal_data_stays_away(folder: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "own"))
    with (own / "segkit.toml").open("a") as settings:
        settings.write("\n[dashboards]\nexact_counts = true\n")
    workspace = workspace_of(own, NOBODY)
    assert count(workspace.app(), GERMANS) == 25
    assert "email" not in {each["code"] for each in model_of(workspace.app()).offered()["vocabulary"]["labels"]}
    workspace.close()
