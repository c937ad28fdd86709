"""The panel of `05_your_own_data` in a real JupyterLab: a type is changed, written and loaded, and the count is right.

Nothing is asked of anybody outside.
"""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from segkit.definitions.vocabulary import read_vocabulary
from tests.browser.lab import running_browser, running_lab
from tests.small_workspace import SmallWorkspace

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
PATIENCE = 300_000  # milliseconds; a busy machine is no failure
NOTEBOOK = "05_your_own_data.ipynb"


@pytest.fixture
def workspace(small: SmallWorkspace) -> Path:
    small.write()
    return small.folder


def opened(page: Page, address: str) -> Locator:
    """The panel, once the cells up to it have run."""
    page.goto(address.replace("00_start_here.ipynb", NOTEBOOK))
    expect(page.get_by_role("heading", name="Your own data")).to_be_visible()
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle")
    page.get_by_text("panel = StartPanel").click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Above Selected Cell").click()
    page.get_by_text("panel = StartPanel").click()
    page.keyboard.press("Shift+Enter")
    panel = page.get_by_role("region", name="From your files to a segment")
    expect(panel).to_be_visible()
    return panel


def pictured(page: Page, panel: Locator, name: str) -> None:
    """Light and dark, wide and narrow."""
    for width, scheme in ((1400, "light"), (1400, "dark"), (800, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(scheme == "light").lower())
        panel.scroll_into_view_if_needed()
        page.screenshot(path=ARTEFACTS / f"{name}_{scheme}_{width}.png")
    page.set_viewport_size({"width": 1400, "height": 900})


def test_a_type_is_changed_in_the_panel_then_written_loaded_and_counted(workspace: Path, chromium: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with running_lab(workspace) as address, running_browser(chromium) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE)
        hosts: set[str | None] = set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        panel = opened(page, address)
        page.get_by_role("tab", name="File Browser").click()  # which makes room
        expect(panel.get_by_label("Type of PLZ")).to_have_value("string")
        expect(panel.get_by_text("@example.com")).to_have_count(0)
        pictured(page, panel, "own_data_columns")

        panel.get_by_label("Type of PLZ").select_option("number")
        expect(panel.get_by_label("Type of PLZ")).to_have_value("number")
        panel.get_by_label("Name of Kunde seit").fill("Customer since")
        panel.get_by_label("Name of Kunde seit").press("Enter")
        expect(panel.get_by_role("columnheader", name="Customer since")).to_be_visible()
        panel.get_by_role("button", name="Write").click()
        panel.get_by_role("button", name="Load and count").click()
        expect(panel.get_by_text("of 400 users, as of 2025-07-01")).to_be_visible()
        shown = panel.locator(".number").inner_text()
        pictured(page, panel, "own_data_count")
        assert hosts <= {"127.0.0.1", None, ""}

    written = read_vocabulary(workspace / "own_data/shop/vocabulary/shop")
    assert written.label("PLZ").type == "number"
    assert written.label("Kunde_seit").name == "Customer since"
    assert int(shown) == _returned_in_june(workspace / "own_data/files/ereignisse/2025-06.csv")


def _returned_in_june(path: Path) -> int:
    """Customers with a return in June, counted from the file itself; as of 1 July that is the last 30 days."""
    with path.open(encoding="cp1252", newline="") as file:
        rows = csv.DictReader(file, delimiter=";")
        return len({row["Kundennummer"] for row in rows if row["Ereignis"] == "Retoure"})
