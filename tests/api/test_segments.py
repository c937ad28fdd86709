"""Saving, nesting, refreshing, listing: what an analyst does with segments, on a few literal users."""

from __future__ import annotations

import pytest

from segkit import event, label, segment
from segkit.errors import DefinitionError, NotFound, SegkitError, StaleSave
from tests.small_workspace import SmallWorkspace


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE", marketing_consent=True, email="ana@example.com", score=1.0)
    small.user("bo", country="AT", marketing_consent=False, email="bo@example.com", score=2.0)
    small.user("cy", country="DE", marketing_consent=True, score=3.0)
    small.user("di")
    small.event("ana", "app_used", "2024-11-01 09:00")
    small.event("bo", "app_used", "2024-10-01 09:00")
    return small


def test_members_to_be_read_have_labels_and_values_by_name(shop: SmallWorkspace) -> None:
    page = shop.app.members({"all": []}, labels=["country", "marketing_consent", "email"], names=True)
    assert list(page.columns) == ["uid", "Country", "Marketing consent", "E-mail"]
    assert page["Country"].fillna("–").tolist() == ["Germany", "AT", "Germany", "–"]
    assert "ana@example.com" not in page["E-mail"].tolist()


GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}


def test_saving_publishes_at_once_for_both_cycles(shop: SmallWorkspace) -> None:
    daily = shop.app.save({**GERMANS, "cycle": "daily"})
    once = shop.app.save({**GERMANS, "name": "Germans once", "cycle": "once"})
    assert (daily.count, once.count) == (2, 2)
    assert str(daily.as_of) == "2024-11-07"


def test_a_name_is_taken_in_whatever_spelling(shop: SmallWorkspace) -> None:
    shop.app.save(GERMANS)
    for spelling in ("germans", " GERMANS ", "Ｇｅｒｍａｎｓ"):
        with pytest.raises(SegkitError, match="exists in this app"):
            shop.app.save({**GERMANS, "name": spelling})


def test_the_names_of_predefined_segments_are_reserved(shop: SmallWorkspace) -> None:
    with pytest.raises(SegkitError, match="is the name of a predefined segment"):
        shop.app.save({**GERMANS, "name": "very satisfied  users"})


def test_predefined_segments_are_read_only_and_can_be_duplicated(shop: SmallWorkspace) -> None:
    document = shop.app.document("All users who have accepted marketing")
    with pytest.raises(SegkitError, match="read-only; take `id` out"):
        shop.app.save(document)
    copy = document.model_copy(update={"id": None, "name": "My accepted users"})
    assert shop.app.save(copy).count == 2


def test_all_problems_of_a_rule_come_together_each_with_its_place(shop: SmallWorkspace) -> None:
    rule = {
        "all": [
            {"label": "contry", "op": "eq", "value": "DE"},
            {"label": "score", "op": "contains", "value": "x"},
            {"event": "app_usd", "window": {"last": 3}},
            {"not": {"label": "registered_at", "op": "between", "value": ["2024-02-01", "2024-01-01"]}},
            {"segment": "Germns"},
        ]
    }
    shop.app.save(GERMANS)
    with pytest.raises(DefinitionError) as caught:
        shop.app.save({"name": "Wrong", "rule": rule})
    assert [problem.place for problem in caught.value.problems] == [
        "rule.all[0]", "rule.all[1].op", "rule.all[2]", "rule.all[3].not.value", "rule.all[4]",
    ]  # fmt: skip
    words = str(caught.value)
    for hint in ("Did you mean 'country'?", "is a number", "Did you mean 'app_used'?", "earlier first", "'Germans'?"):
        assert hint in words


def test_a_stale_save_is_refused(shop: SmallWorkspace) -> None:
    first = shop.app.save(GERMANS)
    changed = {**GERMANS, "id": first.id, "rule": {"label": "country", "op": "ne", "value": "DE"}}
    assert shop.app.save(changed, based_on=1).version == 2
    with pytest.raises(StaleSave):
        shop.app.save({**changed, "description": "other"}, based_on=1)


def test_saving_a_rule_under_its_name_again_makes_a_new_version(shop: SmallWorkspace) -> None:
    assert shop.app.save_rule("Mine", label("country") == "DE").version == 1
    again = shop.app.save_rule("Mine", label("country") == "AT")
    assert (again.version, again.count) == (2, 1)
    assert shop.members("Mine") == {"bo"}


def test_a_nested_segment_means_its_current_rule(shop: SmallWorkspace) -> None:
    shop.app.save(GERMANS)
    shop.app.save_rule("Silent Germans", segment("Germans") & ~event("app_used").last(30))
    assert shop.members("Silent Germans") == {"cy"}
    shop.app.save_rule("Germans", label("country") == "AT")
    assert shop.members("Silent Germans") == {"bo"}
    assert shop.members(~segment("Germans")) == {"ana", "cy", "di"}


def test_a_parent_follows_its_child_when_that_is_saved(shop: SmallWorkspace) -> None:
    first = shop.app.save(GERMANS)
    shop.app.save_rule("Others", ~segment("Germans"))
    shop.app.save({**GERMANS, "id": first.id, "rule": (label("country") == "AT")}, publish=False)
    assert shop.app.segment("Others").definition_changed
    report = shop.app.refresh(["Germans"])
    assert [(row.name, row.status, row.count) for row in report.segments] == [
        ("Germans", "published", 1), ("Others", "published", 3),
    ]  # fmt: skip
    assert not shop.app.segment("Others").is_stale
    assert {row.status for row in shop.app.refresh().segments if row.kind == "custom"} == {"up to date"}


def test_a_segment_with_cycle_once_is_read_from_its_newest_snapshot(shop: SmallWorkspace) -> None:
    once = shop.app.save({**GERMANS, "cycle": "once"})
    shop.app.save({"id": once.id, "name": "Germans", "cycle": "once", "rule": {"all": []}}, publish=False)
    assert shop.members(segment("Germans")) == {"ana", "cy"}
    shop.app.refresh(["Germans"])
    assert shop.members(segment("Germans")) == {"ana", "bo", "cy", "di"}


def test_a_segment_with_cycle_once_without_a_snapshot_by_then_is_refused(shop: SmallWorkspace) -> None:
    shop.app.save({**GERMANS, "cycle": "once"})
    with pytest.raises(NotFound, match=r"has cycle once and no snapshot as of 2024-11-01 or before"):
        shop.members(segment("Germans"), as_of="2024-11-01")


def test_segments_may_not_refer_to_one_another_in_a_circle(shop: SmallWorkspace) -> None:
    shop.app.save(GERMANS)
    shop.app.save_rule("Parents", segment("Germans") | (label("score") > 1))
    with pytest.raises(SegkitError, match="Parents"):
        shop.app.save_rule("Germans", segment("Parents"))


def test_what_others_refer_to_cannot_be_deleted(shop: SmallWorkspace) -> None:
    shop.app.save(GERMANS)
    shop.app.save_rule("Silent Germans", segment("Germans") & ~event("app_used").last(30))
    with pytest.raises(SegkitError, match="Silent Germans"):
        shop.app.delete("Germans")
    shop.app.delete("Silent Germans")
    shop.app.delete("Germans")
    assert all(info.kind == "predefined" for info in shop.app.segments())


def test_one_segment_that_fails_holds_its_dependants_and_nobody_else(shop: SmallWorkspace) -> None:
    shop.app.save(GERMANS)
    shop.app.save_rule("High score", label("score") > 1)
    shop.app.save_rule("High score Germans", segment("Germans") & segment("High score"))
    labels = shop.folder / "vocabulary" / "shop" / "labels.yaml"
    labels.write_text(labels.read_text().replace('"code": "score"', '"code": "points"'))
    shop.reopen()
    report = shop.app.refresh()
    failed = {row.name: row.reason for row in report.failed}
    assert set(failed) == {"High score", "High score Germans"}
    assert "no label 'score'" in failed["High score"]
    assert "refers to ‘High score’, which failed" in failed["High score Germans"]
    assert next(row for row in report.segments if row.name == "Germans").status in ("published", "up to date")


def test_an_estimate_counts_the_rule_every_condition_the_base_and_the_reach(shop: SmallWorkspace) -> None:
    shop.app_settings = 'reach.email = {address = "email", consent = ["marketing_consent"]}'
    rule = (label("country") == "DE") & ~(event("app_used").last(30))
    found = shop.app.estimate(rule)
    assert (found.count, found.base) == (1, 4)
    assert [(c.path, c.count) for c in found.conditions] == [
        ("rule", 1), ("rule.all[0]", 2), ("rule.all[1]", 3), ("rule.all[1].not", 1),
    ]  # fmt: skip
    assert found.reach == {"email": 0}
    assert shop.app.estimate(label("country") == "DE").reach == {"email": 1}


def test_a_muted_condition_is_as_if_it_were_not_there(shop: SmallWorkspace) -> None:
    rule = {"all": [GERMANS["rule"], {"label": "score", "op": "gt", "value": 2, "mute": True}]}
    found = shop.app.estimate(rule)
    assert found.count == 2
    assert [c.path for c in found.conditions] == ["rule", "rule.all[0]"]


def test_evidence_gives_every_condition_with_the_value_it_rests_on(shop: SmallWorkspace) -> None:
    rule = (label("country") == "DE") & (event("app_used").count().last(30) >= 2)
    found = shop.app.evidence("ana", rule)
    assert [(e.path, e.holds, e.seen) for e in found] == [
        ("rule", False, None), ("rule.all[0]", True, "DE"), ("rule.all[1]", False, 1),
    ]  # fmt: skip


def test_values_are_most_frequent_first_with_those_who_have_none(shop: SmallWorkspace) -> None:
    found, without = shop.app.values("country")
    assert [(v.value, v.count) for v in found] == [("DE", 2), ("AT", 1)]
    assert without == 1


def test_members_of_a_page_are_masked_and_typed(shop: SmallWorkspace) -> None:
    frame = shop.app.members("All users who have accepted marketing", labels=["email", "score"])
    assert frame["uid"].tolist() == ["ana", "cy"]
    assert frame["email"].tolist()[0] == "a•••@e•••.com"
    assert frame["score"].tolist() == [1.0, 3.0]


def test_a_cancelled_estimate_changes_nothing_and_the_next_one_works(shop: SmallWorkspace) -> None:
    import threading

    from segkit.errors import Cancelled

    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        shop.app.estimate(label("score") > 1, cancel=cancel)
    assert shop.app.estimate(label("score") > 1).count == 2
