"""Segments by size: a row each with its name, kind, bar, count, and the change since it was counted before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.pictures.drawing import SIZE, WIDTH, Align, data, day_text, elided, number, signed, svg_of, written
from segkit.analysis.svg import ACCENT, MUTED, TEXT, Ink

if TYPE_CHECKING:
    import altair as alt

_ROW = 28
_NAME_ENDS = 296
_KIND = 314
_BARS, _BARS_END = 386, 606
_CHANGE = WIDTH - 56
_HEADING = -12


@dataclass(frozen=True, slots=True)
class SizeRow:
    """How many users a segment has, and had `before` if it was counted then."""

    name: str
    kind: str
    count: int
    before: int | None = None

    @property
    def change(self) -> int | None:
        return None if self.before is None else self.count - self.before

    def __str__(self) -> str:
        since = "" if self.change is None else f", {signed(self.change)}"
        return f"{self.name}: {number(self.count)} users{since}"


def size_bars(rows: Sequence[SizeRow], title: str, note: str, before: date | None) -> str:
    """The SVG of one or more rows, in their order."""
    layers = [*_bars(rows), *_headings(before, any(row.change is not None for row in rows))]
    return svg_of(layers, _ROW * len(rows), title, note, "; ".join(map(str, rows)), gap=22)


def _headings(before: date | None, compared: bool) -> list[alt.Chart]:
    texts: list[tuple[str, int, Align]] = [("Segment", 0, "left"), ("Kind", _KIND, "left"), ("Users", _BARS, "left")]
    if compared:
        texts.append((f"Since {day_text(before)}" if before else "Change", WIDTH, "right"))
    return [written(text, x, _HEADING, MUTED, align=align) for text, x, align in texts]


def _bars(rows: Sequence[SizeRow]) -> list[alt.Chart]:
    import altair as alt

    compared = any(row.change is not None for row in rows)
    band = alt.Scale(paddingInner=0.5, paddingOuter=0.25)
    each = data([_texts(at, row) for at, row in enumerate(rows)]).encode(y=alt.Y("row:O", axis=None, scale=band))
    domain = [0, max(1, *(row.count for row in rows))]
    length = alt.X("users:Q", axis=None, scale=alt.Scale(domain=domain, range=[_BARS, _BARS_END], nice=False))
    counts = each.mark_text(align="left", dx=6, fontSize=SIZE, fontWeight=600, color=TEXT.plain, aria=False)
    layers = [
        each.mark_bar(color=ACCENT.plain).encode(x=length, description="whole:N"),
        counts.encode(x=length, text="count:N"),
        _column(each, "name", 0, "left", TEXT),
        _column(each, "kind", _KIND, "left", MUTED),
    ]
    changes = [_column(each, "change", _CHANGE, "right", MUTED), _column(each, "share", WIDTH, "right", MUTED)]
    return layers + changes if compared else layers


def _column(each: alt.Chart, name: str, x: int, align: Align, ink: Ink) -> alt.Chart:
    """A text a row. The names show whole when they are pointed at."""
    import altair as alt

    mark = each.mark_text(align=align, fontSize=SIZE, color=ink.plain, aria=name == "name")
    column: alt.Chart = mark.encode(x=alt.value(x), text=f"{name}:N", description="whole:N")
    return column


def _texts(at: int, row: SizeRow) -> dict[str, object]:
    return {
        "row": at,
        "users": row.count,
        "name": elided(row.name, _NAME_ENDS),
        "kind": row.kind,
        "count": number(row.count),
        "change": "new" if row.change is None else signed(row.change),
        "share": _share(row),
        "whole": str(row),
    }


def _share(row: SizeRow) -> str:
    """The change in percent of what was before, to a decimal while it is below ten."""
    if not row.change or not row.before:
        return ""
    share = row.change / row.before
    return f"{share:+.1%}".replace("-", "−") if abs(share) < 0.1 else f"{share:+,.0%}".replace("-", "−")
