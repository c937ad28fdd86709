"""The list of segments without a browser: messages in, answers out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import segkit
from segkit.api.app import App
from segkit.data.role_settings import RoleSettings
from segkit.workbench.panels.model import PanelModel
from segkit.workbench.panels.segments import listing
from segkit.workbench.panels.segments.model import SegmentsModel
from segkit.workbench.panels.within import Shown
from tests.small_workspace import SmallWorkspace

GERMANS = {"label": "country", "op": "eq", "value": "DE"}
NEEDS_EMAIL = {"label": "email", "op": "not_empty"}


class Talk:
    """A panel and all that it told."""

    def __init__(self, app: App, **others: Any) -> None:
        self.model = SegmentsModel(app, others)
        self.told: list[dict[str, Any]] = []
        self.model.tell = lambda message, buffers=(): self.told.append(message)

    def ask(self, do: str, **asked: Any) -> dict[str, Any]:
        self.model.receive({"do": do, "ask": len(self.told) + 1_000, **asked})
        self.model.wait()
        return [told for told in self.told if told["kind"] == "answer"][-1]

    def names(self, **asked: Any) -> list[str]:
        return [row["name"] for row in self.ask("list", **asked)["rows"]]


def _filled(small: SmallWorkspace) -> App:
    """Three Germans of five users. `Germans` is read by `Germans with e-mail`."""
    small.user("ana", country="DE", email="ana@example.com")
    small.user("bo", country="DE")
    small.user("cy", country="AT", email="cy@example.com")
    small.user("di", country="DE")
    small.user("eve", country="AT")
    app = small.app
    app.save({**_document("Germans", GERMANS), "folder": "Land", "owner": "Zoe"})
    both = {"all": [{"segment": "Germans"}, NEEDS_EMAIL]}
    app.save({**_document("Germans with e-mail", both), "folder": "Land/Mail", "owner": "Ada"})
    app.save({**_document("Austrians once", {"label": "country", "op": "eq", "value": "AT"}), "cycle": "once"})
    return app


def _document(name: str, rule: Any) -> dict[str, Any]:
    return {"segkit": 1, "app": "shop", "name": name, "rule": rule}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """For what changes nothing: one for all."""
    small = SmallWorkspace(tmp_path_factory.mktemp("segments") / "workspace")
    made = Talk(_filled(small))
    yield made
    made.model.close()
    small.close()


@pytest.fixture
def shop(small: SmallWorkspace) -> App:
    return _filled(small)


@pytest.fixture
def talk(shop: App) -> Iterator[Talk]:
    made = Talk(shop)
    yield made
    made.model.close()


def _row(talk: Talk, name: str, **asked: Any) -> dict[str, Any]:
    return next(row for row in talk.ask("list", **asked)["rows"] if row["name"] == name)


def _id(talk: Talk, name: str) -> str:
    return str(_row(talk, name)["id"])


# --- the list --------------------------------------------------------------------------------------------------------


def test_a_row_has_the_count_the_published_days_and_who_uses_it(seen: Talk) -> None:
    row = _row(seen, "Germans")
    assert (row["count"], row["counts"], row["used"]) == (3, [["2024-11-07", 3]], 1)
    assert (row["kind"], row["cycle"], row["owner"], row["folder"]) == ("custom", "daily", "Zoe", "Land")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"search": "germ zoe"}, ["Germans"]),
        ({"folder": "land"}, ["Germans", "Germans with e-mail"]),
        ({"folder": "Land/Mail"}, ["Germans with e-mail"]),
        ({"cycle": "once"}, ["Austrians once"]),
        ({"kind": "imported"}, []),
        ({"kind": "custom", "sort": "count"}, ["Germans with e-mail", "Austrians once", "Germans"]),
        ({"kind": "custom", "sort": "count", "down": True}, ["Germans", "Austrians once", "Germans with e-mail"]),
        ({"kind": "custom", "sort": "owner"}, ["Germans with e-mail", "Germans", "Austrians once"]),
        ({"kind": "custom", "sort": "owner", "down": True}, ["Germans", "Germans with e-mail", "Austrians once"]),
        ({"kind": "custom", "sort": "used", "down": True}, ["Germans", "Austrians once", "Germans with e-mail"]),
    ],
)
def test_the_list_is_searched_narrowed_and_sorted(seen: Talk, asked: dict[str, Any], names: list[str]) -> None:
    assert seen.names(**asked) == names


def test_a_long_list_comes_a_page_at_a_time(seen: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listing.PAGE == 100
    monkeypatch.setattr(listing, "PAGE", 2)
    first = seen.ask("list", kind="custom")
    assert ([row["name"] for row in first["rows"]], first["total"]) == (["Austrians once", "Germans"], 3)
    assert seen.names(kind="custom", offset=2) == ["Germans with e-mail"]
    assert seen.ask("list", kind="custom", offset=10**6)["offset"] == 2


def test_stale_ones_are_those_whose_rule_changed_since(talk: Talk, shop: App) -> None:
    document = shop.document("Germans").model_dump(by_alias=True, exclude_none=True, mode="json")
    shop.save({**document, "rule": NEEDS_EMAIL}, publish=False)
    assert talk.names(stale=True) == ["Germans", "Germans with e-mail"]
    assert _row(talk, "Germans")["note"] == "definition changed since"


# --- one segment -----------------------------------------------------------------------------------------------------


def test_a_segment_opens_with_its_sentence_its_users_and_why_it_cannot_be_deleted(seen: Talk) -> None:
    opened = seen.ask("open", id=_id(seen, "Germans"))["segment"]
    assert opened["sentence"] == "Users whose country is Germany."
    assert opened["used_by"] == ["‘Germans with e-mail’"]
    assert opened["reasons"]["delete"] == "Used by ‘Germans with e-mail’. Take it out there first."
    assert seen.ask("delete", id=opened["id"])["refused"]
    assert seen.model.opening()["chosen"] == opened["id"]


def test_a_predefined_segment_is_edited_as_a_copy_and_stays(seen: Talk) -> None:
    opened = seen.ask("open", id="pd_accepted_marketing")["segment"]
    assert {"archive", "delete", "history"} <= set(opened["reasons"])
    assert "edit" not in opened["reasons"]


def test_an_imported_segment_says_why_its_users_are_not_shown(talk: Talk, shop: App, tmp_path: Path) -> None:
    lines = tmp_path / "list.csv"
    lines.write_text("email,mobile,uid,param1,param2,param3\nana@example.com,,,,,\n")
    shop.import_list(lines, name="A list")
    row = _row(talk, "A list")
    opened = talk.ask("open", id=row["id"])["segment"]
    assert (row["kind"], row["count"]) == ("imported", 1)
    for key in ("members", "export"):
        assert opened["reasons"][key].startswith("It is an imported list: whom it holds is neither listed nor exported")
    assert "ana@example.com" not in repr(talk.told)


def test_the_trend_of_days_that_were_not_published_is_worked_out_only_where_it_is_asked_for(seen: Talk) -> None:
    id_ = _id(seen, "Germans")
    assert seen.ask("trend", id=id_)["missing"] == 29
    found = seen.ask("trend", id=id_, wait=True)
    assert found["table"][-1] == ["2024-11-07", 3, 0, 0]
    assert found["svg"].startswith("<svg")
    assert [told["done"] for told in seen.told if told["kind"] == "progress"][-1] > 0


def test_a_trend_that_nobody_waits_for_ends(seen: Talk) -> None:
    begun, id_ = threading.Event(), _id(seen, "Germans")
    tell = seen.model.tell

    def stops(message: dict[str, Any], buffers: Any = ()) -> None:
        tell(message, buffers)
        if message["kind"] == "progress" and message["done"] == 1:
            seen.model.receive({"do": "cancel", "ask": "long"})
            begun.set()

    seen.model.tell = stops
    seen.model.receive({"do": "trend", "ask": "long", "id": id_, "wait": True})
    seen.model.wait()
    seen.model.tell = tell
    assert begun.is_set()
    assert seen.told[-1] == {"kind": "answer", "ask": "long", "refused": "Stopped.", "stopped": True}


# --- what is done ----------------------------------------------------------------------------------------------------


def test_a_segment_is_deleted_and_brought_back_archived_and_brought_back(talk: Talk) -> None:
    id_ = _id(talk, "Austrians once")
    for done, undo, state in (("delete", "undelete", "deleted"), ("archive", "unarchive", "archived")):
        answer = talk.ask(done, id=id_)
        assert answer["undo"] == undo
        assert "Austrians once" not in talk.names()
        assert talk.names(state=state) == ["Austrians once"]
        opened = talk.ask("open", id=id_)["segment"]
        assert (opened["state"], opened["sentence"]) == (state, "Users whose country is “AT”.")
        assert "bring it back first" in opened["reasons"]["edit"]
        talk.ask(undo, id=id_)
        assert "Austrians once" in talk.names()


def test_a_copy_is_saved_under_its_name_and_a_taken_name_is_refused(talk: Talk) -> None:
    id_ = _id(talk, "Germans")
    copy = talk.ask("duplicate", id=id_, name="Germans (copy)")
    assert talk.ask("open", id=copy["id"])["segment"]["sentence"] == "Users whose country is Germany."
    assert "Germans" in talk.ask("duplicate", id=id_, name="germans")["refused"]


def test_history_says_what_changed_and_a_revert_is_a_new_version(talk: Talk, shop: App) -> None:
    document = shop.document("Germans").model_dump(by_alias=True, exclude_none=True, mode="json")
    shop.save({**document, "description": "From Germany"})
    entries = talk.ask("history", id=document["id"])["entries"]
    assert [(each["version"], each["now"]) for each in entries] == [(2, True), (1, False)]
    assert "description" in entries[0]["lines"][0].lower()
    assert talk.ask("revert", id=document["id"], to=1)["was"] == 2
    assert (shop.segment("Germans").version, shop.segment("Germans").description) == (3, "")


def test_updating_publishes_the_segment_and_those_that_read_it(talk: Talk, shop: App) -> None:
    document = shop.document("Germans").model_dump(by_alias=True, exclude_none=True, mode="json")
    shop.save({**document, "rule": {"label": "country", "op": "in", "value": ["DE", "AT"]}}, publish=False)
    said = talk.ask("update", id=document["id"])["said"]
    assert said == "‘Germans’ has 5 users as of 2024-11-07 (published), and 1 that read it are updated too."
    assert _row(talk, "Germans with e-mail")["count"] == 2


def test_lineage_is_a_picture_and_words(seen: Talk) -> None:
    found = seen.ask("lineage", id=_id(seen, "Germans"))
    assert found["svg"].startswith("<svg")
    assert "Used by:\n  segment ‘Germans with e-mail’" in found["words"]


# --- panels within ---------------------------------------------------------------------------------------------------


def test_the_rule_builder_opens_within_and_what_it_saves_is_told_to_the_list(talk: Talk, shop: App) -> None:
    id_ = _id(talk, "Germans")
    talk.ask("show", what="edit", id=id_)
    within = talk.model.opening()["within"]
    assert within["opening"]["document"]["rule"] == GERMANS
    document = '{"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "AT"}}'
    message = {"do": "save", "ask": 1, "how": "", "document": document}
    talk.model.receive({"do": "within", "number": within["number"] - 1, "message": message})
    talk.model.receive({"do": "within", "number": within["number"], "message": message})
    talk.model.within.shown.model.wait()  # type: ignore[union-attr]
    assert {"kind": "changed", "id": id_} in talk.told
    assert (shop.segment("Germans").version, shop.segment("Germans").count) == (2, 2)
    talk.ask("hide")
    assert talk.model.opening()["within"]["number"] == 0


def test_another_panel_within_gets_its_messages_with_their_bytes(shop: App) -> None:
    inner = PanelModel()
    inner.answers["turn"] = lambda asked: ({"size": 3}, [asked.buffers[0][::-1]])
    talk = Talk(shop, export=lambda _app, name: Shown(inner, f"// {name}", "", "export"))
    bytes_told: list[Any] = []
    talk.ask("show", what="export", id=_id(talk, "Germans"))
    talk.model.tell = lambda message, buffers=(): bytes_told.append((message, list(buffers)))
    talk.model.receive({"do": "within", "number": 1, "message": {"do": "turn", "ask": 5}}, [b"abc"])
    inner.wait()
    told = {"kind": "told within", "number": 1, "message": {"kind": "answer", "ask": 5, "size": 3}}
    assert bytes_told == [(told, [b"cba"])]
    talk.model.close()


# --- who may not, and what is sent by the hostile --------------------------------------------------------------------


def test_a_viewer_sees_the_list_and_is_refused_the_rest_in_words(small: SmallWorkspace, shop: App) -> None:
    shop.workspace.settings.__dict__["roles"] = RoleSettings(viewer=("tester",), admin=("root",))
    talk = Talk(shop)
    assert "Germans" in talk.names()
    assert talk.model.opening()["rights"] == []
    for do in ("delete", "archive", "duplicate", "update"):
        assert "is not for ‘tester’" in talk.ask(do, id=_id(talk, "Germans"), name="A copy")["refused"]
    talk.model.close()


@pytest.mark.parametrize(
    "message",
    [
        {"do": "list", "sort": "1; drop table segments"}, {"do": "list", "state": "all"},
        {"do": "list", "stale": "yes"},
        {"do": "list", "search": "x" * 201}, {"do": "list", "offset": -1}, {"do": "open", "id": "' or 1=1"},
        {"do": "open", "id": ["sg_1"]}, {"do": "open", "id": "sg_nobody"}, {"do": "trend", "id": "Germans"},
        {"do": "revert", "id": "sg_nobody", "to": "1"}, {"do": "show", "what": "os.system"},
        {"do": "delete", "id": "pd_accepted_marketing"}, {"do": "update", "id": ""},
        {"do": "history", "id": "pd_accepted_marketing"},
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_in_words_and_the_list_goes_on(seen: Talk, message: dict[str, Any]) -> None:
    before = seen.names()
    do = message["do"]
    answer = seen.ask(do, **{key: value for key, value in message.items() if key != "do"})
    assert answer["refused"]
    assert "Error:" not in answer["refused"]
    for strange in ({"do": "within"}, {"do": "within", "number": 0, "message": 7}, {"do": "within", "number": [1]}):
        seen.model.receive(strange)
    assert seen.names() == before


def test_recent_counts_leave_out_what_is_older(shop: App) -> None:
    shop.refresh(["Germans"], as_of=date(2024, 11, 7) - timedelta(40))
    assert set(shop.recent_counts(30)[shop.segment("Germans").id]) == {date(2024, 11, 7)}
    assert len(shop.recent_counts(41)[shop.segment("Germans").id]) == 2
    with pytest.raises(segkit.errors.SegkitError, match="days: found 0"):
        shop.recent_counts(0)
