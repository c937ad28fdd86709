"""The analysis panel without a browser: each view's answer, what is kept, what the hostile get."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from segkit import event, label
from segkit.engine.watching import stop_if_asked, watched
from segkit.errors import Cancelled, NotFound, SegkitError
from segkit.workbench.panels.analysis.model import AnalysisModel
from tests.small_workspace import SmallWorkspace

DE = label("country").isin("DE")
BUYS = event("order_paid").count().last(30) >= 1


class Desk:
    """A model with two saved segments, asked as a view asks."""

    def __init__(self, small: SmallWorkspace) -> None:
        small.user("ana", country="DE")
        small.user("bo", country="DE")
        small.user("cy", country="FR")
        small.user("dee", country="FR")
        small.event("bo", "order_paid", "2024-11-01 10:00")
        small.event("cy", "order_paid", "2024-11-06 10:00")
        self.app = small.app
        self.germans = self.app.save_rule("Germans", DE).id
        self.buyers = self.app.save_rule("Buyers", BUYS).id
        self.told: list[dict[str, Any]] = []
        self.model = AnalysisModel(self.app, ["Germans", "Buyers"])
        self.model.tell = lambda message, buffers=(): self.told.append(message)

    def ask(self, do: str, **data: Any) -> dict[str, Any]:
        self.model.receive({"do": do, "ask": len(self.told) + 1, **data})
        self.model.wait()
        return [message for message in self.told if message["kind"] == "answer"][-1]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """For what only looks."""
    small = SmallWorkspace(tmp_path_factory.mktemp("analysis") / "workspace")
    made = Desk(small)
    yield made
    made.model.close()
    small.close()


@pytest.fixture
def desk(small: SmallWorkspace) -> Iterator[Desk]:
    made = Desk(small)
    yield made
    made.model.close()


def test_it_opens_with_the_segments_asked_for_and_all_that_there_are(shown: Desk) -> None:
    opening = shown.model.opening()
    assert opening["view"] == "overlap"
    assert opening["chosen"] == [shown.germans, shown.buyers]
    counts = {each["name"]: each["count"] for each in opening["segments"]}
    assert counts["Germans"] == counts["Buyers"] == 2
    assert "email" not in [code for code, _, _ in opening["labels"]]


def test_an_overlap_has_every_region_with_users(shown: Desk) -> None:
    answer = shown.ask("overlap", segments=[shown.germans, shown.buyers])
    regions = {frozenset(region["in"]): region["users"] for region in answer["found"]["regions"]}
    assert regions == {
        frozenset({shown.germans}): 1, frozenset({shown.buyers}): 1, frozenset({shown.germans, shown.buyers}): 1,
        frozenset(): 1,
    }  # fmt: skip
    assert answer["code"] == 'app.overlap("Germans", "Buyers")'
    assert shown.model.finding is not None


def test_a_region_is_kept_as_a_segment_and_taken_back(desk: Desk) -> None:
    region = {"segments": [desk.germans, desk.buyers], "inside": [desk.germans], "of": "overlap"}
    offered = desk.ask("offer", **region, name="Germans")
    assert (offered["count"], offered["name"]) == (1, "")  # the name is taken
    kept = desk.ask("keep", **region, name="Germans who buy nothing")
    assert kept["count"] == 1
    assert desk.app.evaluate(["Germans who buy nothing"])[0].uids() == ["ana"]
    desk.ask("let_go", segment=kept["id"])
    assert "Germans who buy nothing" not in [segment.name for segment in desk.app.segments()]


def test_a_name_that_is_taken_is_never_saved_over(shown: Desk) -> None:
    region = {"segments": [shown.germans, shown.buyers], "inside": [shown.buyers], "of": "overlap"}
    refused = shown.ask("keep", **region, name="buyers ")
    assert refused["refused"] == (
        "Not saved: ‘buyers’ is in this app already, as ‘Buyers’. Choose another name, or open it."
    )
    assert shown.app.segment("Buyers").version == 1


def test_only_what_was_made_here_can_be_taken_back(shown: Desk) -> None:
    assert "only a segment that was made in this panel" in shown.ask("let_go", segment=shown.germans)["refused"]
    assert shown.app.segment("Germans").count == 2


def test_whom_a_condition_removes_can_be_kept(desk: Desk) -> None:
    both = desk.app.save_rule("German buyers", DE & BUYS).id
    found = desk.ask("conditions", segment=both)["found"]
    assert [(step["count"], step["left"], step["removed"]) for step in found["steps"]] == [(2, 2, 2), (2, 1, 1)]
    desk.ask("keep", of="conditions", segment=both, path=found["steps"][1]["path"], name="Not buying")
    assert desk.app.evaluate(["Not buying"])[0].uids() == ["ana"]


def test_two_segments_are_compared_by_rule_and_by_users(shown: Desk) -> None:
    answer = shown.ask("compare", segment=shown.germans, other=shown.buyers)
    found = answer["found"]
    assert (found["before"], found["after"], found["both"], found["lost"], found["gained"]) == (2, 2, 1, 1, 1)
    assert found["examples"] == {"gained": ["cy"], "lost": ["ana"]}
    assert not any("(rule" in line for line in found["words"])
    assert answer["code"] == 'app.compare("Germans", "Buyers")'


def test_two_versions_are_compared(desk: Desk) -> None:
    desk.app.save_rule("Germans", DE & BUYS)
    versions = desk.ask("versions", segment=desk.germans)["versions"]
    assert [number for number, *_ in versions] == [2, 1]
    answer = desk.ask("compare", segment=desk.germans, versions=True, old=1, new=2)
    assert (answer["found"]["lost"], answer["found"]["gained"]) == (1, 0)
    assert answer["code"] == 'app.diff("Germans", versions=(1, 2))'


def test_causes_add_up_and_examples_are_masked(small: SmallWorkspace) -> None:
    small.user("mary@example.com", country="DE")
    small.event("mary@example.com", "order_paid", "2024-11-05 10:00")
    desk = Desk(small)
    found = desk.ask("why", segment=desk.buyers, since="2024-11-02", until="2024-11-07")["found"]
    assert (found["before"], found["after"], found["change"]) == (1, 3, 2)
    assert sum(part["change"] for part in found["parts"]) == 2
    assert "mary" not in str(found)
    desk.model.close()


def test_without_days_the_last_thirty_are_looked_at_where_one_snapshot_is_all_there_is(shown: Desk) -> None:
    question = shown.ask("why", segment=shown.buyers)["question"]
    assert (question["since"], question["until"]) == ("2024-10-08", "2024-11-07")


def test_a_composition_compares_by_the_chosen_labels_only(shown: Desk) -> None:
    answer = shown.ask("compose", segment=shown.germans, against=shown.buyers, labels=["country"])
    (country,) = answer["found"]["labels"]
    assert {part["name"]: (part["count"], part["other_count"]) for part in country["parts"]} == {
        "Germany": (2, 1), "FR": (0, 1),
    }  # fmt: skip
    assert answer["code"] == 'app.compose("Germans", "Buyers", labels=["country"])'
    assert "personal data" in shown.ask("compose", segment=shown.germans, labels=["email"])["refused"]


def test_a_trend_has_a_point_a_day(shown: Desk) -> None:
    found = shown.ask("trend", segment=shown.buyers, since="2024-11-01", until="2024-11-07")["found"]
    assert [point["count"] for point in found["points"]] == [0, 1, 1, 1, 1, 1, 2]


def test_a_newer_question_overtakes_those_that_wait(desk: Desk) -> None:
    holds, runs = threading.Event(), threading.Event()

    def long(_asked: Any) -> dict[str, Any]:
        runs.set()
        assert holds.wait(60)
        return {}

    desk.model.answers["name"] = long
    desk.model.receive({"do": "name", "ask": "n"})
    assert runs.wait(60)
    desk.model.receive({"do": "conditions", "ask": "old", "segment": desk.germans})
    desk.model.receive({"do": "conditions", "ask": "new", "segment": desk.buyers})
    holds.set()
    desk.model.wait()
    answers = {message["ask"]: message for message in desk.told}
    assert answers["old"]["stopped"]
    assert answers["new"]["found"]["count"] == 2


def test_what_is_watched_stops_wherever_it_is(shown: Desk) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled), watched(None, cancel):
        shown.app.why("Buyers", "2024-11-02", "2024-11-07")
    with pytest.raises(Cancelled), watched(None, cancel):
        stop_if_asked()
    stop_if_asked()
    assert shown.app.estimate("Buyers").count == 2


@pytest.mark.parametrize(
    ("do", "data", "words"),
    [
        ("conditions", {}, "choose a segment first"),
        ("conditions", {"segment": ["x"]}, "segment: found no text"),
        ("conditions", {"segment": "'; DROP TABLE users --"}, "no segment"),
        ("overlap", {"segments": "Germans"}, "segments: expected a list"),
        ("overlap", {"segments": ["Germans"]}, "an overlap is of 2 to 8"),
        ("trend", {"segment": "Germans", "since": "yesterday!"}, "since: found"),
        ("trend", {"segment": "Germans", "since": "2024-11-07", "until": "2024-11-01"}, "expected the first day first"),
        ("compose", {"segment": "Germans", "labels": ["contry"]}, "contry"),
        ("compare", {"segment": "Germans", "other": "Germans"}, "named twice"),
        ("compare", {"segment": "Germans", "versions": True, "old": 0, "new": 1}, "old: expected a whole number"),
        ("look", {"view": "conditions", "segments": ["nobody"]}, "no segment 'nobody'"),
        ("look", {"view": "<script>", "segments": []}, "view: expected one of conditions"),
        ("keep", {"of": "overlap", "segments": ["Germans"], "inside": ["Buyers"], "name": "X"}, "expected a region"),
        ("keep", {"of": "conditions", "segment": "Germans", "path": "rule.all[9]", "name": "X"}, "no condition"),
        ("keep", {"of": "overlap", "segments": ["Germans", "Buyers"], "inside": [], "name": "a" * 65}, "Not saved"),
    ],
)
def test_what_is_no_question_is_refused_in_words(shown: Desk, do: str, data: dict[str, Any], words: str) -> None:
    assert words in shown.ask(do, **data)["refused"]
    assert shown.ask("conditions", segment=shown.germans)["found"]["count"] == 2


def test_more_segments_than_an_overlap_takes_and_unknown_views_are_refused(desk: Desk) -> None:
    names = [desk.app.save_rule(f"S{n}", DE).name for n in range(9)]
    with pytest.raises(SegkitError, match="found 9 segments; expected at most 8"):
        AnalysisModel(desk.app, names)
    with pytest.raises(SegkitError, match="view 'pie': expected one of conditions, overlap"):
        AnalysisModel(desk.app, view="pie")
    with pytest.raises(NotFound, match="no segment 'Germens'"):
        AnalysisModel(desk.app, ["Germens"])
