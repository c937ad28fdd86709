"""Charts: what they show, that they are readable by everybody on light and dark, and that they fetch nothing."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from segkit.analysis.pictures.charts import ChangePoint, Chart, SizeRow, TrendPoint, entered_left, segment_sizes, trend
from segkit.analysis.pictures.drawing import day_text, elided
from segkit.analysis.pictures.timelines import axis_text, day_ticks, round_ticks
from segkit.analysis.svg import ACCENT, INKS

SVG = "{http://www.w3.org/2000/svg}"
FIRST_OF_JUNE = date(2026, 6, 1)
LONG = "Everyone in Germany, Austria and Switzerland who bought twice"
ROWS = [
    SizeRow("Silent gateway owners", "custom", 12_408, 11_980),
    SizeRow("Users in churn stage", "predefined", 41_204, 41_204),
    SizeRow(LONG, "custom", 3_120, 3_240),
    SizeRow("Win-back test group", "custom", 512),
    SizeRow("Nobody", "imported", 0, 3),
]
TREND = [TrendPoint(FIRST_OF_JUNE - timedelta(days), 14_000 - 31 * days) for days in range(60)]
CHANGES = [ChangePoint(FIRST_OF_JUNE - timedelta(days), 120 + days, 90 - days) for days in range(20)]


def every_chart() -> dict[str, Chart]:
    return {
        "sizes": segment_sizes(ROWS, as_of=FIRST_OF_JUNE, before=date(2026, 5, 31)),
        "no segments": segment_sizes([]),
        "trend": trend(TREND),
        "one point": trend(TREND[:1]),
        "no trend": trend([]),
        "changes": entered_left(CHANGES),
        "one change": entered_left([ChangePoint(FIRST_OF_JUNE, 0, 0)]),
        "no changes": entered_left([]),
    }


CHARTS = every_chart()
each_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)


def parsed(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)


def texts(chart: Chart) -> list[str]:
    """What is written in the picture, in its order; not what shows when it is pointed at."""
    found = []
    for element in parsed(chart).iter(f"{SVG}text"):
        title = element.find(f"{SVG}title")
        found.append((element.text or "") + ((title.tail or "") if title is not None else ""))
    return found


def titles(chart: Chart) -> list[str]:
    """What shows when marks are pointed at."""
    return [element.text or "" for mark in parsed(chart) for element in mark.iter(f"{SVG}title")]


def bars(chart: Chart, colour: str = ACCENT.plain) -> list[list[float]]:
    """The numbers of each bar's path."""
    paths = [p for p in parsed(chart).iter(f"{SVG}path") if p.get("fill") == colour]
    return [[float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", p.get("d", ""))] for p in paths]


# --- sizes -----------------------------------------------------------------------------------------------------------


def test_segments_stand_by_size_each_with_its_number_and_its_change() -> None:
    assert [text for text in texts(CHARTS["sizes"]) if re.fullmatch(r"[\d,]+", text)] == [
        "41,204", "12,408", "3,120", "512", "0",
    ]  # fmt: skip
    assert [t for t in texts(CHARTS["sizes"]) if re.match(r"[+−]|no change|new", t)] == [
        "no change", "+428", "−120", "new", "−3",
        "+3.6%", "−3.7%", "−100%",
    ]  # fmt: skip


def test_a_size_chart_says_as_of_when_and_since_when() -> None:
    assert {"Users in each segment", "as of 1 Jun 2026", "Since 31 May 2026"} <= set(texts(CHARTS["sizes"]))


def test_bars_begin_at_zero() -> None:
    lengths = [path[2] for path in bars(CHARTS["sizes"])]
    assert {path[0] for path in bars(CHARTS["sizes"])} == {386.0}
    whole = lengths[0]
    assert lengths == pytest.approx(
        [whole, whole * 12_408 / 41_204, whole * 3_120 / 41_204, whole * 512 / 41_204, 0], abs=0.02
    )


def test_a_long_name_is_cut_in_the_middle_and_whole_in_its_title() -> None:
    assert "Everyone in Germany, A…rland who bought twice" in texts(CHARTS["sizes"])
    assert f"{LONG}: 3,120 users, −120" in titles(CHARTS["sizes"])


def test_without_earlier_counts_nothing_is_said_of_change() -> None:
    chart = segment_sizes([SizeRow("A", "custom", 3)])
    assert set(texts(chart)) == {"Users in each segment", "Segment", "Kind", "Users", "A", "custom", "3"}


def test_the_picture_has_the_forty_largest_and_the_table_all() -> None:
    chart = segment_sizes([SizeRow(f"S{n}", "custom", n) for n in range(41)])
    assert len(bars(chart)) == 40
    assert "the 40 largest of 41" in texts(chart)
    assert list(chart.table["Segment"])[-1] == "S0"


def test_the_table_behind_the_sizes_has_what_the_picture_has() -> None:
    table = CHARTS["sizes"].table
    assert list(table.columns) == ["Segment", "Kind", "Users", "Before", "Change"]
    assert list(table["Users"]) == [41_204, 12_408, 3_120, 512, 0]
    assert list(table["Change"].dropna()) == [0, 428, -120, -3]
    assert list(table["Change"].isna()) == [False, False, False, True, False]


def test_one_segment_alone_is_shown_too() -> None:
    assert "7" in texts(segment_sizes([SizeRow("A", "custom", 7, 0)]))


def test_hostile_names_are_text() -> None:
    names = ["<script>alert(1)</script>", "]]>&amp;", '" onload="x', "{{7*7}}", "${x}", "a\u202eb", "=1+1", "'"]
    chart = segment_sizes([SizeRow(name, "custom", 1) for name in names])
    assert set(names) <= set(texts(chart))
    assert {element.tag.removeprefix(SVG) for element in parsed(chart).iter()} <= {
        "svg", "title", "desc", "style", "g", "text", "path", "line",
    }  # fmt: skip
    assert "<script" not in chart._repr_mimebundle_()["text/html"]


# --- over time -------------------------------------------------------------------------------------------------------


def test_a_trend_has_a_zero_baseline_and_its_last_count_at_the_end() -> None:
    found = texts(CHARTS["trend"])
    assert {"0", "5,000", "10,000", "15,000", "14,000", "3 Apr 2026 to 1 Jun 2026"} <= set(found)


def test_points_are_drawn_in_the_order_of_their_dates() -> None:
    assert trend(TREND).svg == trend(TREND[::-1]).svg
    assert list(CHARTS["trend"].table["As of"])[-1] == "2026-06-01"
    assert entered_left(CHANGES).svg == entered_left(CHANGES[::-1]).svg


def test_a_trend_of_one_point_is_a_dot_with_its_number() -> None:
    assert {"14,000", "as of 1 Jun 2026", "1 Jun 2026"} <= set(texts(CHARTS["one point"]))


def test_every_point_says_its_count_when_it_is_pointed_at() -> None:
    assert "14,000 users as of 1 Jun 2026" in titles(CHARTS["trend"])
    assert len(titles(CHARTS["trend"])) == 1 + len(TREND)  # and the chart's own


def test_who_entered_stands_above_the_line_and_who_left_below() -> None:
    entered, left = (bars(CHARTS["changes"], colour) for colour in (ACCENT.plain, INKS[-1].plain))
    assert len(entered) == len(left) == 20
    assert {round(path[1] + path[3]) for path in entered} == {85}
    assert {round(path[1]) for path in left} == {85}
    assert {"120", "entered", "90", "left"} <= set(texts(CHARTS["changes"]))


def test_an_empty_chart_says_what_to_do() -> None:
    assert "No segments yet. `segkit save FILE` saves one." in texts(CHARTS["no segments"])
    assert "Not computed yet. `segkit refresh` computes it." in texts(CHARTS["no trend"])
    assert "Nothing to compare yet: it takes two refreshes." in texts(CHARTS["no changes"])


# --- for everybody ---------------------------------------------------------------------------------------------------


@each_chart
def test_a_chart_has_a_role_a_title_and_a_description(chart: Chart) -> None:
    root = parsed(chart)
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert root.get("role") == "img"
    assert [bool(named[id]) for id in root.get("aria-labelledby", "").split()] == [True, True]
    assert str(next(iter(named.values()))).startswith(chart.title)


def test_the_description_tells_the_numbers() -> None:
    description = parsed(CHARTS["sizes"]).findtext(f"{SVG}desc") or ""
    assert description.startswith(
        "Users in churn stage: 41,204 users, no change; Silent gateway owners: 12,408 users, +428"
    )
    assert parsed(CHARTS["changes"]).findtext(f"{SVG}desc") == "As of 1 Jun 2026, 120 users entered and 90 left."


@each_chart
def test_a_chart_refers_to_nothing_outside_it(chart: Chart) -> None:
    addresses = set(re.findall(r"\w+://[^\"' <]*", chart.svg))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|href|<image|<script|<foreignObject", chart.svg)


@each_chart
def test_the_background_is_the_pages(chart: Chart) -> None:
    assert list(parsed(chart).iter(f"{SVG}rect")) == []
    fills = {element.get("fill") for element in parsed(chart).iter()} - {None, "none"}
    assert fills <= {ink.plain for ink in INKS}


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines define it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_is_readable_on_light_and_on_dark() -> None:
    light = re.search(r"svg:root\{color:(#\w+);--segkit-muted:(#\w+)", CHARTS["trend"].svg)
    dark = re.search(r"dark\)\{svg:root\{color:(#\w+);--segkit-muted:(#\w+)", CHARTS["trend"].svg)
    assert light
    assert dark
    assert all(contrast(colour, "#ffffff") >= 4.5 for colour in light.groups())
    assert all(contrast(colour, "#111111") >= 4.5 for colour in dark.groups())
    assert all(contrast(ACCENT.plain, page) >= 3 for page in ("#ffffff", "#111111"))


def test_inside_a_page_the_theme_decides_and_without_one_the_pages_own_colour() -> None:
    assert "fill:var(--jp-ui-font-color1,currentColor)" in CHARTS["trend"].svg
    assert "font-variant-numeric:tabular-nums" in CHARTS["trend"].svg
    assert "font-family:var(--jp-ui-font-family," in CHARTS["trend"].svg


@each_chart
def test_a_notebook_gets_the_picture_with_its_table_and_plain_text(chart: Chart) -> None:
    bundle = chart._repr_mimebundle_()
    assert list(bundle) == ["text/html", "image/svg+xml", "text/plain"]
    assert bundle["image/svg+xml"] == chart.svg
    assert chart.svg in bundle["text/html"]
    assert "<table" in bundle["text/html"]
    assert bundle["text/plain"].startswith(chart.title)
    json.dumps(bundle)


@each_chart
def test_where_a_notebook_is_not_trusted_an_image_on_white_is_left(chart: Chart) -> None:
    """JupyterLab then drops svg and style elements, and keeps `hidden`, and images that are data."""
    page = chart._repr_mimebundle_()["text/html"]
    left = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", page, flags=re.DOTALL)
    assert '<div hidden></div><img alt="' in left
    found = re.search(r'style="background:white" src="data:image/svg\+xml;base64,([^"]+)"', left)
    assert found
    image = base64.b64decode(found[1]).decode()
    assert ET.fromstring(image).get("role") == "img"
    assert "prefers-color-scheme" not in image


def test_plain_text_has_grouped_numbers_and_a_dash_for_what_is_missing() -> None:
    lines = str(CHARTS["sizes"]).splitlines()
    assert lines[0] == "Users in each segment"
    assert lines[2].split() == ["Users", "in", "churn", "stage", "predefined", "41,204", "41,204", "0"]
    assert lines[5].split() == ["Win-back", "test", "group", "custom", "512", "–", "–"]


def test_two_charts_on_a_page_share_no_id() -> None:
    ids = [element.get("id") for chart in CHARTS.values() for element in parsed(chart).iter() if element.get("id")]
    assert len(set(ids)) == len(ids)


def test_the_same_counts_give_the_same_bytes() -> None:
    assert {name: chart.svg for name, chart in every_chart().items()} == {n: chart.svg for n, chart in CHARTS.items()}


@each_chart
def test_a_program_without_style_sheets_draws_it_too(chart: Chart) -> None:
    without = re.sub(r"<style>.*</style>", "", chart.svg)
    assert vl_convert.svg_to_png(chart.svg) == vl_convert.svg_to_png(without)
    assert len(vl_convert.svg_to_png(chart.svg)) > len(vl_convert.svg_to_png(re.sub("<text.*?</text>", "", without)))


# --- small parts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (5, [0, 2, 4, 6]),
        (14_030, [0, 5_000, 10_000, 15_000]),
        (20_000, [0, 5_000, 10_000, 15_000, 20_000]),
        (1_204_567, [0, 500_000, 1_000_000, 1_500_000]),
    ],
)
def test_round_ticks(most: int, ticks: list[int]) -> None:
    assert round_ticks(most) == ticks


@given(st.integers(0, 10**12))
def test_ticks_reach_the_largest_count_in_few_steps(most: int) -> None:
    ticks = round_ticks(most)
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= 5


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (999_999, "999,999"), (1_500_000, "1.5M"), (20_000_000, "20M"), (2_000_000_000, "2B")]
)
def test_a_round_number_in_few_letters(count: int, text: str) -> None:
    assert axis_text(count) == text


def texts_of(ticks: dict[int, str]) -> Iterable[str]:
    return list(ticks.values())


def test_days_on_an_axis_end_with_the_last_and_say_a_new_year() -> None:
    assert texts_of(day_ticks(date(2026, 5, 30), FIRST_OF_JUNE)) == ["30 May 2026", "31 May", "1 Jun"]
    assert texts_of(day_ticks(date(2025, 12, 31), date(2026, 1, 1))) == ["31 Dec 2025", "1 Jan 2026"]
    assert texts_of(day_ticks(date(2026, 5, 1), FIRST_OF_JUNE)) == ["4 May 2026", "11 May", "18 May", "25 May", "1 Jun"]


@given(st.dates(), st.dates())
def test_there_is_room_for_the_days_on_an_axis(one: date, other: date) -> None:
    ticks = day_ticks(min(one, other), max(one, other))
    assert 1 <= len(ticks) <= 8
    assert list(ticks)[-1] == max(one, other).toordinal()


def test_a_text_that_fits_is_left_alone() -> None:
    assert elided("Silent gateway owners", 296) == "Silent gateway owners"


@given(st.text(max_size=100))
def test_a_text_that_is_cut_keeps_its_beginning_and_its_end(text: str) -> None:
    cut = elided(text, 100)
    beginning, _, end = cut.partition("…") if cut != text else (text, "", "")
    assert text.startswith(beginning)
    assert text.endswith(end)


def test_wide_letters_take_more_room() -> None:
    assert elided("東京と大阪の顧客", 68) == "東京…顧客"
    assert elided("abcdefgh", 68) == "abcdefgh"


def test_a_date_reads_the_same_on_every_machine() -> None:
    assert day_text(FIRST_OF_JUNE) == "1 Jun 2026"


def test_a_chart_is_a_table_too() -> None:
    assert isinstance(CHARTS["trend"].table, pd.DataFrame)
    assert list(CHARTS["changes"].table.columns) == ["As of", "Entered", "Left"]
