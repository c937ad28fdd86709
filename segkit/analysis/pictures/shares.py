"""The composition of a segment: a block a label, a bar a value, the share of the other side as a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from segkit.analysis.letters import width
from segkit.analysis.pictures.canvas import Canvas
from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.drawing import NOTE, WIDTH, day_text, elided, number
from segkit.analysis.svg import ACCENT, LINE, MUTED, TEXT

if TYPE_CHECKING:
    from segkit.analysis.composition import Composition
    from segkit.analysis.label_parts import OfLabel, PartOfSegment

_ROW = 22
_LABEL = 34
_HEAD = 20
_NAME = 206
_BARS, _BARS_END = 220, 500
_HERE, _THERE = 574, 644
#: Labels that one picture shows; the table has all.
MOST_LABELS = 6


def shares(found: Composition) -> Chart:
    """The picture and the table of a composition."""
    title = f"What tells {found.segment.name} from {found.other.name}"
    notes = [
        f"as of {day_text(found.as_of)}",
        f"{number(found.segment.users)} users beside {number(found.other.users)}",
    ]
    shown = found.labels[:MOST_LABELS]
    if len(found.labels) > len(shown):
        notes.append(f"the {MOST_LABELS} most telling of {number(len(found.labels))} labels")
    canvas = Canvas(_HEAD + sum(_LABEL + _ROW * len(label.parts) for label in shown))
    most = max((share for label in shown for p in label.parts for share in (p.share, p.other_share)), default=1) or 1
    for draw in (_bars, _block):  # so that ticks stand over bars
        top = float(_HEAD)
        for label in shown:
            draw(canvas, label, top, (_BARS_END - _BARS) / most)
            top += _LABEL + _ROW * len(label.parts)
    _headings(canvas, found)
    if not shown:
        canvas.text("No label to compare by.", 0, _HEAD, MUTED)
    described = "; ".join(_spoken(label, part) for label in shown for part in label.parts)
    return Chart(title, canvas.svg(title, ", ".join(notes), described), table_of(found))


def table_of(found: Composition) -> pd.DataFrame:
    """Every part of every label as people read it."""
    from segkit.analysis.composition import percent

    rows = [
        (
            label.name,
            part.name,
            part.count,
            percent(part.share),
            "–" if part.interval is None else f"{part.interval[0]:.1%} – {part.interval[1]:.1%}".replace("%", " %"),
            part.other_count,
            percent(part.other_share),
            "–" if part.lift is None else f"{part.lift:.2f}",
            p_text(part.p_corrected),
            part.lift_words,
        )
        for label in found.labels
        for part in label.parts
    ]
    columns = ["Label", "Value", "Users", "Share", "95 % interval", "Users there", "Share there", "Lift",
               "p, corrected", "In words"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def p_text(p: float | None) -> str:
    """A probability in few digits."""
    if p is None:
        return "–"
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def _headings(canvas: Canvas, found: Composition) -> None:
    canvas.text("Share of users", _BARS, 6, MUTED, size=NOTE)
    canvas.text("here", _HERE, 6, MUTED, size=NOTE, align="right")
    there = "all" if found.is_base else "there"
    canvas.line([(_THERE - width(there) - 6, 0), (_THERE - width(there) - 6, 12)], TEXT, width=2)
    canvas.text(there, _THERE, 6, MUTED, size=NOTE, align="right")
    canvas.text(f"here, beside {there}", WIDTH, 6, MUTED, size=NOTE, align="right")


def _middle(top: float, row: int) -> float:
    return top + _LABEL + _ROW * (row + 0.5) - 2


def _bars(canvas: Canvas, label: OfLabel, top: float, scale: float) -> None:
    for row, part in enumerate(label.parts):
        if part.count:
            place = (_BARS, _middle(top, row) - 6, max(1.0, part.share * scale), 12)
            canvas.bar(*place, ACCENT, opacity=1.0 if part.is_clear else 0.4, says=_spoken(label, part))


def _block(canvas: Canvas, label: OfLabel, top: float, scale: float) -> None:
    canvas.line([(0, top), (WIDTH, top)], LINE)
    canvas.text(elided(label.name, _BARS_END), 0, top + 20, TEXT, bold=True)
    if label.in_rule:
        canvas.text("a rule speaks of it", WIDTH, top + 20, MUTED, size=NOTE, align="right")
    bottom = top + _LABEL + _ROW * len(label.parts)
    canvas.line([(_BARS, top + _LABEL - 2), (_BARS, bottom - 4)], LINE)
    for row, part in enumerate(label.parts):
        _part(canvas, label, part, _middle(top, row), scale)


def _part(canvas: Canvas, label: OfLabel, part: PartOfSegment, y: float, scale: float) -> None:
    from segkit.analysis.composition import percent

    quiet = part.kind in ("rest", "missing")
    canvas.text(elided(part.name, _NAME), 0, y, MUTED if quiet else TEXT, says=_spoken(label, part))
    tick = _BARS + part.other_share * scale
    canvas.line([(tick, y - 9), (tick, y + 9)], TEXT, width=2)
    canvas.text(percent(part.share), _HERE, y, TEXT, align="right", bold=part.is_clear)
    canvas.text(percent(part.other_share), _THERE, y, MUTED, align="right")
    canvas.text(part.lift_words, WIDTH, y, TEXT if part.is_clear else MUTED, align="right")


def _spoken(label: OfLabel, part: PartOfSegment) -> str:
    from segkit.analysis.composition import percent

    here, there = percent(part.share), percent(part.other_share)
    return f"{label.name} {part.name}: {here} here, {there} there, {part.lift_words}"
