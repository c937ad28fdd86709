"""Pages of a real `segkit dashboards` in a real browser: they open, say whom they are for, and ask nobody else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.lab import running_browser
from tests.dashboards.running import Client, Running, proxied

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
PATIENCE = 300_000  # milliseconds; a busy machine is no failure
_WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
#: Of a kernel, in kB: what the issue allows.
MOST_MEMORY = 130_000


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with running_browser(chromium) as made:
        yield made


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody whom nobody vouches for."""
    made = browser.new_context(viewport={"width": 1400, "height": 900}, bypass_csp=True)
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


def opened(context: BrowserContext, address: str) -> Page:
    """A page with its header and a panel, and nothing that failed."""
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("navigation", name="Dashboards")).to_be_visible()
    expect(page.locator("main .segkit").first).to_be_visible()
    return page


def test_the_first_page_shows_every_segment_with_its_count(server: Running, visitor: BrowserContext) -> None:
    page = opened(visitor, f"{server.address}/")
    assert page.url == f"{server.address}/overview"
    row = page.get_by_role("table", name="Segments").get_by_role("row").filter(has_text="Germans")
    expect(row).to_contain_text("25")
    expect(page.get_by_role("navigation", name="Dashboards").get_by_role("link")).to_have_text(
        ["Overview", "Try a rule", "Runs"]
    )
    expect(page.get_by_role("link", name="Overview")).to_have_attribute("aria-current", "page")


def test_no_request_leaves_the_server(server: Running, visitor: BrowserContext) -> None:
    asked: list[str] = []
    failed: list[str] = []
    page = visitor.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda said: failed.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.address}/overview")
    expect(page.get_by_role("table", name="Segments").get_by_role("row").nth(1)).to_be_visible()
    ours = (server.address, server.address.replace("http", "ws"), "blob:", "data:")
    assert len(asked) > 5
    assert [each for each in asked if not each.startswith(ours)] == []
    assert failed == []


def test_a_viewer_tries_a_rule_and_its_count_follows(server: Running, visitor: BrowserContext) -> None:
    page = opened(visitor, f"{server.address}/try")
    numbers = page.get_by_role("region", name="Live numbers")
    expect(numbers).to_have_attribute("data-state", "fresh")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_role("option", name="Devices number").click()
    page.locator(".rule .row input").last.fill("10")
    expect(page.get_by_text("Users whose devices is at least 10.")).to_be_visible()
    expect(numbers).to_have_attribute("data-state", "fresh")
    expect(numbers.locator(".sharewords")).to_contain_text("of 50 users")
    expect(page.get_by_role("button", name="Save segment")).to_be_hidden()


def test_a_role_that_the_proxy_vouches_for_has_its_pages(server: Running, browser: Browser) -> None:
    context = browser.new_context(extra_http_headers=proxied("rita"), viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = opened(context, f"{server.address}/profiles?segment=Germans")
    links = page.get_by_role("navigation", name="Dashboards").get_by_role("link")
    expect(links).to_have_text(["Overview", "Segment", "Try a rule", "Profiles", "Runs"])
    expect(page.get_by_text("rita · reader")).to_be_visible()
    expect(page.locator("main .hero, main .total").first).to_contain_text("25")
    for name in ("segment?segment=Germans", "try"):
        opened(context, f"{server.address}/{name}").close()
    context.close()


def test_a_page_for_others_says_so_below_its_navigation(server: Running, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(f"{server.address}/profiles")
    expect(page.get_by_role("navigation", name="Dashboards")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("takes the role reader, exporter, editor or admin")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_readable_at_every_width_and_axe_finds_nothing(server: Running, browser: Browser, theme: str) -> None:
    context = browser.new_context(color_scheme=theme, bypass_csp=True)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    for name in ("overview", "try", "runs"):
        page = opened(context, f"{server.address}/{name}")
        for width in (1920, 1400, 800, 360):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
            found = Axe().run(page, options=_WCAG).response["violations"]
            assert [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found] == []
            page.screenshot(path=ARTEFACTS / f"dashboards_{name}_{theme}_{width}.png")
        page.close()
    context.close()


def test_a_lost_kernel_says_so_and_the_page_can_be_loaded_again(server: Running, visitor: BrowserContext) -> None:
    page = opened(visitor, f"{server.address}/runs")
    os.kill(server.kernels()[_kernel_of(page)], signal.SIGKILL)
    alert = page.get_by_role("alert").filter(has_text="lost its connection")
    expect(alert).to_be_visible()
    alert.get_by_role("button", name="Load the page again").click()
    expect(page.get_by_role("navigation", name="Dashboards")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def _kernel_of(page: Page) -> str:
    return str(page.evaluate("JSON.parse(document.getElementById('kernel').textContent).id"))


def test_a_kernel_that_shows_a_page_holds_little_and_no_engine(server: Running) -> None:
    Client(server).page("overview")
    for kernel in server.kernels().values():
        loaded = Path(f"/proc/{kernel}/maps").read_text()
        assert [name for name in ("pandas", "pyarrow", "duckdb", "vl_convert", "numpy") if f"/{name}" in loaded] == []
        numbers = dict(line.split()[:2] for line in Path(f"/proc/{kernel}/smaps_rollup").read_text().splitlines()[1:])
        assert int(numbers["Private_Dirty:"]) + int(numbers["Private_Clean:"]) < MOST_MEMORY


def test_a_page_that_is_left_ends_its_kernel(server: Running, visitor: BrowserContext) -> None:
    page = opened(visitor, f"{server.address}/overview")
    kernel = _kernel_of(page)
    cookies = {each["name"]: each["value"] for each in visitor.cookies()}
    client = Client(server, cookies=cookies)
    assert client.refused(kernel) == 0
    page.close(run_before_unload=True)
    while kernel in server.kernels():
        pass
    assert client.refused(kernel) == 404
