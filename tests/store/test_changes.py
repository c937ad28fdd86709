"""Many saves and deletes as one transaction, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from segkit.definitions.documents import Document
from segkit.errors import CatalogMoved, SegkitError
from segkit.store.catalog import Catalog
from segkit.store.changes import Changes
from segkit.store.saving import Save

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
Make = Callable[..., Document]


def changes(catalog: Catalog, saves: list[Save], deletes: list[tuple[str, str]] | None = None) -> Changes:
    expected = {app: catalog.current_versions(app) for app in ("mall", "shop")}
    return Changes("key", "ana", NOON, tuple(saves), tuple(deletes or []), expected)


def a_save(document: Document, based_on: int | None = None, app: str = "shop") -> Save:
    return Save(document=document, app=app, actor="ana", now=NOON, based_on=based_on, create=based_on is None)


def names(catalog: Catalog, app: str = "shop") -> dict[str, str]:
    return {s.id: s.name for s in catalog.segments(app)}


def test_names_change_hands_in_a_circle_and_pass_from_the_deleted_to_the_new(
    catalog: Catalog, make_document: Make
) -> None:
    first = [a_save(make_document(name, id=f"sg_{key}")) for key, name in (("a", "One"), ("b", "Two"), ("c", "Three"))]
    catalog.apply(changes(catalog, first))
    turned = [a_save(make_document(name, id=f"sg_{key}"), 1) for key, name in (("a", "Two"), ("b", "One"))]
    catalog.apply(changes(catalog, [*turned, a_save(make_document("Three", id="sg_d"))], [("shop", "sg_c")]))
    assert names(catalog) == {"sg_a": "Two", "sg_b": "One", "sg_d": "Three"}
    assert [s.name for s in catalog.segments("shop", deleted=True)] == ["Three"]
    with pytest.raises(SegkitError, match="‘Two’ exists in this app"):
        catalog.apply(changes(catalog, [a_save(make_document("two", id="sg_e"))]))


def test_all_is_done_or_nothing_in_both_apps(catalog: Catalog, make_document: Make) -> None:
    good = [a_save(make_document("One", id="sg_a")), a_save(make_document("One", id="sg_b"), app="mall")]
    with pytest.raises(SegkitError, match="exists in this app"):
        catalog.apply(changes(catalog, [*good, a_save(make_document("ONE", id="sg_c"), app="mall")]))
    assert names(catalog) == names(catalog, "mall") == {}
    catalog.apply(changes(catalog, good))
    assert (names(catalog), names(catalog, "mall")) == ({"sg_a": "One"}, {"sg_b": "One"})
    recorded = [(entry.app, entry.detail) for entry in catalog.audit(action="apply", subject="key")]
    assert sorted(recorded) == [
        ("mall", {"saved": {"sg_b": 1}, "deleted": []}), ("shop", {"saved": {"sg_a": 1}, "deleted": []}),
    ]  # fmt: skip


@pytest.mark.parametrize("moved", ["saved", "new", "deleted"])
def test_a_catalog_that_has_moved_is_not_changed(catalog: Catalog, make_document: Make, moved: str) -> None:
    common: dict[str, Any] = {"app": "shop", "actor": "bo", "now": NOON}
    catalog.save(make_document("One", id="sg_a"), based_on=None, create=True, **common)
    late = changes(catalog, [a_save(make_document("Two", id="sg_b"))])
    if moved == "saved":
        catalog.save(make_document("One", id="sg_a", description="x"), based_on=1, **common)
    elif moved == "new":
        catalog.save(make_document("Other"), based_on=None, **common)
    else:
        catalog.delete("shop", "sg_a", actor="bo", now=NOON)
    with pytest.raises(CatalogMoved):
        catalog.apply(late)
    assert "sg_b" not in names(catalog)
