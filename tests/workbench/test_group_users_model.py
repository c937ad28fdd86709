"""The model of Group users without a browser: which users, in which words, what is refused, and what is on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import segkit
from segkit.workbench.panels.group_users.model import GroupUsersModel
from tests.small_workspace import SmallWorkspace


class Asked:
    """A model, and what it answered."""

    def __init__(self, model: GroupUsersModel) -> None:
        self.model = model
        self._told: list[dict[str, Any]] = []
        model.tell = lambda message, buffers=(): self._told.append(message)

    def __call__(self, do: str, **data: Any) -> dict[str, Any]:
        self.model.receive({"do": do, "ask": 1, **data})
        self.model.wait()
        (answer,) = self._told
        self._told.clear()
        json.dumps(answer, allow_nan=False)  # what crosses to a view is plain data
        return answer

    def uids(self, **data: Any) -> list[str]:
        answer = self("page", **data)
        return [row["uid"] for row in answer["rows"]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorkspace]:
    """Four users, two segments and a list, for all tests of this file."""
    small = SmallWorkspace(tmp_path_factory.mktemp("group_users") / "workspace")
    small.user("ana", country="DE", email="ana@example.com", score=1, marketing_consent=True, tags=["vip"])
    small.user("bo", country="DE", email="bo@example.com", score=3)
    small.user("cy", country="AT", score=2.5, marketing_consent=True, registered_at="2024-10-01")
    small.user("di")
    small.event("ana", "order_paid", "2024-11-05 12:30", amount=20)
    paid = {"event": "order_paid", "op": "ge", "value": 2, "window": {"last": 30}}
    germans = {"label": "country", "op": "eq", "value": "DE"}
    small.app.save({"name": "Germans", "rule": germans})
    small.app.save({"name": "Consenting", "rule": {"label": "marketing_consent", "op": "eq", "value": True}})
    small.app.save({"name": "Buyers", "rule": {"all": [germans, paid]}})
    (small.folder / "list.csv").write_text("email\nana@example.com\n")
    small.app.import_list(small.folder / "list.csv", name="List")
    yield small
    small.close()


@pytest.fixture
def ask(shop: SmallWorkspace) -> Iterator[Asked]:
    made = Asked(GroupUsersModel(shop.app, ["Germans"]))
    yield made
    made.model.close()


# --- which users -----------------------------------------------------------------------------------------------------


def test_several_segments_are_taken_together_in_all_in_any_and_not_in(ask: Asked) -> None:
    both = ["Germans", "Consenting"]
    assert ask.uids() == ["ana", "bo", "cy", "di"]
    assert ask.uids(inside=["Germans"]) == ["ana", "bo"]
    assert ask.uids(inside=both) == ["ana"]
    assert ask.uids(inside=both, how="any") == ["ana", "bo", "cy"]
    assert ask.uids(inside=["Germans"], outside=["Consenting"]) == ["bo"]
    assert ask.uids(outside=["Germans", "Consenting"]) == ["di"]
    answer = ask("page", inside=both, how="any", outside=["List"])
    assert answer["sentence"] == "Users in ‘Germans’ or in ‘Consenting’, not in ‘List’."
    assert [row["uid"] for row in answer["rows"]] == ["bo", "cy"]


def test_users_are_filtered_searched_and_sorted(ask: Asked) -> None:
    assert ask.uids(where={"label": "score", "op": "ge", "value": 2}) == ["bo", "cy"]
    assert ask.uids(where={"label": "country", "op": "is_empty"}) == ["di"]
    assert ask.uids(search="BO@example.com") == ["bo"]
    assert ask.uids(sort="score", down=True) == ["bo", "cy", "ana", "di"]
    answer = ask("page", inside=["Germans"], search="an")
    assert (answer["total"], answer["picked"], answer["base"]) == (1, 2, 4)


def test_values_are_told_as_people_read_them_and_missing_ones_are_empty(ask: Asked) -> None:
    columns = ["country", "score", "marketing_consent", "registered_at", "tags", "email"]
    rows = {row["uid"]: row["cells"] for row in ask("page", columns=columns)["rows"]}
    assert rows == {
        "ana": ["Germany", "1", "yes", "", "vip", "a•••@e•••.com"],
        "bo": ["Germany", "3", "", "", "", "b•••@e•••.com"],
        "cy": ["AT", "2.5", "yes", "1 Oct 2024", "", ""],
        "di": ["", "", "", "", "", ""],
    }


# --- lists and rights ------------------------------------------------------------------------------------------------


def test_an_imported_list_is_not_listed_and_says_why(ask: Asked) -> None:
    (told,) = [each for each in ask.model.opening()["segments"] if each["name"] == "List"]
    assert told["why"].startswith("An imported list: its rows are never listed.")
    for inside in (["List"], ["Germans", "List"]):
        assert "‘List’ is an imported list: its rows are never listed" in ask("page", inside=inside)["refused"]
    assert "is an imported list" in ask("why", no=0, segment="List")["refused"]


def test_who_may_only_look_is_told_so_and_gets_nothing(small: SmallWorkspace) -> None:
    small.user("ana")
    small.top_settings = '[roles]\nviewer = ["vera"]\neditor = ["tester"]'
    small.write()
    opened = segkit.open(small.folder, actor="vera")
    ask = Asked(GroupUsersModel(opened.app()))
    opening = ask.model.opening()
    assert set(opening) == {"app", "as_of", "page_size", "denied"}
    assert "seeing who the users are takes the role reader" in opening["denied"]
    for do, data in (("page", {}), ("person", {"no": 0}), ("why", {"no": 0, "segment": "Germans"})):
        assert "is not for ‘vera’" in ask(do, **data)["refused"]
    ask.model.close()
    opened.close()


# --- personal data ---------------------------------------------------------------------------------------------------


def test_personal_data_is_masked_until_it_is_asked_for_and_each_showing_is_on_record(
    ask: Asked, shop: SmallWorkspace
) -> None:
    def on_record() -> int:
        return len([each for each in shop.workspace.audit() if each.action == "unmask"])

    told = json.dumps([
        ask.model.opening(), ask("page", columns=["email"]), ask("person", no=0),
        ask("earlier", no=0, before="2024-11-06"), ask("why", no=0, segment="Germans"), ask("values", label="email"),
    ])  # fmt: skip
    assert "@example.com" not in told
    assert "sorted by it only where it is shown" in ask("page", columns=["email"], sort="email")["refused"]
    assert on_record() == 0
    page = ask("page", columns=["email"], sort="email", shown=True)
    assert [row["cells"] for row in page["rows"]] == [["ana@example.com"], ["bo@example.com"], [""], [""]]
    assert on_record() == 1
    person = ask("person", no=0, shown=True)
    assert "ana@example.com" in json.dumps(person)
    assert on_record() == 2


# --- one person ------------------------------------------------------------------------------------------------------


def test_a_person_s_page_has_labels_by_category_events_and_segments(ask: Asked) -> None:
    person = ask("person", no=0)
    assert person["uid"] == "ana"
    assert [each["name"] for each in person["categories"]] == ["Basic information", "Product quantity"]
    country = person["categories"][0]["labels"][0]
    assert country == {"name": "Country", "text": "Germany", "since": "since at least 1 Jan 2020"}
    assert [(day["day"], [event["name"] for event in day["events"]]) for day in person["days"]] == [
        ("5 Nov 2024", ["order paid"])
    ]
    assert [(each["name"], each["is_in"]) for each in person["segments"]] == [("Consenting", True), ("Germans", True)]


def test_why_is_the_rule_as_a_tree_with_verdict_value_rows_and_what_would_turn_it(ask: Asked) -> None:
    why = ask("why", no=0, segment="Buyers")
    assert (why["is_in"], why["subject"]) == (False, "Buyers")
    lines = why["tree"]["inside"]
    assert [(line["holds"], line["seen"], line["is_near"]) for line in lines] == [
        (True, "Germany", False), (False, "1 time", True),
    ]  # fmt: skip
    assert lines[1]["rows"]["total"] == 1
    assert lines[1]["rows"]["shown"][0]["when"] == "5 Nov 2024, 12:30"
    assert [(miss["seen"], miss["turns"]) for miss in why["near"]] == [("1 time", "2 (1 more)")]
    rows = ask("rows", no=0, segment="Buyers", place=lines[1]["place"], after=0)["line"]["rows"]
    assert rows == lines[1]["rows"]


# --- the hostile -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "data", "words"),
    [
        ("page", {"inside": "Germans"}, "inside: expected a list"),
        ("page", {"inside": ["x"] * 51}, "inside: expected a list of at most 50"),
        ("page", {"inside": ["'; DROP TABLE users; --"]}, "no segment"),
        ("page", {"how": "none"}, "how: expected"),
        ("page", {"columns": ["uid\" FROM users"]}, "no label"),
        ("page", {"sort": "value; DROP"}, "no label"),
        ("page", {"offset": -1}, "offset: expected"),
        ("page", {"offset": 10**12}, "offset: expected"),
        ("page", {"shown": "yes"}, "shown: expected yes or no"),
        ("page", {"search": "x" * 1_001}, "search: found 1,001 characters"),
        ("page", {"where": {"segment": "List"}}, "where: expected one condition on a label"),
        ("page", {"where": {"label": "country", "op": "like", "value": "%"}}, "op"),
        ("page", {"where": {"label": "cuntry", "op": "eq", "value": "DE"}}, "cuntry"),
        ("page", {"where": [1]}, "this rule"),
        ("person", {"no": 10**8}, "this user is no longer there"),
        ("person", {"no": "0"}, "no: expected a whole number"),
        ("person", {}, "this user is no longer there"),
        ("earlier", {"no": 0, "before": "soon"}, "before"),
        ("why", {"no": 0, "segment": ""}, "no segment"),
        ("rows", {"no": 0, "segment": "Germans", "place": "rule.all[9]"}, "no condition at"),
        ("values", {"label": "nothing"}, "no label"),
    ],
)  # fmt: skip
def test_what_no_view_sends_is_refused_in_words_and_the_next_question_is_answered(
    ask: Asked, do: str, data: dict[str, Any], words: str
) -> None:
    assert words in ask(do, **data)["refused"]
    assert ask.uids(inside=["Germans"]) == ["ana", "bo"]


def test_a_search_that_is_sql_is_a_text(ask: Asked) -> None:
    assert ask.uids(search="' OR 1=1 --") == []
