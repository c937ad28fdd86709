"""Archiving, deleting and bringing back, on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from segkit.definitions.documents import Document
from segkit.errors import DefinitionError, NotFound, SegkitError
from segkit.store.catalog import Catalog
from segkit.store.records import SavedVersion

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
Make = Callable[..., Document]


def save(catalog: Catalog, document: Document, based_on: int | None = None, **keys: Any) -> SavedVersion:
    given: dict[str, Any] = {"app": "shop", "actor": "ana", "now": NOON} | keys
    return catalog.save(document, based_on=based_on, **given)


def names(catalog: Catalog, **which: Any) -> list[str]:
    return [segment.name for segment in catalog.segments("shop", **which)]


def archive(catalog: Catalog, name: str, **keys: Any) -> None:
    catalog.archive("shop", name, actor="bo", now=NOON + timedelta(hours=1), **keys)


def test_an_archived_segment_is_kept_with_its_name_but_not_listed(catalog: Catalog, make_document: Make) -> None:
    first = save(catalog, make_document("Quiet"))
    archive(catalog, "QUIET")
    assert (names(catalog), names(catalog, archived=True), names(catalog, deleted=True)) == ([], ["Quiet"], [])
    assert catalog.segment("shop", "quiet").archived_at == NOON + timedelta(hours=1)
    assert [v.number for v in catalog.versions(first.segment_id)] == [1]
    with pytest.raises(SegkitError, match="‘Quiet’ exists in this app, archived"):
        save(catalog, make_document("quiet"))
    with pytest.raises(SegkitError, match=r"Not saved: ‘Quiet’ is archived, since 2026-06-01 13:00 UTC"):
        save(catalog, make_document("Quiet", id=first.segment_id, description="new"), 1)
    with pytest.raises(SegkitError, match="‘Quiet’ is archived already"):
        archive(catalog, "Quiet")
    catalog.unarchive("shop", "Quiet", actor="cy", now=NOON)
    assert (names(catalog), names(catalog, archived=True)) == (["Quiet"], [])
    assert [(entry.action, entry.actor) for entry in reversed(catalog.audit("shop"))] == [
        ("save", "ana"), ("archive", "bo"), ("unarchive", "cy"),
    ]  # fmt: skip
    with pytest.raises(SegkitError, match="‘Quiet’ is not archived"):
        catalog.unarchive("shop", "Quiet", actor="cy", now=NOON)


def test_what_others_use_is_neither_archived_nor_deleted(catalog: Catalog, make_document: Make) -> None:
    save(catalog, make_document("Child"))
    for name in ("B", "A"):
        save(catalog, make_document(name, rule={"all": [{"segment": "Child", "mute": name == "B"}]}))
    with pytest.raises(SegkitError) as refused:
        archive(catalog, "Child", also_used_by=["the export ‘nightly’"])
    assert str(refused.value) == (
        "Not archived: ‘Child’ is used by ‘A’, ‘B’, the export ‘nightly’. "
        "Take it out of their rules, or archive them first."
    )
    archive(catalog, "A")
    with pytest.raises(SegkitError, match="Not archived: ‘Child’ is used by ‘B’"):
        archive(catalog, "Child")
    archive(catalog, "B")
    archive(catalog, "Child")
    with pytest.raises(SegkitError, match=r"Not deleted: ‘Child’ is used by ‘A’ \(archived\), ‘B’ \(archived\)"):
        catalog.delete("shop", "Child", actor="bo", now=NOON)
    with pytest.raises(SegkitError, match="Not brought back: ‘A’ reads ‘Child’, which is archived"):
        catalog.unarchive("shop", "A", actor="bo", now=NOON)
    catalog.unarchive("shop", "Child", actor="bo", now=NOON)
    catalog.unarchive("shop", "A", actor="bo", now=NOON)
    assert names(catalog) == ["A", "Child"]


def test_a_rule_cannot_refer_to_what_is_archived(catalog: Catalog, make_document: Make) -> None:
    first = save(catalog, make_document("Child"))
    archive(catalog, "Child")
    for named in ("CHILD", first.segment_id):
        with pytest.raises(DefinitionError, match=r"rule: ‘Child’ is archived. `segkit unarchive 'Child'` brings it"):
            save(catalog, make_document("A", rule={"segment": named}))


def test_saving_a_deleted_document_again_brings_it_back(catalog: Catalog, make_document: Make) -> None:
    first = save(catalog, make_document("Quiet"))
    archive(catalog, "Quiet")
    catalog.delete("shop", "Quiet", actor="bo", now=NOON)
    assert (names(catalog, archived=True), names(catalog, deleted=True)) == ([], ["Quiet"])
    back = save(catalog, first.document, create=True)
    assert (back.segment_id, back.number, names(catalog)) == (first.segment_id, 2, ["Quiet"])


def test_of_random_graphs_exactly_the_dependants_are_named(
    sqlite_catalog: Catalog, make_document: Make, full: bool
) -> None:
    """The oracle is a plain dictionary of who refers to whom; whatever nobody uses can be deleted."""
    chance = random.Random(11)
    deletions, catalog = 0, sqlite_catalog
    for graph in range(10_000):
        if deletions >= (200 if full else 30):
            break
        uses: dict[str, set[str]] = {}
        app = f"graph-{graph}"
        for n in range(chance.randint(2, 9)):
            below = chance.sample(sorted(uses), k=min(len(uses), chance.randint(0, 3)))
            refs = [{"segment": name, "mute": chance.random() < 0.2} for name in below]
            save(catalog, make_document(f"S{n}", rule={"any": refs}), app=app)
            uses[f"S{n}"] = set(below)
        for _ in range(5):
            wanted = chance.choice(sorted(uses)) if uses else "gone"
            users = sorted(name for name, below in uses.items() if wanted in below)
            deletions += 1
            if not uses:
                with pytest.raises(NotFound):
                    catalog.delete(app, wanted, actor="ana", now=NOON)
            elif users:
                with pytest.raises(SegkitError) as refused:
                    catalog.delete(app, wanted, actor="ana", now=NOON)
                listed = ", ".join(f"‘{name}’" for name in users)
                assert f"‘{wanted}’ is used by {listed}. Take it out" in str(refused.value)
            else:
                catalog.delete(app, wanted, actor="ana", now=NOON)
                del uses[wanted]
        assert {segment.name for segment in catalog.segments(app)} == set(uses)
    assert deletions >= (200 if full else 30)


def test_the_verdict_on_circles_is_that_of_an_independent_search(
    sqlite_catalog: Catalog, make_document: Make, full: bool
) -> None:
    """Random graphs saved edge by edge; the oracle follows references by brute force through all paths."""
    chance = random.Random(5)
    refused = 0
    for graph in range(5_000 if full else 25):
        app, size = f"graph-{graph}", chance.randint(2, 6)
        is_chain = chance.random() < 0.3  # else long circles would be rare
        edges: dict[int, set[int]] = {n: {n - 1} if is_chain and n else set() for n in range(size)}
        saved = {}
        for n, below in edges.items():
            document = make_document(f"S{n}", rule={"any": [{"segment": f"S{b}"} for b in below]})
            saved[n] = save(sqlite_catalog, document, app=app)
        numbers = dict.fromkeys(range(size), 1)
        for _ in range(chance.randint(1, 6)):
            n, wanted = chance.randrange(size), {chance.randrange(size) for _ in range(chance.randint(1, 2))}
            document = make_document(
                f"S{n}", id=saved[n].segment_id, rule={"any": [{"segment": f"S{w}"} for w in sorted(wanted)]}
            )
            if _reaches(edges | {n: wanted}, n):
                refused += 1
                with pytest.raises(SegkitError, match="would read itself") as error:
                    save(sqlite_catalog, document, numbers[n], app=app)
                _is_a_path(str(error.value), edges | {n: wanted}, n)
            else:
                edges[n] = wanted
                numbers[n] = save(sqlite_catalog, document, numbers[n], app=app).number
    assert refused > (500 if full else 5)


def _reaches(edges: dict[int, set[int]], start: int) -> bool:
    """Whether any walk of at most as many steps as there are segments leads back: powers of the relation."""
    reached = edges[start]
    for _ in edges:
        if start in reached:
            return True
        reached = {further for n in reached for further in edges[n]}
    return False


def _is_a_path(message: str, edges: dict[int, set[int]], start: int) -> None:
    path = [
        int(name.strip("‘’. S")) for name in message.partition("would read itself: ")[2].partition(".")[0].split("→")
    ]
    assert path[0] == path[-1] == start
    assert all(after in edges[before] for before, after in pairwise(path))
