"""The waterfall and the bars of likeness: what is written in them, and that bars are as long as they say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date

import pandas as pd
import pytest

from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.likeness import likeness_bars
from segkit.analysis.pictures.waterfall import Fall, waterfall
from segkit.analysis.similar import Pair

SVG = "{http://www.w3.org/2000/svg}"
FIRST, LAST = date(2026, 5, 31), date(2026, 6, 1)
FALLS = [Fall("Rule edited", 40, 0), Fall("Label changed", 30, 10), Fall("Events left the window", 0, 100)]


def drawn(before: int, falls: list[Fall]) -> Chart:
    after = before + sum(fall.change for fall in falls)
    return waterfall(((FIRST, before), (LAST, after)), falls, title="Why", table=pd.DataFrame({"What": ["all"]}))


def texts(chart: Chart) -> list[str]:
    found = ET.fromstring(chart.svg).iter(f"{SVG}text")
    return ["".join(part.text or "" for part in text.iter() if part.tag != f"{SVG}title") for text in found]


def bars(chart: Chart) -> dict[str, float]:
    """The width of each bar by what it says when it is pointed at."""
    found = {}
    for element in ET.fromstring(chart.svg).iter(f"{SVG}path"):
        title = element.find(f"{SVG}title")
        if title is not None and title.text:
            numbers = re.match(r"M[-\d.]+,[-\d.]+h([-\d.]+)", element.get("d", ""))
            assert numbers is not None, element.get("d")
            found[title.text] = float(numbers[1])
    return found


def test_every_number_is_written() -> None:
    told = texts(drawn(200, FALLS))
    for text in ("31 May 2026", "200", "Rule edited", "+40", "+30", "−10", "+20", "−100", "1 Jun 2026", "160"):
        assert text in told


def test_bars_are_in_proportion_and_begin_at_zero_where_changes_are_large() -> None:
    chart = drawn(200, FALLS)
    widths = bars(chart)
    per_user = widths["200 users as of 31 May 2026"] / 200
    assert widths["Rule edited: 40 entered"] == pytest.approx(40 * per_user, abs=0.1)
    assert widths["Label changed: 10 left"] == pytest.approx(10 * per_user, abs=0.1)
    assert widths["Events left the window: 100 left"] == pytest.approx(100 * per_user, abs=0.1)
    assert "scale begins" not in chart.svg


def test_where_changes_are_small_the_scale_does_not_begin_at_zero_and_says_so() -> None:
    chart = drawn(100_000, FALLS)
    assert "the scale begins at 99," in chart.svg
    widths = bars(chart)
    assert widths["Events left the window: 100 left"] == pytest.approx(2.5 * widths["Rule edited: 40 entered"], abs=0.2)
    assert widths["100,000 users as of 31 May 2026"] == 3, "a mark and no bar, which would lie about its length"


def test_nothing_happened_and_nobody_there_are_drawn_too() -> None:
    assert "nobody entered or left" in drawn(0, []).svg
    assert texts(drawn(0, [Fall("New events", 3, 0)])).count("3") == 1


def test_both_follow_the_theme_and_have_a_table() -> None:
    pair = Pair("Germans", "Reachable Germans", 9, 1, 0, False)
    chart = likeness_bars([pair], as_of=LAST)
    assert {"Germans", "Reachable Germans", "90 % alike", "1", "9", "0"} <= set(texts(chart))
    widths = bars(chart)
    assert widths["9 in both"] == pytest.approx(9 * widths["1 only in the first"], abs=0.1)
    assert "--jp-ui-font-color1" in chart.svg
    assert chart.table.values.tolist() == [["Germans", "Reachable Germans", 1, 9, 0, "90 %", ""]]
    assert "as a table" in chart.to_html()
