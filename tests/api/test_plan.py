"""A folder of documents against the catalog: what a plan shows, and that applying it does exactly that."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml

from segkit.api.planning import applying
from segkit.api.planning.plans import Change, Follower, Plan
from segkit.errors import DefinitionError, Held, Moved
from tests.small_workspace import SmallWorkspace

GERMAN = {"label": "country", "op": "eq", "value": "DE"}
AUSTRIAN = {"label": "country", "op": "eq", "value": "AT"}


class Shop:
    """A small workspace and a folder of documents beside it."""

    def __init__(self, small: SmallWorkspace, folder: Path) -> None:
        self.small = small
        self.folder = folder
        folder.mkdir()
        small.user("ana", country="DE", score=1.0)
        small.user("bo", country="AT", score=2.0)
        small.user("cy", country="DE", score=3.0)
        small.user("di")

    def write(self, place: str, name: str, rule: Any, **keys: Any) -> Path:
        """A document's file."""
        path = self.folder / place
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(yaml.safe_dump({"segkit": 1, **keys, "name": name, "rule": rule}, sort_keys=False))
        return path

    def save(self, name: str, rule: Any, **keys: Any) -> str:
        """A segment that the catalog has; its id."""
        return self.small.app.save({"name": name, "rule": rule, **keys}).id

    def plan(self, **options: Any) -> Plan:
        return self.small.workspace.plan(self.folder, **options)

    def apply(self, **options: Any) -> Any:
        return self.small.workspace.apply(self.folder, **options)

    def shown(self, plan: Plan) -> list[tuple[Any, ...]]:
        """Action, name, who is gained, who is lost; unchanged ones without users."""
        (app,) = plan.apps
        return [(c.action, c.name, *self.users(c, plan)) for c in app.changes]

    def followers(self, plan: Plan) -> list[tuple[Any, ...]]:
        (app,) = plan.apps
        return [(f.name, f.through, *self.users(f, plan)) for f in app.followers]

    @staticmethod
    def users(each: Change | Follower, plan: Plan) -> tuple[set[str], ...]:
        if each.movement is None:
            return ()
        uids = plan.apps[0].uids()
        both = (each.movement.gained, each.movement.lost)
        return tuple({uids[number] for number in members.user_nos()} for members in both)


@pytest.fixture
def shop(small: SmallWorkspace, tmp_path: Path) -> Shop:
    return Shop(small, tmp_path / "segments")


def test_a_plan_shows_what_is_created_changed_renamed_unchanged_and_left_alone_with_users(shop: Shop) -> None:
    same = shop.save("Same", GERMAN)
    changed = shop.save("Changed", GERMAN)
    renamed = shop.save("Old name", AUSTRIAN)
    shop.save("Not here", AUSTRIAN)
    shop.write("same.yaml", "Same", GERMAN, id=same)
    shop.write("changed.yml", "Changed", {"any": [AUSTRIAN, {"label": "score", "op": "gt", "value": 2}]}, id=changed)
    shop.write("deep/er/renamed.yaml", "New name", AUSTRIAN, id=renamed)
    (shop.folder / "new.json").write_text(json.dumps({"name": "New", "rule": {"not": GERMAN}}))
    plan = shop.plan()
    assert sorted(shop.shown(plan)) == [
        ("changed", "Changed", {"bo"}, {"ana"}),
        ("created", "New", {"bo", "di"}, set()),
        ("renamed", "New name", set(), set()),
        ("unchanged", "Same"),
    ]
    (app,) = plan.apps
    assert [name for _, name in app.left] == ["Not here"]
    (change,) = app.of("renamed")
    assert (change.old_name, change.words) == ("Old name", ("Renamed from ‘Old name’ to ‘New name’.",))
    (change,) = app.of("created")
    assert change.words == ("Users whose country is not Germany (includes users without a value).",)


def test_applying_does_what_the_plan_showed_and_the_next_plan_is_empty(shop: Shop) -> None:
    old = shop.save("Old name", GERMAN)
    shop.write("a.yaml", "New name", AUSTRIAN, id=old)
    path = shop.folder / "b.yaml"
    path.write_text("# what for\nsegkit: 1\nname: B   # by name\nrule: {not: {segment: new NAME}}\n")
    shop.apply(note="spring")
    segment_id = shop.small.app.segment("B").id
    expected = f"# what for\nsegkit: 1\nid: {segment_id}\nname: B   # by name\nrule: {{not: {{segment: new NAME}}}}\n"
    assert path.read_text() == expected
    assert shop.small.app.segment("New name").id == old
    assert (shop.small.app.segment("New name").count, shop.small.app.segment("B").count) == (1, 3)
    assert shop.plan().is_empty
    before = path.read_bytes()
    assert shop.apply().files == ()
    assert path.read_bytes() == before
    assert [v.note for v in shop.small.workspace.catalog.versions(old)] == ["", "spring"]


def test_users_of_a_segment_that_reads_what_changes_are_gained_and_lost_too(shop: Shop) -> None:
    child = shop.save("Germans", GERMAN)
    shop.save("Others", {"not": {"segment": "Germans"}})
    shop.save("Others who score", {"all": [{"segment": "Others"}, {"label": "score", "op": "not_empty"}]})
    shop.write("germans.yaml", "Germans", AUSTRIAN, id=child)
    plan = shop.plan()
    assert shop.shown(plan) == [("changed", "Germans", {"bo"}, {"ana", "cy"})]
    assert shop.followers(plan) == [
        ("Others", ("Germans",), {"ana", "cy"}, {"bo"}),
        ("Others who score", ("Germans", "Others"), {"ana", "cy"}, {"bo"}),
    ]
    shop.apply()
    assert shop.small.app.segment("Others").count == 3
    assert not shop.small.app.segment("Others who score").is_stale


def test_segments_are_deleted_only_when_asked_and_not_while_others_read_them(shop: Shop) -> None:
    child = shop.save("Germans", GERMAN)
    parent = shop.save("Others", {"not": {"segment": "Germans"}})
    shop.write("others.yaml", "Others", {"not": {"segment": "Germans"}}, id=parent)
    with pytest.raises(DefinitionError, match="‘Germans’: to be deleted, but used by ‘Others’"):
        shop.plan(delete=True)
    (shop.folder / "others.yaml").unlink()
    plan = shop.plan(delete=True)
    assert shop.shown(plan) == [
        ("deleted", "Germans", set(), {"ana", "cy"}),
        ("deleted", "Others", set(), {"bo", "di"}),
    ]
    shop.apply(delete=True)
    assert shop.plan(delete=True).is_empty
    assert {s.id for s in shop.small.workspace.catalog.segments("shop", deleted=True)} == {child, parent}


def test_an_archived_segment_is_left_alone_and_keeps_its_name_and_what_it_reads(shop: Shop) -> None:
    child = shop.save("Germans", GERMAN)
    parent = shop.save("Others", {"not": {"segment": "Germans"}})
    shop.small.app.archive("Others")
    shop.write("g.yaml", "Germans", GERMAN, id=child)
    assert shop.plan(delete=True).is_empty
    (shop.folder / "g.yaml").unlink()
    with pytest.raises(DefinitionError, match="‘Germans’: to be deleted, but used by ‘Others’"):
        shop.plan(delete=True)
    shop.write("by_name.yaml", "OTHERS", AUSTRIAN)
    shop.write("by_id.yaml", "Another", AUSTRIAN, id=parent)
    shop.write("reads.yaml", "Reads", {"segment": "others"})
    with pytest.raises(DefinitionError) as refused:
        shop.plan()
    assert sorted(problem.place for problem in refused.value.problems) == [
        "by_id.yaml: id", "by_name.yaml: name", "reads.yaml: rule",
    ]  # fmt: skip
    assert all("segkit unarchive 'Others'" in problem.message for problem in refused.value.problems)


def test_what_an_export_of_the_settings_needs_is_not_deleted(shop: Shop) -> None:
    shop.small.settings = '[[exports]]\nname = "weekly"\napp = "shop"\nsegments = ["Germans"]\n'
    shop.save("Germans", GERMAN)
    with pytest.raises(DefinitionError, match=r"used by the export ‘weekly’ of segkit\.toml"):
        shop.plan(delete=True)


def test_a_segment_kept_in_another_form_of_the_same_words_is_unchanged_and_pulled_as_such(shop: Shop) -> None:
    segment_id = shop.save("Germans", GERMAN)
    shop.small.workspace.pull(shop.folder)
    with sqlite3.connect(shop.small.folder / "catalog.sqlite") as connection:
        (text,) = connection.execute("SELECT document FROM versions WHERE segment_id = ?", (segment_id,)).fetchone()
        compact = json.dumps(json.loads(text))
        connection.execute("UPDATE versions SET document = ?", (compact,))
    assert shop.plan().is_empty
    assert len(shop.small.workspace.pull(shop.folder).unchanged) == 1


def test_a_deleted_segment_whose_file_returns_is_brought_back_with_its_history(shop: Shop) -> None:
    segment_id = shop.save("Germans", GERMAN)
    shop.small.app.delete("Germans")
    shop.write("g.yaml", "Germans", GERMAN, id=segment_id)
    (change,) = shop.plan().apps[0].changes
    assert (change.action, change.note) == ("created", "brought back: it was deleted")
    shop.apply()
    assert shop.small.app.segment("Germans").version == 2
    assert shop.plan().is_empty


def test_names_may_change_hands_in_a_circle_and_pass_to_new_segments(shop: Shop) -> None:
    one, other = shop.save("One", GERMAN), shop.save("Other", AUSTRIAN)
    shop.save("Gone", AUSTRIAN)
    shop.write("one.yaml", "Other", GERMAN, id=one)
    shop.write("other.yaml", "One", AUSTRIAN, id=other)
    shop.write("gone.yaml", "  GONE too", {"all": [{"segment": "other"}]})
    shop.apply(delete=True)
    assert (shop.small.app.segment("Other").id, shop.small.app.segment("One").id) == (one, other)
    assert shop.small.members("Gone too") == {"ana", "cy"}
    assert shop.plan(delete=True).is_empty


def test_new_documents_may_refer_to_one_another_by_name_in_whatever_order(shop: Shop) -> None:
    shop.write("a.yaml", "A", {"all": [{"segment": "B"}, {"not": {"segment": "C"}}]})
    shop.write("b.yaml", "B", {"any": [{"segment": "C"}, GERMAN]})
    shop.write("c.yaml", "C", {"label": "score", "op": "gt", "value": 2})
    plan = shop.plan()
    assert sorted(shop.shown(plan)) == [
        ("created", "A", {"ana"}, set()), ("created", "B", {"ana", "cy"}, set()), ("created", "C", {"cy"}, set()),
    ]  # fmt: skip
    shop.apply()
    assert shop.small.members("A") == {"ana"}
    assert shop.plan().is_empty


def test_all_problems_of_all_files_come_together_with_file_place_and_nearest_name(shop: Shop) -> None:
    held = shop.save("Held", GERMAN)
    shop.write("1.yaml", "One", {"all": [{"label": "contry", "op": "eq", "value": "DE"}, {"segment": "Heldd"}]})
    shop.write("2.yaml", "Two", GERMAN, id=held)
    shop.write("3.yaml", "Three", GERMAN, id=held)
    shop.write("4.yaml", "TWO", GERMAN)
    shop.write("5.yaml", "Very satisfied users", GERMAN)
    shop.write("6.yaml", "Six", GERMAN, app="shap")
    shop.write("7.yaml", "Copy", GERMAN, id="pd_silent")
    (shop.folder / "8.yaml").write_text("name: Eight\nnmae: x\nrule: {all: []}\n")
    (shop.folder / "9.json").write_text('{"name": "Nine", ')
    (shop.folder / "10.yaml").write_text("name: Ten\nrule:\n  all: [\n")
    shop.write("11.yaml", "Eleven", GERMAN, personas={"in": ["ana", "ana"]})
    with pytest.raises(DefinitionError) as caught:
        shop.plan()
    found = {str(problem) for problem in caught.value.problems}
    for place, hint in [
        ("1.yaml: rule.all[0]", "no label 'contry'. Did you mean 'country'?"),
        ("1.yaml: rule.all[1]", "no segment ‘Heldd’."),
        ("3.yaml: id", "the same id as in 2.yaml"),
        ("4.yaml: name", "is the name of 2.yaml as well"),
        ("5.yaml: name", "is the name of a predefined segment"),
        ("6.yaml: app", "shop"),
        ("7.yaml: id", "predefined and read-only"),
        ("8.yaml: nmae", "unknown key 'nmae'. Did you mean 'name'?"),
        ("9.json", "expected JSON"),
        ("10.yaml", "line 4, column 1"),
        ("11.yaml: personas.in[1]", "the same user as personas.in[0]"),
    ]:
        assert any(problem.startswith(place) and hint in problem for problem in found), (place, found)
    assert len(found) == 11


def test_a_circle_is_refused_with_its_path(shop: Shop) -> None:
    held = shop.save("B", GERMAN)
    shop.save("Between", {"segment": "B"})
    shop.write("a.yaml", "A", {"segment": "Between"})
    shop.write("b.yaml", "B", {"not": {"segment": "A"}}, id=held)
    with pytest.raises(DefinitionError) as caught:
        shop.plan()
    (problem,) = caught.value.problems
    path = "‘A’ → ‘Between’ → ‘B’ → ‘A’"
    turns = {path, "‘B’ → ‘A’ → ‘Between’ → ‘B’", "‘Between’ → ‘B’ → ‘A’ → ‘Between’"}
    assert any(f"it would read itself: {turn}" in str(problem) for turn in turns)


def test_a_broken_persona_keeps_a_plan_from_being_applied_also_that_of_a_segment_which_follows(shop: Shop) -> None:
    child = shop.save("Germans", GERMAN)
    shop.save("Others", {"not": {"segment": "Germans"}}, personas={"out": ["cy"]})
    shop.write("germans.yaml", "Germans", AUSTRIAN, id=child)
    plan = shop.plan()
    ((name, persona),) = plan.apps[0].broken
    assert (name, persona.place) == ("Others", "personas.out[0]")
    with pytest.raises(Held, match=r"not applied[^$]*‘Others’: personas\.out\[0\] \('cy'\): must be out, but is in"):
        shop.apply()
    assert shop.small.app.segment("Germans").version == 1


def test_a_segment_with_cycle_once_is_published_by_apply_and_read_as_published(shop: Shop) -> None:
    once = shop.save("Once", GERMAN, cycle="once")
    shop.save("Others", {"not": {"segment": "Once"}})
    shop.write("once.yaml", "Once", AUSTRIAN, id=once, cycle="once")
    shop.write("new.yaml", "New once", {"segment": "Once"}, cycle="once")
    plan = shop.plan()
    assert shop.followers(plan) == [("Others", ("Once",), {"ana", "cy"}, {"bo"})]
    assert ("created", "New once", {"bo"}, set()) in shop.shown(plan)
    shop.apply()
    assert shop.small.members("Others") == {"ana", "cy", "di"}
    assert shop.small.app.segment("Others").count == 3


def test_whoever_reads_a_segment_with_cycle_once_reads_what_was_published_until_apply_publishes_it_again(
    shop: Shop,
) -> None:
    child = shop.save("Child", GERMAN)
    once = shop.save("Once", {"segment": "Child"}, cycle="once")
    shop.save("Others", {"not": {"segment": "Once"}})
    shop.small.app.save({"id": child, "name": "Child", "rule": AUSTRIAN})
    shop.write("once.yaml", "Once", {"segment": "Child"}, id=once, cycle="once", description="now")
    plan = shop.plan()
    assert shop.shown(plan) == [("changed", "Once", set(), set())]  # the rule picks bo, before and after
    assert shop.followers(plan) == [("Others", ("Once",), {"ana", "cy"}, {"bo"})]
    assert shop.small.members("Others") == {"bo", "di"}
    shop.apply()
    assert shop.small.members("Others") == {"ana", "cy", "di"}
    assert shop.small.app.segment("Others").count == 3


# --- saved plans -----------------------------------------------------------------------------------------------------


def saved(shop: Shop, **options: Any) -> Path:
    path = shop.folder.parent / "plan.json"
    path.write_text(json.dumps(shop.plan(**options).to_dict()))
    return path


def test_a_saved_plan_is_applied_and_applying_it_again_completes_and_changes_nothing(shop: Shop) -> None:
    shop.write("a.yaml", "A", GERMAN)
    path = saved(shop)
    shop.apply(plan=path)
    assert shop.small.app.segment("A").version == 1
    shop.apply(plan=path)
    assert shop.small.app.segment("A").version == 1


@pytest.mark.parametrize("with_plan", [True, False])
def test_what_was_interrupted_after_its_transaction_is_completed_by_trying_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, with_plan: bool
) -> None:
    other = shop.save("Other", AUSTRIAN)
    shop.write("a.yaml", "A", GERMAN)
    shop.write("b.yaml", "Other", {"not": {"segment": "a"}}, id=other)
    options = {"plan": saved(shop)} if with_plan else {}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(applying, "_write_ids", killed)
        with pytest.raises(KeyboardInterrupt):
            shop.apply(**options)
    assert shop.small.app.segment("A").count is None
    shop.apply(**options)
    segment_id = shop.small.app.segment("A").id
    assert f"id: {segment_id}\n" in (shop.folder / "a.yaml").read_text()
    assert [(shop.small.app.segment(n).version, shop.small.app.segment(n).count) for n in ("A", "Other")] == [
        (1, 2),
        (2, 2),
    ]
    assert shop.plan().is_empty


def test_two_plans_of_the_same_have_the_same_fingerprint_and_examples_do_not_count(shop: Shop) -> None:
    shop.write("a.yaml", "A", GERMAN)
    first = shop.plan()
    assert first.fingerprint == shop.plan().fingerprint == first.to_dict(show=5)["fingerprint"]
    assert first.to_dict(show=1)["apps"][0]["changes"][0]["gained_uids"] == ["ana"]
    shop.write("b.yaml", "B", GERMAN)
    assert shop.plan().fingerprint != first.fingerprint


def test_a_saved_plan_says_what_has_moved_and_changes_nothing(shop: Shop) -> None:
    one = shop.save("One", GERMAN)
    shop.write("one.yaml", "One", {"segment": "Two"}, id=one)
    shop.write("two.yaml", "Two", AUSTRIAN)
    path = saved(shop)

    def refused(words: str) -> None:
        with pytest.raises(Moved, match=words):
            shop.apply(plan=path)
        assert "Two" not in {info.name for info in shop.small.app.segments()}

    two = (shop.folder / "two.yaml").read_text()
    (shop.folder / "two.yaml").write_text(two + "# x\n")
    refused(r"two\.yaml has changed")
    (shop.folder / "two.yaml").write_text(two)
    shop.write("three.yaml", "Three", AUSTRIAN)
    refused(r"three\.yaml is new")
    (shop.folder / "three.yaml").unlink()
    shop.small.app.save({"id": one, "name": "One", "rule": AUSTRIAN})
    refused(r"‘One’ is at version 2, and was at version 1")


def test_a_saved_plan_rests_on_the_data_it_was_made_on(shop: Shop) -> None:
    shop.write("a.yaml", "A", GERMAN)
    path = saved(shop)
    shop.small.user("ed", country="DE")
    shop.small.write()
    toml = shop.small.folder / "segkit.toml"
    toml.write_text(toml.read_text().replace("data_date = 2020-01-01", "data_date = 2020-01-02"))
    shop.small.reopen()
    shop.small.workspace.load()
    with pytest.raises(Moved, match="app 'shop' has data generation 2, and had 1"):
        shop.apply(plan=path)


def test_what_somebody_saves_elsewhere_does_not_move_a_saved_plan(shop: Shop) -> None:
    shop.write("a.yaml", "A", GERMAN)
    path = saved(shop)
    shop.save("Elsewhere", AUSTRIAN)
    shop.apply(plan=path)
    assert shop.small.app.segment("A").count == 2


def test_a_save_that_comes_between_a_plan_and_its_transaction_is_counted_in(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write("a.yaml", "A", GERMAN)
    catalog = shop.small.workspace.catalog
    apply = catalog.apply
    came_between: list[str] = []

    def late(changes: Any) -> Any:
        if not came_between:
            came_between.append(shop.save("Elsewhere", AUSTRIAN))
        return apply(changes)

    monkeypatch.setattr(catalog, "apply", late)
    shop.apply()
    assert {s.name for s in catalog.segments("shop")} == {"A", "Elsewhere"}
