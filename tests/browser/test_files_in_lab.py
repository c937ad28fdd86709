"""Lists in and segments out in a real JupyterLab: a bad file is mended, an export is saved and is what was said."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

import segkit
from tests.browser.lab import running_browser, running_lab

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
PATIENCE = 300_000  # milliseconds; a busy machine is no failure
_WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # what passes need not be told
    "preload": False,  # neither sound nor film is there
}


class LabPage:
    """JupyterLab on the demo workspace, before one page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.hosts: set[str | None] = set()
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))

    def open(self, notebook: str, heading: str, panel: str) -> Locator:
        """Runs a notebook from top to bottom; the panel that it shows."""
        page = self.page
        page.goto(self.address.replace("00_start_here.ipynb", notebook))
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle")
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        found = page.get_by_role("region", name=panel, exact=True)
        expect(found).to_be_visible()
        found.scroll_into_view_if_needed()
        return found

    def pictured(self, panel: Locator, name: str) -> None:
        """Wide and narrow, light and dark, without a violation of WCAG 2.2 A or AA in either."""
        for width, scheme in ((1400, "light"), (1400, "dark"), (800, "light")):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", str(scheme == "light").lower())
            self.page.screenshot(path=ARTEFACTS / f"{name}_{scheme}_{width}.png")
            if width == 1400:
                assert violations(self.page) == []
        self.page.set_viewport_size({"width": 1400, "height": 900})


def violations(page: Page) -> list[Any]:
    found = Axe().run(page, context=".segkit-panel", options=_WCAG).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found]


@pytest.fixture(scope="module")
def workspace(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(demo_template, tmp_path_factory.mktemp("files") / "demo"))


@pytest.fixture(scope="module")
def lab(workspace: Path, chromium: str) -> Iterator[LabPage]:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with running_lab(workspace) as address, running_browser(chromium) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE)
        made = LabPage(page, address)
        yield made
        assert made.hosts <= {"127.0.0.1", None, ""}


def test_a_bad_file_is_said_to_be_bad_loses_nothing_and_its_rows_are_mended(
    lab: LabPage, workspace: Path, tmp_path: Path
) -> None:
    uids = segkit.open(workspace).app("smart-home").members("Users with gateways", limit=3)["uid"].tolist()
    bad, good = tmp_path / "picture.csv", tmp_path / "spring.csv"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    good.write_text("uid,Note\n" + "".join(f"{uid},\n" for uid in [*uids[:2], uids[0], "nobody-knows"]))
    panel = lab.open("30_import_a_list.ipynb", "Import a list", "Import a list")
    panel.get_by_label("Name of the list").fill("Spring fair")
    expect(panel.get_by_text("53 left")).to_be_visible()
    panel.get_by_label("File to import").set_input_files(bad)
    expect(panel.locator(".message")).to_contain_text("It is a picture, whatever its name says")
    lab.pictured(panel, "import_bad_file")
    expect(panel.get_by_label("Name of the list")).to_have_value("Spring fair")
    expect(panel.get_by_role("button", name="Import", exact=True)).to_be_disabled()

    panel.get_by_label("File to import").set_input_files(good)
    expect(panel.locator(".about .hero")).to_have_text("4 rows")
    expect(panel.get_by_label("User id, column of the file")).to_have_value("0")
    panel.get_by_role("button", name="Import", exact=True).click()
    result = panel.get_by_role("region", name="Result")
    expect(result.locator("dd")).to_have_text(["2", "0", "1", "1"])
    expect(result.get_by_role("cell", name="No user has this uid").first).to_be_visible()
    lab.pictured(panel, "import_result")
    with lab.page.expect_download() as saved:
        result.get_by_role("button", name="as CSV").click()
    assert saved.value.suggested_filename == "mend.csv"
    mended = tmp_path / "mend.csv"
    saved.value.save_as(mended)
    text = mended.read_text(encoding="utf-8-sig")
    assert "nobody-knows" in text
    mended.write_text(text.replace("nobody-knows", uids[2]))

    panel.get_by_label("File to import").set_input_files(mended)
    expect(panel.get_by_label("What to do with its rows")).to_have_value("add")
    panel.get_by_role("button", name="Import", exact=True).click()
    expect(result.get_by_role("heading", name="‘Spring fair’, version 2")).to_be_focused()
    assert segkit.open(workspace).app("smart-home").segment("Spring fair").count == 3
    assert list((workspace / "imports" / ".reading").iterdir()) == []


def test_an_export_says_what_will_leave_is_confirmed_once_and_its_zip_is_that(
    lab: LabPage, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text("email\nnobody@example.org\n")
    segkit.open(workspace).app("smart-home").import_list(tmp_path / "list.csv", name="Newsletter")
    panel = lab.open("40_export_segments.ipynb", "Export segments", "Export segments")
    expect(panel.locator(".plan .hero")).to_have_text("112 rows")
    panel.get_by_label("Search labels").fill("country")
    panel.get_by_role("checkbox", name="Country Basic information", exact=True).check()
    expect(panel.locator(".plan .columns")).to_have_text("uid, country")
    panel.get_by_label("Search segments").fill("newsletter")
    expect(panel.locator(".pick.never")).to_contain_text("Imported lists are never exported")
    lab.pictured(panel, "export_plan")
    panel.get_by_role("button", name="Export…").click()
    lab.page.get_by_role("button", name="Export now").click()
    expect(panel.get_by_role("button", name="Save the file")).to_be_focused()
    lab.pictured(panel, "export_done")
    with lab.page.expect_download() as saved:
        panel.get_by_role("button", name="Save the file").click()
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        (entry,) = json.loads(archive.read("manifest.json"))["segments"]
        rows = list(csv.DictReader(io.StringIO(archive.read(entry["file"]).decode())))
    app = segkit.open(workspace).app("smart-home")
    members = app.members("Silent gateway owners", labels=["country"])
    assert [(row["uid"], row["country"]) for row in rows] == list(members.itertuples(index=False, name=None))
    assert len(rows) == 112
    assert app.exports_made(1)[0].segments == {"Silent gateway owners": 112}
