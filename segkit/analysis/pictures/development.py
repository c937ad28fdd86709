"""How a segment developed: its size as a line over zero, and under it who entered and left as bars up and down.

Solid between what was published, dashed to and from what was evaluated afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from segkit.analysis.pictures.canvas import Canvas
from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.drawing import NOTE, WIDTH, day_text, nothing, number
from segkit.analysis.pictures.timelines import axis_text, day_ticks, round_ticks
from segkit.analysis.svg import ACCENT, LINE, MUTED, QUIET, TEXT

if TYPE_CHECKING:
    from segkit.analysis.development import Point, Trend

_LEFT, _RIGHT = 56, WIDTH - 96
_TOP, _BOTTOM = 8, 168  # of the line
_ZERO, _REACH = 244, 44  # of the bars
_DAYS = 314
#: So many points have a dot each; more would hide the line.
_DOTS = 62


def development(found: Trend) -> Chart:
    """The picture and the table of a trend."""
    title, table = f"Users in ‘{found.name}’", table_of(found)
    if not found.points:
        return Chart(title, nothing(title, "", "No snapshot in these days."), table)
    first, last = found.points[0].as_of, found.points[-1].as_of
    notes = [f"as of {day_text(last)}" if first == last else f"{day_text(first)} to {day_text(last)}"]
    if {point.source for point in found.points} == {"published", "evaluated"}:
        notes.append("solid where published, dashed where evaluated afterwards")
    elif found.points[0].source == "evaluated":
        notes.append("none was published; all evaluated afterwards")
    canvas = Canvas(_DAYS + 12)
    span = max(1, (last - first).days)

    def across(point: Point) -> float:
        return _LEFT + (_RIGHT - _LEFT) * ((point.as_of - first).days / span if first < last else 1)

    _days(canvas, found, across)
    _line(canvas, found, across)
    if len(found.points) > 1:
        _moves(canvas, found, across, span)
    return Chart(title, canvas.svg(title, ", ".join(notes), found.words), table)


def table_of(found: Trend) -> pd.DataFrame:
    """Every point as people read it."""
    columns = ["As of", "Users", "Entered", "New users", "Left", "Gone", "Users in all", "From"]
    rows = [(p.as_of.isoformat(), p.count, p.entered, p.new, p.left, p.gone, p.base, _source(p)) for p in found.points]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:7], "Int64"))


def _source(point: Point) -> str:
    return f"{point.source}, rule changed" if point.rule_changed else point.source


def _days(canvas: Canvas, found: Trend, across: Callable[[Point], float]) -> None:
    by_day = {point.as_of.toordinal(): point for point in found.points}
    first, last = found.points[0].as_of, found.points[-1].as_of
    for day, text in day_ticks(first, last).items():
        share = (day - first.toordinal()) / max(1, (last - first).days) if first < last else 1
        x = across(by_day[day]) if day in by_day else _LEFT + (_RIGHT - _LEFT) * share
        canvas.text(text, x, _DAYS, MUTED, size=NOTE, align="center")


def _line(canvas: Canvas, found: Trend, across: Callable[[Point], float]) -> None:
    ticks = round_ticks(max(point.count for point in found.points))

    def height(count: int) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * count / ticks[-1]

    for tick in ticks:
        canvas.line([(_LEFT, height(tick)), (_RIGHT, height(tick))], MUTED if tick == 0 else LINE)
        canvas.text(axis_text(tick), _LEFT - 8, height(tick), MUTED, size=NOTE, align="right")
    for point in found.points:
        if point.rule_changed:
            canvas.line([(across(point), _TOP), (across(point), _BOTTOM)], MUTED, dashed=True)
            canvas.text("rule changed", across(point) - 4, _TOP + 4, MUTED, size=NOTE, align="right")
    for run, dashed in _runs(found.points):
        points = [(across(point), height(point.count)) for point in run]
        if len(points) > 1:
            canvas.line(points, ACCENT, width=2, dashed=dashed)
    for point in found.points if len(found.points) <= _DOTS else ():
        says = f"{number(point.count)} users as of {day_text(point.as_of)}, {_source(point)}"
        size = 22 if point.source == "published" else 12
        canvas.dot(across(point), height(point.count), size, ACCENT, says=says)
    last = found.points[-1]
    canvas.dot(across(last), height(last.count), 56, ACCENT)
    canvas.text(number(last.count), _RIGHT + 12, height(last.count), TEXT, bold=True)
    canvas.text("users", _RIGHT + 12, height(last.count) + 15, MUTED, size=NOTE)


def _runs(points: tuple[Point, ...]) -> list[tuple[list[Point], bool]]:
    """Stretches of the line, and whether each is dashed: one end of it at least was evaluated afterwards."""
    found: list[tuple[list[Point], bool]] = []
    for earlier, later in pairwise(points):
        dashed = "evaluated" in (earlier.source, later.source)
        if found and found[-1][1] == dashed:
            found[-1][0].append(later)
        else:
            found.append(([earlier, later], dashed))
    return found


def _moves(canvas: Canvas, found: Trend, across: Callable[[Point], float], span: int) -> None:
    moved = [point for point in found.points if point.entered is not None]
    most = max(1, *(max(point.entered or 0, point.left or 0) for point in moved))
    broad = max(1.0, min(18.0, 0.62 * (_RIGHT - _LEFT) / (span + 1)))
    canvas.line([(_LEFT, _ZERO), (_RIGHT, _ZERO)], MUTED)
    for point in moved:
        x = across(point) - broad / 2
        for count, way, ink, word in ((point.entered or 0, -1, ACCENT, "entered"), (point.left or 0, 1, QUIET, "left")):
            if count:
                high = max(1.0, _REACH * count / most)
                says = f"{number(count)} {word}, as of {day_text(point.as_of)}"
                canvas.bar(x, _ZERO - high if way < 0 else _ZERO, broad, high, ink, says=says)
    entered, left = (sum(getattr(point, key) or 0 for point in moved) for key in ("entered", "left"))
    canvas.text(f"+{number(entered)}", _RIGHT + 12, _ZERO - 30, TEXT, bold=True)
    canvas.text("entered", _RIGHT + 12, _ZERO - 15, MUTED, size=NOTE)
    canvas.text(f"−{number(left)}", _RIGHT + 12, _ZERO + 15, TEXT, bold=True)
    canvas.text("left", _RIGHT + 12, _ZERO + 30, MUTED, size=NOTE)
    for count, y in ((most, _ZERO - _REACH), (most, _ZERO + _REACH)):
        canvas.text(
            axis_text(count) if count >= 1_000_000 else number(count), _LEFT - 8, y, MUTED, size=NOTE, align="right"
        )
