"""The first notebook in a real JupyterLab and a real browser: it opens, runs to its end, and asks nobody outside."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.lab import running_browser, running_lab

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
PATIENCE = 300_000  # milliseconds; a busy machine is no failure


def run_all(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".jp-Notebook").first).to_be_visible()
    expect(page.get_by_role("heading", name="Start here")).to_be_visible()
    # The kernel is there when the status bar says so.
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # By what it says: JupyterLab attaches cells as it comes to them, not always in their order.
    last = page.locator(".jp-OutputArea-output", has_text="('My first segment', True)")
    expect(last).to_be_visible()


def test_start_here_runs_to_its_end_and_makes_no_request_outside(demo: Path, chromium: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with running_lab(demo) as address, running_browser(chromium) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE)
        hosts: set[str | None] = set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        run_all(page, address)
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        estimate = page.locator(".jp-OutputArea-output", has_text="112 of 1,944 users").first
        estimate.scroll_into_view_if_needed()
        page.screenshot(path=ARTEFACTS / "start_here_light.png")
        page.emulate_media(color_scheme="dark")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        page.screenshot(path=ARTEFACTS / "start_here_dark.png")
        assert hosts <= {"127.0.0.1", None, ""}
