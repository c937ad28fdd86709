"""An UpSet plot: regions as columns of dots under bars, segments as rows with their sizes at the left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from segkit.analysis.letters import width
from segkit.analysis.pictures.canvas import Canvas
from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.drawing import NOTE, WIDTH, day_text, elided, number
from segkit.analysis.svg import ACCENT, LINE, MUTED, QUIET, TEXT

if TYPE_CHECKING:
    from segkit.analysis.overlap import Overlap, Region

_ROW = 30
_BARS = 150
_HEAD = 20  # above the highest bar, for its number
_NAME = 158
_SIZES, _SIZES_END = 190, 250
_SIZE_TEXT = 312
_COLUMNS = 336
_WIDEST = 62
#: Regions that one picture shows; the table has all.
MOST_REGIONS = 12


def upset(found: Overlap) -> Chart:
    """The picture and the table of an overlap."""
    title = f"Who is in which of {len(found.segments)} segments"
    filled = [region for region in found.regions if region.inside and region.count]
    shown = filled[:MOST_REGIONS]
    notes = [f"as of {day_text(found.as_of)}", f"{number(found.none)} of {number(found.base)} users are in none"]
    if len(filled) > len(shown):
        rest = sum(region.count for region in filled[MOST_REGIONS:])
        notes.append(f"the {MOST_REGIONS} largest of {len(filled)} regions; the others have {number(rest)} users")
    canvas = Canvas(_HEAD + _BARS + 16 + _ROW * len(found.segments))
    order = sorted(found.segments, key=lambda segment: -segment.count)
    _rows(canvas, [(segment.name, segment.count) for segment in order])
    pitch = min(_WIDEST, (WIDTH - _COLUMNS) / max(1, len(shown)))
    most = max((region.count for region in shown), default=1)
    for column in range(len(shown)):
        for row in range(len(order)):
            canvas.dot(_COLUMNS + pitch * (column + 0.5), _top(row) + _ROW / 2, 110, LINE, opacity=0.5)
    for column, region in enumerate(shown):
        inside = [row for row, segment in enumerate(order) if segment in region.inside]
        _column(canvas, _COLUMNS + pitch * (column + 0.5), pitch, region, inside, most)
    if not shown:
        canvas.text("No user is in any of them.", _COLUMNS, _HEAD + _BARS - 12, MUTED)
    end = _COLUMNS + pitch * max(1, len(shown))
    canvas.line([(_COLUMNS, _HEAD + _BARS), (end, _HEAD + _BARS)], MUTED)
    described = "; ".join(f"{number(region.count)} users {region.words}" for region in shown)
    return Chart(title, canvas.svg(title, ", ".join(notes), described), table_of(found))


def table_of(found: Overlap) -> pd.DataFrame:
    """Every region that has users, as people read it."""
    shown = [region for region in found.regions if region.count]
    return pd.DataFrame({
        "Users who are": [region.words for region in shown],
        "Users": [region.count for region in shown],
        "Share of all": [f"{region.count / found.base:.1%}".replace("%", " %") for region in shown],
    })  # fmt: skip


def _top(row: int) -> float:
    return _HEAD + _BARS + 16 + _ROW * row


def _rows(canvas: Canvas, segments: list[tuple[str, int]]) -> None:
    most = max(1, *(count for _, count in segments)) if segments else 1
    canvas.text("Segment", 0, _top(0) - 12, MUTED, size=NOTE)
    canvas.text("Users", _SIZE_TEXT, _top(0) - 12, MUTED, size=NOTE, align="right")
    for row, (name, count) in enumerate(segments):
        y = _top(row) + _ROW / 2
        canvas.line([(0, _top(row)), (WIDTH, _top(row))], LINE, width=0.6)
        says = f"{name}: {number(count)} users"
        canvas.text(elided(name, _NAME), 0, y, TEXT, says=says)
        length = (_SIZES_END - _SIZES) * count / most
        canvas.bar(_SIZES, y - 5, max(length, 1.0 if count else 0.0), 10, QUIET, says=says)
        canvas.text(number(count), _SIZE_TEXT, y, TEXT, align="right")


def _column(canvas: Canvas, x: float, pitch: float, region: Region, inside: list[int], most: int) -> None:
    height = max(1.0, _BARS * region.count / most)
    bar = min(28.0, pitch * 0.62)
    says = f"{number(region.count)} users are {region.words}"
    canvas.bar(x - bar / 2, _HEAD + _BARS - height, bar, height, ACCENT, says=says)
    canvas.text(
        _fitting(region.count, pitch - 2), x, _HEAD + _BARS - height - 9, TEXT, size=NOTE, bold=True, align="center"
    )
    for row in inside:
        canvas.dot(x, _top(row) + _ROW / 2, 110, TEXT)
    if len(inside) > 1:
        canvas.line([(x, _top(inside[0]) + _ROW / 2), (x, _top(inside[-1]) + _ROW / 2)], TEXT, width=2)


def _fitting(count: int, pixels: float) -> str:
    """The number whole where there is room, else in thousands or millions."""
    if width(number(count)) * NOTE / 13 <= pixels:
        return number(count)
    return f"{count / 1e6:.1f}M" if count >= 1e6 else f"{count / 1000:.0f}k"
