"""The night's page: what it tells, that it fetches nothing, and that it fits a phone and a wide screen."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from segkit.api.night_health import EventDay, LoadHealth
from segkit.workbench.night_page import failed_page, night_page
from tests.browser.lab import running_browser

HEALTH = LoadHealth(
    "shop",
    1_200,
    date(2026, 6, 9),
    (EventDay(date(2026, 6, 7), 0, is_quiet=True), EventDay(date(2026, 6, 8), 0), EventDay(date(2026, 6, 9), 500)),
    (("read", 520), ("kept", 500), ("of unknown users, set aside", 20)),
)


def row(name: str, status: str, count: int | None, before: int | None, reason: str = "") -> dict[str, Any]:
    change = None if count is None or before is None else count - before
    return {"id": f"sg_{name}", "name": name, "kind": "custom", "status": status, "count": count, "before": before,
            "reason": reason, "change": change}  # fmt: skip


def report(**changed: Any) -> dict[str, Any]:
    """A night that held one segment, its reader and its export, and let another through."""
    found = {"app": "shop", "gate": "size", "holds": "Germans", "found": "600 → 0 (−100.0 %)", "limit": "±50 %",
             "sentence": "it had 600 users and would have none", "key": "k", "segment_id": "sg_Germans",
             "accepted": ""}  # fmt: skip
    let = {**found, "holds": "<VIPs>", "segment_id": "sg_<VIPs>", "accepted": "ana", "sentence": "it grew"}
    segments = [
        row("Germans", "held", None, 600, "it had 600 users and would have none"),
        row("Others", "held", None, 400, "it refers to ‘Germans’, which is held"),
        row("<VIPs>", "published", 90, 30),
        row("Buyers", "published", 1_000, 1_010),
        row("Same", "up to date", 7, 7),
        row("New", "published", 5, None),
    ]
    export = {
        "name": "campaigns",
        "status": "held",
        "file": "",
        "segments": 1,
        "rows": 0,
        "reason": "‘Germans’ is held",
    }
    return {
        "as_of": {"shop": "2026-06-10"},
        "loads": {"shop": ["shop: generation 2"]},
        "refreshes": {"shop": {"base": 1_200, "segments": segments, "gates": [found, let], "notes": []}},
        "exports": [export],
        "notebooks": ["runs/2026-06-10/nightly_refresh.ipynb"],
        "failed": [],
        "held": ["shop: ‘Germans’ held"],
        "gates": [found, let],
        **changed,
    }


class Words(HTMLParser):
    """What a reader sees, element by element, and every attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def test_the_page_says_what_is_held_why_and_what_is_still_served() -> None:
    texts = Words(night_page(report(), {"shop": HEALTH}, "Made")).texts
    assert "2 of 6 segments are held; the rest is published." in texts
    at = texts.index("Germans is held")
    assert texts[at + 1 : at + 3] == [
        "It had 600 users and would have none.", "Still served: the 600 users published before.",
    ]  # fmt: skip
    assert "Others is held" in texts
    assert texts[texts.index("Export campaigns waits") + 1] == "‘Germans’ is held."
    assert texts[texts.index("<VIPs>: let through by ana") + 1] == "It grew."
    assert "segkit nightly --accept 'Germans'" in texts


def test_segments_stand_in_the_order_of_their_change_and_the_unchanged_ones_below() -> None:
    page = night_page(report(), {"shop": HEALTH}, "Made")
    names = re.findall(r'<th scope="row">([^<]+)<svg', page)
    assert names == ["&lt;VIPs&gt;", "Buyers", "Same", "New"]
    texts = Words(page).texts
    assert [text for text in texts if "%)" in text and text[0] in "+−"] == ["+60 (+200.0 %)", "−10 (−1.0 %)"]
    assert "2 are as large as before, or new" in texts


def test_the_data_are_told_by_day_and_by_what_became_of_the_rows() -> None:
    page = night_page(report(), {"shop": HEALTH}, "Made")
    assert re.findall(r'<rect class="(\w+)"[^>]*><title>([^<]+)</title>', page) == [
        ("quiet", "no event on 7 Jun 2026"), ("missing", "no event on 8 Jun 2026"), ("now", "500 events on 9 Jun 2026"),
    ]  # fmt: skip
    assert "of unknown users, set aside" in Words(page).texts


def test_a_good_night_a_failed_one_and_one_that_holds_everything_say_so_at_once() -> None:
    good = report(held=[], gates=[], exports=[])
    segments = [row("Buyers", "published", 10, 10)]
    good["refreshes"] = {"shop": {"base": 10, "segments": segments, "gates": [], "notes": []}}
    assert "1 segment is published." in Words(night_page(good, {"shop": HEALTH}, "Made")).texts
    partly = night_page(report(failed=["shop: load: a.csv is cut off"]), {"shop": None}, "Made")
    assert "Partly done: something failed. 4 segments are published." in partly
    assert "Shop: load: a.csv is cut off" not in partly
    assert "shop: load: a.csv is cut off" in partly
    assert "Nothing is loaded yet." in partly
    failed = failed_page({"shop": date(2026, 6, 10)}, "cell 3: <broken>", "Made")
    assert "The night failed. What was published before is still served." in failed
    assert "cell 3: &lt;broken&gt;" in failed


def test_the_page_has_no_script_and_fetches_nothing() -> None:
    page = night_page(report(), {"shop": HEALTH}, "Made")
    words = Words(page)
    assert not {"script", "link", "img", "iframe", "a", "object", "use"} & set(words.tags)
    assert not {"src", "href", "srcset"} & {name for name, _ in words.attributes}
    assert not [name for name, _ in words.attributes if name.startswith("on")]
    assert "url(" not in page
    assert "@import" not in page
    assert "<VIPs>" not in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_any_width_in_light_and_dark_and_asks_for_nothing(
    scheme: str, chromium: str, tmp_path: Path
) -> None:
    path = tmp_path / "night.html"
    path.write_text(night_page(report(), {"shop": HEALTH}, "Made"), encoding="utf-8")
    asked: list[str] = []
    with running_browser(chromium) as browser:
        for width in (1400, 800, 360):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == width
            colours = page.evaluate(COLOURS)
            assert {what for what, ratio in colours.items() if ratio < 4.5} == set(), colours
            context.close()
    assert set(asked) == {path.as_uri()}


#: The contrast of each text with what lies behind it.
COLOURS = """() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255).map(
    v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor
    if (!c.startsWith('rgba(0, 0, 0, 0')) return c } return 'rgb(255, 255, 255)' }
  const found = {}
  for (const e of document.body.querySelectorAll('*')) {
    if (e.closest('svg') || !e.textContent.trim()) continue
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))]
    found[e.tagName + '.' + e.className] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  }
  return found
}"""
