"""A waterfall: from one count to a later one, a row a cause, with what it brought and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.drawing import (
    SIZE,
    WIDTH,
    Align,
    data,
    day_text,
    elided,
    number,
    signed,
    svg_of,
    written,
)
from segkit.analysis.svg import ACCENT, LINE, MUTED, QUIET, TEXT, Ink

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_ROW = 32
_NAME_ENDS = 196
_BARS, _BARS_END = 210, 590
_ENTERED, _LEFT = 660, 726
_HEADING = -12
_LANE = 9  # the height of one bar; a row has two
#: Below this share of the larger count, what moves would be too short beside bars from zero.
_VISIBLE = 0.25

End = tuple[date, int]


@dataclass(frozen=True, slots=True)
class Fall:
    """How many users one cause brought and took."""

    name: str
    entered: int
    left: int

    @property
    def change(self) -> int:
        return self.entered - self.left

    def __str__(self) -> str:
        return f"{self.name}: {number(self.entered)} entered, {number(self.left)} left"


def waterfall(ends: tuple[End, End], falls: Sequence[Fall], *, title: str, table: pd.DataFrame) -> Chart:
    """The picture with `table` behind it. The falls lead from the first count to the last, in their order."""
    (first, before), (last, after) = ends
    scale = _Scale.over(before, falls)
    note = f"{day_text(first)} to {day_text(last)}; each row begins where the one above ended"
    if scale.low:
        note += f"; the scale begins at {number(scale.low)}"
    layers = [*_headings(), *_end_row(0, ends[0], scale)]
    at = before
    for row, fall in enumerate(falls, start=1):
        layers += _fall_row(row, fall, at, scale)
        at += fall.change
    layers += _end_row(len(falls) + 1, ends[1], scale)
    said = "; ".join(map(str, falls)) or "nobody entered or left"
    described = f"{number(before)} users as of {day_text(first)}; {said}; {number(after)} as of {day_text(last)}."
    return Chart(title, svg_of(layers, _ROW * (len(falls) + 2), title, note, described, gap=24), table)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Counts to pixels."""

    low: int
    high: int

    @classmethod
    def over(cls, before: int, falls: Sequence[Fall]) -> _Scale:
        """From zero, or from shortly below the lowest count where what moves would hardly be seen."""
        seen, at = [before], before
        for fall in falls:
            seen += [at + fall.entered, at + fall.change]
            at += fall.change
        low, high = min(seen), max(seen)
        if high - low >= _VISIBLE * high or high == low:
            return cls(0, max(1, high))
        room = max(1, (high - low) // 8)
        return cls(_rounded_down(max(0, low - room), high - low), high)

    def __call__(self, count: int) -> float:
        share = (count - self.low) / (self.high - self.low)
        return round(_BARS + share * (_BARS_END - _BARS), 2)


def _rounded_down(low: int, span: int) -> int:
    step: int = 10 ** max(0, len(str(span)) - 2)
    return low - low % step


def _headings() -> list[alt.Chart]:
    texts: list[tuple[str, float, Align]] = [
        ("Entered", _ENTERED, "right"),
        ("Left", _LEFT, "right"),
        ("Change", WIDTH, "right"),
    ]
    return [written(text, x, _HEADING, MUTED, align=align) for text, x, align in texts]


def _end_row(row: int, end: End, scale: _Scale) -> list[alt.Chart]:
    """A whole count: a bar from zero, or a mark where the scale does not begin there."""
    day, count = end
    middle = _ROW * row + _ROW / 2
    x = scale(count)
    whole = f"{number(count)} users as of {day_text(day)}"
    if scale.low:
        shape = _bar(x - 1.5, x + 1.5, middle - _LANE, TEXT, whole, 2 * _LANE)
    else:
        shape = _bar(_BARS, max(x, _BARS + 1.0), middle - _LANE, QUIET, whole, 2 * _LANE)
    return [
        written(day_text(day), 0, middle, TEXT, size=SIZE, bold=True),
        shape,
        written(number(count), WIDTH, middle, TEXT, size=SIZE, bold=True, align="right"),
    ]


def _fall_row(row: int, fall: Fall, at: int, scale: _Scale) -> list[alt.Chart]:
    """Two bars: to the right what came, and back from its end what went."""
    top = _ROW * row
    middle = top + _ROW / 2
    begin, most, end = scale(at), scale(at + fall.entered), scale(at + fall.change)
    layers = [_line(begin, top - _ROW / 2 + _LANE, middle)]
    # One bar alone has the whole row, two have a lane each.
    upper, lower, height = (
        (middle - _LANE - 1, middle + 1, _LANE)
        if fall.entered and fall.left
        else (middle - _LANE, middle - _LANE, 2 * _LANE)
    )
    if fall.entered:
        told = f"{fall.name}: {number(fall.entered)} entered"
        layers.append(_bar(begin, max(most, begin + 1), upper, ACCENT, told, height))
    if fall.left:
        told = f"{fall.name}: {number(fall.left)} left"
        layers.append(_bar(min(end, most - 1), most, lower, QUIET, told, height))
    layers.append(_line(end, middle, top + _ROW + _ROW / 2 - _LANE))
    cells: list[tuple[str, float, Align, Ink]] = [
        (elided(fall.name, _NAME_ENDS), 0, "left", TEXT),
        (f"+{number(fall.entered)}" if fall.entered else "–", _ENTERED, "right", TEXT if fall.entered else MUTED),
        (f"−{number(fall.left)}" if fall.left else "–", _LEFT, "right", TEXT if fall.left else MUTED),
        (signed(fall.change) if fall.change else "±0", WIDTH, "right", TEXT if fall.change else MUTED),
    ]
    return layers + [written(text, x, middle, ink, size=SIZE, align=align) for text, x, align, ink in cells]


def _bar(start: float, end: float, top: float, ink: Ink, whole: str, height: float) -> alt.Chart:
    import altair as alt

    mark = data([{"whole": whole}]).mark_rect(color=ink.plain, aria=True)
    bar: alt.Chart = mark.encode(
        x=alt.value(start), x2=alt.value(end), y=alt.value(top), y2=alt.value(top + height), description="whole:N"
    )
    return bar


def _line(x: float, top: float, bottom: float) -> alt.Chart:
    import altair as alt

    mark = data([{}]).mark_rule(color=LINE.plain, strokeWidth=1, aria=False)
    line: alt.Chart = mark.encode(x=alt.value(x), y=alt.value(top), y2=alt.value(bottom))
    return line
