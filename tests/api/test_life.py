"""The life of a segment through the library: history, earlier versions, copies, the archive, coming back, freshness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import segkit
from segkit import label, segment
from segkit.api import App
from segkit.errors import DefinitionError, NotFound, SegkitError, StaleSave
from segkit.store.searching import Search
from tests.small_workspace import SmallWorkspace

GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}
EXPORTS = """
[[exports]]
name = "mail"
app = "shop"
segments = ["germans"]
"""


class Clock:
    """A moment that tests move on."""

    def __init__(self) -> None:
        self.now = datetime(2024, 11, 7, 2, 12, tzinfo=UTC)  # 03:12 in Berlin

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(small: SmallWorkspace, clock: Clock) -> App:
    small.user("ana", country="DE", marketing_consent=True, score=1.0)
    small.user("bo", country="AT", score=2.0)
    small.user("cy", country="DE", score=3.0)
    small.event("ana", "app_used", "2024-11-01 09:00", category="tv")
    small.settings = EXPORTS
    small.write()
    workspace = segkit.open(small.folder, actor="ana", clock=clock)
    workspace.load()
    return workspace.app()


def test_a_history_tells_who_when_and_what_in_words(app: App, clock: Clock) -> None:
    first = app.save({**GERMANS, "name": "Our Germans", "description": "For May"})
    clock.now += timedelta(days=1)
    app.workspace.actor = "bo"
    app.save({**GERMANS, "name": "Our Germans", "id": first.id, "tags": ["may"]}, note="narrower")
    app.save_rule("Our Germans", (label("country") == "DE") & (label("score") > 1), description="For May")
    clock.now += timedelta(hours=1)
    app.delete("Our Germans")
    found = app.history("our germans")
    assert repr(found) == (
        f"‘Our Germans’ ({first.id})\n"
        "Deleted, today 04:12 by bo\n"
        "Version 3, today 03:12 by bo\n"
        "  Added the description “For May”.\n"
        "  Removed the tag “may”.\n"
        "  Added ‘Score is more than 1’ (rule.all[1]).\n"
        "Version 2, today 03:12 by bo: narrower\n"
        "  Removed the description “For May”.\n"
        "  Added the tag “may”.\n"
        "Version 1, yesterday 03:12 by ana\n"
        "  The first version."
    )
    assert [entry["version"] for entry in found.to_dict()["entries"]] == [None, 3, 2, 1]
    assert "<b>Version 2</b> today 03:12 · bo · narrower" in found._repr_html_()


def test_a_history_calls_segments_by_name_also_those_that_are_gone(app: App) -> None:
    app.save(GERMANS)
    app.save_rule("Parents", segment("Germans") & (label("score") > 1))
    app.save_rule("Parents", label("score") > 1)
    app.workspace.settings = app.workspace.settings.model_copy(update={"exports": ()})
    app.delete("Germans")
    assert "Removed ‘In segment ‘Germans’’ (rule.all[0])." in repr(app.history("Parents"))


def test_going_back_to_a_version_makes_a_new_one(app: App) -> None:
    first = app.save(GERMANS)
    app.save({**GERMANS, "id": first.id, "name": "Austrians", "rule": {"label": "country", "op": "eq", "value": "AT"}})
    assert app.document("Austrians", version=1).name == "Germans"
    back = app.revert("Austrians", 1)
    assert (back.id, back.name, back.version, back.count) == (first.id, "Germans", 3, 2)
    assert app.revert("Germans", 1).version == 3
    assert [entry.note for entry in app.history("Germans").entries] == ["as in version 1", "", ""]
    with pytest.raises(NotFound, match="has no version 9; expected 1 to 3"):
        app.revert("Germans", 9)


def test_any_segment_can_be_duplicated(app: App) -> None:
    app.save({**GERMANS, "tags": ["may"], "folder": "Campaigns", "cycle": "once"})
    copy = app.duplicate("GERMANS", "Germans 2")
    assert (copy.name, copy.version, copy.count, copy.tags, copy.folder, copy.cycle) == (
        "Germans 2", 1, 2, ("may",), "Campaigns", "once",
    )  # fmt: skip
    assert app.history("Germans 2").entries[0].note == "a copy of ‘Germans’"
    predefined = app.duplicate("pd_accepted_marketing", "My marketing")
    assert (predefined.kind, predefined.count) == ("custom", 1)
    with pytest.raises(SegkitError, match="‘My marketing’ exists in this app"):
        app.duplicate("Germans", "my MARKETING")


def test_an_archived_segment_is_neither_listed_nor_refreshed_nor_read(app: App) -> None:
    app.workspace.settings = app.workspace.settings.model_copy(update={"exports": ()})
    app.save(GERMANS)
    assert app.archive("germans").state == "archived"
    assert "Germans" not in [info.name for info in app.segments()]
    assert [info.name for info in app.segments(archived=True)] == ["Germans"]
    assert "Germans" not in [row.name for row in app.refresh().segments]
    assert (app.segment("Germans").count, app.segment("Germans").note) == (2, "archived")
    assert app.document("Germans").name == "Germans"
    for refused in (lambda: app.refresh(["Germans"]), lambda: app.estimate("Germans"), lambda: app.export(["Germans"])):
        with pytest.raises(NotFound, match=r"‘Germans’ is archived. `segkit unarchive 'Germans'` brings it back"):
            refused()
    with pytest.raises(DefinitionError, match=r"rule\.all\[0\]: ‘Germans’ is archived"):
        app.save_rule("Parents", segment("Germans") & (label("score") > 1))
    back = app.unarchive("Germans")
    assert (back.state, back.count, back.is_stale) == ("active", 2, False)


def test_what_segments_or_exports_use_stays(app: App) -> None:
    app.save(GERMANS)
    app.save_rule("B", segment("Germans") & (label("score") > 1))
    app.save_rule("A", ~segment("Germans"))
    for refused, done in ((app.archive, "archived"), (app.delete, "deleted")):
        with pytest.raises(SegkitError) as error:
            refused("Germans")
        listed = f"Not {done}: ‘Germans’ is used by ‘A’, ‘B’, the export ‘mail’ of segkit.toml."
        assert str(error.value).startswith(listed)
    for refused in (app.archive, app.delete):
        with pytest.raises(SegkitError, match="is predefined and stays"):
            refused("pd_accepted_marketing")


def test_a_deleted_segment_comes_back_with_its_versions(app: App) -> None:
    app.workspace.settings = app.workspace.settings.model_copy(update={"exports": ()})
    first = app.save(GERMANS)
    app.delete("Germans")
    assert [info.note for info in app.segments(deleted=True)] == ["deleted"]
    app.save({**GERMANS, "rule": {"label": "country", "op": "eq", "value": "AT"}})
    with pytest.raises(SegkitError, match="‘Germans’ exists in this app"):
        app.undelete(first.id)
    back = app.undelete("Germans", as_name="Germans of old")
    assert (back.id, back.version, back.count) == (first.id, 2, 2)
    with pytest.raises(SegkitError, match=r"is not deleted; `segkit list --deleted`"):
        app.undelete("Germans of old")
    app.delete("Germans")
    app.save(GERMANS)
    app.delete("Germans")
    with pytest.raises(SegkitError, match=r"2 deleted segments were called ‘Germans’: sg_.* Name one by its id"):
        app.history("Germans")


def test_a_stale_save_speaks_the_words_of_the_vocabulary(app: App) -> None:
    first = app.save({**GERMANS, "rule": {"all": [GERMANS["rule"]]}})
    app.save({**GERMANS, "id": first.id, "rule": {"all": [GERMANS["rule"], {"segment": "pd_accepted_marketing"}]}})
    mine = {"all": [GERMANS["rule"], {"label": "score", "op": "gt", "value": 1}]}
    with pytest.raises(StaleSave) as stale:
        app.save({**GERMANS, "id": first.id, "rule": mine}, based_on=1)
    assert "Added ‘In segment ‘All users who have accepted marketing’’ (rule.all[1])." in str(stale.value)
    assert "Added ‘Score is more than 1’ (rule.all[1])." in str(stale.value)
    assert stale.value.conflict is not None
    assert stale.value.conflict.merged is not None
    merged = app.save(stale.value.conflict.merged, based_on=stale.value.conflict.version)
    assert (merged.version, merged.count) == (3, 0)


def test_every_view_says_how_fresh_a_count_is(app: App, clock: Clock) -> None:
    once = app.save({**GERMANS, "name": "Once", "cycle": "once"})
    clock.now += timedelta(days=1, hours=2)
    daily = app.save(GERMANS)
    once = app.segment("Once")
    assert (once.updated, once.age, once.definition_changed) == ("yesterday 03:12", timedelta(hours=26), False)
    assert (daily.updated, daily.age) == ("today 05:12", timedelta())
    assert once.freshness == (
        "2 users as of 2024-11-07, computed yesterday 03:12 (1 day ago), refreshed when saved and by hand"
    )
    app.save({**GERMANS, "id": daily.id, "rule": {"all": []}}, publish=False)
    stale = app.segment("Germans")
    assert (stale.definition_changed, stale.is_stale) == (True, True)
    assert stale.freshness == (
        "2 users as of 2024-11-07, computed today 05:12 (under a minute ago), refreshed daily; definition changed since"
    )
    assert [info.name for info in app.segments(stale=True)] == ["Germans"]
    assert stale.to_dict()["age"] == 0
    assert once.to_dict()["age"] == 26 * 3600
    html = app.segments("once")._repr_html_()
    assert all(told in html for told in ("Once", "yesterday 03:12", "1 day", "2024-11-07", "once"))
    assert "definition changed since" in stale._repr_html_()
    app.refresh()
    assert app.segments(stale=True) == ()


def test_a_list_is_searched_predefined_segments_included(app: App) -> None:
    app.save({**GERMANS, "tags": ["May"], "folder": "Campaigns/2024", "owner": "bo"})
    found = [info.name for info in app.segments("SATISFIED very")]
    assert found == ["Very satisfied users"]
    for search in (Search(tag="may"), Search(folder="campaigns"), Search(owner="BO"), Search(kind="custom")):
        assert [info.name for info in app.segments(search)] == ["Germans"]
    assert {info.kind for info in app.segments(Search(kind="predefined"))} == {"predefined"}
    with pytest.raises(SegkitError, match="found both"):
        app.segments(archived=True, deleted=True)


def test_predefined_segments_have_no_history(app: App) -> None:
    with pytest.raises(SegkitError, match=r"is predefined: it has no versions, and stays"):
        app.history("pd_accepted_marketing")
