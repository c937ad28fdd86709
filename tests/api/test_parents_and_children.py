"""Whatever is edited and refreshed in whatever order: a parent is never older than its child."""

from __future__ import annotations

import random
from typing import Any

import pytest

from segkit.api import evaluation
from segkit.definitions.conditions import live_references
from segkit.errors import Overtaken
from tests.small_workspace import SmallWorkspace

COUNTRIES = ("DE", "AT", "FR")


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    for number in range(12):
        small.user(f"u{number}", country=COUNTRIES[number % 3], score=float(number))
    return small


def _rule(chance: random.Random, below: list[str]) -> dict[str, object]:
    own = {"label": "score", "op": chance.choice(["gt", "le"]), "value": chance.randint(0, 11)}
    read = [{"segment": name, "mute": chance.random() < 0.15} for name in chance.sample(below, min(len(below), 2))]
    return {chance.choice(["all", "any"]): [own, *({"not": ref} if chance.random() < 0.3 else ref for ref in read)]}


def test_a_parent_is_never_older_than_its_child(shop: SmallWorkspace, full: bool) -> None:
    """After each random save or refresh, every daily parent was published with each child it reads, or after it."""
    chance = random.Random(3)
    app = shop.app
    names = [f"S{n}" for n in range(6)]
    for number, name in enumerate(names):
        cycle = "once" if number == 1 else "daily"
        app.save({"name": name, "cycle": cycle, "rule": _rule(chance, names[:number])})
    for _ in range(200 if full else 12):
        number = chance.randrange(len(names))
        info = app.segment(names[number])
        if chance.random() < 0.6:
            document = {"id": info.id, "name": info.name, "cycle": info.cycle, "rule": _rule(chance, names[:number])}
            app.save(document, publish=chance.random() < 0.8)
        if chance.random() < 0.6:
            app.refresh(chance.sample(names, chance.randint(1, 3)))
        _nobody_is_older(shop)


def _nobody_is_older(shop: SmallWorkspace) -> None:
    app, catalog = shop.app, shop.workspace.catalog
    infos = {info.id: info for info in app.segments() if info.kind == "custom"}
    newest = {id_: catalog.newest_snapshot("shop", id_, app.as_of) for id_ in infos}
    for id_, info in infos.items():
        parent = newest[id_]
        assert parent is not None
        if info.cycle == "once" or parent.version is None or parent.version != info.version:
            continue  # it is not due, or was saved without being published
        for child_id in live_references(catalog.version(id_, parent.version).document.rule):
            child = newest[child_id]
            assert child is not None
            assert parent.computed_at >= child.computed_at, f"{info.name} is older than {infos[child_id].name}"


def test_a_refresh_that_a_save_overtakes_starts_again(shop: SmallWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between evaluating and publishing somebody saves the child: what was read of it is never published over that."""
    app, catalog = shop.app, shop.workspace.catalog
    child = app.save({"name": "Child", "rule": {"label": "country", "op": "eq", "value": "DE"}})
    parent = app.save({"name": "Parent", "rule": {"not": {"segment": "Child"}}})
    app.save({"name": "Parent", "id": parent.id, "rule": {"all": [{"not": {"segment": "Child"}}]}}, publish=False)
    evaluate, edits = evaluation.evaluate, ["AT", "FR"]

    def with_a_save_behind_it(*given: Any, **named: Any) -> Any:
        found = evaluate(*given, **named)
        if edits:
            rule = {"label": "country", "op": "in", "value": ["DE", edits.pop()]}
            app.save({"name": "Child", "id": child.id, "rule": rule}, publish=False)
        return found

    monkeypatch.setattr("segkit.api.refreshing.evaluate", with_a_save_behind_it)
    report = app.refresh(["Parent"])
    assert [(row.name, row.count) for row in report.segments] == [("Parent", 4)]
    newest = catalog.newest_snapshot("shop", parent.id, app.as_of)
    assert newest is not None
    assert [(c.segment_id, c.version) for c in newest.children] == [(child.id, 3)]
    app.save({"name": "Parent", "id": parent.id, "rule": {"not": {"segment": "Child"}}}, publish=False)
    edits += ["FR", "AT", "FR"]
    with pytest.raises(Overtaken, match="‘Child’ was read as version 5, and has version 6 by now"):
        app.refresh(["Parent"])
