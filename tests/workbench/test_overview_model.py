"""The overview's model without a browser: users, kinds, last night, what is stale, what moved most, links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from segkit.api.infos import SegmentInfo
from segkit.dashboards.for_viewers import ViewerOverview
from segkit.workbench.panels.overview.model import OverviewModel, moved_row
from tests.nightly_shop import EVE, NightlyShop
from tests.operations.making import night
from tests.workbench.asking import asking_of


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NightlyShop]:
    """Germans went from 60 to 6, which holds them, and Others with them; the rest of the night is published."""
    made = NightlyShop(tmp_path_factory.mktemp("nights") / "shop")
    made.evening()
    made.more = "[apps.shop.gates]\nsegments = {Others = 1000}"
    made.bring(germans=6)
    report = made.night().to_dict()
    night(made.workspace, *report["segments"], gates=report["gates"], held=["shop: ‘Germans’ held"])
    yield made
    made.close()


def test_it_tells_users_kinds_the_night_and_what_is_held_and_stale(shop: NightlyShop) -> None:
    told = json.loads(json.dumps(OverviewModel(shop.app).opening()))
    assert told["users"] == len(shop.app.base())
    assert sum(count for _kind, count in told["kinds"]) == len(shop.app.segments())
    assert (told["night"]["date"], told["night"]["outcome"], told["night"]["held"]) == ("2026-06-10", "held", 2)
    assert told["held"] == ["Germans"]
    assert {row["name"] for row in told["stale"]} >= {"Germans", "Others"}
    assert told["stale_ones"] == len(shop.app.segments(stale=True))


def test_what_was_published_on_both_days_is_compared_the_largest_part_first(shop: NightlyShop) -> None:
    day, *_ = told = OverviewModel(shop.app).opening()["moved"]
    assert [one["days"] for one in told] == [1, 7]
    for row in (*day["grown"], *day["shrunk"]):
        assert row["change"] == row["count"] - row["before"] != 0
        assert row["counts"][-1][1] == row["count"]
    parts = [abs(row["change"]) / max(row["before"], 1) for row in day["shrunk"]]
    assert parts == sorted(parts, reverse=True)
    assert "Germans" not in {row["name"] for row in day["shrunk"]}  # held: not published as of today


@pytest.mark.parametrize(("span", "expected"), [(1, (5, 2, -3)), (7, None)])
def test_a_segment_moved_only_if_published_on_both_days(span: int, expected: tuple[int, int, int] | None) -> None:
    info = SegmentInfo("sg_1", "One", "", "custom", "daily", 1, 2, date(2026, 6, 10), None, False)
    counts = {date(2026, 6, 10): 2, date(2026, 6, 9): 5, date(2026, 6, 4): 9}
    row = moved_row(info, counts, date(2026, 6, 10), span)
    assert expected == (row and (row["before"], row["count"], row["change"]))


def test_before_the_first_load_there_is_nothing_and_that_is_said(tmp_path: Path) -> None:
    made = NightlyShop(tmp_path / "shop")
    made.write(EVE)
    told = OverviewModel(made.app).opening()
    assert (told["users"], told["night"], told["held"]) == (None, None, [])
    assert all(one["compared"] == 0 for one in told["moved"])
    made.close()


def test_a_viewer_is_told_nothing_of_so_few_users(shop: NightlyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    day = shop.app.as_of
    small, large = shop.app.segments()[0], shop.app.segments()[1]
    counts = {small.id: {day: 40, day - timedelta(days=1): 9}, large.id: {day: 40, day - timedelta(days=1): 10}}
    monkeypatch.setattr(type(shop.app), "recent_counts", lambda _app, _days: counts)
    for model, expected in ((OverviewModel, {small.name, large.name}), (ViewerOverview, {large.name})):
        assert {row["name"] for row in model(shop.app).opening()["moved"][0]["grown"]} == expected


def test_links_lead_where_it_is_told_and_it_is_looked_at_again(shop: NightlyShop) -> None:
    model = OverviewModel(shop.app, {"segment": "segment?app=shop&segment="})
    assert model.opening()["places"] == {"segment": "segment?app=shop&segment="}
    assert asking_of(model)("again")["as_of"] == "2026-06-10"
    assert OverviewModel(shop.app).opening()["places"] == {}
    model.close()
