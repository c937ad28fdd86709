"""Saving, reading and deleting segments, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from segkit.definitions.documents import Document, parse_document
from segkit.errors import DefinitionError, NotFound, SegkitError, StaleSave
from segkit.store.catalog import Catalog
from segkit.store.records import SavedVersion

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
Make = Callable[..., Document]
SaveIt = Callable[..., SavedVersion]


@pytest.fixture
def save(catalog: Catalog) -> SaveIt:
    """Saves a document in the app `shop`, by ana at noon where nothing else is said."""

    def save_it(document: Document, *, based_on: int | None = None, **keys: Any) -> SavedVersion:
        given: dict[str, Any] = {"app": "shop", "actor": "ana", "now": NOON} | keys
        return catalog.save(document, based_on=based_on, **given)

    return save_it


def test_a_new_segment_gets_an_id_and_version_1(catalog: Catalog, save: SaveIt, make_document: Make) -> None:
    saved = save(make_document("Quiet users"), note="first try")
    assert re.fullmatch(r"sg_[a-z0-9]{12}", saved.segment_id)
    assert (saved.number, saved.is_new, saved.actor, saved.at, saved.note) == (1, True, "ana", NOON, "first try")
    stored = catalog.segment("shop", "Quiet users")
    assert stored.document == make_document("Quiet users", id=saved.segment_id, app="shop")
    assert (stored.id, stored.version, stored.kind, stored.cycle) == (saved.segment_id, 1, "custom", "daily")


def test_what_was_stored_comes_back_the_same(catalog: Catalog, save: SaveIt) -> None:
    rule = {
        "all": [
            {"label": "registered_at", "op": "between", "value": ["2026-01-01", "2026-03-31"]},
            {"label": "city", "op": "in", "value": ["Köln", "München", "a\x00b", "\u2028"]},
            {"event": "paid", "measure": "sum", "of": "amount", "op": "ge", "value": 0.1, "window": {"ago": [14, 7]}},
            {"not": {"event": "seen", "window": {"from": "2026-01-01", "to": "2026-01-31"}}, "mute": True},
            {"sample": 12.5, "seed": "spring"},
        ]
    }
    document = parse_document({"name": "Größe ✓", "cycle": "once", "tags": ["a", "b"], "rule": rule})
    saved = save(document)
    assert saved.document == document.model_copy(update={"id": saved.segment_id, "app": "shop"})
    assert catalog.version(saved.segment_id, 1).document == saved.document


@pytest.mark.parametrize(
    "spelling", ["quiet users", "QUIET USERS", "Quiet  users", "Ｑｕｉｅｔ users", "Quiet\u00a0users", "Quiet uſers"]
)
def test_a_name_is_taken_in_every_spelling(save: SaveIt, make_document: Make, spelling: str) -> None:
    save(make_document("Quiet users"))
    with pytest.raises(SegkitError) as refused:
        save(make_document(spelling))
    assert str(refused.value) == "Not saved: ‘Quiet users’ exists in this app. Choose another name, or open it."


def test_another_app_may_use_the_same_name(catalog: Catalog, save: SaveIt, make_document: Make) -> None:
    first, second = save(make_document("Quiet")), save(make_document("Quiet"), app="bank")
    assert first.segment_id != second.segment_id
    assert catalog.segment("bank", "QUIET").id == second.segment_id


def test_the_names_of_predefined_segments_are_reserved(save: SaveIt, make_document: Make) -> None:
    with pytest.raises(SegkitError, match="‘users WITH gateways’ is the name of a predefined segment"):
        save(make_document("users WITH gateways"), reserved={"Users with gateways": "pd_users_with_gateways"})


def test_the_next_version_keeps_the_ones_before_with_their_actors(
    catalog: Catalog, save: SaveIt, make_document: Make
) -> None:
    first = save(make_document("Quiet"))
    later = NOON + timedelta(hours=1)
    changed = make_document("Quiet now", id=first.segment_id, description="since May", cycle="once")
    second = save(changed, based_on=1, actor="bo", now=later, note="narrower")
    assert (second.segment_id, second.number, second.is_new) == (first.segment_id, 2, True)
    history = catalog.versions(first.segment_id)
    assert [(v.number, v.actor, v.at, v.note, v.document.name) for v in history] == [
        (1, "ana", NOON, "", "Quiet"),
        (2, "bo", later, "narrower", "Quiet now"),
    ]
    assert catalog.version(first.segment_id, 1).document.description == ""
    stored = catalog.segment("shop", first.segment_id)
    assert (stored.name, stored.cycle, stored.version, stored.actor) == ("Quiet now", "once", 2, "bo")
    assert (stored.at, stored.created_at) == (later, NOON)


def test_a_new_name_gives_the_old_one_free(save: SaveIt, make_document: Make) -> None:
    first = save(make_document("Quiet"))
    save(make_document("Silent", id=first.segment_id), based_on=1)
    assert save(make_document("Quiet")).number == 1
    with pytest.raises(SegkitError, match="‘Quiet’ exists in this app"):
        save(make_document("quiet", id=first.segment_id), based_on=2)


def test_a_segment_may_change_the_spelling_of_its_own_name(save: SaveIt, make_document: Make) -> None:
    first = save(make_document("quiet"))
    assert save(make_document("QUIET", id=first.segment_id), based_on=1).number == 2


def test_saving_the_same_document_again_makes_no_new_version(
    catalog: Catalog, save: SaveIt, make_document: Make
) -> None:
    first = save(make_document("Quiet"))
    again = save(first.document, based_on=1, actor="bo", now=NOON + timedelta(days=1))
    assert (again.number, again.is_new, again.actor, again.at) == (1, False, "ana", NOON)
    assert len(catalog.versions(first.segment_id)) == 1


def test_a_stale_save_is_refused_and_names_both_versions(catalog: Catalog, save: SaveIt, make_document: Make) -> None:
    first = save(make_document("Quiet"))
    save(make_document("Quiet", id=first.segment_id, description="bo's"), based_on=1, actor="bo")
    with pytest.raises(StaleSave) as refused:
        save(make_document("Quiet", id=first.segment_id, description="ana's"), based_on=1)
    assert str(refused.value) == (
        "Not saved: your save is based on version 1 of ‘Quiet’; version 2 was saved at 2026-06-01 12:00 UTC by bo.\n"
        "  Since version 1, bo changed:\n"
        "    Added the description “bo's”.\n"
        "  You wanted:\n"
        "    Added the description “ana's”.\n"
        "  Open version 2, make your change again, and save it based on 2. Both changed the same thing."
    )
    assert catalog.segment("shop", "Quiet").document.description == "bo's"


@pytest.mark.parametrize("based_on", [None, 0, 2])
def test_a_change_that_does_not_name_the_current_version_is_refused(
    save: SaveIt, make_document: Make, based_on: int | None
) -> None:
    first = save(make_document("Quiet"))
    with pytest.raises(StaleSave, match=r"version 1 was saved at 2026-06-01 12:00 UTC by ana"):
        save(make_document("Quiet", id=first.segment_id, description="new"), based_on=based_on)


def test_a_new_segment_is_based_on_nothing(save: SaveIt, make_document: Make) -> None:
    with pytest.raises(StaleSave, match="based on version 3, but it would be a new segment"):
        save(make_document("Quiet"), based_on=3)


def test_trying_again_with_the_same_key_gives_what_the_first_try_saved(
    catalog: Catalog, save: SaveIt, make_document: Make
) -> None:
    first = save(make_document("Quiet"), idempotency_key="k1")
    save(make_document("Quiet", id=first.segment_id, description="later"), based_on=1)
    again = save(make_document("Quiet"), idempotency_key="k1")
    assert (again.segment_id, again.number, again.is_new) == (first.segment_id, 1, False)
    assert len(catalog.versions(first.segment_id)) == 2
    with pytest.raises(SegkitError, match="the idempotency key 'k1' was used to save another document"):
        save(make_document("Other"), idempotency_key="k1")
    assert save(make_document("Quiet"), app="bank", idempotency_key="k1").is_new


def test_an_unknown_id_is_refused_unless_it_is_to_be_created(save: SaveIt, make_document: Make) -> None:
    document = make_document("From Git", id="sg_from_git")
    with pytest.raises(NotFound, match=r"the catalog has no segment sg_from_git\. Take out the `id`"):
        save(document)
    assert save(document, create=True).segment_id == "sg_from_git"


def test_a_segment_of_another_app_is_not_overwritten(save: SaveIt, make_document: Make) -> None:
    first = save(make_document("Quiet"))
    with pytest.raises(SegkitError, match=f"{first.segment_id} is a segment of app 'shop'; expected one of 'bank'"):
        save(make_document("Quiet", id=first.segment_id), app="bank", based_on=1)
    with pytest.raises(SegkitError, match="written for app 'shop'; expected 'bank'"):
        save(make_document("Other", app="shop"), app="bank")


def test_a_predefined_segment_is_not_saved_over(save: SaveIt, make_document: Make) -> None:
    with pytest.raises(SegkitError, match="pd_users_with_gateways is predefined and read-only"):
        save(make_document("Mine", id="pd_users_with_gateways"), create=True)


def test_an_imported_segment_does_not_become_a_custom_one(save: SaveIt, make_document: Make) -> None:
    first = save(make_document("List"), kind="imported")
    with pytest.raises(SegkitError, match="‘List’ is imported, and cannot become custom"):
        save(make_document("List", id=first.segment_id, description="x"), based_on=1)


def test_text_that_no_database_keeps_is_refused(save: SaveIt, make_document: Make) -> None:
    with pytest.raises(SegkitError, match="the document holds a zero or half a character"):
        save(make_document("Quiet", description="\ud800"))
    with pytest.raises(SegkitError, match="the note holds a zero or half a character"):
        save(make_document("Quiet"), note="a\x00b")


def test_an_instant_without_a_zone_is_refused(save: SaveIt, make_document: Make) -> None:
    with pytest.raises(ValueError, match="expected an aware instant"):
        save(make_document("Quiet"), now=datetime(2026, 6, 1))  # noqa: DTZ001


# --- references ---


def test_what_is_saved_names_other_segments_by_id(save: SaveIt, make_document: Make) -> None:
    child = save(make_document("VIP"))
    rule = {
        "all": [
            {"segment": "vip"},
            {"not": {"any": [{"segment": "Users WITH gateways"}, {"segment": child.segment_id}]}},
            {"segment": "pd_users_with_gateways", "mute": True},
        ]
    }
    saved = save(make_document("Parent", rule=rule), reserved={"Users with gateways": "pd_users_with_gateways"})
    expected = {
        "all": [
            {"segment": child.segment_id},
            {"not": {"any": [{"segment": "pd_users_with_gateways"}, {"segment": child.segment_id}]}},
            {"segment": "pd_users_with_gateways", "mute": True},
        ]
    }
    assert saved.document.rule == make_document("x", rule=expected).rule


def test_every_segment_that_there_is_not_is_named_with_its_place(save: SaveIt, make_document: Make) -> None:
    save(make_document("VIP guests"))
    rule = {"all": [{"segment": "VIP guest"}, {"not": {"segment": "sg_gone"}}]}
    with pytest.raises(DefinitionError) as refused:
        save(make_document("Parent", rule=rule))
    assert [(p.place, p.message) for p in refused.value.problems] == [
        ("rule.all[0]", "no segment ‘VIP guest’. Did you mean 'VIP guests'? `segkit list` shows all."),
        ("rule.all[1].not", "no segment ‘sg_gone’. `segkit list` shows all."),
    ]


def test_a_segment_of_another_app_cannot_be_referred_to(save: SaveIt, make_document: Make) -> None:
    other = save(make_document("VIP"), app="bank")
    for name in ("VIP", other.segment_id):
        with pytest.raises(DefinitionError, match=f"no segment ‘{name}’"):
            save(make_document("Parent", rule={"segment": name}))


def test_a_segment_that_would_read_itself_is_refused_with_the_path(save: SaveIt, make_document: Make) -> None:
    a = save(make_document("A"))
    b = save(make_document("B", rule={"segment": "A"}))
    save(make_document("C", rule={"not": {"segment": b.segment_id}}))
    with pytest.raises(SegkitError, match=r"would read itself: ‘A’ → ‘C’ → ‘B’ → ‘A’\. Take ‘C’ out of its rule"):
        save(make_document("A", id=a.segment_id, rule={"any": [{"segment": "C"}]}), based_on=1)
    with pytest.raises(SegkitError, match="would read itself: ‘D’ → ‘D’"):
        save(make_document("D", rule={"segment": "d"}))


# --- deleting ---


def test_deletion_frees_the_name_and_keeps_the_versions(catalog: Catalog, save: SaveIt, make_document: Make) -> None:
    first = save(make_document("Quiet"))
    deleted = catalog.delete("shop", "quiet", actor="bo", now=NOON + timedelta(minutes=5))
    assert deleted.id == first.segment_id
    assert catalog.segments("shop") == ()
    assert [s.id for s in catalog.segments("shop", deleted=True)] == [first.segment_id]
    assert [v.number for v in catalog.versions(first.segment_id)] == [1]
    with pytest.raises(NotFound, match=r"‘Quiet’ \(sg_.*\) was deleted at 2026-06-01 12:05 UTC by bo"):
        catalog.segment("shop", first.segment_id)
    with pytest.raises(NotFound, match="was deleted at 2026-06-01 12:05 UTC"):
        save(make_document("Quiet", id=first.segment_id, description="x"), based_on=1)
    second = save(make_document("Quiet"))
    assert second.segment_id != first.segment_id


def test_a_deleted_segment_comes_back_with_its_history(catalog: Catalog, save: SaveIt, make_document: Make) -> None:
    first = save(make_document("Quiet"))
    catalog.delete("shop", first.segment_id, actor="bo", now=NOON)
    back = save(first.document, create=True)
    assert (back.segment_id, back.number) == (first.segment_id, 2)
    assert catalog.segment("shop", "Quiet").deleted_at is None


def test_deletion_is_refused_with_the_names_of_those_who_use_it(
    catalog: Catalog, save: SaveIt, make_document: Make
) -> None:
    child = save(make_document("Child"))
    save(make_document("Nephew", rule={"any": [{"segment": "Child", "mute": True}, {"segment": "pd_x"}]}))
    parent = save(make_document("Aunt", rule={"not": {"segment": "Child"}}))
    assert catalog.dependants("shop", child.segment_id) == ("Aunt", "Nephew")
    with pytest.raises(SegkitError) as refused:
        catalog.delete("shop", "Child", actor="bo", now=NOON)
    assert str(refused.value) == (
        "Not deleted: ‘Child’ is used by ‘Aunt’, ‘Nephew’. Take it out of their rules, or delete them first."
    )
    save(make_document("Aunt", id=parent.segment_id), based_on=1)
    catalog.delete("shop", "Nephew", actor="bo", now=NOON)
    catalog.delete("shop", "Child", actor="bo", now=NOON)
    assert [s.name for s in catalog.segments("shop")] == ["Aunt"]


# --- reading ---


def test_segments_are_listed_by_name_without_regard_to_case(
    save: SaveIt, catalog: Catalog, make_document: Make
) -> None:
    for name in ("beta", "Alpha", "Ärger", "Zeta", "alpha 2"):
        save(make_document(name))
    save(make_document("Elsewhere"), app="bank")
    assert [s.name for s in catalog.segments("shop")] == ["Alpha", "alpha 2", "beta", "Zeta", "Ärger"]


def test_what_is_not_there_is_said_with_the_nearest(catalog: Catalog, save: SaveIt, make_document: Make) -> None:
    saved = save(make_document("Quiet users"))
    with pytest.raises(NotFound, match=r"app 'shop' has no segment ‘Quiet user’. Did you mean 'Quiet users'\?"):
        catalog.segment("shop", "Quiet user")
    with pytest.raises(NotFound, match=f"segment {saved.segment_id} has no version 2; expected 1 to 1"):
        catalog.version(saved.segment_id, 2)
    with pytest.raises(NotFound, match="no segment sg_none in the catalog"):
        catalog.versions("sg_none")


def test_saving_and_deleting_stand_in_the_audit_trail(catalog: Catalog, save: SaveIt, make_document: Make) -> None:
    saved = save(make_document("Quiet"))
    save(saved.document, based_on=1)
    catalog.delete("shop", "Quiet", actor="bo", now=NOON)
    assert [(e.actor, e.action, e.subject, e.detail) for e in catalog.audit("shop")] == [
        ("bo", "delete", saved.segment_id, {"name": "Quiet"}),
        ("ana", "save", saved.segment_id, {"name": "Quiet", "version": 1}),
    ]
