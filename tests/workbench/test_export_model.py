"""The export panel's model without a browser: what would leave, what left, who may, and hostile messages."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import segkit
from segkit.workbench.panels.exporting.model import ExportModel
from tests.small_workspace import SmallWorkspace
from tests.workbench.asking import Ask, asking_of

GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}
REACH = """[apps.shop.reach.email]
address = "email"
consent = ["marketing_consent"]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorkspace]:
    small = SmallWorkspace(tmp_path_factory.mktemp("exports") / "workspace")
    small.app_settings = REACH
    small.user("ana", email="ana@example.com", country="DE", marketing_consent=True)
    small.user("bo", email="bo@example.com", country="DE", marketing_consent=False)
    small.user("cy", email="cy@example.com", country="AT", marketing_consent=True)
    small.app.save(GERMANS)
    (small.folder / "list.csv").write_text("uid\nana\n")
    small.app.import_list(small.folder / "list.csv", name="A list")
    yield small
    small.close()


@pytest.fixture
def model(shop: SmallWorkspace) -> Iterator[ExportModel]:
    made = ExportModel(shop.app, ["germans"])
    yield made
    made.close()


@pytest.fixture
def ask(model: ExportModel) -> Ask:
    return asking_of(model)


def test_the_panel_opens_with_what_can_be_chosen_and_says_why_lists_never_leave(
    shop: SmallWorkspace, model: ExportModel
) -> None:
    opening = json.loads(json.dumps(model.opening()))
    assert opening["chosen"] == [shop.app.segment("Germans").id]
    by_name = {each["name"]: each for each in opening["segments"]}
    assert (by_name["Germans"]["count"], by_name["Germans"]["never"]) == (2, "")
    assert by_name["A list"]["never"].startswith("Imported lists are never exported")
    assert [each["id"] for each in opening["channels"]] == ["email"]
    assert {each["code"] for each in opening["labels"] if each["personal"]} == {"email"}
    assert "ana" not in json.dumps(opening)


def test_a_plan_says_rows_columns_personal_data_and_who_is_held_back_and_nothing_is_on_record(
    shop: SmallWorkspace, ask: Ask
) -> None:
    before = len(shop.workspace.catalog.audit("shop"))
    plan = ask("plan", segments=["Germans"], labels=["email", "country"], channel="email")["plan"]
    assert (plan["rows"], plan["columns"], plan["personal"]) == (1, ["uid", "email", "country"], ["email"])
    assert plan["segments"][0]["held_back"] == {"no consent for e-mail": 1}
    assert plan["segments"][0]["members"] == 2
    assert len(shop.workspace.catalog.audit("shop")) == before
    drawn = ask("plan", segments=["Germans"], variants="A:50,B:50", seed="spring")["plan"]
    assert [file["piece"] for file in drawn["files"]] == ["A", "B"]
    assert drawn["rows"] == 2


def test_an_export_is_asked_for_once_written_listed_and_handed_over_in_pieces(shop: SmallWorkspace, ask: Ask) -> None:
    wanted = {"segments": ["Germans"], "labels": ["country"], "format": "csv"}
    assert ask("export", **wanted)["refused"].startswith("Not exported: whoever exports says so once")
    assert ask("made")["made"] == []
    answer = ask("export", **wanted, confirmed=True)
    assert answer["export"]["segments"] == {"Germans": 2}
    assert (answer["export"]["actor"], answer["export"]["age"]) == ("tester", "under a minute")
    assert answer["manifest"]["segments"][0]["rows"] == 2
    assert answer["made"] == ask("made")["made"]
    piece = ask("file", export=answer["export"]["id"], at=0)
    assert (piece["size"], piece["type"]) == (len(piece["bytes"]), "application/zip")
    assert piece["name"] == answer["export"]["file"].removeprefix("exports/")
    with zipfile.ZipFile(io.BytesIO(piece["bytes"])) as archive:
        assert archive.read(answer["manifest"]["segments"][0]["file"]) == b"uid,country\r\nana,DE\r\nbo,DE\r\n"
    assert shop.workspace.audit("shop", action="fetch export", limit=1)[0].actor == "tester"
    changed = ask("plan", **wanted, changes=True)["plan"]
    assert (changed["rows"], changed["segments"][0]["held_back"]) == (0, {"in the last export already": 2})


def test_a_zip_that_is_another_is_not_handed_over(shop: SmallWorkspace, ask: Ask) -> None:
    made = ask("export", segments=["Germans"], format="parquet", confirmed=True)["export"]
    path = shop.folder / made["file"]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "is not what was written" in ask("file", export=made["id"], at=0)["refused"]
    path.unlink()
    assert "is not there any more" in ask("manifest", export=made["id"])["refused"]


def test_what_was_computed_too_long_ago_is_refused_with_what_to_do(shop: SmallWorkspace) -> None:
    late = segkit.open(shop.folder, actor="tester", clock=lambda: shop.workspace.clock() + timedelta(days=3))
    model = ExportModel(late.app())
    refused = asking_of(model)("plan", segments=["Germans"], max_age_days="2")["refused"]
    assert "was computed 3 days ago" in refused
    assert "`segkit refresh 'Germans' --as-of 2024-11-07` computes it again" in refused
    model.close()
    late.close()


def test_stopped_while_it_writes_nothing_is_left(shop: SmallWorkspace, model: ExportModel, ask: Ask) -> None:
    before = sorted(path.name for path in (shop.folder / "exports").iterdir())
    tell = model.tell

    def stops(message: dict[str, Any], buffers: Any = ()) -> None:
        tell(message, buffers)
        if message["kind"] == "progress":
            model.receive({"do": "cancel"})

    model.tell = stops
    answer = ask("export", segments=["Germans"], confirmed=True)
    assert (answer["refused"], answer["stopped"]) == ("Stopped.", True)
    assert sorted(path.name for path in (shop.folder / "exports").iterdir()) == before


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"segments": []}, "Choose one or more segments."),
        ({"segments": ["A list"]}, "imported segments are never exported"),
        ({"segments": ["'; DROP TABLE users; --"]}, "no segment"),
        ({"segments": "Germans"}, "segments: expected a list"),
        ({"segments": ["Germans"], "labels": ["nope"]}, "no label 'nope'"),
        ({"segments": ["Germans"], "format": "exe"}, "format: expected one of"),
        ({"segments": ["Germans"], "channel": "fax"}, "channel: expected one of"),
        ({"segments": ["Germans"], "channel": "push"}, "does not say who can be reached by push"),
        ({"segments": ["Germans"], "profile": "../x"}, "no profile '../x'"),
        ({"segments": ["Germans"], "holdout": "much"}, "Control group: found ‘much’"),
        ({"segments": ["Germans"], "holdout": "nan"}, "Control group: found ‘nan’"),
        ({"segments": ["Germans"], "holdout": "10"}, "expected a seed"),
        ({"segments": ["Germans"], "variants": "A:60,B:60", "seed": "x"}, "expected 100"),
        ({"segments": ["Germans"], "max_age_days": "-1"}, "Oldest: found ‘-1’"),
        ({"segments": ["Germans"], "as_of": "tomorrow"}, "as_of: found"),
        ({"segments": ["Germans"], "as_of": "2024-11-06"}, "is not computed as of 2024-11-06"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_the_next_is_answered(ask: Ask, more: Any, words: str) -> None:
    assert words in ask("plan", **more)["refused"]
    assert ask("export", **more, confirmed=True)["refused"]
    assert ask("made")["made"] is not None


@pytest.mark.parametrize(("do", "more"), [("file", {"export": 999, "at": 0}), ("file", {"export": "1"}), ("file", {})])
def test_files_that_are_none_are_refused(ask: Ask, do: str, more: dict[str, Any]) -> None:
    assert ask(do, **more)["refused"]


def test_who_may_not_export_sees_what_left_and_takes_nothing(shop: SmallWorkspace, ask: Ask) -> None:
    ask("export", segments=["Germans"], confirmed=True)
    path = shop.folder / "segkit.toml"
    path.write_text(path.read_text() + '[roles]\nreader = ["rea"]\nadmin = ["tester"]\ndefault = "none"\n')
    workspace = segkit.open(shop.folder, actor="rea")
    model = ExportModel(workspace.app())
    asking = asking_of(model)
    (newest, *_) = model.opening()["made"]
    assert model.opening()["may_export"] is False
    for do in ("plan", "export"):
        assert "takes the role" in asking(do, segments=["Germans"], confirmed=True)["refused"]
    assert "takes the role" in asking("file", export=newest["id"], at=0)["refused"]
    model.close()
    workspace.close()
