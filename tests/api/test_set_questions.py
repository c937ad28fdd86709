"""Conditions, overlap, composition and trend as a person asks them: literal users, what is said, what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from segkit import label, segment
from segkit.definitions.documents import parse_document, rule_data
from segkit.engine.bitmap import Bitmap
from segkit.errors import NotFound, SegkitError
from segkit.store.records import Computed
from segkit.store.snapshots import new_snapshot_id, publish
from tests.small_workspace import SmallWorkspace

GERMANS = {"label": "country", "op": "eq", "value": "DE"}
CONSENT = {"label": "marketing_consent", "op": "eq", "value": True}
AS_OF = date(2024, 11, 7)
USERS = {
    "ana": {"country": "DE", "marketing_consent": True, "score": 1, "tags": ["a", "b"]},
    "bo": {"country": "DE", "marketing_consent": True, "score": 2, "tags": ["a"]},
    "cy": {"country": "DE", "marketing_consent": False, "score": 3, "tags": []},
    "di": {"country": "AT", "marketing_consent": True, "score": 4},
    "ed": {"country": "", "marketing_consent": False, "score": 4, "email": "ed@example.com"},
    "fi": {},
}


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    for uid, labels in USERS.items():
        small.user(uid, **labels)
    small.event("ana", "app_used", "2024-11-05 09:00")
    small.event("bo", "app_used", "2024-11-03 09:00")
    return small


def save(shop: SmallWorkspace, **rules: object) -> None:
    for name, rule in rules.items():
        shop.app.save({"name": name, "rule": rule})


# --- conditions ------------------------------------------------------------------------------------------------------


def test_conditions_say_what_each_removes_in_its_turn_and_what_the_total_would_be_without_it(
    shop: SmallWorkspace,
) -> None:
    rule = (label("country") == "DE") & (label("marketing_consent") == True) & (label("score") < 9)  # noqa: E712
    found = shop.app.conditions(rule)
    numbers = [(s.count, s.without, s.arriving, s.removed, s.left) for s in found.steps]
    assert numbers == [(2, 6, 6, 4, 2), (3, 3, 6, 3, 3), (3, 3, 3, 1, 2), (5, 2, 2, 0, 2)]
    assert found.words.splitlines() == [
        "This rule picks 2 of 6 users as of 7 Nov 2024.",
        "In the rule's order, “Country is Germany” removes most: 3 of the 6 who arrive there.",
        "Without “Country is Germany” it would pick 3, 1 more.",
        "“Score is less than 9” changes nothing: the total would be the same without.",
        "Note: the newest events are of 2024-11-05; the days since then have none.",
    ]


def test_an_alternative_says_whom_it_adds_and_a_muted_condition_that_it_is_muted(shop: SmallWorkspace) -> None:
    rule = {"any": [GERMANS, CONSENT, {**GERMANS, "mute": True}]}
    found = shop.app.conditions(rule)
    assert [(s.path, s.count, s.without, s.added) for s in found.steps] == [
        ("rule", 4, 6, None),
        ("rule.any[0]", 3, 3, 3),
        ("rule.any[1]", 3, 3, 1),
        ("rule.any[2]", None, None, None),
    ]
    assert "1 condition is muted and left out." in found.words
    assert shop.members(found.changed_by("rule.any[1]")) == {"di"}
    with pytest.raises(NotFound, match=r"'rule\.any\[2\]' is muted and changes nothing"):
        found.changed_by("rule.any[2]")
    with pytest.raises(NotFound, match=r"no condition 'rule\.any\[9\]'.*This rule has rule, rule\.any\[0\]"):
        found.step("rule.any[9]")


# --- overlap ---------------------------------------------------------------------------------------------------------


def test_an_overlap_without_a_date_reads_snapshots_of_one_date_and_says_so(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS, Consenting=CONSENT)
    found = shop.app.overlap("germans", "Consenting")
    assert (found.as_of, found.source) == (AS_OF, "from their published snapshots")
    assert {tuple(s.name for s in r.inside): r.count for r in found.regions} == {
        ("Germans", "Consenting"): 2, (): 2, ("Germans",): 1, ("Consenting",): 1,
    }  # fmt: skip
    assert "4 of 6 users are in at least one, 2 in none." in found.words
    assert "with 2 in common: 66.7 % of the one, 66.7 % of the other." in found.words
    assert found.pair_data.iloc[0].tolist() == ["Germans", "Consenting", 2, 2 / 3, 2 / 3, 2 / 4]


def test_snapshots_of_different_dates_are_not_mixed(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS)
    shop.app.save({"name": "Consenting", "rule": CONSENT}, publish=False)
    shop.app.refresh(["Consenting"], "2024-11-06")
    assert shop.app.overlap("Germans", "Consenting").source == "evaluated now"
    shop.app.refresh(["Germans"], "2024-11-06")  # the newest one counts, which is of the day after
    assert shop.app.overlap("Germans", "Consenting").source == "evaluated now"
    shop.app.refresh(["Consenting"])
    assert shop.app.overlap("Germans", "Consenting").source == "from their published snapshots"


def test_with_a_date_an_overlap_is_evaluated_as_of_it(shop: SmallWorkspace) -> None:
    used = {"event": "app_used", "window": {"last": 2}}
    save(shop, Germans=GERMANS, Active=used)
    assert shop.app.overlap("Germans", "Active").region("Active", "Germans").count == 1
    early = shop.app.overlap("Germans", "Active", as_of="2024-11-01")
    assert (early.source, early.region("Active", "Germans").count) == ("evaluated now", 0)


def test_a_rule_that_was_changed_without_publishing_is_evaluated(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS, Consenting=CONSENT)
    document = shop.app.document("Germans").model_copy(
        update={"rule": parse_document({"name": "x", "rule": CONSENT}).rule}
    )
    shop.app.save(document, publish=False)
    found = shop.app.overlap("Germans", "Consenting")
    assert (found.source, found.region("Germans", "Consenting").count) == ("evaluated now", 3)


def test_an_imported_list_takes_part_with_its_count_and_its_region_can_be_saved(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS)
    import_list(shop, "Spring list", ["bo", "di", "fi"])
    found = shop.app.overlap("Germans", "Spring list")
    assert found.source == "from their published snapshots"
    assert [(s.name, s.kind, s.count) for s in found.segments] == [
        ("Germans", "custom", 3), ("Spring list", "imported", 3),
    ]  # fmt: skip
    region = found.region("Spring list")
    assert (region.count, region.words) == (2, "in ‘Spring list’ only")
    shop.app.save_rule("Listed, not German", region.rule())
    assert shop.members("Listed, not German") == {"di", "fi"}
    assert "uid" not in str(found.to_dict()) + found.words + found.data.to_string()


def import_list(shop: SmallWorkspace, name: str, uids: list[str]) -> None:
    """A list as an import leaves it: a segment with cycle once that has a snapshot."""
    app, clock = shop.app, shop.workspace.clock()
    document = parse_document({"name": name, "cycle": "once", "rule": {"any": []}})
    saved = shop.workspace.catalog.save(document, app="shop", actor="tester", now=clock, based_on=None, kind="imported")
    computed = Computed(
        id=new_snapshot_id(), app="shop", segment_id=saved.segment_id, version=1, as_of=date(2024, 11, 2),
        data_generation=1, evaluator="import", vocabulary="", tzdata="", base=6, computed_at=clock, actor="tester",
    )  # fmt: skip
    users = Bitmap.from_user_nos(len(app.uids()), [app.user_no(uid) for uid in uids])
    publish(shop.workspace.folder, "shop", shop.workspace.catalog, [(computed, users)])


def test_an_overlap_is_of_two_to_eight_different_segments(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS, Consenting=CONSENT)
    with pytest.raises(SegkitError, match="found 1 segments; an overlap is of 2 to 8"):
        shop.app.overlap("Germans")
    with pytest.raises(SegkitError, match="‘Germans’ is named twice"):
        shop.app.overlap("Germans", "GERMANS")
    with pytest.raises(NotFound, match=r"‘Germanz’ is not among these segments.*Did you mean 'Germans'"):
        shop.app.overlap("Germans", "Consenting").region("Germanz")


def test_a_region_is_references_and_nots_of_references(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS, Consenting=CONSENT)
    found = shop.app.overlap("Germans", "Consenting")
    german, consenting = (shop.app.segment(name).id for name in ("Germans", "Consenting"))
    assert rule_data(found.region("Germans").rule()) == {"all": [{"segment": german}, {"not": {"segment": consenting}}]}
    assert shop.members(found.region().rule()) == {"ed", "fi"}


# --- composition -----------------------------------------------------------------------------------------------------


def test_a_composition_counts_values_missing_ones_and_values_of_lists(shop: SmallWorkspace) -> None:
    found = shop.app.compose(label("marketing_consent") == True, labels=["country", "tags", "score"])  # noqa: E712
    counts = {(of.code, part.name): (part.count, part.other_count) for of in found.labels for part in of.parts}
    assert counts == {
        ("country", "Germany"): (2, 3), ("country", "AT"): (1, 1), ("country", "no value"): (0, 2),
        ("tags", "a"): (2, 2), ("tags", "b"): (1, 1), ("tags", "no value"): (1, 4),
        ("score", "1"): (1, 1), ("score", "2"): (1, 1), ("score", "3"): (0, 1), ("score", "4"): (1, 2),
        ("score", "no value"): (0, 1),
    }  # fmt: skip
    german = next(part for of in found.labels for part in of.parts if part.name == "Germany")
    assert (german.share, german.other_share) == (2 / 3, 3 / 6)
    assert german.lift == pytest.approx(4 / 3)
    # 2 of 3 beside the 1 of the 3 others: by Fisher's test all 20 ways to choose are as unlikely, or the 18 like this.
    assert (german.tested.how, german.tested.p) == ("fisher", pytest.approx(1.0))  # type: ignore[union-attr]
    assert "No label tells them apart" in found.words


def test_beside_another_segment_everybody_counts_once_in_the_test(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS, Consenting=CONSENT)
    found = shop.app.compose("Germans", "Consenting", labels=["country"])
    parts = {part.name: part for part in found.labels[0].parts}
    assert (parts["Germany"].count, parts["Germany"].other_count) == (3, 2)
    # Only di is in Consenting alone: 3 of 3 beside 0 of 1, which one of four ways to choose gives.
    assert parts["Germany"].tested.p == pytest.approx(1 / 4)  # type: ignore[union-attr]
    assert parts["AT"].lift == 0.0


def test_a_part_of_a_segment_is_compared_with_the_rest_of_it(shop: SmallWorkspace) -> None:
    found = shop.app.compose(label("country").isin("DE", "AT"), label("country") == "AT", labels=["country"])
    parts = {part.name: part for part in found.labels[0].parts}
    assert parts["AT"].tested.p == pytest.approx(1 / 4)  # type: ignore[union-attr]


def test_labels_with_personal_data_are_left_out_and_refused_where_they_are_asked_for(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS)
    found = shop.app.compose("Germans")
    assert "email" not in {of.code for of in found.labels}
    assert "example.com" not in found._repr_html_() + str(found.to_dict())
    with pytest.raises(SegkitError, match="label 'email' holds personal data, whose values are not compared"):
        shop.app.compose("Germans", labels=["email"])
    with pytest.raises(NotFound, match="Did you mean 'country'"):
        shop.app.compose("Germans", labels=["contry"])


def test_an_address_that_a_label_holds_undeclared_is_masked(small: SmallWorkspace) -> None:
    small.user("ana", country="ana@example.com")
    found = small.app.compose({"all": []}, labels=["country"])
    assert [part.name for part in found.labels[0].parts] == ["a•••@e•••.com"]
    assert "ana@" not in found._repr_html_() + str(found.to_dict())


def test_a_label_that_the_rule_speaks_of_is_no_news(small: SmallWorkspace) -> None:
    for number in range(40):
        is_german = number < 20
        small.user(f"u{number}", country="DE" if is_german else "AT", has_gateway=is_german, score=number % 7)
    save(small, Germans=GERMANS)
    found = small.app.compose("Germans")
    assert [(of.code, of.in_rule) for of in found.labels[:2]] == [("has_gateway", False), ("country", True)]
    assert found.words.splitlines()[1:3] == [
        "Has a gateway, yes: 100.0 % here, 50.0 % of all users (2.0 times as many).",
        "A rule speaks of Country, so a difference there is no news.",
    ]


def test_numbers_stand_in_bins_of_about_as_many_users_and_dates_too(small: SmallWorkspace) -> None:
    for number in range(100):
        day = date.fromordinal(date(2024, 1, 1).toordinal() + number)
        small.user(f"u{number:03}", score=number + 1, registered_at=day.isoformat(), device_count=max(0, number - 69))
    save(small, Few={"label": "score", "op": "le", "value": 30})
    found = {of.code: of for of in small.app.compose("Few").labels}
    named = {code: [(part.name, part.count, part.other_count) for part in of.parts] for code, of in found.items()}
    assert named["score"] == [
        ("up to 20", 20, 20), ("21 to 40", 10, 20), ("41 to 60", 0, 20), ("61 to 80", 0, 20), ("81 or more", 0, 20),
    ]  # fmt: skip
    assert named["registered_at"][:2] == [("until 20 Jan 2024", 20, 20), ("21 Jan 2024 to 9 Feb 2024", 10, 20)]
    assert named["registered_at"][-1] == ("from 21 Mar 2024", 0, 20)
    assert named["device_count"] == [("0", 30, 70), ("1 to 10", 0, 10), ("11 or more", 0, 20)]


def test_of_many_values_the_most_frequent_stand_alone_and_the_others_together(small: SmallWorkspace) -> None:
    for number in range(30):
        small.user(
            f"u{number:02}", country=f"C{number % 15:02}", tags=[f"t{number % 15:02}", f"t{(number + 1) % 15:02}"]
        )
    save(small, All={"all": []})
    found = {of.code: of for of in small.app.compose("All").labels}
    country = [(part.kind, part.name, part.count) for part in found["country"].parts]
    assert country == [*(("value", f"C{n:02}", 2) for n in range(10)), ("rest", "5 other values", 10)]
    # Users with t10 to t14: those of whom number % 15 is 9 to 14.
    assert (found["tags"].parts[-1].name, found["tags"].parts[-1].count) == ("5 other values", 12)


def test_nobody_is_no_reason_to_fail(shop: SmallWorkspace) -> None:
    save(shop, Nobody={"any": []}, Germans=GERMANS)
    assert "There is nobody to compare." in shop.app.compose("Nobody").words
    assert "There is nobody to compare." in shop.app.compose("Germans", "Nobody").words
    assert "No two of them have a user in common." in shop.app.overlap("Nobody", "Germans").words
    for found in (shop.app.compose("Nobody"), shop.app.overlap("Nobody", "Germans"), shop.app.trend("Nobody")):
        assert "<svg" in found._repr_html_()


# --- trend -----------------------------------------------------------------------------------------------------------


def test_a_trend_says_which_points_were_published_and_which_are_evaluated(shop: SmallWorkspace) -> None:
    used = {"event": "app_used", "window": {"last": 3}}
    shop.app.save({"name": "Active", "rule": used}, publish=False)
    shop.app.refresh(["Active"], "2024-11-05")
    found = shop.app.trend("Active", "2024-11-03", "2024-11-07")
    assert [(p.as_of.day, p.count, p.entered, p.left, p.source) for p in found.points] == [
        (3, 0, None, None, "evaluated"),
        (4, 1, 1, 0, "evaluated"),
        (5, 1, 0, 0, "published"),
        (6, 2, 1, 0, "evaluated"),
        (7, 1, 0, 1, "evaluated"),
    ]
    assert (
        "1 of 5 points is a published snapshot; evaluated by the rule and the data of now: "
        "3 Nov 2024 to 4 Nov 2024, 6 Nov 2024 to 7 Nov 2024." in found.words
    )
    assert found.words.startswith("‘Active’ went from 0 users as of 3 Nov 2024 to 1 as of 7 Nov 2024 (+1).")


def test_a_changed_rule_shows_where_its_first_point_is(shop: SmallWorkspace) -> None:
    shop.app.save({"name": "S", "rule": GERMANS}, publish=False)
    shop.app.refresh(["S"], "2024-11-05")
    shop.app.save_rule("S", label("country") == "AT")
    found = shop.app.trend("S", "2024-11-05")
    assert [(p.count, p.source, p.rule_changed) for p in found.points] == [
        (3, "published", False), (1, "evaluated", True), (1, "published", False),
    ]  # fmt: skip
    assert "The largest step is −2 as of 6 Nov 2024, when its rule was changed." in found.words


def test_a_segment_with_cycle_once_has_a_point_at_each_of_its_snapshots(shop: SmallWorkspace) -> None:
    shop.app.save_rule("Once", label("country") == "DE", cycle="once")
    shop.app.save_rule("Reads it", segment("Once"))
    found = shop.app.trend("Once", "2024-11-01")
    assert [(p.as_of, p.count) for p in found.points] == [(AS_OF, 3)]
    assert "it has cycle once, so it changes with its snapshots only" in found.words
    assert shop.app.trend("Once", "2024-10-01", "2024-10-09").words.startswith("‘Once’ has no snapshot in these days.")


def test_days_whose_users_were_let_go_are_evaluated_anew_and_said(shop: SmallWorkspace) -> None:
    path = shop.folder / "segkit.toml"
    shop.app.save({"name": "Germans", "rule": GERMANS}, publish=False)
    path.write_text(path.read_text() + "[snapshots]\nkeep = 1\nkeep_days = 0\n")
    shop.reopen()
    for day in (5, 6):
        shop.app.refresh(["Germans"], date(2024, 11, day))
    shop.app.prune()
    found = shop.app.trend("Germans", "2024-11-05", "2024-11-06")
    assert [(p.count, p.source) for p in found.points] in (
        [(3, "evaluated"), (3, "published")], [(3, "published"), (3, "evaluated")],
    )  # fmt: skip
    assert "the users of 1 of its snapshots were let go; these days are evaluated anew" in found.words


def test_the_erased_are_in_no_point(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS)
    before = shop.app.trend("Germans", "2024-11-06")
    shop.workspace.erase("bo")
    after = shop.app.trend("Germans", "2024-11-06")
    assert [p.count for p in before.points] == [3, 3]
    assert [(p.count, p.entered, p.left) for p in after.points] == [(2, None, None), (2, 0, 0)]


def test_days_in_the_wrong_order_are_refused(shop: SmallWorkspace) -> None:
    save(shop, Germans=GERMANS)
    with pytest.raises(SegkitError, match="found the days from 2024-11-07 to 2024-11-01; expected the first day first"):
        shop.app.trend("Germans", "2024-11-07", "2024-11-01")
