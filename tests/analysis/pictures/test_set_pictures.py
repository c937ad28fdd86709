"""Pictures of conditions, overlap, composition and trend: lengths from zero, numbers written out, a table behind."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from segkit.analysis.composition import Composition, Side
from segkit.analysis.development import Point, Trend
from segkit.analysis.elimination import Conditions, Step
from segkit.analysis.finding import Finding
from segkit.analysis.intervals import Chance
from segkit.analysis.label_parts import OfLabel, PartOfSegment
from segkit.analysis.overlap import OfSegment, Overlap
from segkit.analysis.pictures.chart import Chart
from segkit.analysis.svg import ACCENT, QUIET

SVG = "{http://www.w3.org/2000/svg}"
AS_OF = date(2026, 6, 1)
CONDITIONS = Conditions(
    "‘Silent’",
    AS_OF,
    base=1_000,
    count=200,
    steps=(
        Step("rule", "All of these", 0, False, 200, 1_000, 1_000, 800, 200, in_line=True),
        Step("rule.all[0]", "Country is Germany", 1, False, 500, 300, 1_000, 500, 500, in_line=True),
        Step("rule.all[1]", "Consent is yes", 1, False, 250, 500, 500, 300, 200, in_line=True),
        Step("rule.all[2]", "Score is less than 9", 1, True),
    ),
)
OVERLAP = Overlap(
    (OfSegment("sg_a", "Ann", 60), OfSegment("sg_b", "Ben", 30), OfSegment("sg_c", "Cat", 10)),
    AS_OF,
    base=100,
    source="evaluated now",
    counts=(25, 40, 10, 20, 5, 0, 0, 0),
)
COMPOSITION = Composition(
    Side("‘Silent’", 200),
    Side("all users", 1_000),
    AS_OF,
    "evaluated now",
    labels=(
        OfLabel(
            "country",
            "Country",
            "Basic",
            (
                PartOfSegment("value", "Germany", "DE", 150, 200, 500, 1_000, Chance(1e-9, "z"), 1e-8),
                PartOfSegment("value", "Austria", "AT", 48, 200, 250, 1_000, Chance(0.8, "z"), 0.9),
                PartOfSegment("missing", "no value", None, 2, 200, 250, 1_000, Chance(1e-9, "z"), 1e-8),
            ),
        ),
    ),
    tests=3,
)
TREND = Trend(
    "Silent",
    tuple(
        Point(AS_OF - timedelta(9 - n), 100 + n, 1_000, "published" if n > 4 else "evaluated", 3, 2, 1, 0)
        for n in range(10)
    ),
)
FINDINGS: dict[str, Finding] = {
    "conditions": CONDITIONS,
    "overlap": OVERLAP,
    "composition": COMPOSITION,
    "trend": TREND,
    "one point": Trend("S", (Point(AS_OF, 5, 10, "published"),)),
    "no point": Trend("S", ()),
}
each = pytest.mark.parametrize("finding", FINDINGS.values(), ids=FINDINGS)


def chart_of(finding: Finding) -> Chart:
    chart = finding.chart()
    assert chart is not None
    return chart


def parsed(finding: Finding) -> ET.Element:
    return ET.fromstring(chart_of(finding).svg)


def texts(finding: Finding) -> set[str]:
    found = set()
    for element in parsed(finding).iter():
        if element.tag in (f"{SVG}text", f"{SVG}tspan"):
            found.add((element.text or "") + "".join(child.tail or "" for child in element))
    return found


def titled(finding: Finding) -> dict[str, list[float]]:
    """By what it says when it is pointed at, the numbers of a bar's path."""
    found = {}
    for path in parsed(finding).iter(f"{SVG}path"):
        title = path.findtext(f"{SVG}title")
        if title:
            found[title] = numbers(path.get("d", ""))
    return found


def numbers(path: str) -> list[float]:
    """x, y, and how far right and down: `M0,1h2v3h-2Z`."""
    for letter in "MhvHVZzL,":
        path = path.replace(letter, " ")
    return [float(text) for text in path.split()]


def bars(finding: Finding, colour: str) -> list[list[float]]:
    return [numbers(p.get("d", "")) for p in parsed(finding).iter(f"{SVG}path") if p.get("fill") == colour]


def lengths(found: Iterable[list[float]], which: int) -> list[float]:
    return [abs(bar[which]) for bar in found]


def test_who_is_left_stands_as_bars_that_begin_at_zero() -> None:
    found = bars(CONDITIONS, ACCENT.plain)
    assert {bar[0] for bar in found} == {374.0}
    whole = found[0][2]
    assert lengths(found, 2) == pytest.approx([whole, whole / 2, whole / 5, whole / 5])
    assert lengths(bars(CONDITIONS, QUIET.plain), 2) == pytest.approx([whole / 2, whole * 0.3])
    assert {"−500", "−300", "250", "All users", "Picked", "Score is less than 9 (muted)"} <= texts(CONDITIONS)


def test_an_upset_plot_has_a_column_a_region_with_users_and_a_row_a_segment() -> None:
    columns = bars(OVERLAP, ACCENT.plain)
    assert lengths(columns, 3) == pytest.approx([150, 75, 37.5, 18.75], abs=0.02)
    assert {round(bar[1] + abs(bar[3])) for bar in columns} | {round(bar[1]) for bar in columns} >= {170}
    sizes = bars(OVERLAP, QUIET.plain)
    assert lengths(sizes, 2) == pytest.approx([60, 30, 10])
    assert {"Ann", "Ben", "Cat", "40", "20", "10", "5"} <= texts(OVERLAP)
    assert "20 users are in ‘Ann’ and ‘Ben’ only" in titled(OVERLAP)
    assert list(chart_of(OVERLAP).table["Users"]) == [40, 25, 20, 10, 5]


def test_shares_are_bars_from_zero_and_what_is_not_clear_says_so() -> None:
    found = bars(COMPOSITION, ACCENT.plain)
    assert {bar[0] for bar in found} == {220.0}
    whole = found[0][2]
    expected = [whole, whole * 0.24 / 0.75, whole * 0.01 / 0.75]
    assert sorted(lengths(found, 2), reverse=True) == pytest.approx(expected, abs=0.02)
    assert {"75.0 %", "50.0 %", "50 % more", "no clear difference", "96 % fewer"} <= texts(COMPOSITION)
    table = chart_of(COMPOSITION).table
    assert table["95 % interval"].iloc[0] == "68.6 % – 80.5 %"
    assert list(table["Lift"]) == ["1.50", "0.96", "0.04"]


def test_a_trend_stands_over_zero_and_is_dashed_where_it_was_evaluated() -> None:
    dashed = [p for p in parsed(TREND).iter(f"{SVG}path") if p.get("stroke") == ACCENT.plain]
    assert sorted(bool(path.get("stroke-dasharray")) for path in dashed) == [False, True]
    assert {"0", "150", "109", "+30", "−20", "1 Jun"} <= texts(TREND)
    assert "109 users as of 1 Jun 2026, published" in {
        e.findtext(f"{SVG}title") for e in parsed(TREND).iter(f"{SVG}path")
    }
    assert list(chart_of(TREND).table["From"]) == ["evaluated"] * 5 + ["published"] * 5


@each
def test_each_has_a_title_a_description_and_a_table(finding: Finding) -> None:
    root = parsed(finding)
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert root.get("role") == "img"
    assert all(named[name] for name in root.get("aria-labelledby", "").split())
    page = finding._repr_html_()
    assert "<details>" in page
    assert "as a table" in page


@each
def test_each_is_plain_data_too(finding: Finding) -> None:
    assert json.loads(json.dumps(finding.to_dict())) == finding.to_dict()
    assert len(finding.data) == len(finding.data.index)


def test_hostile_names_are_text() -> None:
    name = "<script>alert(1)</script>"
    hostile = Overlap((OfSegment("a", name, 1), OfSegment("b", "]]>&amp;", 1)), AS_OF, 2, "evaluated now", (0, 1, 1, 0))
    assert name in texts(hostile)
    assert "<script" not in hostile._repr_html_()
