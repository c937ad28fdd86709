"""Group users before a real browser: members, one person, why in and why not, by mouse and by keys, light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

import segkit
from segkit.api import App
from segkit.workbench.panels.group_users.model import GroupUsersModel
from segkit.workbench.panels.group_users.panel import GroupUsers
from tests.browser.building import PATIENCE
from tests.browser.lab import running_browser
from tests.browser.panel_page import PanelPage

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
OWNERS, SILENT = "Silent gateway owners", "Users in silence stage"


@pytest.fixture(scope="module")
def home(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = Path(shutil.copytree(demo_template, tmp_path_factory.mktemp("group_users") / "demo"))
    workspace = segkit.open(folder, actor="ana")
    app = workspace.app("smart-home")
    (folder / "list.csv").write_text("email\nnobody@example.com\n")
    app.import_list(folder / "list.csv", name="Spring list")
    yield app
    workspace.close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with running_browser(chromium) as found:
        yield found


def opened(browser: Browser, app: App, *names: str) -> PanelPage:
    """The panel on a page of its own."""
    page = browser.new_page(viewport={"width": 1400, "height": 900}, locale="en-GB")
    page.set_default_timeout(PATIENCE)
    return PanelPage(page, GroupUsersModel(app, names), str(GroupUsers._esm), str(GroupUsers._css))


@pytest.fixture
def shown(browser: Browser, home: App) -> Iterator[PanelPage]:
    made = opened(browser, home, OWNERS)
    fresh(made)
    yield made
    assert made.failures == []
    assert [each for each in made.requests if not each.startswith(("blob:", "about:", "data:"))] == []
    made.page.close()
    made.model.close()


def fresh(shown: PanelPage) -> None:
    """Waits until the members are those that were asked for last, and everything is answered."""
    expect(shown.panel).to_have_attribute("data-state", "fresh")
    shown.settled()


def uids(shown: PanelPage) -> list[str]:
    fresh(shown)
    return shown.panel.locator(".members tbody th").all_inner_texts()


def button(shown: PanelPage, name: str) -> Locator:
    return shown.panel.get_by_role("button", name=name, exact=True)


def look(shown: PanelPage, name: str) -> None:
    """A picture of this state in light and dark, in which nothing is wrong for those who cannot see it."""
    for theme in ("light", "dark"):
        shown.theme(theme)
        shown.page.screenshot(path=ARTEFACTS / f"group_users_{name}_{theme}.png")
        assert shown.violations() == [], (name, theme)
    shown.theme("light")


def test_members_are_chosen_sorted_filtered_searched_and_paged_as_the_library_has_them(
    shown: PanelPage, home: App
) -> None:
    page, panel = shown.page, shown.panel
    wanted = home.members(OWNERS)["uid"].tolist()
    expect(panel.locator(".total")).to_have_text(f"{len(wanted)}")
    assert uids(shown) == wanted[:100]
    button(shown, "Last").click()
    expect(panel.locator(".pager .note")).to_have_text(f"101–{len(wanted)} of {len(wanted)}")
    assert uids(shown) == wanted[100:]
    button(shown, "User").click()
    button(shown, "User").click()
    expect(panel.get_by_role("columnheader", name="User")).to_have_attribute("aria-sort", "descending")
    assert uids(shown) == sorted(wanted, reverse=True)[:100]

    button(shown, "Leave out a segment").click()
    page.keyboard.type(SILENT)
    page.keyboard.press("Enter")
    button(shown, "Filter by a label").click()
    page.keyboard.type("country")
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Germany").click()
    expect(panel.get_by_text("Country: Germany")).to_be_visible()
    left = {"all": [{"segment": OWNERS}, {"not": {"segment": SILENT}}, {"label": "country", "op": "eq", "value": "DE"}]}
    expect(panel.locator(".total")).to_have_text(f"{home.estimate(left).count}")
    assert uids(shown) == sorted(home.members(left)["uid"], reverse=True)
    button(shown, "Columns").click()
    page.keyboard.type("platform")
    panel.get_by_label("Platform", exact=True).check()
    page.keyboard.press("Escape")
    expect(panel.get_by_role("columnheader", name="Platform")).to_be_visible()
    panel.get_by_label("Search").fill("nobody-is-called-so")
    expect(panel.get_by_text("No user is found by this search.")).to_be_visible()
    look(shown, "empty")


def test_personal_data_is_masked_until_the_switch_is_used_on_record_and_again_on_reload(
    shown: PanelPage, home: App, browser: Browser
) -> None:
    clear = [each for each in home.members(OWNERS, labels=["email"], unmask=True)["email"] if each == each]
    masked, records = shown.panel.locator(".members").inner_text(), len(home.workspace.audit(action="unmask"))
    assert "•••@" in masked
    assert not [each for each in clear if each in masked]
    switch = shown.panel.get_by_role("switch", name="Show personal data")
    switch.click()
    expect(shown.panel.get_by_text(clear[0])).to_be_visible()
    expect(switch).to_be_focused()
    assert len(home.workspace.audit(action="unmask")) == records + 1
    look(shown, "shown")
    again = opened(browser, home, OWNERS)
    fresh(again)
    expect(again.panel.get_by_role("switch", name="Show personal data")).to_have_attribute("aria-checked", "false")
    assert not [each for each in clear if each in again.panel.inner_text()]
    again.page.close()
    again.model.close()


def test_a_person_and_why_in_and_why_not_by_keyboard_alone(shown: PanelPage, home: App) -> None:
    page, panel = shown.page, shown.panel
    first, second = home.members(OWNERS, limit=2)["uid"]
    look(shown, "members")
    button(shown, first).focus()
    page.keyboard.press("ArrowDown")
    expect(button(shown, second)).to_be_focused()
    page.keyboard.press("Enter")
    person = panel.get_by_role("complementary", name=second)
    expect(person.get_by_role("heading", name=second)).to_be_focused()
    profile = home.profile(second)
    expect(person.get_by_text("Linked: devices")).to_be_visible()
    look(shown, "person")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(person.get_by_text(profile.activity)).to_be_visible()
    expect(person.locator(".days > li")).to_have_count(7)
    person.get_by_role("button", name="Show earlier days").press("Enter")
    expect(person.locator(".days > li")).to_have_count(min(14, profile.timeline.days))
    look(shown, "events")
    person.get_by_role("tab", name="Events").focus()
    page.keyboard.press("ArrowRight")
    told = [f"{each.name}{each.words}" for each in profile.memberships]
    assert [each.split("Why")[0] for each in person.locator(".memberships li").all_text_contents()] == told
    button(shown, "Why in, why not").press("Enter")
    page.keyboard.type(SILENT)
    page.keyboard.press("Enter")
    expect(person.get_by_role("heading", name=f"Not in ‘{SILENT}’")).to_be_focused()
    why = home.explain(second, SILENT)
    lines = [(line.mark, line.text, line.seen_text) for _, line in why.tree.walk()]
    marks, texts = person.locator(".tree .mark").all_inner_texts(), person.locator(".tree .text")
    assert marks == [mark for mark, _, _ in lines]
    assert [each.split(" its rule")[0] for each in texts.all_text_contents()] == [text for _, text, _ in lines]
    seen = [each.removeprefix("seen: ") for each in person.locator(".tree .seen").all_text_contents()]
    assert seen == [text for _, _, text in lines if text]
    expect(person.get_by_text(why.change)).to_be_visible()
    assert person.locator(".near li").count() == len(why.near_misses)
    person.locator(".tree summary").first.press("Enter")
    look(shown, "why")
    person.get_by_role("button", name=f"Why in {OWNERS}").press("Enter")
    expect(person.get_by_role("heading", name=f"In ‘{OWNERS}’")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button(shown, second)).to_be_focused()
    expect(person).to_be_hidden()


def test_an_imported_list_says_why_it_is_not_listed(shown: PanelPage) -> None:
    button(shown, "Add a segment").click()
    shown.page.keyboard.type("Spring list")
    expect(shown.panel.get_by_role("option", name="Spring list")).to_contain_text("not listed")
    shown.page.keyboard.press("Enter")
    expect(shown.panel.locator(".message")).to_contain_text(
        "‘Spring list’: An imported list: its rows are never listed."
    )
    look(shown, "imported")


def test_a_narrow_place_shows_everything_too(shown: PanelPage) -> None:
    shown.panel.locator("button.opens").first.click()
    expect(shown.panel.get_by_text("Linked: devices")).to_be_visible()
    for width in (800, 360):
        shown.page.set_viewport_size({"width": width, "height": 900})
        assert shown.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        look(shown, f"{width}")


def test_a_refusal_keeps_what_is_shown_and_can_be_tried_again(shown: PanelPage, home: App) -> None:
    before = uids(shown)
    saved = home.save_rule("Short lived", segkit.everybody())
    page_of = shown.model.answers["page"]
    shown.model.answers["page"] = lambda asked: page_of(type(asked)({**asked.message, "inside": ["sg_gone"]}))
    button(shown, "User").click()
    expect(shown.panel).to_have_attribute("data-state", "refused")
    expect(shown.panel.locator(".message.bad")).to_contain_text("no segment 'sg_gone'")
    look(shown, "refused")
    shown.model.answers["page"] = page_of
    button(shown, "Try again").click()
    fresh(shown)
    assert sorted(before)[:5] == uids(shown)[:5]
    home.delete(saved.name)


def test_who_may_only_look_is_told_so(browser: Browser, demo: Path) -> None:
    settings = demo / "segkit.toml"
    settings.write_text(settings.read_text() + '\n[roles]\nviewer = ["vera"]\nadmin = ["ana"]\n')
    workspace = segkit.open(demo, actor="vera")
    shown = opened(browser, workspace.app("smart-home"))
    expect(shown.panel.get_by_text("is not for ‘vera’")).to_be_visible()
    assert shown.panel.locator("table, input").count() == 0
    look(shown, "denied")
    shown.page.close()
    shown.model.close()
    workspace.close()
