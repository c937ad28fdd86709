"""Marks at places in pixels, for pictures that are laid out like a table: texts, bars, lines, dots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from segkit.analysis.pictures.drawing import SIZE, WIDTH, Align, data, svg_of
from segkit.analysis.svg import Ink

if TYPE_CHECKING:
    import altair as alt

_Row = dict[str, object]
_Draw = Callable[["alt.Chart"], "alt.Chart"]


class Canvas:
    """Collects marks and draws them, what comes first undermost. Places count from the upper left corner.

    Marks of one kind and look are drawn together, where the first of them stands.
    """

    def __init__(self, height: float, width: int = WIDTH) -> None:
        self.height, self.width = height, width
        self._groups: dict[tuple[Any, ...], tuple[_Draw, list[_Row]]] = {}

    def bar(
        self, x: float, y: float, width: float, height: float, ink: Ink, *, opacity: float = 1.0, says: str = ""
    ) -> None:
        """A filled rectangle; `says` shows when it is pointed at, and is read to those who cannot see it."""

        def draw(chart: alt.Chart) -> alt.Chart:
            mark = chart.mark_rect(color=ink.plain, opacity=opacity, aria=bool(says))
            found: alt.Chart = mark.encode(x2="x2:Q", y2="y2:Q")
            return found

        row: _Row = {"x": x, "y": y, "x2": x + width, "y2": y + height, "says": says}
        self._group(draw, "bar", ink, opacity, bool(says)).append(row)

    def line(self, points: Sequence[tuple[float, float]], ink: Ink, *, width: float = 1, dashed: bool = False) -> None:
        """A line through two or more points."""

        def draw(chart: alt.Chart) -> alt.Chart:
            dash: dict[str, Any] = {"strokeDash": [4, 3]} if dashed else {}
            mark = chart.mark_line(color=ink.plain, strokeWidth=width, strokeJoin="round", aria=False, **dash)
            found: alt.Chart = mark.encode(detail="line:N", order="at:Q")
            return found

        rows = self._group(draw, "line", ink, width, dashed)
        name = len({row["line"] for row in rows})
        rows += [{"x": x, "y": y, "line": name, "at": at} for at, (x, y) in enumerate(points)]

    def dot(self, x: float, y: float, size: float, ink: Ink, *, opacity: float = 1.0, says: str = "") -> None:
        """A filled circle of an area."""

        def draw(chart: alt.Chart) -> alt.Chart:
            found: alt.Chart = chart.mark_circle(color=ink.plain, size=size, opacity=opacity, aria=bool(says))
            return found

        self._group(draw, "dot", ink, size, opacity, bool(says)).append({"x": x, "y": y, "says": says})

    def text(
        self,
        text: str,
        x: float,
        y: float,
        ink: Ink,
        *,
        size: int = SIZE,
        bold: bool = False,
        align: Align = "left",
        says: str = "",
    ) -> None:
        """A text whose middle is at height `y`."""

        def draw(chart: alt.Chart) -> alt.Chart:
            weight: Any = 600 if bold else 400
            look: dict[str, Any] = {"align": align, "fontSize": size, "fontWeight": weight, "color": ink.plain}
            found: alt.Chart = chart.mark_text(baseline="middle", aria=bool(says), **look).encode(text="text:N")
            return found

        row: _Row = {"x": x, "y": y, "text": text, "says": says}
        self._group(draw, "text", ink, size, bold, align, bool(says)).append(row)

    def svg(self, title: str, note: str, described: str, *, gap: int = 14) -> str:
        """Everything as one SVG."""
        layers = [draw(self._placed(rows)) for draw, rows in self._groups.values()]
        return svg_of(layers, round(self.height), title, note, described, width=self.width, gap=gap)

    def _group(self, draw: _Draw, *look: object) -> list[_Row]:
        return self._groups.setdefault(look, (draw, []))[1]

    def _placed(self, rows: Sequence[_Row]) -> alt.Chart:
        import altair as alt

        across = alt.Scale(domain=[0, self.width], range=[0, self.width], nice=False, zero=False)
        down = alt.Scale(domain=[0, self.height], range=[0, self.height], nice=False, zero=False)
        place: dict[str, Any] = {"x": alt.X("x:Q", axis=None, scale=across), "y": alt.Y("y:Q", axis=None, scale=down)}
        if rows[0].get("says"):
            place["description"] = "says:N"
        placed: alt.Chart = data(rows).encode(**place)
        return placed
