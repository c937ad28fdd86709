"""The overview in a real browser: every state can be read by all, at any width, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from segkit.workbench.panels.overview.model import OverviewModel
from segkit.workbench.panels.overview.panel import Overview
from tests.browser.lab import running_browser
from tests.browser.panel_page import PanelPage
from tests.browser.test_nights_panel import ARTEFACTS, looked_at
from tests.nightly_shop import EVE, NightlyShop
from tests.operations.making import night


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=120_000)
    with running_browser(chromium) as found:
        yield found


def page_of(browser: Browser, shop: NightlyShop) -> PanelPage:
    model = OverviewModel(shop.app, {"segment": "segment?segment=", "runs": "runs"})
    return PanelPage(browser.new_context().new_page(), model, str(Overview._esm), str(Overview._css))


def test_what_moved_is_shown_over_a_day_and_over_seven(browser: Browser, tmp_path: Path) -> None:
    shop = NightlyShop(tmp_path / "shop")
    shop.evening()
    shop.more = "[apps.shop.gates]\nsegments = {Others = 1000}"
    shop.bring(germans=6)
    report = shop.night().to_dict()
    night(shop.workspace, *report["segments"], gates=report["gates"], held=["shop: ‘Germans’ held"])
    shown = page_of(browser, shop)
    page = shown.page
    expect(page.get_by_role("article", name="Last night")).to_contain_text("Partly held, night of")
    expect(page.get_by_role("article", name="Stale")).to_contain_text("Germans")
    assert page.get_by_role("link", name="Germans").get_attribute("href", timeout=120_000)
    looked_at(shown, "overview")
    week = page.get_by_role("button", name="Over 7 days")
    week.click()
    expect(week).to_have_attribute("aria-pressed", "true")
    expect(week).to_be_focused()
    assert shown.failures == []
    shop.close()


def test_an_app_without_data_says_what_to_do_first(browser: Browser, tmp_path: Path) -> None:
    shop = NightlyShop(tmp_path / "shop")
    shop.write(EVE)
    shown = page_of(browser, shop)
    expect(shown.page.get_by_role("article", name="Users")).to_contain_text("segkit load brings the data in")
    looked_at(shown, "overview_empty")
    shop.close()
