"""A stale save shows both sides, and how they go together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from segkit.definitions.documents import Document
from segkit.errors import StaleSave
from segkit.store.catalog import Catalog
from segkit.store.conflicts import Conflict

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
Make = Callable[..., Document]
GERMANY = {"label": "country", "op": "eq", "value": "DE"}
CONSENT = {"label": "consent", "op": "eq", "value": True}
USED = {"event": "used", "window": {"last": 30}}


def stale(catalog: Catalog, document: Document, based_on: int | None) -> tuple[str, Conflict]:
    with pytest.raises(StaleSave) as refused:
        catalog.save(document, app="shop", actor="ana", now=NOON, based_on=based_on)
    assert refused.value.conflict is not None
    return str(refused.value), refused.value.conflict


@pytest.fixture
def edited(sqlite_catalog: Catalog, make_document: Make) -> tuple[Catalog, str]:
    """Version 1 by ana, 2 by bo and 3 by cy, who narrowed the rule."""
    first = sqlite_catalog.save(
        make_document("Quiet", rule={"all": [GERMANY]}), app="shop", actor="ana", now=NOON, based_on=None
    )
    edits: list[tuple[str, dict[str, Any]]] = [("bo", {"tags": ["may"]}), ("cy", {"rule": {"all": [GERMANY, CONSENT]}})]
    for number, (actor, keys) in enumerate(edits, 1):
        held = sqlite_catalog.segment("shop", "Quiet").document
        data: dict[str, Any] = {"id": first.segment_id, "tags": list(held.tags), "rule": held.rule} | keys
        sqlite_catalog.save(make_document("Quiet", **data), app="shop", actor=actor, now=NOON, based_on=number)
    return sqlite_catalog, first.segment_id


def test_edits_that_do_not_touch_are_shown_and_fit_together(edited: tuple[Catalog, str], make_document: Make) -> None:
    catalog, segment_id = edited
    mine = make_document("Quiet", id=segment_id, rule={"all": [GERMANY, USED]})
    words, conflict = stale(catalog, mine, based_on=1)
    assert words == (
        "Not saved: your save is based on version 1 of ‘Quiet’; version 3 was saved at 2026-06-01 12:00 UTC by cy.\n"
        "  Since version 1, bo, cy changed:\n"
        "    Added the tag “may”.\n"
        "    Added ‘consent is yes’ (rule.all[1]).\n"
        "  You wanted:\n"
        "    Added ‘used: at least once in the last 30 days’ (rule.all[1]).\n"
        "  The two do not touch. `segkit save FILE --based-on 1 --merge` saves both together; in Python, save "
        "`error.conflict.merged` with based_on=3."
    )
    both = make_document("Quiet", id=segment_id, app="shop", tags=["may"], rule={"all": [GERMANY, CONSENT, USED]})
    assert conflict.merged == both
    saved = catalog.save(both, app="shop", actor="ana", now=NOON, based_on=conflict.version)
    assert (saved.number, catalog.segment("shop", "Quiet").document) == (4, both)


def test_the_same_thing_changed_twice_is_not_guessed(edited: tuple[Catalog, str], make_document: Make) -> None:
    catalog, segment_id = edited
    mine = make_document("Quiet", id=segment_id, tags=["may"], rule={"any": [GERMANY]})
    words, conflict = stale(catalog, mine, based_on=2)
    assert conflict.merged is None
    assert "Since version 2, cy changed:\n    Added ‘consent is yes’ (rule.all[1])." in words
    assert "You wanted:\n    Changed ‘All of these’ to ‘At least one of these’." in words
    assert words.endswith(
        "Open version 3, make your change again, and save it based on 3. Both changed the same thing."
    )


def test_without_a_base_it_is_said_what_would_change(edited: tuple[Catalog, str], make_document: Make) -> None:
    catalog, segment_id = edited
    words, conflict = stale(catalog, make_document("Quiet", id=segment_id, rule={"all": [GERMANY]}), based_on=None)
    assert (conflict.base, conflict.merged, conflict.version) == (None, None, 3)
    assert "Yours would change in version 3:\n    Removed the tag “may”.\n    Removed ‘consent is yes’" in words


def test_many_changes_are_cut_with_their_number(edited: tuple[Catalog, str], make_document: Make) -> None:
    catalog, segment_id = edited
    many = [{"label": f"label_{n}", "op": "not_empty"} for n in range(30)]
    words, _ = stale(catalog, make_document("Quiet", id=segment_id, rule={"all": [GERMANY, *many]}), based_on=1)
    assert "    … and 18 more." in words
