"""What charts are drawn with: altair's marks in our inks and sizes, turned into an SVG without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

from segkit.analysis.letters import elided as elided
from segkit.analysis.svg import LINE, MUTED, TEXT, Ink, readable

if TYPE_CHECKING:
    import altair as alt

#: Pixels, before a page that is narrower shrinks the picture.
WIDTH = 800
#: Heights of letters in pixels: of values, of notes and headings.
SIZE = 13
NOTE = 11
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Align = Literal["left", "right", "center"]


def data(values: Sequence[Mapping[str, object]]) -> alt.Chart:
    """A chart of literal rows, to which marks are added."""
    import altair as alt

    return alt.Chart(alt.InlineData(values=[dict(value) for value in values]))


def written(
    text: str, x: float, y: float, ink: Ink, *, size: int = NOTE, bold: bool = False, align: Align = "left"
) -> alt.Chart:
    """One text at a place in pixels, counted from the upper left corner of what is drawn below the title."""
    import altair as alt

    weight: Literal[400, 600] = 600 if bold else 400
    mark = data([{"text": text}]).mark_text(align=align, fontSize=size, fontWeight=weight, color=ink.plain, aria=False)
    placed: alt.Chart = mark.encode(x=alt.value(x), y=alt.value(y), text="text:N")
    return placed


def svg_of(
    layers: Sequence[alt.Chart],
    height: int,
    title: str,
    note: str,
    described: str,
    *,
    width: int = WIDTH,
    gap: int = 14,
) -> str:
    """The layers as one SVG: the title, the note, `gap` pixels, then `width` by `height` beside what axes need."""
    import altair as alt
    import vl_convert

    heading = alt.TitleParams(
        text=title, subtitle=note, anchor="start", frame="bounds", offset=gap, color=TEXT.plain, fontSize=14,
        fontWeight=600, subtitleColor=MUTED.plain, subtitleFontSize=NOTE, subtitlePadding=4,
    )  # fmt: skip
    chart = (
        alt.layer(*layers)
        .properties(width=width, height=height, title=heading, padding={"left": 1, "right": 1, "top": 4, "bottom": 4})
        .configure(background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            aria=False, domain=False, ticks=False, title=None, gridColor=LINE.plain, gridOpacity=0.7,
            labelColor=MUTED.plain, labelFontSize=NOTE, labelPadding=6,
        )
    )  # fmt: skip
    version = alt.SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
    svg = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=version, allowed_base_urls=[])
    return readable(svg, f"{title}, {note}" if note else title, described)


def nothing(title: str, note: str, text: str) -> str:
    """The SVG of a chart that has nothing to show, and says what to do about it."""
    return svg_of([written(text, 0, 10, MUTED, size=SIZE)], 24, title, note, text)


def number(value: int) -> str:
    """Grouped by thousands."""
    return f"{value:,}"


def signed(value: int) -> str:
    """A change with its sign, the minus being a real one."""
    return f"+{value:,}" if value > 0 else f"−{-value:,}" if value < 0 else "no change"


def day_text(day: date) -> str:
    """`1 Jun 2026`, whatever the machine's language."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
