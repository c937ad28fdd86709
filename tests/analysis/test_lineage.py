"""The graph of a lineage and its picture: what stands where, that nothing overlaps, that few lines cross."""

from __future__ import annotations

import itertools
import random
import re
import xml.etree.ElementTree as ET

import pytest

from segkit.analysis.layering import columns, laid_out
from segkit.analysis.lineage import Lineage, Node, Reads

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def lineage() -> Lineage:
    """`Focus` reads a label and `Child`, which reads the same label; `Parent` and an export use `Focus`."""
    nodes = (
        Node("source:users", "source", "sources/a/long/way/down/users-*.parquet", "users"),
        Node("label:country", "label", "Country <home>", "country, string", "country"),
        Node("segment:child", "segment", "Child", "custom, daily", "sg_1"),
        Node("segment:focus", "segment", "Focus", "custom, daily", "sg_2"),
        Node("segment:parent", "segment", "Parent", "custom, once", "sg_3"),
        Node("export:mail", "export", "mail", "daily, csv"),
    )
    reads = (
        Reads("label:country", "source:users", "column country"),
        Reads("segment:child", "label:country"),
        Reads("segment:focus", "label:country"),
        Reads("segment:focus", "segment:child"),
        Reads("segment:parent", "segment:focus"),
        Reads("export:mail", "segment:focus"),
    )
    return Lineage("shop", "segment:focus", nodes, reads)


def test_the_text_opens_each_thing_once_and_lists_who_uses_it(lineage: Lineage) -> None:
    assert lineage.text() == (
        "segment ‘Focus’ (custom, daily)\n"
        "Reads:\n"
        "  label country Country <home> (country, string)\n"
        "    source sources/a/long/way/down/users-*.parquet (users): column country\n"
        "  segment ‘Child’ (custom, daily)\n"
        "    label country Country <home> (country, string) (see above)\n"
        "Used by:\n"
        "  segment ‘Parent’ (custom, once)\n"
        "  export ‘mail’ (daily, csv)"
    )


def test_what_is_read_comes_before_who_reads_it(lineage: Lineage) -> None:
    order = lineage.order()
    assert all(order.index(edge.read) < order.index(edge.reader) for edge in lineage.reads)


def _boxes(svg: str) -> dict[str, tuple[float, float, float, float]]:
    found = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        rect, title = group.find(f"{SVG}rect"), group.find(f"{SVG}title")
        if rect is not None and title is not None:
            left, top, width, height = (float(rect.get(key, "")) for key in ("x", "y", "width", "height"))
            found[title.text or ""] = (left, top, left + width, top + height)
    return found


def test_the_picture_has_a_box_for_everything_from_left_to_right(lineage: Lineage) -> None:
    boxes = _boxes(lineage.svg())
    left = {name.partition(":")[0]: box[0] for name, box in boxes.items()}
    in_columns = [
        "source sources/a/long/way/down/users-*.parquet", "label Country <home>", "segment Child", "segment Focus",
        "segment Parent",
    ]  # fmt: skip
    assert [left[name] for name in in_columns] == sorted({left[name] for name in in_columns})
    assert left["export mail"] > left["segment Parent"]
    texts = "".join(ET.fromstring(lineage.svg()).itertext())
    assert all(told in texts for told in ("Sources", "Labels and events", "Segments", "Exports", "Country <home>"))


def test_the_picture_fetches_nothing_and_says_in_words_what_it_shows(lineage: Lineage) -> None:
    svg = lineage.svg()
    assert re.findall(r"https?://[^\"' ]+", svg) == ["http://www.w3.org/2000/svg"]
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Lineage of ‘Focus’"  # type: ignore[union-attr]
    assert root.find(f"{SVG}desc").text == lineage.text()  # type: ignore[union-attr]
    html = lineage._repr_html_()
    assert "segment ‘Parent’ (custom, once) reads segment ‘Focus’ (custom, daily)" in html
    assert "Country <home>" not in html


def _random_graph(chance: random.Random) -> tuple[list[str], list[tuple[str, str]]]:
    nodes = [f"n{n}" for n in range(chance.randint(1, 30))]
    lines = [
        (nodes[start], nodes[end])
        for start, end in itertools.combinations(range(len(nodes)), 2)
        if chance.random() < 0.12
    ]
    return nodes, lines


def test_in_random_graphs_lines_lead_right_and_nothing_overlaps() -> None:
    chance = random.Random(1)
    for _ in range(60):
        nodes, lines = _random_graph(chance)
        column = columns(nodes, lines, {})
        assert all(column[start] < column[end] for start, end in lines)
        layout = laid_out(column, lines, 46, 10, 12)
        for at in set(column.values()):
            boxes = sorted((layout.middle[node], 46) for node in nodes if column[node] == at)
            passing = [(height, 10) for passes in layout.passes.values() for where, height in passes if where == at]
            stacked = sorted([*boxes, *passing])
            for (upper, upper_size), (lower, lower_size) in itertools.pairwise(stacked):
                assert lower - upper >= (upper_size + lower_size) / 2 + 12 - 1e-6
            assert all(middle - size / 2 > -1e-6 for middle, size in stacked)
            assert all(middle + size / 2 < layout.height + 1e-6 for middle, size in stacked)


def test_two_lines_that_need_not_cross_do_not() -> None:
    lines = [("a", "y"), ("b", "x")]
    layout = laid_out({"a": 0, "b": 0, "x": 1, "y": 1}, lines, 46, 10, 12)
    assert (layout.middle["a"] < layout.middle["b"]) == (layout.middle["y"] < layout.middle["x"])


def test_a_line_that_passes_columns_is_straight_where_there_is_room() -> None:
    lines = [("a", "b"), ("b", "c"), ("a", "c")]
    layout = laid_out(columns(["a", "b", "c"], lines, {}), lines, 46, 10, 12)
    ((where, height),) = layout.passes[("a", "c")]
    assert where == 1
    assert abs(height - layout.middle["b"]) >= (46 + 10) / 2 + 12
