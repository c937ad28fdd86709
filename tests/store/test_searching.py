"""Finding segments by words, folder, tag, owner, cycle and kind, in the catalog and without one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from segkit.definitions.documents import Document
from segkit.store.catalog import Catalog
from segkit.store.searching import Search

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def documents(make_document: Callable[..., Document]) -> list[Document]:
    return [
        make_document("Straßenbahn", folder="Campaigns / May", tags=["VIP", "Größe"], owner="Ana"),
        make_document("Quiet users", description="100% silent_ones", folder="campaigns", cycle="once"),
        make_document("Loud users", folder="Campaigns2026", tags=["vip\x00"], owner="bo"),
        make_document("Nothing"),
    ]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(), ["Loud users", "Nothing", "Quiet users", "Straßenbahn"]),
        (Search("USERS"), ["Loud users", "Quiet users"]),
        (Search("users loud"), ["Loud users"]),
        (Search("strassen"), ["Straßenbahn"]),
        (Search("GRÖSSE"), ["Straßenbahn"]),
        (Search("0% SILENT_"), ["Quiet users"]),
        (Search("silent%ones"), []),
        (Search("ana"), ["Straßenbahn"]),
        (Search(folder="CAMPAIGNS/"), ["Quiet users", "Straßenbahn"]),
        (Search(folder="campaigns/may"), ["Straßenbahn"]),
        (Search(folder="camp%"), []),
        (Search(tag="vip"), ["Loud users", "Straßenbahn"]),
        (Search(tag="vi"), []),
        (Search(owner="ANA"), ["Straßenbahn"]),
        (Search(cycle="once"), ["Quiet users"]),
        (Search(kind="imported"), []),
        (Search("users", cycle="daily", tag="VIP"), ["Loud users"]),
    ],
)
def test_a_search_finds_the_same_in_the_catalog_and_without_it(
    catalog: Catalog, documents: list[Document], search: Search, expected: list[str]
) -> None:
    for document in documents:
        catalog.save(document, app="shop", actor="ana", now=NOON, based_on=None)
    assert [segment.name for segment in catalog.segments("shop", search=search)] == expected
    plain = [d for d in documents if d.tags != ("vip\x00",)]
    assert sorted(d.name for d in plain if search.finds(d, "custom")) == [n for n in expected if n != "Loud users"]


def test_what_is_found_follows_the_newest_version(catalog: Catalog, make_document: Callable[..., Document]) -> None:
    first = catalog.save(
        make_document("Quiet", tags=["a", "b"], folder="F"), app="shop", actor="ana", now=NOON, based_on=None
    )
    later = make_document("Quiet", id=first.segment_id, tags=["c"])
    catalog.save(later, app="shop", actor="ana", now=NOON, based_on=1)
    found = {tag: len(catalog.segments("shop", search=Search(tag=tag))) for tag in "abc"}
    assert found == {"a": 0, "b": 0, "c": 1}
    assert catalog.segments("shop", search=Search(folder="F")) == ()
    assert catalog.segments("shop", deleted=True, search=Search(tag="c")) == ()
