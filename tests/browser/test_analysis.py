"""The analysis views before a real browser: by keyboard, in light and dark, stopped, and with nothing to show."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import segkit
from segkit.api import App
from segkit.engine.watching import stop_if_asked, watch
from segkit.workbench.panels.analysis.model import AnalysisModel
from segkit.workbench.panels.analysis.panel import Analysis
from tests.browser.lab import running_browser
from tests.browser.panel_page import PanelPage

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
SILENT, CHURN, MALL = "Silent gateway owners", "Users in churn stage", "Users who prefer the in-app mall"
VIEWS = ("conditions", "overlap", "compose", "trend", "why", "compare")


@pytest.fixture(scope="module")
def app(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = shutil.copytree(demo_template, tmp_path_factory.mktemp("analysis") / "demo")
    workspace = segkit.open(folder, actor="tester")
    yield workspace.app("smart-home")
    workspace.close()


@pytest.fixture(scope="module")
def shared(app: App, chromium: str) -> Iterator[PanelPage]:
    expect.set_options(timeout=300_000)
    ARTEFACTS.mkdir(exist_ok=True)
    model = AnalysisModel(app, [SILENT, CHURN, MALL])
    with running_browser(chromium) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(300_000)
        made = PanelPage(page, model, str(Analysis._esm), str(Analysis._css))
        made.settled()
        yield made
    model.close()


@pytest.fixture
def bench(shared: PanelPage) -> Iterator[PanelPage]:
    yield shared
    shared.page.keyboard.press("Escape")
    assert not shared.failures
    assert not [address for address in shared.requests if not address.startswith(("blob:", "data:", "about:"))]


def show(bench: PanelPage, view: str) -> None:
    bench.panel.get_by_role("tab").nth(VIEWS.index(view)).click()
    expect(bench.panel.locator(".code code")).to_contain_text("diff" if view == "versions" else f"app.{view}(")
    bench.settled()


def numbers(bench: PanelPage, locator: str) -> list[int]:
    return [int(text.replace(",", "")) for text in bench.panel.locator(locator).all_inner_texts()]


def test_an_overlap_s_bars_are_buttons_with_the_library_s_numbers(bench: PanelPage, app: App) -> None:
    show(bench, "overlap")
    found = app.overlap(SILENT, CHURN, MALL)
    assert numbers(bench, ".region .count") == [r.count for r in found.regions if r.inside and r.count]
    first = bench.panel.locator("button.region").first
    assert "Make it a segment" in str(first.get_attribute("aria-label"))


def test_a_region_becomes_a_segment_by_keyboard_and_is_taken_back(bench: PanelPage, app: App) -> None:
    show(bench, "overlap")
    page, columns = bench.page, bench.panel.locator("button.region")
    columns.first.focus()
    page.keyboard.press("ArrowRight")
    expect(columns.nth(1)).to_be_focused()
    count = numbers(bench, ".region .count")[1]
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Make it a segment")
    expect(dialog.locator(".sentence")).to_contain_text(f"{count:,} users as of")
    page.keyboard.press("Control+a")
    page.keyboard.type(SILENT)
    expect(dialog.get_by_role("status")).to_contain_text("exists in this app")
    assert not bench.violations()
    page.keyboard.press("Control+a")
    page.keyboard.type("The second region")
    page.keyboard.press("Enter")
    expect(bench.panel.locator(".message.good")).to_contain_text(f"Saved ‘The second region’: {count:,} users.")
    assert app.segment("The second region").count == count
    bench.panel.get_by_role("button", name="Look at it too").click()
    expect(bench.panel.locator(".chip")).to_have_count(4)
    bench.settled()
    bench.panel.get_by_role("button", name="Leave ‘The second region’ out").click()
    expect(bench.panel.locator(".chip")).to_have_count(3)
    app.delete("The second region")


def test_a_click_makes_a_segment_and_undo_takes_it_back(bench: PanelPage, app: App) -> None:
    show(bench, "overlap")
    bench.panel.locator("button.region").first.click()
    dialog = bench.page.get_by_role("dialog", name="Make it a segment")
    expect(dialog.get_by_role("textbox")).not_to_have_value("")
    name = dialog.get_by_role("textbox").input_value()
    dialog.get_by_role("button", name="Save segment").click()
    bench.panel.get_by_role("button", name="Undo").click()
    expect(bench.panel.locator(".message")).to_have_text(f"‘{name}’ is taken back.")
    assert name not in [segment.name for segment in app.segments()]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_readable_in_light_and_dark_and_has_its_numbers_as_a_table(bench: PanelPage, view: str) -> None:
    show(bench, view)
    if view not in ("conditions", "compare"):  # these are tables
        bench.panel.locator(".behind").first.evaluate("element => { element.open = true; }")
    assert bench.panel.get_by_role("table").count()
    for theme in ("light", "dark"):
        bench.theme(theme)
        assert not bench.violations(), theme
        bench.page.screenshot(path=ARTEFACTS / f"analysis-{view}-{theme}.png", full_page=True)
    bench.theme("light")
    bench.page.set_viewport_size({"width": 360, "height": 800})
    expect(bench.panel.get_by_role("tab", selected=True)).to_be_in_viewport()
    assert bench.page.evaluate("document.documentElement.scrollWidth <= 360")
    bench.page.set_viewport_size({"width": 1400, "height": 900})


def test_days_of_a_trend_are_told_by_keys_and_lead_to_why(bench: PanelPage, app: App) -> None:
    show(bench, "trend")
    points = app.trend(SILENT).points
    slider = bench.panel.get_by_role("slider")
    slider.focus()
    bench.page.keyboard.press("ArrowLeft")
    told = str(slider.get_attribute("aria-valuetext"))
    assert f"{points[-2].count:,} users, {points[-2].entered:,} entered" in told
    bench.panel.get_by_role("button", name="Why did the size change").click()
    bench.settled()
    found = app.why(SILENT, points[-3].as_of, points[-2].as_of)
    expect(bench.panel.get_by_label("From", exact=True)).to_have_value(points[-3].as_of.isoformat())
    expect(bench.panel.locator(".result .lead")).to_contain_text(f"from {found.before:,} users")


def test_causes_of_a_change_open_by_keyboard_and_add_up(bench: PanelPage, app: App) -> None:
    show(bench, "why")
    bench.panel.get_by_label("From", exact=True).fill("2026-05-01")
    bench.panel.get_by_label("To", exact=True).fill("2026-06-01")
    bench.panel.get_by_label("To", exact=True).press("Enter")
    expect(bench.panel.locator(".code code")).to_contain_text('since="2026-05-01", until="2026-06-01"')
    bench.settled()
    found = app.why(SILENT, date(2026, 5, 1), date(2026, 6, 1))
    assert sum(part.change for part in found.parts) == found.after - found.before
    shown = bench.panel.locator(".waterfall tbody tr:not(.edge) td:nth-child(5)").all_inner_texts()
    assert [int(text.replace("−", "-").replace("±", "")) for text in shown] == [part.change for part in found.parts]
    opener = bench.panel.locator(".waterfall button.opens").first
    opener.focus()
    bench.page.keyboard.press("Enter")
    expect(bench.panel.locator(".waterfall button.opens").first).to_have_attribute("aria-expanded", "true")
    expect(bench.panel.locator(".waterfall button.opens").first).to_be_focused()
    assert not bench.violations()


def test_a_long_evaluation_shows_how_far_it_is_and_stops_and_the_last_answer_stays(
    bench: PanelPage, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(bench, "conditions")
    total = bench.panel.locator(".hero").inner_text()
    over = threading.Event()

    def long(*_given: Any, **_named: Any) -> Any:
        while not over.wait(0.05):
            progress = watch().progress
            assert progress is not None
            progress(3, 12)
            stop_if_asked()

    monkeypatch.setattr(app, "conditions", long)
    bench.panel.get_by_label("Segment", exact=True).select_option(label=CHURN)
    expect(bench.panel.locator(".running")).to_contain_text("3 of 12")
    expect(bench.panel.locator(".older")).to_have_text("What is shown is older: it answers the question before.")
    assert bench.panel.locator(".hero").inner_text() == total
    assert not bench.violations()
    bench.panel.get_by_role("button", name="Stop").click()
    expect(bench.panel.locator(".message")).to_contain_text("Stopped; nothing was changed.")
    assert bench.panel.locator(".hero").inner_text() == total
    over.set()
    monkeypatch.undo()
    bench.panel.get_by_role("button", name="Ask again").click()
    expect(bench.panel.locator(".hero")).to_have_text(f"{app.conditions(CHURN).count:,}")


def test_what_fails_is_said_and_the_last_answer_stays(bench: PanelPage) -> None:
    show(bench, "trend")
    bench.panel.get_by_label("From", exact=True).fill("2026-07-01")
    bench.panel.get_by_label("From", exact=True).press("Enter")
    expect(bench.panel.locator(".message.bad")).to_contain_text("expected the first day first")
    expect(bench.panel.locator(".drawn svg")).to_be_visible()
    assert not bench.violations()
    bench.panel.get_by_label("From", exact=True).fill("2026-05-20")
    bench.panel.get_by_label("From", exact=True).press("Enter")
    expect(bench.panel.locator(".message")).to_be_hidden()


def test_with_nothing_chosen_it_says_what_to_do_and_a_few_letters_find_a_segment(bench: PanelPage) -> None:
    show(bench, "conditions")
    while bench.panel.locator(".chip").count():
        bench.panel.locator(".chip button").first.click()
    expect(bench.panel.locator(".empty")).to_contain_text("Add a segment to see what each of its conditions does.")
    assert not bench.violations()
    bench.panel.locator(".empty").get_by_role("button", name="Add a segment").click()
    bench.page.keyboard.type("gateway sil")
    expect(bench.page.get_by_role("option")).to_have_count(1)
    assert not bench.violations()
    bench.page.keyboard.press("Enter")
    expect(bench.panel.locator(".chip")).to_have_text([SILENT])
    expect(bench.panel.locator(".funnel")).to_be_visible()
