"""Charts of counts: how large segments are, how one developed, who entered and left. They hold no user's data.

Each is an SVG that altair drew without a network, with its table behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.drawing import day_text, nothing, number
from segkit.analysis.pictures.size_bars import SizeRow, size_bars
from segkit.analysis.pictures.timelines import ChangePoint, TrendPoint, change_bars, trend_line

__all__ = ["ChangePoint", "Chart", "SizeRow", "TrendPoint", "entered_left", "segment_sizes", "trend"]

#: Segments that one chart shows; the table has all.
MOST_BARS = 40


def segment_sizes(
    rows: Sequence[SizeRow],
    *,
    title: str = "Users in each segment",
    as_of: date | None = None,
    before: date | None = None,
) -> Chart:
    """Segments by size, the largest first, with the change since `before` where they were counted then.

    A long name is cut in the middle; pointing at it shows it whole. The picture has the 40 largest, the table all.
    """
    ordered = sorted(rows, key=lambda row: (-row.count, row.name))
    notes = [f"as of {day_text(as_of)}"] if as_of else []
    if len(ordered) > MOST_BARS:
        notes.append(f"the {MOST_BARS} largest of {number(len(ordered))}")
    note = ", ".join(notes)
    if ordered:
        svg = size_bars(ordered[:MOST_BARS], title, note, before)
    else:
        svg = nothing(title, note, "No segments yet. `segkit save FILE` saves one.")
    return Chart(title, svg, _sizes_table(ordered))


def trend(points: Sequence[TrendPoint], *, title: str = "Users in the segment") -> Chart:
    """How a segment developed: a line over a zero baseline, its last count written at its end."""
    ordered = sorted(points, key=lambda point: point.as_of)
    table = pd.DataFrame({"As of": [p.as_of.isoformat() for p in ordered], "Users": [p.count for p in ordered]})
    nothing_yet = "Not computed yet. `segkit refresh` computes it."
    return Chart(title, trend_line(ordered, title) if ordered else nothing(title, "", nothing_yet), table)


def entered_left(points: Sequence[ChangePoint], *, title: str = "Entered and left") -> Chart:
    """Who entered a segment, as bars above a line, and who left it, as bars below; the last numbers are written out."""
    ordered = sorted(points, key=lambda point: point.as_of)
    counts = {"Entered": [p.entered for p in ordered], "Left": [p.left for p in ordered]}
    table = pd.DataFrame({"As of": [p.as_of.isoformat() for p in ordered], **counts})
    nothing_yet = "Nothing to compare yet: it takes two refreshes."
    return Chart(title, change_bars(ordered, title) if ordered else nothing(title, "", nothing_yet), table)


def _sizes_table(rows: Sequence[SizeRow]) -> pd.DataFrame:
    columns = ["Segment", "Kind", "Users", "Before", "Change"]
    values = [(row.name, row.kind, row.count, row.before, row.change) for row in rows]
    return pd.DataFrame(values, columns=columns).astype(dict.fromkeys(columns[2:], "Int64"))
