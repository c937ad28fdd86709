"""The rule builder without a browser: messages in, answers out."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from segkit.api.app import App
from segkit.definitions.conditions import Label
from segkit.definitions.documents import parse_document, parse_rule, rule_data
from segkit.definitions.python_form import event, label
from segkit.errors import Cancelled, SegkitError
from segkit.workbench.builder import counting
from segkit.workbench.builder.counting import Asked, Counter
from segkit.workbench.builder.model import BuilderModel
from tests.small_workspace import SmallWorkspace

DAY = "2024-11-07"
GERMANS = {"label": "country", "op": "eq", "value": "DE"}
OPEN = {"label": "country", "op": "in", "value": []}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorkspace]:
    """Ana and Bo are German, Cy is Austrian, of Di nothing is known; Ana and Cy paid."""
    made = SmallWorkspace(Path(tmp_path_factory.mktemp("builder")))
    made.user("ana", country="DE", email="ana@example.com", score=3)
    made.user("bo", country="DE", score=7)
    made.user("cy", country="AT")
    made.user("di")
    made.event("ana", "order_paid", at="2024-11-01 10:00", amount=20, category="light")
    made.event("cy", "order_paid", at="2024-11-01 10:00", amount=90, category="camera")
    made.event("cy", "order_paid", at="2024-11-02 10:00", amount=10, category="light")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody types here, so that what is odd is looked for at once."""
    monkeypatch.setattr(counting, "QUIET", 0)


class Talk:
    """A builder and all that it told."""

    def __init__(self, app: App, what: Any = None) -> None:
        self.model = BuilderModel(app, what, date.fromisoformat(DAY))
        self.told: list[dict[str, Any]] = []
        self.model.tell = self.told.append
        self.model.wait()

    def edit(self, number: int, rule: Any, **filed: Any) -> None:
        document = json.dumps({"name": "", **filed, "rule": rule})
        self.model.receive({"do": "rule", "edit": number, "as_of": DAY, "document": document})
        self.model.wait()

    def ask(self, do: str, **asked: Any) -> dict[str, Any]:
        self.model.receive({"do": do, "ask": "1", **asked})
        self.model.wait()
        return [told for told in self.told if told["kind"] == "answer"][-1]

    def save(self, rule: Any, how: str = "", **filed: Any) -> dict[str, Any]:
        self.edit(1, rule, **filed)
        return self.ask("save", how=how, document=json.dumps({**filed, "rule": rule}))

    def last(self, kind: str) -> dict[str, Any]:
        return [told for told in self.told if told["kind"] == kind][-1]


@pytest.fixture
def talk(shop: SmallWorkspace) -> Iterator[Talk]:
    made = Talk(shop.app)
    yield made
    made.model.close()


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_each_edit_is_answered_with_its_number_the_counts_and_the_totals_without(talk: Talk) -> None:
    talk.edit(7, {"all": [GERMANS, {"not": {"event": "order_paid", "window": {"last": 30}}}]})
    assert (talk.last("taken")["edit"], talk.last("numbers")["edit"]) == (7, 7)
    said = "Users whose country is Germany, and who did not do ‘order paid’ in the last 30 days."
    assert talk.last("taken")["sentence"] == said
    found = talk.last("numbers")
    assert (found["count"], found["base"]) == (1, 4)
    assert found["conditions"] == {"rule": 1, "rule.all[0]": 2, "rule.all[1]": 2, "rule.all[1].not": 2}
    assert talk.last("details")["without"] == {"rule": 4, "rule.all[0]": 2, "rule.all[1]": 2, "rule.all[1].not": 2}


def found_of(talk: Talk) -> list[tuple[str, str, str]]:
    return [(each["weight"], each["code"], each["place"]) for each in talk.last("findings")["found"]]


def test_what_is_odd_comes_after_the_numbers_the_serious_first_with_its_place_on_the_screen(talk: Talk) -> None:
    not_german = {"label": "country", "op": "ne", "value": "DE"}
    never = {"all": [{"label": "score", "op": "gt", "value": 5}, {"label": "score", "op": "lt", "value": 5}]}
    someone = {"label": "country", "op": "eq", "value": "XX"}
    talk.edit(1, {"all": [OPEN, not_german, {"label": "score", "op": "not_empty", "mute": True}]})
    kinds = [told["kind"] for told in talk.told if told.get("edit") == 1]
    assert kinds == ["taken", "numbers", "details", "findings"]
    assert found_of(talk) == [("odd", "includes-missing", "rule.all[1]")]
    (told,) = talk.last("findings")["found"]
    assert told["words"].startswith("1 of its 2 users has no value")
    assert "has a value" in told["advice"]
    talk.edit(2, {"any": [OPEN, someone, never, {"not": not_german}]})
    assert found_of(talk) == [("bad", "never-true", "rule.any[2]"), ("odd", "unknown-value", "rule.any[1]")]


def test_an_edit_of_the_name_gets_the_findings_that_are_there_and_a_rule_left_for_a_moment_its_own(talk: Talk) -> None:
    rule = {"all": [{"label": "country", "op": "ne", "value": "DE"}]}
    talk.edit(1, rule)
    talk.edit(2, rule, name="Named")
    assert (talk.last("findings")["edit"], len(talk.last("findings")["found"])) == (2, 1)
    assert talk.model.shown()["findings"] == {**talk.last("findings"), "edit": 1}
    for number, each in ((3, {"all": [GERMANS]}), (4, rule), (5, {"all": [GERMANS]}), (6, rule)):
        document = json.dumps({"name": "Named", "rule": each})
        talk.model.receive({"do": "rule", "edit": number, "as_of": DAY, "document": document})
    talk.model.wait()
    assert (talk.last("findings")["edit"], len(talk.last("findings")["found"])) == (6, 1)


def test_a_rule_is_held_against_the_segments_of_its_folder_at_their_boundaries(talk: Talk) -> None:
    low, high = ({"label": "score", "op": op, "value": 5} for op in ("lt", "gt"))
    app = talk.model.app
    app.save(parse_document({"name": "Low", "folder": "Scores", "rule": {"all": [low]}}))
    app.save(parse_document({"name": "Low too", "folder": "Elsewhere", "rule": {"all": [low]}}))
    other = Talk(app)
    other.edit(1, {"all": [GERMANS, high]}, folder="Scores")
    assert found_of(other) == [("odd", "gap", "rule.all[1]"), ("quiet", "changes-nothing", "rule.all[0]")]
    assert "in neither ‘Low’ nor ‘this rule’" in other.last("findings")["found"][0]["words"]
    other.edit(2, {"all": [GERMANS, high]}, folder="Third")
    assert "gap" not in str(found_of(other))
    other.model.close()


def test_what_is_not_complete_is_kept_and_left_out_of_counts_and_sentence(talk: Talk) -> None:
    rule = {"all": [OPEN, {"any": [OPEN]}, GERMANS]}
    talk.edit(1, rule)
    assert rule_data(talk.model.rule) == rule
    taken, found = talk.last("taken"), talk.last("numbers")
    assert (taken["left_out"], taken["sentence"]) == (2, "Users whose country is Germany.")
    assert [problem["place"] for problem in taken["problems"]] == ["rule.all[0].value", "rule.all[1].any[0].value"]
    assert (found["count"], found["conditions"]) == (2, {"rule": 2, "rule.all[2]": 2})
    assert talk.last("details")["without"] == {"rule": 4, "rule.all[2]": 4}
    assert talk.model.estimate().count == 2


def test_a_filter_that_is_not_complete_leaves_its_event_counted(talk: Talk) -> None:
    unfinished = {"param": "category", "op": "in", "value": []}
    rule: dict[str, Any] = {"event": "order_paid", "window": {"last": 30}, "where": {"all": [unfinished]}}
    talk.edit(1, {"all": [rule]})
    assert (talk.last("numbers")["count"], talk.last("taken")["left_out"]) == (2, 1)
    steps = [{"event": "order_paid"}, {"event": "order_paid", "where": unfinished}]
    talk.edit(2, {"all": [{"sequence": steps, "within": 7, "window": {"last": 30}}]})
    assert (talk.last("numbers")["count"], talk.last("taken")["left_out"]) == (1, 1)
    unfinished["value"] = ["camera"]
    talk.edit(3, {"all": [rule]})
    assert (talk.last("numbers")["count"], talk.last("taken")["left_out"]) == (1, 0)


def test_a_rule_without_conditions_picks_everybody(talk: Talk) -> None:
    assert (talk.model.numbers["count"], talk.model.numbers["base"]) == (4, 4)
    talk.edit(1, {"all": [OPEN]})
    assert talk.last("taken")["sentence"] == "All users."


# --- newest wins -----------------------------------------------------------------------------------------------------


class SlowApp:
    """An app whose count of a label of this code goes on until it is cancelled."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.counted: list[str] = []

    def estimate(self, rule: Label, as_of: date, *, progress: Any, cancel: threading.Event) -> Any:
        self.begun.set()
        if rule.label == "slow":
            assert cancel.wait(60)
            raise Cancelled("cancelled")
        self.counted.append(rule.label)
        raise SegkitError("counted")


def test_a_newer_edit_cancels_what_runs_and_only_its_numbers_are_told_last() -> None:
    app = SlowApp()
    told: list[dict[str, Any]] = []
    counter = Counter(cast(App, app), lambda asked, each: told.append({**each, "edit": asked.edit}))
    rules = {code: Label(label=code, op="not_empty") for code in ("slow", "between", "newest")}
    counter.ask(Asked(1, rules["slow"], date(2024, 1, 1), {}))
    assert app.begun.wait(60)
    counter.ask(Asked(2, rules["between"], date(2024, 1, 1), {}))
    counter.ask(Asked(3, rules["newest"], date(2024, 1, 1), {}))
    counter.wait()
    counter.close()
    assert "newest" in app.counted
    assert [each["edit"] for each in told][-1:] == [3]
    assert all(each["edit"] != 1 for each in told)


class StuckApp(SlowApp):
    """An app whose count of a label of this code does not notice that it was cancelled until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def estimate(self, rule: Label, as_of: date, *, progress: Any, cancel: threading.Event) -> Any:
        if rule.label == "stuck":
            self.begun.set()
            assert self.let_go.wait(60)
            raise Cancelled("cancelled")
        return super().estimate(rule, as_of, progress=progress, cancel=cancel)


def test_the_newest_edit_is_counted_while_one_that_was_given_up_has_not_returned() -> None:
    app, is_told = StuckApp(), threading.Event()
    told: list[int] = []

    def tell(asked: Asked, _told: dict[str, Any]) -> None:
        told.append(asked.edit)
        is_told.set()

    counter = Counter(cast(App, app), tell)
    counter.ask(Asked(1, Label(label="stuck", op="not_empty"), date(2024, 1, 1), {}))
    assert app.begun.wait(60)
    counter.ask(Asked(2, Label(label="newest", op="not_empty"), date(2024, 1, 1), {}))
    assert is_told.wait(60)
    assert not app.let_go.is_set()
    app.let_go.set()
    counter.wait()
    counter.close()
    assert told == [2]


def test_after_two_hundred_edits_at_speed_the_kernel_holds_and_counts_the_last(talk: Talk) -> None:
    draw = random.Random(8)
    rule: dict[str, Any] = {"all": []}
    for number in range(1, 201):
        if draw.random() < 0.6:
            rule["all"].append({"label": "score", "op": "ge", "value": draw.randint(0, 9)})
        elif rule["all"]:
            rule["all"].pop(draw.randrange(len(rule["all"])))
        document = json.dumps({"name": "x", "rule": rule})
        talk.model.receive({"do": "rule", "edit": number, "as_of": DAY, "document": document})
    talk.model.wait()
    assert rule_data(talk.model.rule) == rule
    assert talk.last("numbers")["edit"] == 200
    assert talk.last("numbers")["count"] == talk.model.app.estimate(parse_rule(rule), DAY).count


def test_an_edit_that_leaves_the_rule_as_it_is_never_gets_the_numbers_of_another(talk: Talk) -> None:
    rule = {"all": [GERMANS, {"label": "score", "op": "ge", "value": 5}]}
    talk.model.open(parse_rule(rule))  # is still being counted when the view answers with the same rule
    document = json.dumps({"name": "x", "rule": rule})
    talk.model.receive({"do": "rule", "edit": 40, "as_of": DAY, "document": document})
    talk.model.receive({"do": "rule", "edit": 41, "as_of": DAY, "document": document.replace('"x"', '"y"')})
    talk.model.wait()
    assert {told["count"] for told in talk.told if told["kind"] == "numbers" and told["edit"] >= 40} == {1}
    assert talk.last("numbers")["edit"] == 41
    talk.edit(42, rule, name="z")
    assert (talk.last("numbers")["edit"], talk.last("numbers")["count"]) == (42, 1)
    assert talk.last("numbers")["without"] == {"rule": 4, "rule.all[0]": 1, "rule.all[1]": 2}


def test_counting_is_stopped_when_somebody_says_so_and_begins_again_with_the_next_edit(talk: Talk) -> None:
    talk.model.receive({"do": "stop"})
    assert talk.last("stopped")["edit"] == 0
    talk.edit(1, {"all": [GERMANS]})
    assert talk.last("numbers")["count"] == 2


def test_a_view_that_opens_late_is_told_what_was_told_before_it_listened(talk: Talk) -> None:
    talk.edit(1, {"all": [{"label": "country", "op": "ne", "value": "DE"}]})
    talk.told.clear()
    talk.model.receive({"do": "opened"})
    assert [told["kind"] for told in talk.told] == ["numbers", "findings"]
    assert (talk.last("numbers")["edit"], talk.last("numbers")["count"]) == (1, 2)


# --- hostile messages ------------------------------------------------------------------------------------------------


def deep(levels: int) -> str:
    return '{"name": "x", "rule": ' + '{"not": ' * levels + json.dumps(GERMANS) + "}" * (levels + 1)


HOSTILE: list[tuple[str, object, str]] = [
    (
        "an unknown operator",
        json.dumps({"rule": {"label": "country", "op": "drop", "value": "x"}}),
        "no operator 'drop'",
    ),
    ("an unknown kind", json.dumps({"rule": {"labels": "country"}}), "expected a condition"),
    ("an unknown key", json.dumps({"rule": {**GERMANS, "sql": "1; DROP TABLE users"}}), "unknown key 'sql'"),
    ("SQL as a code", json.dumps({"rule": {"label": "x; DROP TABLE users", "op": "eq", "value": "x"}}), "label"),
    ("depth of 1,000", deep(1_000), "nesting deeper than"),
    ("depth of 100,000", deep(100_000), "nesting deeper than"),
    ("ten megabytes", json.dumps({"rule": {**GERMANS, "value": "x" * 10_000_000}}), "10,000,0"),
    ("many conditions", json.dumps({"rule": {"all": [GERMANS] * 5_000}}), "more than 2,000 conditions"),
    ("no JSON", "{'rule': x", "expected JSON"),
    ("a key twice", '{"rule": {"all": []}, "rule": {"any": []}}', "a second time"),
    ("NaN", '{"rule": {"label": "score", "op": "gt", "value": NaN}}', "not a number"),
    ("an id of another", json.dumps({"id": "sg_other", "rule": {"all": []}}), "found the key 'id'"),
    ("a list", "[]", "found no document"),
    ("no text", {"rule": {"all": []}}, "found no text"),
    ("no rule", "{}", "rule"),
    ("a name of 10,000", json.dumps({"name": "x" * 10_000, "rule": {"all": []}}), "at most 64"),
]


@pytest.mark.parametrize(("document", "reason"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_rule_is_refused_with_its_reason_and_the_builder_stays_usable(
    talk: Talk, document: object, reason: str
) -> None:
    talk.edit(1, {"all": [GERMANS]})
    talk.model.receive({"do": "rule", "edit": 2, "as_of": DAY, "document": document})
    refused = talk.last("refused")
    assert refused["edit"] == 2
    assert reason in refused["message"]
    assert len(refused["message"]) < 2_000
    assert rule_data(talk.model.rule) == {"all": [GERMANS]}
    talk.edit(3, {"any": [GERMANS]})
    assert talk.last("numbers")["count"] == 2


def test_sql_in_texts_is_only_text(talk: Talk) -> None:
    nasty = "'; DROP TABLE users; --"
    talk.edit(1, {"any": [{**GERMANS, "value": nasty}, GERMANS, {"sample": 0, "seed": nasty}]}, description=nasty)
    assert talk.last("numbers")["conditions"]["rule.any[0]"] == 0
    assert talk.last("numbers")["count"] == 2
    assert talk.ask("values", code="country", search=nasty)["values"] == []


@pytest.mark.parametrize(
    "message",
    [
        None, [], "rule", {"do": None}, {"do": "values"}, {"do": ["save"]}, {"do": "values", "code": {"a": 1}},
        {"do": "values", "code": "country", "offset": -5, "search": "x" * 10_000_000}, {"do": "save", "document": 5},
        {"do": "values", "code": "nothing"}, {"do": "paste", "text": "a: &x [*x]"}, {"do": "__class__"},
        {"do": "values", "code": "category", "event": "app_used; DROP"}, {"do": "rule", "edit": "x", "as_of": 5},
        {"do": "rule", "edit": 1, "as_of": "2024-99-99", "document": "{}"},
    ],
    ids=lambda message: str(message)[:60],
)  # fmt: skip
def test_no_message_stops_the_builder(talk: Talk, message: object) -> None:
    talk.model.receive(message)
    talk.model.wait()
    talk.edit(5, {"all": [GERMANS]})
    assert talk.last("numbers")["count"] == 2


# --- values ----------------------------------------------------------------------------------------------------------


def test_values_come_most_frequent_first_with_names_and_are_found_by_name_or_code(talk: Talk) -> None:
    found = talk.ask("values", code="country")
    assert [(v["value"], v["name"], v["count"]) for v in found["values"]] == [("DE", "Germany", 2), ("AT", "AT", 1)]
    assert (found["without"], found["more"]) == (1, False)
    assert [v["value"] for v in talk.ask("values", code="country", search="germ")["values"]] == ["DE"]
    assert [v["value"] for v in talk.ask("values", code="country", search="at")["values"]] == ["AT"]


def test_values_of_a_parameter_are_counted_by_users(talk: Talk) -> None:
    found = talk.ask("values", code="category", event="order_paid")
    assert [(v["value"], v["count"]) for v in found["values"]] == [("light", 2), ("camera", 1)]
    found = talk.ask("values", code="category", event="order_paid", search="CAM")
    assert [v["value"] for v in found["values"]] == ["camera"]
    assert "no event 'app_usd'" in talk.ask("values", code="category", event="app_usd")["refused"]


def test_personal_values_are_masked_and_not_searched(talk: Talk) -> None:
    found = talk.ask("values", code="email")
    assert [v["value"] for v in found["values"]] == ["a•••@e•••.com"]
    assert "personal data" in talk.ask("values", code="email", search="ana")["refused"]


def test_values_come_a_hundred_at_a_time(tmp_path: Path) -> None:
    made = SmallWorkspace(tmp_path / "many")
    for number in range(150):
        made.user(f"u{number}", country=f"C{number:03}")
    talk = Talk(made.app)
    first, second = talk.ask("values", code="country"), talk.ask("values", code="country", offset=100)
    assert ([v["value"] for v in first["values"]][-1], first["more"]) == ("C099", True)
    assert ([v["value"] for v in second["values"]][-1], len(second["values"]), second["more"]) == ("C149", 50, False)
    talk.model.close()
    made.close()


# --- opening, showing, pasting ---------------------------------------------------------------------------------------


def test_a_rule_of_python_is_opened_and_what_a_view_opens_with_is_what_stands_now(shop: SmallWorkspace) -> None:
    talk = Talk(shop.app, label("score") > 5)
    assert talk.model.shown()["document"]["rule"] == {"label": "score", "op": "gt", "value": 5}
    talk.edit(4, {"all": [GERMANS]}, name="Germans here")
    shown = talk.model.shown()
    assert (shown["edit"], shown["document"]) == (4, {"name": "Germans here", "rule": {"all": [GERMANS]}})
    assert shown["numbers"]["count"] == 2
    talk.model.close()


def test_a_predefined_segment_opens_as_a_copy(shop: SmallWorkspace) -> None:
    talk = Talk(shop.app, "pd_accepted_marketing")
    assert talk.model.shown()["id"] is None
    assert talk.model.draft.name.endswith("(copy)")
    talk.model.close()


def test_the_forms_are_of_the_rule_that_is_counted(talk: Talk) -> None:
    talk.edit(1, {"all": [GERMANS, OPEN, {"event": "order_paid", "window": {"last": 30}}]}, name="Paying")
    forms = talk.ask("forms")
    assert eval(forms["python"], {"label": label, "event": event}) == (
        (label("country") == "DE") & event("order_paid").last(30)
    )
    assert "SELECT user_no FROM users" in forms["sql"]
    pasted = talk.ask("paste", text=forms["yaml"])["document"]
    assert pasted["name"] == "Paying"
    assert pasted["rule"] == {"all": [GERMANS, {"event": "order_paid", "window": {"last": 30}}]}


def test_a_rule_alone_can_be_pasted_and_nonsense_is_refused_with_its_place(talk: Talk) -> None:
    assert talk.ask("paste", text="all: [{label: score, op: gt, value: 1}]")["document"] == {
        "rule": {"all": [{"label": "score", "op": "gt", "value": 1}]}
    }
    assert "line 1" in talk.ask("paste", text="all: [*x]")["refused"]


def test_a_document_of_python_takes_the_place_of_what_stood_there(talk: Talk) -> None:
    talk.model.open(label("country").isin("AT"))
    talk.model.wait()
    assert talk.last("document")["document"]["rule"] == {"label": "country", "op": "in", "value": ["AT"]}
    assert talk.last("numbers")["count"] == 1


# --- saving ----------------------------------------------------------------------------------------------------------


def test_a_segment_is_saved_with_all_that_is_said_of_it_and_then_as_its_next_version(talk: Talk) -> None:
    filed: dict[str, Any] = {
        "name": "Germans",
        "description": "All of them",
        "cycle": "once",
        "folder": "Spring",
        "tags": ["x", "y"],
    }
    first = talk.save({"all": [GERMANS]}, **filed)
    assert first["version"] == 1
    saved = talk.model.app.document("Germans")
    assert (saved.description, saved.cycle, saved.folder, saved.tags) == ("All of them", "once", "Spring", ("x", "y"))
    assert talk.save({"all": [GERMANS]}, **{**filed, "description": "Changed"})["version"] == 2
    assert talk.model.app.segment("Germans").count == 2
    talk.edit(5, {"all": [GERMANS]}, name="Germans")
    assert talk.last("taken")["name_problem"] == ""  # its own name is not taken


def test_a_name_that_is_taken_is_said_while_it_is_typed_and_refused_when_it_is_saved(talk: Talk) -> None:
    talk.save({"all": [GERMANS]}, name="Taken")
    other = Talk(talk.model.app)
    other.edit(1, {"all": []}, name="TAKEN ")
    assert other.last("taken")["name_problem"] == (
        "‘TAKEN’ is in this app already, as ‘Taken’. Choose another name, or open it."
    )
    assert other.save({"all": []}, name="TAKEN")["refused"].startswith("Not saved")
    other.edit(2, {"all": []}, name="Free")
    assert other.last("taken")["name_problem"] == ""
    other.model.close()


@pytest.mark.parametrize(
    ("filed", "rule", "reason"),
    [
        ({}, {"all": []}, "Not saved: the segment has no name"),
        ({"name": "Half done"}, {"all": [OPEN]}, "Not saved: rule.all[0].value"),
        ({"name": "x" * 65}, {"all": []}, "at most 64"),
    ],
)
def test_what_cannot_be_saved_is_told(talk: Talk, filed: dict[str, Any], rule: Any, reason: str) -> None:
    assert reason in talk.save(rule, **filed)["refused"]


@pytest.fixture
def both(talk: Talk) -> Iterator[tuple[Talk, Talk]]:
    """Two builders of one segment; the other has saved a description meanwhile."""
    name = f"Shared {len(talk.model.app.segments())}"
    talk.save({"all": [GERMANS]}, name=name)
    other = Talk(talk.model.app, name)
    assert other.save({"all": [GERMANS]}, name=name, description="Theirs")["version"] == 2
    yield talk, other
    other.model.close()


def mine(talk: Talk, how: str = "", value: str = "AT") -> dict[str, Any]:
    return talk.save({"all": [{**GERMANS, "value": value}]}, how, name=talk.model.document.name)


def test_a_save_that_came_too_late_shows_both_sides(both: tuple[Talk, Talk]) -> None:
    found = mine(both[0])["conflict"]
    assert (found["version"], found["by"], found["together"]) == (2, "tester", True)
    assert "Theirs" in " ".join(found["theirs"])
    assert found["yours"] == ["Changed ‘Country is Germany’ to ‘Country is “AT”’ (rule.all[0])."]


@pytest.mark.parametrize(
    ("how", "description", "value", "version"),
    [("together", "Theirs", "AT", 3), ("mine", "", "AT", 3), ("theirs", "Theirs", "DE", 2)],
)
def test_a_conflict_is_resolved_as_one_chooses(
    both: tuple[Talk, Talk], how: str, description: str, value: str, version: int
) -> None:
    name = both[0].model.shown()["id"]
    mine(both[0])
    done = mine(both[0], how)
    saved = both[0].model.app.document(name)
    assert done["version"] == both[0].model.version == version
    assert (saved.description, rule_data(saved.rule)["all"][0]["value"]) == (description, value)
