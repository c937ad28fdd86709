"""The list of segments in a real browser: found, opened, edited, archived and brought back; by keys too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

import segkit
from segkit.api.app import App
from segkit.workbench.panels.segments.panel import Segments
from tests.browser.lab import running_browser
from tests.browser.panel_page import PanelPage

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
PATIENCE = 300_000  # milliseconds; a busy machine is no failure


@pytest.fixture(scope="module")
def app(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = Path(shutil.copytree(demo_template, tmp_path_factory.mktemp("segments") / "demo"))
    workspace = segkit.open(folder, actor="ana")
    made = workspace.app("smart-home")
    made.refresh(["Silent gateway owners"], as_of="2026-05-25")
    (folder / "list.csv").write_text("email,mobile,uid,param1,param2,param3\n,,u0000013,,,\n")
    made.import_list(folder / "list.csv", name="Spring campaign list")
    yield made
    workspace.close()


@pytest.fixture(scope="module")
def shown(app: App, chromium: str) -> Iterator[PanelPage]:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with running_browser(chromium) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE)
        panel = Segments(app)
        made = PanelPage(page, panel.model, Segments._esm, Segments._css)
        expect(made.panel).to_have_attribute("data-state", "ready")
        yield made
        assert made.failures == []
        assert [each for each in made.requests if not each.startswith(("about:", "blob:", "data:"))] == []
        panel.close()


@pytest.fixture
def panel(shown: PanelPage) -> Locator:
    shown.page.set_viewport_size({"width": 1400, "height": 900})
    shown.theme("light")
    shown.panel.get_by_role("searchbox").fill("")
    shown.panel.get_by_label("Show").select_option("active")
    shown.settled()
    return shown.panel


def opened(panel: Locator, name: str) -> Locator:
    """The segment beside the list."""
    panel.get_by_role("searchbox").fill(name)
    panel.get_by_role("table", name="Segments").get_by_role("button", name=name).click()
    aside = panel.get_by_role("complementary", name="Segment")
    expect(aside.get_by_role("heading", name=name)).to_be_focused()
    return aside


def pictured(shown: PanelPage, name: str) -> None:
    """Light and dark at every width; axe finds nothing, and nothing is wider than the page."""
    for width in (1400, 800, 360):
        for theme in ("light", "dark"):
            shown.page.set_viewport_size({"width": width, "height": 900})
            shown.theme(theme)
            assert shown.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert shown.violations() == []
            shown.page.screenshot(path=ARTEFACTS / f"segments_{name}_{theme}_{width}.png", full_page=True)


def test_rows_show_what_was_published_and_the_list_is_searched_and_sorted(
    shown: PanelPage, panel: Locator, app: App
) -> None:
    row = panel.get_by_role("row", name="Silent gateway owners")
    expect(row).to_contain_text(f"{app.segment('Silent gateway owners').count:,}")
    expect(row.get_by_role("img")).to_have_accessible_name(
        f"From {app.recent_counts()[app.segment('Silent gateway owners').id][app.day('2026-05-25')]:,} "
        f"as of May 25, 2026 to {app.segment('Silent gateway owners').count:,} as of Jun 1, 2026"
    )
    pictured(shown, "list")
    shown.page.set_viewport_size({"width": 1400, "height": 900})
    panel.get_by_role("button", name="Users", exact=True).click()
    expect(panel.locator("tbody tr").first).to_contain_text("All users who have accepted marketing")
    panel.get_by_label("Kind").select_option("imported")
    expect(panel.locator("tbody tr")).to_have_count(1)
    panel.get_by_role("searchbox").fill("nobody has this name")
    expect(panel.get_by_text("No segment fits.")).to_be_visible()
    panel.get_by_label("Kind").select_option("")


def test_a_row_opens_to_the_right_and_its_trend_is_worked_out(shown: PanelPage, panel: Locator) -> None:
    aside = opened(panel, "Silent gateway owners")
    expect(aside.locator(".sentence")).to_contain_text("who have not used the app in the last 30 days")
    expect(aside.get_by_role("button", name="Delete")).to_be_disabled()
    expect(aside.locator(".reasons")).to_contain_text("Win-back test group")
    aside.get_by_role("button", name="Work out the trend").click()
    expect(aside.get_by_role("img", name="Users in ‘Silent gateway owners’")).to_be_visible()
    pictured(shown, "open")
    shown.page.set_viewport_size({"width": 1400, "height": 900})
    for name in ("History", "Lineage"):
        aside.get_by_role("button", name=name).click()
        expect(aside.get_by_role("heading", name=name)).to_be_visible()
        assert shown.violations() == []
        shown.page.screenshot(path=ARTEFACTS / f"segments_{name.lower()}_light_1400.png", full_page=True)
    shown.page.keyboard.press("Escape")
    expect(aside).to_be_hidden()
    expect(panel.get_by_role("button", name="Silent gateway owners")).to_be_focused()


def test_an_imported_list_says_why_it_shows_nobody(shown: PanelPage, panel: Locator) -> None:
    aside = opened(panel, "Spring campaign list")
    expect(aside.locator(".sentence")).to_contain_text("whom it holds is neither listed nor exported")
    for name in ("Group users", "Export", "Edit"):
        for offered in aside.get_by_role("button", name=name, exact=True).all():
            expect(offered).to_be_disabled()
    assert shown.violations() == []


def test_a_segment_is_copied_archived_and_brought_back_by_keys(shown: PanelPage, panel: Locator, app: App) -> None:
    aside = opened(panel, "Regulars in Europe")
    keys = shown.page.keyboard
    aside.get_by_role("button", name="Duplicate").press("Enter")
    expect(aside.get_by_label("Name of the copy")).to_be_focused()
    keys.type("Regulars, again")
    keys.press("Enter")
    expect(aside.get_by_role("heading", name="Regulars, again")).to_be_focused()
    assert app.segment("Regulars, again").count == app.segment("Regulars in Europe").count
    aside.get_by_role("button", name="Archive").press("Enter")
    expect(panel.locator(".message")).to_contain_text("‘Regulars, again’ is archived.")
    assert app.segment("Regulars, again").state == "archived"
    panel.get_by_role("button", name="Undo").press("Enter")
    expect(panel.locator(".message")).to_contain_text("‘Regulars, again’ is back.")
    aside.get_by_role("button", name="Delete").press("Enter")
    expect(aside.locator(".chip.warn")).to_have_text("deleted")
    assert "Regulars, again" not in app.definitions()


def test_a_segment_is_edited_below_and_the_list_shows_what_was_saved(
    shown: PanelPage, panel: Locator, app: App
) -> None:
    aside = opened(panel, "Trouble with pairing")
    aside.get_by_role("button", name="Edit", exact=True).click()
    builder = shown.page.get_by_role("region", name="Rule builder")
    expect(builder.locator(".numbers")).to_have_attribute("data-state", "fresh")
    expect(builder.locator(".total")).to_have_text(f"{app.estimate('Trouble with pairing').count:,}")
    builder.get_by_label("Description").fill("Seen in the list")
    builder.get_by_role("button", name="Save version 2").click()
    expect(aside).to_contain_text("Seen in the list")
    shown.page.screenshot(path=ARTEFACTS / "segments_edit_light_1400.png", full_page=True)
    assert app.segment("Trouble with pairing").version == 2
    panel.get_by_role("button", name="Close", exact=True).click()
    expect(builder).to_be_hidden()
    aside.get_by_role("button", name="History").click()
    aside.get_by_role("button", name="Revert to version 1").click()
    expect(panel.locator(".message")).to_contain_text("as in version 1 again, saved as version 3")


def test_a_segment_is_updated_now(panel: Locator, app: App) -> None:
    aside = opened(panel, "Users in churn stage")
    aside.get_by_role("button", name="Update now").click()
    count = app.segment("pd_churn_stage").count
    expect(panel.locator(".message")).to_contain_text(f"‘Users in churn stage’ has {count:,} users as of 2026-06-01")


def test_members_exports_and_imports_open_below_the_list_with_this_segment_chosen(
    shown: PanelPage, panel: Locator, app: App
) -> None:
    aside = opened(panel, "Silent gateway owners")
    aside.get_by_role("button", name="Group users", exact=True).click()
    members = shown.page.get_by_role("region", name="Group users").last
    total = f"{app.estimate('Silent gateway owners').count:,}"
    expect(members.locator("header")).to_contain_text(total)
    expect(panel.get_by_text("Group users, below")).to_be_visible()
    assert shown.violations() == []
    shown.page.screenshot(path=ARTEFACTS / "segments_members_below.png", full_page=True)
    aside.get_by_role("button", name="Export", exact=True).click()
    leaving = shown.page.get_by_role("region", name="Export segments").last
    expect(leaving).to_contain_text(f"{total} rows")
    panel.get_by_role("button", name="Import a list").click()
    expect(shown.page.get_by_role("region", name="Import a list").last).to_be_visible()
    assert shown.violations() == []
    shown.page.screenshot(path=ARTEFACTS / "segments_import_below.png", full_page=True)
