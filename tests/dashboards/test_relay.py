"""A page's relay before a real evaluator: each visitor gets what their role may have, and a reason otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from segkit.dashboards.evaluator import Evaluator
from segkit.dashboards.passes import NOBODY, Visitor, write_pass
from segkit.dashboards.relay import Relay, RemoteModel
from segkit.dashboards.serving import EvaluatorProcess
from segkit.dashboards.wire import Wire
from segkit.errors import Forbidden, SegkitError
from tests.small_workspace import SmallWorkspace


@pytest.fixture(scope="module")
def evaluator(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvaluatorProcess]:
    made = EvaluatorProcess(planted, tmp_path_factory.mktemp("e") / "s")
    made.start()
    made.wait_until_ready()
    yield made
    made.end()


def relay(evaluator: EvaluatorProcess, name: str = "", page: str = "overview", query: str = "") -> Relay:
    visitor = Visitor(name, is_known=True) if name else NOBODY
    return Relay(str(evaluator.socket), write_pass(evaluator.secret, visitor), page, query)


def opened(evaluator: EvaluatorProcess, panel: str, name: str = "", query: str = "") -> RemoteModel:
    (model,) = relay(evaluator, name, query=query).panels(panel)
    model.wait_until_open()
    return model


def answer(model: RemoteModel, **asks: Any) -> dict[str, Any]:
    told: SimpleQueue[dict[str, Any]] = SimpleQueue()
    model.tell = lambda message, buffers=(): told.put(message)
    model.receive({"ask": 1, **asks})
    while (found := told.get(timeout=120)).get("kind") != "answer":
        pass
    return found


def test_a_panel_in_the_evaluator_opens_and_answers_through_the_relay(evaluator: EvaluatorProcess) -> None:
    model = opened(evaluator, "segments")
    assert model.opening()["app"] == "shop"
    assert "export default" in model.script
    rows = answer(model, do="list")["rows"]
    assert {row["name"]: row["count"] for row in rows if row["kind"] == "custom"} == {"Germans": 25, "One person": None}


def test_a_second_view_gets_what_stands_by_then(evaluator: EvaluatorProcess) -> None:
    model = opened(evaluator, "segments")
    assert model.opening()["chosen"] == ""
    segment = next(row["id"] for row in answer(model, do="list")["rows"] if row["name"] == "Germans")
    answer(model, do="open", id=segment)
    assert model.opening()["chosen"] == segment


def test_whoever_nobody_vouches_for_is_a_viewer_and_sees_no_people(evaluator: EvaluatorProcess) -> None:
    header = opened(evaluator, "header").opening()
    assert header["roles"] == ["viewer"]
    assert [name for name, _ in header["pages"]] == ["overview", "try", "runs"]
    for panel in ("group_users", "analysis"):
        with pytest.raises(SegkitError, match="‘visitor’, who has the role viewer"):
            opened(evaluator, panel)


def test_a_name_that_the_proxy_did_not_vouch_for_has_no_role_of_its_own(evaluator: EvaluatorProcess) -> None:
    ticket = write_pass(evaluator.secret, Visitor("ada", is_known=False))
    (model,) = Relay(str(evaluator.socket), ticket).panels("header")
    model.wait_until_open()
    assert model.opening()["roles"] == ["viewer"]


def test_a_reader_sees_people_masked(evaluator: EvaluatorProcess) -> None:
    page = answer(opened(evaluator, "group_users", "rita"), do="page", columns=["email"])
    assert page["picked"] == 50
    assert page["rows"][0]["cells"] == ["p•••@e•••.com"]


def test_what_an_address_asks_for_is_shown_and_checked(evaluator: EvaluatorProcess) -> None:
    shown = opened(evaluator, "group_users", "rita", "segment=Germans&as_of=2024-11-05").opening()
    assert shown["as_of"] == "2024-11-05"
    assert len(shown["inside"]) == 1
    many = "&".join(f"a{number}=1" for number in range(60))
    for query, words in (
        ("app=shopp", "Did you mean 'shop'"), ("as_of=yesterday", "expected a day"),
        (many, "too much"), ("x" * 3_000, "too long"),
    ):  # fmt: skip
        with pytest.raises(SegkitError, match=words):
            relay(evaluator, query=query)
    with pytest.raises(SegkitError, match="Germanz"):
        opened(evaluator, "group_users", "rita", "segment=Germanz")


@pytest.mark.parametrize("name", ["", "os", "../segments", "__class__", "segments "])
def test_only_panels_that_are_listed_open(evaluator: EvaluatorProcess, name: str) -> None:
    with pytest.raises(SegkitError, match="no such panel"):
        opened(evaluator, name)


def test_without_a_pass_nothing_is_answered(evaluator: EvaluatorProcess) -> None:
    for hello in ({}, {"pass": "x.y"}, {"pass": write_pass(bytes(32), Visitor("ada", is_known=True))}):
        wire = Wire(Client(str(evaluator.socket), "AF_UNIX"))
        wire.send(hello)
        assert "pass" in wire.receive()[0]["refused"]


def test_whatever_a_kernel_says_the_evaluator_goes_on(evaluator: EvaluatorProcess) -> None:
    wire = Wire(Client(str(evaluator.socket), "AF_UNIX"))
    wire.send({"pass": write_pass(evaluator.secret, NOBODY)})
    assert wire.receive()[0] == {"welcome": True}
    for said in (
        {},
        {"panel": "1"},
        {"panel": 1, "open": ["segments"]},
        {"panel": 1, "asks": 5},
        {"panel": 1, "close": 1},
    ):
        wire.send(said)
    wire.send({"panel": 9, "open": "header"})
    while "opened" not in (found := wire.receive()[0]):
        assert "refused" in found
    assert found["panel"] == 9


def test_an_evaluator_that_ends_is_told_to_every_panel_and_another_one_takes_its_place(
    planted: Path, tmp_path: Path
) -> None:
    made = EvaluatorProcess(planted, tmp_path / "s")
    made.start()
    made.wait_until_ready()
    model = opened(made, "header")
    told: SimpleQueue[dict[str, Any]] = SimpleQueue()
    model.tell = lambda message, buffers=(): told.put(message)
    made.end()
    assert told.get(timeout=120) == {"kind": "lost"}
    with pytest.raises(SegkitError, match="does not answer"):
        relay(made)
    made.start()
    made.wait_until_ready()
    assert opened(made, "header").opening()["app"] == "shop"
    made.end()


def test_a_role_that_was_taken_away_is_gone_with_the_next_page(small: SmallWorkspace) -> None:
    small.settings = '[roles]\nreader = ["rita"]'
    small.write()
    evaluator, rita = Evaluator(small.folder, bytes(32)), Visitor("rita", is_known=True)
    before = evaluator.workspace(rita)
    assert evaluator.workspace(rita) is before
    small.settings = '[roles]\nreader = []\ndefault = "none"'
    small.write()
    with pytest.raises(Forbidden, match="‘rita’ has none"):
        evaluator.workspace(rita)
    with pytest.raises(Forbidden, match="‘visitor’ has none"):
        evaluator.workspace(NOBODY)
