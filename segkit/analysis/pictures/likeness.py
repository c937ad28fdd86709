"""Pairs of segments as bars: who is in the first only, in both, in the second only; each as shares of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.drawing import (
    NOTE,
    SIZE,
    Align,
    data,
    day_text,
    elided,
    number,
    svg_of,
    written,
)
from segkit.analysis.svg import ACCENT, LINE, MUTED, QUIET, TEXT, Ink

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

#: Pairs that one chart shows; the table has all.
MOST_PAIRS = 20
_ROW = 52
_NAME_ENDS = 240
_BARS, _BARS_END = 276, 566
_HEIGHT = 16
_SHARES = (("only in the first", QUIET), ("in both", ACCENT), ("only in the second", LINE))
_COLUMNS = (("Only first", 636), ("Both", 696), ("Only second", 778))


class Likeness(Protocol):
    """What is drawn of a pair."""

    @property
    def one(self) -> str: ...
    @property
    def other(self) -> str: ...
    @property
    def both(self) -> int: ...
    @property
    def only_one(self) -> int: ...
    @property
    def only_other(self) -> int: ...
    @property
    def same_rule(self) -> bool: ...
    @property
    def likeness(self) -> float: ...


def likeness_bars(pairs: Sequence[Likeness], *, as_of: date) -> Chart:
    """The chart of one or more pairs, in their order."""
    title = "Segments that are alike"
    shown = pairs[:MOST_PAIRS]
    note = f"as of {day_text(as_of)}; each bar is all users of either: of the first only, of both, of the second only"
    if len(pairs) > len(shown):
        note += f"; the {len(shown)} likest of {number(len(pairs))}"
    layers = [written(text, x, -12, MUTED, align="right") for text, x in _COLUMNS]
    for row, pair in enumerate(shown):
        layers += _row(row, pair)
    described = "; ".join(map(str, shown))
    return Chart(title, svg_of(layers, _ROW * len(shown), title, note, described, gap=24), _table(pairs))


def _row(row: int, pair: Likeness) -> list[alt.Chart]:
    middle = _ROW * row + _ROW / 2
    counts = (pair.only_one, pair.both, pair.only_other)
    most = max(1, sum(counts))
    layers = []
    at = float(_BARS)
    for count, (words, ink) in zip(counts, _SHARES, strict=True):
        end = at + count / most * (_BARS_END - _BARS)
        if count:
            layers.append(_bar(at, max(end, at + 1), middle, ink, f"{number(count)} {words}"))
        at = end
    share = "same rule" if pair.same_rule else f"{int(pair.likeness * 1000) / 10:g} % alike"
    cells: list[tuple[str, float, float, Align, Ink, int]] = [
        (elided(pair.one, _NAME_ENDS), 0, middle - 9, "left", TEXT, SIZE),
        (elided(pair.other, _NAME_ENDS), 0, middle + 9, "left", TEXT, SIZE),
        (share, _BARS, middle + 18, "left", MUTED, NOTE),
    ]
    cells += [(number(count), x, middle, "right", TEXT, SIZE) for count, (_, x) in zip(counts, _COLUMNS, strict=True)]
    return layers + [written(text, x, y, ink, size=size, align=align) for text, x, y, align, ink, size in cells]


def _bar(start: float, end: float, middle: float, ink: Ink, whole: str) -> alt.Chart:
    import altair as alt

    mark = data([{"whole": whole}]).mark_rect(color=ink.plain, aria=True)
    top = middle - _HEIGHT / 2 - 3
    bar: alt.Chart = mark.encode(
        x=alt.value(round(start, 2)), x2=alt.value(round(end, 2)), y=alt.value(top), y2=alt.value(top + _HEIGHT),
        description="whole:N",
    )  # fmt: skip
    return bar


def _table(pairs: Sequence[Likeness]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (p.one, p.other, p.only_one, p.both, p.only_other, f"{int(p.likeness * 1000) / 10:g} %",
         "same" if p.same_rule else "") for p in pairs
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["First", "Second", "Only first", "Both", "Only second", "Alike", "Rule"])
