"""The runs panel's model without a browser: nights, what is held, letting it through, deliveries, hostile messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segkit.store.outbox import NewMessage
from segkit.workbench.panels.runs.model import RunsModel
from tests.nightly_shop import EVE, NightlyShop
from tests.operations.making import night
from tests.workbench.asking import Ask, asking_of


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NightlyShop]:
    """Germans went from 60 to 6, which holds them, and Others with them; the rest of the night is published."""
    made = NightlyShop(tmp_path_factory.mktemp("nights") / "shop")
    made.evening()
    made.more = "[apps.shop.gates]\nsegments = {Others = 1000}"
    made.bring(germans=6)
    report = made.night().to_dict()
    night(made.workspace, *report["segments"], gates=report["gates"], held=["shop: ‘Germans’ held"])
    page = made.folder / "runs" / "2026-06-10" / "night.html"
    page.write_text("<!doctype html><h1>Night of 10 Jun 2026</h1>")
    yield made
    made.close()


@pytest.fixture
def model(shop: NightlyShop) -> Iterator[RunsModel]:
    made = RunsModel(shop.workspace)
    yield made
    made.close()


@pytest.fixture
def ask(model: RunsModel) -> Ask:
    return asking_of(model)


def test_before_the_first_night_the_panel_says_how_to_run_one(tmp_path: Path) -> None:
    shop = NightlyShop(tmp_path / "shop")
    shop.write(EVE)
    opening = RunsModel(shop.workspace).opening()
    assert (opening["nights"], opening["held"], opening["deliveries"]) == ([], [], [])
    assert opening["commands"]["run"] == f"segkit nightly -w {tmp_path / 'shop'}"
    shop.close()


def test_a_night_is_told_in_counts_with_what_changed_and_what_is_held(model: RunsModel, ask: Ask) -> None:
    opening = json.loads(json.dumps(model.opening()))
    (told,) = opening["nights"]
    assert (told["date"], told["outcome"], told["held"]) == ("2026-06-10", "held", 2)
    (held,) = opening["held"]
    (finding,) = held["findings"]
    assert (held["as_of"], finding["what"], finding["found"]) == ("2026-06-10", "Germans", "60 → 6 (−90.0 %)")
    assert [each["name"] for each in held["segments"]] == ["Germans", "Others"]
    night_told = ask("night", date="2026-06-10")["night"]
    assert night_told["pages"] == [""]
    assert night_told["by_app"][0]["held"][0]["name"] == "Germans"
    page = ask("page", date="2026-06-10", at=0)
    assert page["bytes"] == b"<!doctype html><h1>Night of 10 Jun 2026</h1>"


def test_a_delivery_that_waits_is_told_without_what_may_be_secret(shop: NightlyShop, model: RunsModel) -> None:
    what = {"app": "shop", "export": "daily", "file": "exports/a.zip", "place": "s3://bucket/in", "family": "f"}
    message = NewMessage("key", "delivery", "daily", {"delivers": {**what, "target": "s3://key:secret@bucket/in"}})
    shop.workspace.catalog.outbox.put([message], shop.workspace.clock())
    (told,) = model.opening()["deliveries"]
    assert (told["file"], told["place"], told["waits"], told["attempts"]) == (
        "exports/a.zip", "s3://bucket/in", True, 0,
    )  # fmt: skip
    assert "secret" not in json.dumps(model.opening())


@pytest.mark.parametrize(
    ("do", "more", "words"),
    [
        ("night", {"date": "2026-06-11"}, "no night of this date"), ("night", {"date": "../../etc"}, "date: found"),
        ("night", {}, "no night of this date"), ("page", {"date": "2026-06-09", "at": 0}, "left no page"),
        ("page", {"date": "2026-06-10", "app": "../../x", "at": 0}, "no app"), ("page", {"at": 0}, "expected a day"),
        ("page", {"date": "2026-06-10", "at": -1}, "at: expected"),
        ("accept", {"app": "shop", "what": "Nobody", "as_of": "2026-06-10"}, "no gate or segment"),
        ("accept", {"app": "nope", "what": "Germans", "as_of": "2026-06-10"}, "no app"),
        ("accept", {"app": "shop", "what": "Germans"}, "Say what is to be let through"),
        ("accept", {"app": "shop", "what": "Germans", "as_of": "2026-07-01"}, "after 2026-06-10"),
    ],
)  # fmt: skip
def test_what_is_hostile_is_refused(ask: Ask, do: str, more: dict[str, Any], words: str) -> None:
    assert words in ask(do, **more)["refused"]


def test_a_held_segment_is_let_through_on_record_and_its_readers_with_it(shop: NightlyShop, ask: Ask) -> None:
    assert shop.served()["Germans"] == (60, "2026-06-09")
    answer = ask("accept", app="shop", what="Germans", as_of="2026-06-10")
    assert set(answer["published"]) == {"Germans", "Others"}
    assert answer["held"] == []
    assert shop.served()["Germans"] == (6, "2026-06-10")
    (entry,) = shop.workspace.catalog.audit("shop", action="accept gate")
    assert (entry.actor, entry.subject) == ("tester", "Germans")
