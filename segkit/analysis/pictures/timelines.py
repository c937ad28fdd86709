"""Counts over time: a line over a zero baseline, and bars above and below one for who entered and left."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from segkit.analysis.pictures.drawing import NOTE, SIZE, WIDTH, data, day_text, number, svg_of, written
from segkit.analysis.svg import ACCENT, MUTED, QUIET, TEXT

if TYPE_CHECKING:
    import altair as alt

_HEIGHT = 170
_AXIS = 52  # for numbers at the left
_NUMBERS = 84  # for the last ones, at the right
_PLOT = WIDTH - _AXIS - _NUMBERS
#: So many points have a dot each; more would hide the line.
_DOTS = 31
_STEPS_OF_DAYS = (1, 2, 7, 14, 28, 91, 182, 364, 728, 1820)
_MOST_DATES = 7


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """How many users a segment has as of a date."""

    as_of: date
    count: int


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """How many users entered and left a segment from the snapshot before to this date's."""

    as_of: date
    entered: int
    left: int


def trend_line(points: Sequence[TrendPoint], title: str) -> str:
    """The SVG of one or more points, in the order of their dates."""
    first, last = points[0], points[-1]
    counts = [point.count for point in points]
    described = (
        f"{number(first.count)} users as of {day_text(first.as_of)}, {number(last.count)} as of {day_text(last.as_of)};"
        f" never below {number(min(counts))} or above {number(max(counts))}."
    )
    return svg_of(_line(points), _HEIGHT, title, _span(points), described, width=WIDTH - _AXIS)


def change_bars(points: Sequence[ChangePoint], title: str) -> str:
    """The SVG of one or more points, in the order of their dates."""
    last = points[-1]
    described = f"As of {day_text(last.as_of)}, {number(last.entered)} users entered and {number(last.left)} left."
    return svg_of(_both_bars(points), _HEIGHT, title, _span(points), described, width=WIDTH - _AXIS)


def _span(points: Sequence[TrendPoint] | Sequence[ChangePoint]) -> str:
    first, last = points[0].as_of, points[-1].as_of
    return f"as of {day_text(last)}" if first == last else f"{day_text(first)} to {day_text(last)}"


def _line(points: Sequence[TrendPoint]) -> list[alt.Chart]:
    ticks = round_ticks(max(point.count for point in points))
    place = {"x": _days([point.as_of for point in points], padding=0), "y": _counts(ticks)}
    values = [
        {
            "day": point.as_of.toordinal(),
            "users": point.count,
            "whole": f"{number(point.count)} users as of {day_text(point.as_of)}",
        }
        for point in points
    ]
    every, last = data(values).encode(**place), data(values[-1:]).encode(**place)
    dots = every.mark_circle(color=ACCENT.plain, size=20, opacity=float(len(points) <= _DOTS), aria=True)
    height = _HEIGHT * (1 - points[-1].count / ticks[-1])
    return [
        every.mark_line(color=ACCENT.plain, strokeWidth=2, strokeJoin="round", aria=False),
        dots.encode(description="whole:N"),
        last.mark_circle(color=ACCENT.plain, size=56, opacity=1, aria=False),
        written(number(points[-1].count), _PLOT + 10, height, TEXT, size=SIZE, bold=True),
        _baseline(0, ticks),
    ]


def _both_bars(points: Sequence[ChangePoint]) -> list[alt.Chart]:
    upwards = round_ticks(max(max(point.entered, point.left) for point in points))
    ticks = [-tick for tick in upwards[:0:-1]] + upwards
    days = _days([point.as_of for point in points], padding=0.5)
    width = max(1.0, min(24.0, 0.7 * _PLOT / ((points[-1].as_of - points[0].as_of).days + 1)))
    layers = []
    for word, sign, ink in (("entered", 1, ACCENT), ("left", -1, QUIET)):
        values = [_change(point, word, sign) for point in points]
        bars = data(values).mark_bar(color=ink.plain, width=width)
        layers.append(bars.encode(x=days, y=_counts(ticks), description="whole:N"))
        layers += _last_change(points[-1], word, sign)
    return [*layers, _baseline(0, ticks)]


def _change(point: ChangePoint, word: str, sign: int) -> dict[str, object]:
    count = point.entered if sign > 0 else point.left
    whole = f"{number(count)} {word}, as of {day_text(point.as_of)}"
    return {"day": point.as_of.toordinal(), "users": sign * count, "whole": whole}


def _last_change(point: ChangePoint, word: str, sign: int) -> list[alt.Chart]:
    count, middle = (point.entered if sign > 0 else point.left), _HEIGHT / 2 - sign * 26
    return [
        written(number(count), _PLOT + 10, middle - 8, TEXT, size=SIZE, bold=True),
        written(word, _PLOT + 10, middle + 8, MUTED, size=NOTE),
    ]


def _baseline(count: int, ticks: Sequence[int]) -> alt.Chart:
    import altair as alt

    rule = data([{"users": count}]).mark_rule(color=MUTED.plain, strokeWidth=1, aria=False)
    baseline: alt.Chart = rule.encode(y=_counts(ticks), x=alt.value(0), x2=alt.value(_PLOT))
    return baseline


# --- axes ------------------------------------------------------------------------------------------------------------


def _counts(ticks: Sequence[int]) -> Any:
    import altair as alt

    texts = _expression({tick: axis_text(abs(tick)) for tick in ticks})
    axis = alt.Axis(values=list(ticks), labelExpr=texts, minExtent=_AXIS, maxExtent=_AXIS)
    return alt.Y("users:Q", axis=axis, scale=alt.Scale(domain=[ticks[0], ticks[-1]], nice=False))


def _days(days: Sequence[date], padding: float) -> Any:
    """The dates from the first to the last, with so many days around them; a single one stands at the right."""
    import altair as alt

    before = padding if padding or days[0] < days[-1] else 1
    ticks = day_ticks(days[0], days[-1])
    axis = alt.Axis(values=list(ticks), labelExpr=_expression(ticks), grid=False)
    domain = [days[0].toordinal() - before, days[-1].toordinal() + padding]
    return alt.X("day:Q", axis=axis, scale=alt.Scale(domain=domain, range=[0, _PLOT], nice=False, zero=False))


def _expression(texts: dict[int, str]) -> str:
    """What each place on an axis is labelled with, in Vega's language."""
    return f"{json.dumps({str(place): text for place, text in texts.items()})}[datum.value]"


def round_ticks(most: int) -> list[int]:
    """From 0 to the first that reaches `most`, in at most four whole steps of 1, 2 or 5 times a power of ten."""
    at_least = max(1, math.ceil(most / 4))
    magnitude = 10 ** (len(str(at_least)) - 1)
    step = next(times * magnitude for times in (1, 2, 5, 10) if times * magnitude >= at_least)
    return list(range(0, step * max(1, math.ceil(most / step)) + 1, step))


def axis_text(count: int) -> str:
    """A round number in few letters: 500,000, then 1.5M and 2B."""
    for unit, letter in ((1_000_000_000, "B"), (1_000_000, "M")):
        if count >= unit:
            return f"{count / unit:g}{letter}"
    return number(count)


def day_ticks(first: date, last: date) -> dict[int, str]:
    """At most eight days, `last` among them, by their ordinals; each with its text, with the year where that is new."""
    span = (last - first).days
    step = next((step for step in _STEPS_OF_DAYS if span / step <= _MOST_DATES), max(1, span))
    shown = [date.fromordinal(n) for n in range(last.toordinal(), first.toordinal() - 1, -step)][::-1]
    texts = [day_text(shown[0])]
    texts += [day_text(day) if day.year != before.year else day_text(day)[:-5] for before, day in pairwise(shown)]
    return {day.toordinal(): text for day, text in zip(shown, texts, strict=True)}
