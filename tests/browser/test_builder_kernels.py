"""The rule builder and its kernel: two of them at once, one that is slow, out of reach, or restarted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

import segkit
from segkit.definitions.documents import parse_rule
from tests.browser.building import PATIENCE, Bench, opened_bench
from tests.browser.lab import running_browser, running_lab

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
NOTEBOOKS = Path(segkit.__file__).resolve().parents[1] / "notebooks"
SECOND = "11_in_another_kernel.ipynb"
ORDERS = {"all": [{"label": "orders", "op": "ge", "value": 1}]}


@pytest.fixture(scope="module")
def workspace(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(shutil.copytree(demo_template, tmp_path_factory.mktemp("kernels") / "demo"))
    (made / "notebooks").mkdir(exist_ok=True)
    shutil.copy(NOTEBOOKS / "10_build_a_segment.ipynb", made / "notebooks" / SECOND)
    segkit.open(made).app("smart-home").save_rule("Buyers", parse_rule(ORDERS))
    return made


@pytest.fixture(scope="module")
def both(workspace: Path, chromium: str) -> Iterator[tuple[Bench, Bench]]:
    """Two notebooks with a kernel each, and a builder of one segment in both."""
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with (
        running_lab(workspace) as address,
        running_browser(chromium) as browser,
        opened_bench(browser, address, "'Buyers'") as one,
        opened_bench(browser, address.replace("/lab/", "/lab/workspaces/second/"), "'Buyers'", SECOND) as other,
    ):
        yield one, other


@pytest.fixture
def bench(both: tuple[Bench, Bench]) -> Bench:
    return both[0]


def total(bench: Bench, rule: object) -> str:
    """How many users the library counts, as the builder writes it."""
    return bench.run(f"print(format(shop.estimate({rule!r}).count, ','))")


def test_two_kernels_edit_one_segment_and_their_conflict_is_resolved_in_the_browser(
    both: tuple[Bench, Bench], workspace: Path
) -> None:
    one, other = both
    one.panel.get_by_label("Orders, value").fill("3")
    other.panel.get_by_label("Description").fill("Whoever bought")
    one.button("Save version 2").click()
    expect(one.panel.get_by_text("Saved as version 2.")).to_be_visible()
    other.button("Save version 2").click()
    conflict = other.panel.get_by_role("region", name="Another save meanwhile")
    expect(conflict.get_by_role("heading", name="Not saved")).to_contain_text("saved version 2 meanwhile")
    expect(conflict.locator(".sideofit")).to_have_count(2)
    expect(conflict.locator(".sideofit").first).to_contain_text("Orders is at least 3")
    expect(conflict.locator(".sideofit").last).to_contain_text("Whoever bought")
    other.page.screenshot(path=ARTEFACTS / "builder_conflict_of_two_kernels.png")
    assert other.violations() == []
    other.button("Save both together").click()
    expect(other.panel.get_by_text("Saved as version 3.")).to_be_visible()
    expect(other.panel.get_by_label("Orders, value")).to_have_value("3")
    saved = segkit.open(workspace).app("smart-home").document("Buyers")
    assert (saved.description, other.kernel_rule()["all"][0]["value"]) == ("Whoever bought", 3)

    one.panel.get_by_label("Orders, value").fill("4")
    one.button("Save version 3").click()
    one.button("Open theirs").click()
    expect(one.panel.get_by_text("Version 3 is open.")).to_be_visible()
    expect(one.panel.get_by_label("Description")).to_have_value("Whoever bought")
    expect(one.panel.get_by_label("Orders, value")).to_have_value("3")
    one.button("Undo (Ctrl+Z)").click()
    expect(one.panel.get_by_label("Orders, value")).to_have_value("4")


def test_a_count_that_takes_long_is_stopped_and_counted_again(bench: Bench) -> None:
    panel = bench.build(repr(ORDERS))
    before = panel.locator(".total").inner_text()
    bench.run("from segkit.errors import Cancelled")
    bench.run("def slow(*a, cancel, **k): cancel.wait(); raise Cancelled('cancelled')")
    bench.run("shop.estimate = slow")
    panel.get_by_label("Orders, value").fill("2")
    bench.button("Stop").click()
    expect(panel.get_by_text("Counting was stopped.")).to_be_visible()
    expect(panel.locator(".total")).to_have_text(before)
    expect(panel.get_by_text("From before your last change")).to_be_visible()
    assert bench.violations() == []
    bench.run("del shop.estimate")
    bench.button("Count again").click()
    bench.settled()
    expect(panel.locator(".total")).to_have_text(total(bench, {"label": "orders", "op": "ge", "value": 2}))


def test_interrupting_a_long_query_in_a_cell_leaves_everything_usable(bench: Bench) -> None:
    panel, page = bench.build(repr(ORDERS)), bench.page
    page.locator(".jp-CodeCell", has_text="builder.estimate").last.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(
        "from segkit.compile.sql import sql\n"
        "shop.evaluator().runner.rows(sql('SELECT max(range * 7 % 11) FROM range(100000000000000)'))"
    )
    page.keyboard.press("Control+Enter")
    cell = page.locator(".jp-CodeCell", has_text="range * 7")
    expect(cell.locator(".jp-InputPrompt")).to_have_text("[*]:")
    panel.get_by_label("Orders, value").fill("5")
    expect(panel.get_by_text("From before your last change").or_(panel.get_by_text("Counting…"))).to_be_visible()
    page.get_by_text("Kernel", exact=True).first.click()
    page.get_by_text("Interrupt Kernel", exact=True).click()
    expect(cell).to_contain_text("KeyboardInterrupt")
    bench.settled()
    expect(panel.locator(".total")).to_have_text(total(bench, {"label": "orders", "op": "ge", "value": 5}))


def test_a_lost_connection_is_said_and_what_was_typed_is_counted_once_it_is_back(bench: Bench) -> None:
    panel, page = bench.build(repr(ORDERS)), bench.page
    page.evaluate("window.isCut = true; for (const socket of window.sockets) socket.close()")
    expect(panel.get_by_role("alert")).to_contain_text("The connection to Jupyter is lost")
    panel.get_by_label("Orders, value").fill("6")
    page.screenshot(path=ARTEFACTS / "builder_connection_lost.png")
    assert bench.violations() == []
    page.evaluate("window.isCut = false")
    expect(panel.get_by_role("alert")).to_be_hidden()
    bench.settled()
    expect(panel.locator(".total")).to_have_text(total(bench, {"label": "orders", "op": "ge", "value": 6}))


def test_what_stands_in_a_builder_outlives_its_kernel(bench: Bench) -> None:
    panel, page = bench.build("'Buyers'"), bench.page
    panel.get_by_label("Orders, value").fill("7")
    bench.settled()
    page.get_by_text("Kernel", exact=True).first.click()
    page.get_by_text("Restart Kernel…", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(panel.get_by_role("alert")).to_contain_text("The kernel was restarted")
    panel.get_by_label("Orders, value").fill("8")
    expect(panel.get_by_text("From before your last change")).to_be_visible()
    bench.button("Save version 4").click()
    expect(panel.get_by_text("The kernel was restarted. Run the cell again.", exact=True)).to_be_visible()
    page.screenshot(path=ARTEFACTS / "builder_kernel_gone.png")
    assert bench.violations() == []
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bench.button("Copy the document").click()
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text.includes('rule'))")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["rule"] == {"all": [{"label": "orders", "op": "ge", "value": 8}]}
    assert (copied["name"], copied["description"]) == ("Buyers", "Whoever bought")

    expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle")
    bench.kernel.wait_for_ready(timeout=PATIENCE / 1000)
    bench.begin()
    page.get_by_text("builder = build(shop").first.click()
    page.keyboard.press("Shift+Enter")
    expect(panel.get_by_role("alert")).to_contain_text("Before the kernel was restarted, something else stood in")
    expect(panel.get_by_label("Orders, value")).to_have_value("3")
    assert bench.violations() == []
    bench.button("Bring it back").click()
    expect(panel.get_by_label("Orders, value")).to_have_value("8")
    expect(panel.get_by_role("alert")).to_be_hidden()
    assert bench.kernel_rule() == {"all": [{"label": "orders", "op": "ge", "value": 8}]}
    assert panel.locator(".total").inner_text() == total(bench, {"label": "orders", "op": "ge", "value": 8})
