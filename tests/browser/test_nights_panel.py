"""The panels of nights and files in a real browser: a held segment is let through, and all can read every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import segkit
from segkit.workbench.panels.exporting.model import ExportModel
from segkit.workbench.panels.exporting.panel import ExportPanel
from segkit.workbench.panels.importing.model import ImportModel
from segkit.workbench.panels.importing.panel import ImportPanel
from segkit.workbench.panels.model import PanelModel
from segkit.workbench.panels.panel import Panel
from segkit.workbench.panels.runs.model import RunsModel
from segkit.workbench.panels.runs.panel import RunsPanel
from tests.browser.lab import running_browser
from tests.browser.panel_page import PanelPage
from tests.nightly_shop import EVE, NightlyShop
from tests.operations.making import night

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=120_000)
    with running_browser(chromium) as found:
        yield found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NightlyShop]:
    """Germans went from 60 to 6, which holds them and their readers; the rest of the night is published."""
    made = NightlyShop(tmp_path_factory.mktemp("nights") / "shop")
    made.evening()
    made.more = "[apps.shop.gates]\nsegments = {Others = 1000}"
    made.bring(germans=6)
    report = made.night().to_dict()
    night(made.workspace, *report["segments"], gates=report["gates"], held=["shop: ‘Germans’ held"])
    (made.folder / "runs" / "2026-06-10" / "night.html").write_text("<!doctype html><h1>Night of 10 Jun 2026</h1>")
    yield made
    made.close()


Shown = Callable[[PanelModel, type[Panel]], PanelPage]


@pytest.fixture
def shown(browser: Browser) -> Iterator[Shown]:
    """Shows a panel on a page of its own, which is closed with the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield lambda model, panel: PanelPage(context.new_page(), model, str(panel._esm), str(panel._css))
    context.close()


def looked_at(page: PanelPage, name: str) -> None:
    """No violation in light and dark, nothing beyond the page's edge at any width; pictures of each."""
    for width, theme in ((1400, "light"), (1400, "dark"), (800, "light"), (360, "dark")):
        page.page.set_viewport_size({"width": width, "height": 900})
        page.theme(theme)
        page.page.screenshot(path=ARTEFACTS / f"{name}_{theme}_{width}.png", full_page=True)
        assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
        if width != 800:
            assert page.violations() == []
    page.page.set_viewport_size({"width": 1400, "height": 900})
    page.theme("light")
    assert page.failures == []


def test_a_held_segment_is_let_through_once_and_on_record(shop: NightlyShop, shown: Shown) -> None:
    model = RunsModel(shop.workspace)
    page = shown(model, RunsPanel)
    panel = page.panel
    expect(panel.get_by_role("heading", name="‘Germans’ is held")).to_be_visible()
    expect(panel.get_by_text("Its last 60 users are still served")).to_be_visible()
    panel.get_by_role("button", name="Jun 10, 2026").click()
    expect(panel.get_by_role("heading", name="Night of Jun 10, 2026")).to_be_focused()
    panel.get_by_role("button", name="Read the page of this night").click()
    expect(panel.frame_locator("iframe").get_by_role("heading", name="Night of 10 Jun 2026")).to_be_visible()
    looked_at(page, "runs_held")
    panel.get_by_role("button", name="Let Germans through").click()
    page.page.keyboard.press("Escape")
    expect(panel.get_by_role("button", name="Let Germans through")).to_be_focused()
    assert shop.served()["Germans"] == (60, "2026-06-09")
    page.page.keyboard.press("Enter")
    page.page.get_by_role("button", name="Let it through", exact=True).click()
    expect(panel.locator(".message.good")).to_contain_text("Let through, on record: 2 segments are published.")
    expect(panel.get_by_text("Nothing is held")).to_be_visible()
    assert shop.served()["Germans"] == (6, "2026-06-10")
    (entry,) = shop.workspace.catalog.audit("shop", action="accept gate")
    assert entry.subject == "Germans"
    model.close()


def test_before_the_first_night_the_panel_says_how_to_run_one(shown: Shown, tmp_path: Path) -> None:
    shop = NightlyShop(tmp_path / "shop")
    shop.write(EVE)
    page = shown(RunsModel(shop.workspace), RunsPanel)
    expect(page.panel.get_by_text("segkit nightly -w")).to_be_visible()
    looked_at(page, "runs_empty")
    shop.close()


def test_an_export_that_is_refused_and_one_that_nobody_may_make_say_so(shop: NightlyShop, shown: Shown) -> None:
    model = ExportModel(shop.app)
    page = shown(model, ExportPanel)
    expect(page.panel.get_by_text("Nothing leaves before you say so")).to_be_visible()
    page.panel.get_by_role("checkbox", name="VIPs").check()
    expect(page.panel.locator(".plan .hero")).to_have_text("50 rows")
    page.panel.get_by_label("As of").fill("2026-06-01")
    expect(page.panel.locator(".plan")).to_contain_text("is not computed as of 2026-06-01")
    expect(page.panel.get_by_role("button", name="Export…")).to_be_disabled()
    page.panel.get_by_label("For", exact=True).select_option("meta")
    page.panel.get_by_text("Control group, variants").click()
    looked_at(page, "export_refused")
    model.close()

    path = shop.folder / "segkit.toml"
    before = path.read_text()
    path.write_text(before + '[roles]\nviewer = ["vi"]\nadmin = ["tester"]\ndefault = "none"\n')
    workspace = segkit.open(shop.folder, actor="vi")
    for panel, asked, words in (
        (ExportPanel, ExportModel(workspace.app()), "Exporting takes the role exporter or admin"),
        (ImportPanel, ImportModel(workspace.app()), "Importing takes the role editor or admin"),
    ):
        denied = shown(asked, panel)
        expect(denied.panel.get_by_text(words)).to_be_visible()
        looked_at(denied, f"{denied.panel.get_attribute('aria-label')} denied".lower().replace(" ", "_"))
        asked.close()
    path.write_text(before)
    workspace.close()
