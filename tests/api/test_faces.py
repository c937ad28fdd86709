"""How objects show themselves: in a cell as HTML, in a terminal as text, as pandas; counts, and no user unasked."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

import segkit
from segkit import event, label, sequence
from segkit.api.app import App
from segkit.api.progress import Bar
from tests.small_workspace import SmallWorkspace


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Ana and Bo are German; Cy is Austrian and paid, after browsing."""
    small = SmallWorkspace(tmp_path_factory.mktemp("faces") / "workspace")
    small.user("ana", country="DE", email="ana@example.com")
    small.user("bo", country="DE")
    small.user("cy", country="AT")
    small.event("cy", "product_browsed", at="2024-11-01 10:00")
    small.event("cy", "order_paid", at="2024-11-02 10:00")
    yield small.app
    small.close()


def test_an_app_and_a_workspace_say_what_there_is(shop: App) -> None:
    line = "App 'shop', as of 2024-11-07, Europe/Berlin: 3 users, events of 2024-11-01 to 2024-11-02; "
    assert repr(shop) == line + "10 segments, 8 labels, 8 events"
    assert "10 predefined" in shop._repr_html_()
    assert repr(shop.workspace) == f"Workspace 'workspace', as tester\n  {shop!r}"
    assert "<td" in shop.workspace._repr_html_()


def test_an_app_that_was_not_loaded_yet_shows_itself(small: SmallWorkspace) -> None:
    small.user("ana")
    small.write()
    app = segkit.open(small.folder).app("shop")
    assert "nothing is loaded yet; 10 segments" in repr(app)
    assert "nothing is loaded yet" in app._repr_html_()


def test_sets_of_users_show_counts_and_say_of_a_column_who_is_in(shop: App) -> None:
    [germans] = shop.evaluate([label("country").isin(pd.Series(["DE"]))])
    assert "2</span> users as of 2024-11-07" in germans._repr_html_()
    assert "ana" not in germans._repr_html_()
    tickets = pd.DataFrame({"uid": ["cy", "bo", "nobody"]})
    assert list(tickets[germans.holds(tickets.uid)].uid) == ["bo"]
    assert "ana" in germans
    assert "cy" not in germans


def test_an_estimate_is_a_frame_with_a_row_a_condition(shop: App) -> None:
    found = shop.estimate(label("country").isin("DE") & ~event("order_paid").last(30))
    assert list(found.data.path) == ["rule", "rule.all[0]", "rule.all[1]", "rule.all[1].not"]
    assert list(found.data.users) == [2, 2, 2, 1]
    assert found.data.share[0] == pytest.approx(2 / 3)


def test_a_difference_shows_itself(shop: App) -> None:
    shop.save_rule("Buyers", event("order_paid").last(3))
    found = shop.diff("Buyers", dates=("2024-11-04", "2024-11-07"))
    assert found.data.to_dict("records") == [
        {"segment": "Buyers", "old": "2024-11-04", "new": "2024-11-07", "before": 1, "after": 0, "gained": 0, "lost": 1}
    ]
    assert "‘Buyers’" in found._repr_html_()
    assert "cy" not in found._repr_html_()


def test_an_analysis_is_its_words_in_a_terminal(shop: App) -> None:
    trend = shop.trend("pd_accepted_marketing", since="2024-11-06")
    assert repr(trend) == trend.words
    explanation = shop.explain("cy", event("order_paid").last(30))
    assert repr(explanation) == explanation.words


def test_a_sequence_takes_events_by_their_codes(shop: App) -> None:
    [found] = shop.evaluate([sequence("product_browsed", "order_paid", within=7).last(30)])
    assert found.uids() == ["cy"]


def test_a_bar_hears_steps_and_shares(shop: App, capsys: pytest.CaptureFixture[str]) -> None:
    bar = segkit.progress("Days")
    assert isinstance(bar, Bar)
    shop.trend("pd_accepted_marketing", since="2024-11-05", progress=bar)
    for step, share in (("reading", 0.2), ("writing", 1.0)):
        bar(step, share)
    assert "Days" in capsys.readouterr().err
    assert bar._bar is None
