"""The order of elimination: a row a condition, with who is left after it as a bar, and its counts in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from segkit.analysis.pictures.canvas import Canvas
from segkit.analysis.pictures.chart import Chart
from segkit.analysis.pictures.drawing import NOTE, WIDTH, day_text, elided, number
from segkit.analysis.svg import ACCENT, LINE, MUTED, QUIET, TEXT

if TYPE_CHECKING:
    from segkit.analysis.elimination import Conditions, Step

_ROW = 30
_HEAD = 22
_INDENT = 14
_BARS, _BARS_END = 374, 488
_LEFT, _TURN, _ALONE, _WITHOUT = 548, 626, 712, WIDTH
#: Conditions that one picture shows; the table has all.
MOST_ROWS = 40


def funnel(found: Conditions) -> Chart:
    """The picture and the table of a rule's conditions."""
    title, note = f"What each condition of {_inside(found.subject)} does", f"as of {day_text(found.as_of)}"
    rows = [step for step in found.told if step.path != "rule"] or list(found.told)
    shown = rows[:MOST_ROWS]
    if len(rows) > len(shown):
        note += f", the first {MOST_ROWS} of {number(len(rows))} conditions"
    canvas = Canvas(_HEAD + _ROW * (len(shown) + 2))
    _headings(canvas)
    _bar_row(canvas, 0, "All users", found.base, found.base, found.base)
    for row, step in enumerate(shown, 1):
        _step_row(canvas, row, step, found)
    _bar_row(canvas, len(shown) + 1, "Picked", found.count, found.count, found.base)
    described = "; ".join(_spoken(step) for step in found.told)
    return Chart(title, canvas.svg(title, note, described), table_of(found))


def table_of(found: Conditions) -> pd.DataFrame:
    """The conditions as people read them."""
    rows = [
        (
            "\u2003" * step.depth + step.text + (" (muted)" if step.muted else ""),
            step.count,
            step.without,
            step.arriving,
            step.removed,
            step.added,
            step.left,
        )
        for step in found.steps
    ]
    columns = ["Condition", "By itself", "Total without it", "Arrive", "Removed", "Added", "Left"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], "Int64"))


def _inside(subject: str) -> str:
    return subject[:1].lower() + subject[1:]


def _middle(row: int) -> float:
    return _HEAD + _ROW * (row + 0.5)


def _headings(canvas: Canvas) -> None:
    canvas.text("Condition, in the rule's order", 0, 8, MUTED, size=NOTE)
    for text, x in (("Left", _LEFT), ("Change", _TURN), ("By itself", _ALONE), ("Total without it", _WITHOUT)):
        canvas.text(text, x, 8, MUTED, size=NOTE, align="right")


def _bar_row(canvas: Canvas, row: int, name: str, count: int, shown: int, base: int) -> None:
    y = _middle(row)
    canvas.text(name, 0, y, TEXT, bold=True)
    _bar(canvas, y, count, 0, base, f"{name}: {number(shown)}")
    canvas.text(number(shown), _LEFT, y, TEXT, bold=True, align="right")
    if row == 0:
        canvas.line([(0, y + _ROW / 2), (WIDTH, y + _ROW / 2)], LINE)
    else:
        canvas.line([(0, y - _ROW / 2), (WIDTH, y - _ROW / 2)], LINE)


def _bar(canvas: Canvas, y: float, left: int, removed: int, base: int, says: str) -> None:
    scale = (_BARS_END - _BARS) / max(1, base)
    width = max(left * scale, 1.0) if left else 0.0
    if left:
        canvas.bar(_BARS, y - 7, width, 14, ACCENT, says=says)
    if removed:
        canvas.bar(_BARS + left * scale, y - 7, max(1.0, removed * scale), 14, QUIET, opacity=0.35)


def _step_row(canvas: Canvas, row: int, step: Step, found: Conditions) -> None:
    y, indent = _middle(row), _INDENT * max(0, step.depth - 1)
    ink = MUTED if step.muted else TEXT
    text = f"{step.text} (muted)" if step.muted else step.text
    canvas.text(elided(text, _BARS - 30 - indent), indent, y, ink, says=_spoken(step))
    if step.muted:
        return
    if step.in_line and step.left is not None:
        _bar(canvas, y, step.left, step.removed or 0, found.base, _spoken(step))
        canvas.text(number(step.left), _LEFT, y, TEXT, bold=True, align="right")
    if step.removed is not None:
        canvas.text(f"−{number(step.removed)}" if step.removed else "none", _TURN, y, TEXT, align="right")
    if step.added is not None:
        canvas.text(f"+{number(step.added)}" if step.added else "none", _TURN, y, MUTED, align="right")
    canvas.text(number(step.count or 0), _ALONE, y, MUTED, align="right")
    same = step.without == found.count
    canvas.text("the same" if same else number(step.without or 0), _WITHOUT, y, MUTED if same else TEXT, align="right")


def _spoken(step: Step) -> str:
    if step.muted:
        return f"{step.text}: muted"
    parts = [f"{number(step.count or 0)} by itself"]
    if step.removed is not None:
        parts.append(f"removes {number(step.removed)} of {number(step.arriving or 0)}, {number(step.left or 0)} left")
    if step.added is not None:
        parts.append(f"adds {number(step.added)}")
    parts.append(f"total without it {number(step.without or 0)}")
    return f"{step.text}: {', '.join(parts)}"
