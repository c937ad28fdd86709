"""The rule builder in a real JupyterLab and a real browser: built by mouse, by keys, at speed, and by the hostile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import segkit
from tests.browser.building import SCHEMES, Bench, running_bench

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
OPENED = f"documents.read_document(pathlib.Path({str(Path(__file__).with_name('twenty_conditions.yaml'))!r}))"


@pytest.fixture(scope="module")
def workspace(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(demo_template, tmp_path_factory.mktemp("builder") / "demo"))


@pytest.fixture(scope="module")
def shared(workspace: Path, chromium: str) -> Iterator[Bench]:
    ARTEFACTS.mkdir(exist_ok=True)
    with running_bench(workspace, chromium, OPENED) as bench:
        yield bench


@pytest.fixture
def bench(shared: Bench) -> Iterator[Bench]:
    yield shared
    shared.page.evaluate("window.tamper = null")
    shared.page.emulate_media(color_scheme="light")
    assert shared.hosts <= {"127.0.0.1", None, ""}


# --- shown -----------------------------------------------------------------------------------------------------------


def test_twenty_conditions_take_at_most_five_models_and_sixty_frames(bench: Bench, full: bool) -> None:
    assert bench.panel.locator(".row").count() == 20
    assert bench.frames_to_open <= 60
    assert int(bench.run("import ipywidgets.widgets.widget as w; print(len(w._instances))")) <= 5
    if full:
        assert bench.seconds <= 1


# --- building --------------------------------------------------------------------------------------------------------

BUILT = {
    "all": [
        {"label": "country", "op": "in", "value": ["DE", "AT"]},
        {"label": "marketing_consent", "op": "eq", "value": True},
        {"label": "registered_at", "op": "before", "value": "2026-05-01"},
        {"label": "orders", "op": "between", "value": [1, 50]},
        {"label": "device_categories", "op": "contains", "value": ["light"]},
        {
            "event": "order_paid", "measure": "sum", "of": "amount", "op": "ge", "value": 20, "window": {"all": True},
            "where": {"any": [{"param": "category", "op": "in", "value": ["light", "camera"]},
                              {"param": "app_version", "op": "in", "value": ["x1", "x2"]}]},
        },
        {"any": [
            {"not": {"event": "app_used", "op": "ge", "value": 3, "window": {"last": 60}}},
            {"not": {"any": [{"segment": "pd_users_with_gateways"}]}},
            {"event": "app_used", "measure": "periods", "every": 7, "at_least": 1, "op": "ge", "value": 4,
             "window": {"last": 28}},
        ]},
        {"sequence": [{"event": "product_browsed"}, {"event": "added_to_cart"}, {"event": "order_paid"}], "within": 9,
         "window": {"ago": [60, 30]}, "mute": True},
        {"sample": 90, "seed": "test"},
    ]
}  # fmt: skip


def test_each_kind_of_condition_is_built_by_mouse_and_nested_and_its_numbers_are_the_library_s(
    bench: Bench, workspace: Path
) -> None:
    panel, page = bench.build(), bench.page
    bench.add("country")
    page.get_by_role("option", name="Germany").click()
    page.get_by_role("option", name="Austria").click()
    page.keyboard.press("Escape")
    bench.add("marketing consent")
    bench.add("registration time")
    time = bench.row("Registration time")
    time.get_by_label("how to compare").select_option("before")
    time.get_by_label("Registration time, day").fill("2026-05-01")
    bench.add("orders")
    orders = bench.row("Orders")
    orders.get_by_label("how to compare").select_option("between")
    orders.get_by_label("Orders, from").fill("1")
    orders.get_by_label("Orders, to").fill("50")
    bench.add("device categories")
    page.get_by_role("option", name="Lights").click()
    _add_a_behaviour_with_filters(bench)
    _add_nested_groups(bench)
    bench.add("sequence", "browsed", "added to cart")
    steps = panel.locator(".sequence")
    bench.button("then", steps).click()
    page.keyboard.type("paid")
    page.keyboard.press("Enter")
    steps.get_by_label("Days from the first to the last step").fill("9")
    steps.get_by_label("Window", exact=True).select_option("ago")
    bench.button("More actions", steps).click()
    page.get_by_role("menuitem", name="Mute").click()
    bench.add("sample")
    panel.get_by_label("Percent of all users").fill("90")
    page.screenshot(path=ARTEFACTS / "rule_builder_built.png")
    assert bench.kernel_rule() == BUILT
    assert bench.sent_rule() == BUILT

    expected = segkit.open(workspace).app("smart-home").estimate(BUILT)
    shown = bench.shown_counts()
    assert shown[0] == f"{expected.count:,}"
    counts = {c.path: f"{c.count:,}" for c in expected.conditions}
    cells = panel.locator("[data-count]").all()
    assert len(cells) == 14
    for cell in cells:
        path = cell.get_attribute("data-count") or ""
        assert cell.locator(".of").inner_text() == counts.get(path, "muted")


def _add_a_behaviour_with_filters(bench: Bench) -> None:
    page = bench.page
    bench.add("paid an order")
    paid = bench.row("Paid an order")
    paid.get_by_label("Paid an order, measure").select_option("sum")
    paid.get_by_label("Paid an order, value").fill("20")
    paid.get_by_label("Window", exact=True).select_option("all")
    bench.button("Paid an order, add a filter", paid).click()
    page.keyboard.type("product category")
    page.keyboard.press("Enter")
    paid.get_by_label("Product category, add a value").click()
    page.get_by_role("option", name="Lights").click()
    page.get_by_role("option", name="Cameras").click()
    page.keyboard.press("Escape")
    bench.button("Paid an order, add a filter", paid).click()
    page.keyboard.type("app version")
    page.keyboard.press("Enter")
    version = paid.get_by_label("App version, add a value")
    version.fill("x1")
    version.press("Enter")
    version.fill("x2")
    version.press("Enter")
    page.keyboard.press("Escape")
    paid.get_by_label("Filters together").select_option("any")


def _add_nested_groups(bench: Bench) -> None:
    page = bench.page
    bench.add("group: any")
    group = bench.panel.locator(".group.any")
    bench.add("used the app", group=group)
    used = bench.row("Used the app")
    used.get_by_label("Did or did not").select_option("not")
    used.get_by_label("Used the app, value").fill("3")
    used.get_by_label("Window, days").fill("60")
    bench.add("group: none", group=group)
    inner = bench.panel.locator(".group.none")
    bench.add("users with gateways", group=inner)
    bench.add("regularly", "used the app", group=group)
    expect(page.get_by_label("Days in a period")).to_be_visible()


def test_a_rule_is_built_by_keyboard_alone(bench: Bench) -> None:
    panel, page = bench.build(), bench.page
    panel.get_by_label("Segment name").focus()  # where a reader who tabs into the cell comes first
    page.keyboard.type("By keys")
    _tab_to(page, "Add a condition")
    page.keyboard.press("Enter")
    page.keyboard.type("cntry")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="Germany")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    _tab_to(page, "Add a condition")
    page.keyboard.press("Enter")
    page.keyboard.type("used the app")
    page.keyboard.press("Enter")
    expect(bench.row("Used the app")).to_be_visible()
    page.keyboard.type("5")  # the focus is at the number
    bench.settled()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("m")  # at the grip, where the move left it
    expect(panel.locator(".row.muted")).to_have_count(1)
    page.keyboard.press("m")
    expect(panel.locator(".row.muted")).to_have_count(0)
    assert bench.kernel_rule() == {
        "all": [
            {"event": "app_used", "op": "ge", "value": 5, "window": {"last": 30}},
            {"label": "country", "op": "in", "value": ["DE"]},
        ]
    }


def _tab_to(page: Page, name: str, most: int = 60) -> None:
    """Tabs forward until the focus is on what is called so."""
    named = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(named) == name:
            return
    raise AssertionError(f"{most} tabs did not reach '{name}'")


def test_a_row_is_dragged_into_a_group(bench: Bench) -> None:
    country, orders = {"label": "country", "op": "not_empty"}, {"label": "orders", "op": "gt", "value": 1}
    panel = bench.build(repr({"all": [country, {"any": [orders]}]}))
    below = panel.locator(".row", has_text="Orders")
    panel.locator(".row", has_text="Country").locator(".grip").drag_to(below, target_position={"x": 200, "y": 40})
    expect(panel.locator(".group.any .row")).to_have_count(2)
    assert bench.kernel_rule() == {"all": [{"any": [orders, country]}]}


def test_a_row_is_dropped_into_a_closed_group_and_escape_leaves_it_where_it_was(bench: Bench) -> None:
    country, orders = {"label": "country", "op": "not_empty"}, {"label": "orders", "op": "gt", "value": 1}
    rule = {"all": [country, {"any": [orders]}]}
    panel, page = bench.build(repr(rule)), bench.page
    bench.button("Close the group").click()
    grip = panel.locator(".row", has_text="Country").locator(".grip")
    grip.hover()
    page.mouse.down()
    panel.locator(".group.any").hover()
    expect(panel.locator(".dropline")).to_have_count(1)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(panel.locator(".dropline")).to_have_count(0)
    assert bench.kernel_rule() == rule
    grip.drag_to(panel.locator(".group.any"))
    assert bench.kernel_rule() == {"all": [{"any": [orders, country]}]}


def test_what_is_worth_knowing_leads_to_its_condition_in_a_closed_group(bench: Bench) -> None:
    for number in range(3):  # what was found of the same rule before is of conditions that are gone
        panel = bench.build('{"all": [{"any": [{"label": "city", "op": "ne", "value": "Berlin"}]}]}')
        bench.button("Close the group").click()
        worth = panel.get_by_role("region", name="Worth knowing")
        expect(worth.locator(".odd .advice")).to_contain_text("has a value")
        assert number or bench.violations() == []
        worth.get_by_role("button", name="Look at it: City. Go there").click()
        expect(bench.row("City").locator(".grip")).to_be_focused()


def test_many_values_are_pasted_at_once_from_a_spreadsheet_and_taken_back_at_once(bench: Bench) -> None:
    panel = bench.build('{"all": [{"label": "city", "op": "in", "value": ["Berlin"]}]}')
    column = "\n".join(["Hamburg\t", *(f"City {number}" for number in range(300)), "Berlin", ""])
    panel.get_by_label("City, add a value").evaluate(
        """(input, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text", text);
          input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        column,
    )
    expect(panel.get_by_role("button", name="and 290 more")).to_be_visible()
    (pasted,) = bench.kernel_rule()["all"]
    assert pasted["value"] == ["Berlin", "Hamburg", *(f"City {number}" for number in range(300))]
    bench.button("Undo (Ctrl+Z)").click()
    assert bench.kernel_rule() == {"all": [{"label": "city", "op": "in", "value": ["Berlin"]}]}


# --- saving ----------------------------------------------------------------------------------------------------------


def test_a_segment_is_saved_and_another_s_save_is_shown_beside_one_s_own(bench: Bench, workspace: Path) -> None:
    panel, page = bench.build('{"label": "country", "op": "eq", "value": "DE"}'), bench.page
    name = panel.get_by_label("Segment name")
    name.fill("SILENT gateway owners")
    expect(panel.get_by_text("is in this app already, as ‘Silent gateway owners’")).to_be_visible()
    name.fill("Germans")
    panel.get_by_label("Description").fill("All of them")
    panel.get_by_label("Folder").fill("Spring")
    panel.get_by_label("Tags").fill("one, two")
    bench.button("Save segment").click()
    expect(panel.get_by_text("Saved as version 1.")).to_be_visible()

    app = segkit.open(workspace, actor="somebody").app("smart-home")
    saved = app.document("Germans")
    assert (saved.description, saved.folder, saved.tags) == ("All of them", "Spring", ("one", "two"))
    app.save(saved.model_copy(update={"tags": ("theirs",)}))
    panel.get_by_label("Description").fill("All Germans")
    bench.button("Save version 2").click()
    expect(panel.get_by_text("Not saved: somebody saved version 2 meanwhile")).to_be_visible()
    page.screenshot(path=ARTEFACTS / "rule_builder_conflict.png")
    assert bench.violations() == []
    bench.button("Save both together").click()
    expect(panel.get_by_text("Saved as version 3.")).to_be_visible()
    both = app.document("Germans")
    assert (both.description, both.tags) == ("All Germans", ("theirs",))
    assert panel.get_by_label("Tags").input_value() == "theirs"


# --- nothing typed is lost -------------------------------------------------------------------------------------------

_EDITS = """
async (seed) => {
  let state = seed;
  const draw = (n) => { state = (state * 1103515245 + 12345) % 2147483648; return state % n; };
  const panel = document.querySelector(".segkit-builder");
  const any = (found) => found[draw(found.length)];
  const typed = new Map(); // what was typed last into each field; undoing takes it back
  const lost = new Set();
  const look = () => {
    for (const [field, text] of typed) {
      const input = panel.querySelector(`[data-keep="${CSS.escape(field)}"]`);
      if (input && input.value !== text) lost.add(`${field}: ${text}, found ${input.value}`);
    }
  };
  const type = (input, text) => {
    typed.set(input.dataset.keep, text);
    input.focus();
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (let edit = 0; edit < 200; edit += 1) {
    const kind = draw(10);
    const numbers = [...panel.querySelectorAll(".rule input[type=number]")];
    if (kind < 5 && numbers.length) type(any(numbers), String(1 + draw(90)));
    else if (kind < 6) type(panel.querySelector("input.name"), `Name ${edit}`);
    else if (kind < 7) any([...panel.querySelectorAll(".modes button")]).click();
    else if (kind < 9) {
      any([...panel.querySelectorAll(".actions [aria-label='More actions']")])?.click();
      const items = [...panel.querySelectorAll("[role=menuitem]:not(:disabled)")];
      any(items.filter((item) => !item.textContent.startsWith("Delete") || numbers.length > 5))?.click();
    } else {
      typed.clear();
      panel.querySelector("[data-keep='undo']").click();
    }
    await new Promise((done) => setTimeout(done, draw(40)));
    look();
  }
  return [...lost];
}
"""
#: What stands on the screen, read from its controls alone.
_ON_SCREEN = """
() => {
  const read = (row) => [...row.querySelectorAll(":scope > .body :is(select, input, .subject)")]
    .map((each) => (each.classList.contains("subject") ? each.textContent : each.value));
  const inside = (group) => [...(group.querySelector(":scope > .items")?.children ?? [])];
  const shown = (element) => (element.classList.contains("row")
    ? read(element) : { group: element.classList[1], items: inside(element).map(shown) });
  const name = document.querySelector(".segkit-builder input.name").value;
  return { name, rule: shown(document.querySelector(".segkit-builder .rule > .group")) };
}
"""


def on_screen(rule: Any) -> Any:
    """What the screen has to show of a rule of numbers and behaviours; made from the rule alone."""
    if "not" in rule and ("all" in rule["not"] or "any" in rule["not"]):
        key = "any" if "any" in rule["not"] else "all"
        return {"group": "none" if key == "any" else "notall", "items": [on_screen(c) for c in rule["not"][key]]}
    for key in ("all", "any"):
        if key in rule:
            return {"group": key, "items": [on_screen(child) for child in rule[key]]}
    leaf, negated = (rule["not"], True) if "not" in rule else (rule, False)
    if "label" in leaf:
        return ["Orders", leaf["op"], str(leaf["value"])]
    told = ["not" if negated else "did", "Used the app", leaf.get("op", "ge"), str(leaf.get("value", 1)), "count"]
    return [*told, "last", str(leaf["window"]["last"])]


def test_what_is_typed_is_never_lost_at_200_random_edits(bench: Bench) -> None:
    used: dict[str, Any] = {"event": "app_used", "op": "ge", "value": 2, "window": {"last": 30}}
    orders = {"label": "orders", "op": "ge", "value": 1}
    bench.build(repr({"all": [orders, used, {"any": [orders, used]}]}))
    assert bench.page.evaluate(_EDITS, 20_260_601) == []
    kernel, screen = bench.kernel_rule(), bench.page.evaluate(_ON_SCREEN)
    assert kernel == bench.sent_rule()
    assert screen == {"name": bench.run("print(builder.model.draft.name)"), "rule": on_screen(kernel)}


# --- the hostile -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        ("c.document = JSON.stringify({rule: {label: 'country', op: 'drop', value: 'x'}})", "no operator 'drop'"),
        ("c.document = JSON.stringify({rule: {label: \"x'; DROP TABLE users\", op: 'eq', value: 'x'}})", "label"),
        ("c.document = '{\"rule\": ' + '{\"not\": '.repeat(1000) + '{}' + '}'.repeat(1001)", "nesting deeper than"),
        ("c.document = JSON.stringify({rule: {label: 'country', op: 'eq', value: 'x'.repeat(9000000)}})", "9,000,0"),
        ("c.document = {rule: {all: []}}", "found no text"),
        ('c.as_of = "2026\'; --"', "expected a day"),
    ],
    ids=["operator", "field", "depth", "size", "kind", "day"],
)
def test_hostile_rules_are_refused_in_python_and_the_builder_stays_usable(
    bench: Bench, tamper: str, reason: str
) -> None:
    panel = bench.build('{"all": [{"label": "orders", "op": "ge", "value": 1}]}')
    value = panel.get_by_label("Orders, value")
    bench.page.evaluate(f"() => {{ window.tamper = (c) => {{ {tamper}; }}; }}")
    value.fill("7")
    expect(panel.locator(".numbers .message")).to_contain_text(reason)
    bench.page.evaluate("window.tamper = null")
    value.fill("8")
    assert bench.kernel_rule() == {"all": [{"label": "orders", "op": "ge", "value": 8}]}


# --- for everybody, and quick ----------------------------------------------------------------------------------------


def test_no_violation_of_wcag_in_light_and_dark_with_pickers_and_menus_open(bench: Bench) -> None:
    panel, page = bench.build(repr(BUILT)), bench.page
    bench.button("SQL").click()
    panel.get_by_role("button", name="Add a condition").last.click()
    assert bench.violations() == []
    page.keyboard.press("Escape")
    panel.get_by_label("Country, add a value").click()
    expect(page.get_by_role("option", name="Germany")).to_be_visible()
    assert bench.violations() == []
    page.keyboard.press("Escape")
    bench.button("More actions", bench.row("Country")).click()
    assert bench.violations() == []
    page.keyboard.press("Escape")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in (1400, 800, 360):
            page.set_viewport_size({"width": width, "height": 900})
            panel.locator("header.bar").evaluate("element => element.scrollIntoView()")
            page.screenshot(path=ARTEFACTS / f"rule_builder_{scheme}_{width}.png")
            assert panel.evaluate(_TOO_WIDE) == []
    page.set_viewport_size({"width": 1400, "height": 900})


#: What reaches beyond the builder, and rows whose count lies over their words.
_TOO_WIDE = """
(panel) => {
  const box = (each) => each.getBoundingClientRect();
  const { left, right } = box(panel);
  const all = [...panel.querySelectorAll("button, input, select, textarea, .count")];
  const shown = all.filter((each) => each.offsetParent);
  const out = shown.filter((each) => box(each).left < left || box(each).right > right);
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const over = [...panel.querySelectorAll(".row")].filter((row) => {
    const count = box(row.querySelector(":scope > .count"));
    return [...row.querySelectorAll(".body :is(button, input, select)")].some((each) => meet(box(each), count));
  });
  return [...out, ...over].map((each) => each.outerHTML.slice(0, 120));
}
"""


def test_a_reloaded_page_shows_what_stands_now(bench: Bench) -> None:
    panel, page = bench.build('{"all": [{"label": "orders", "op": "ge", "value": 1}]}'), bench.page
    panel.get_by_label("Orders, value").fill("6")
    assert bench.kernel_rule()["all"][0]["value"] == 6
    with page.expect_response(lambda answer: "/api/contents/" in answer.url and answer.request.method == "PUT"):
        page.get_by_role("button", name="Save and create checkpoint").first.click()
    page.reload()
    expect(panel.get_by_label("Orders, value")).to_have_value("6")
    panel.get_by_label("Orders, value").fill("7")
    assert bench.kernel_rule() == {"all": [{"label": "orders", "op": "ge", "value": 7}]}
