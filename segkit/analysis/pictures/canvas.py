"""Marks at places in pixels, for pictures that are laid out like a table: texts, bars, lines, dots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segkit.analysis.pictures.drawing import SIZE, WIDTH, Align, data, svg_of
from segkit.analysis.svg import Ink

if TYPE_CHECKING:
    import altair as alt

_Row = dict[str, object]


class Canvas:
    """Collects marks and draws them: bars undermost, then lines, dots, texts. Places count from the upper left."""

    def __init__(self, height: float, width: int = WIDTH) -> None:
        self.height, self.width = height, width
        self._bars: dict[tuple[Any, ...], list[_Row]] = {}
        self._lines: dict[tuple[Any, ...], list[_Row]] = {}
        self._dots: dict[tuple[Any, ...], list[_Row]] = {}
        self._texts: dict[tuple[Any, ...], list[_Row]] = {}

    def bar(
        self, x: float, y: float, width: float, height: float, ink: Ink, *, opacity: float = 1.0, says: str = ""
    ) -> None:
        """A filled rectangle; `says` shows when it is pointed at, and is read to those who cannot see it."""
        row: _Row = {"x": x, "y": y, "x2": x + width, "y2": y + height, "says": says}
        self._bars.setdefault((ink, opacity, bool(says)), []).append(row)

    def line(self, points: Sequence[tuple[float, float]], ink: Ink, *, width: float = 1, dashed: bool = False) -> None:
        """A line through two or more points."""
        lines = self._lines.setdefault((ink, width, dashed), [])
        name = len({row["line"] for row in lines})
        lines += [{"x": x, "y": y, "line": name, "at": at} for at, (x, y) in enumerate(points)]

    def dot(self, x: float, y: float, size: float, ink: Ink, *, opacity: float = 1.0, says: str = "") -> None:
        """A filled circle of an area."""
        self._dots.setdefault((ink, size, opacity, bool(says)), []).append({"x": x, "y": y, "says": says})

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
        row: _Row = {"x": x, "y": y, "text": text, "says": says}
        self._texts.setdefault((ink, size, bold, align, bool(says)), []).append(row)

    def svg(self, title: str, note: str, described: str, *, gap: int = 14) -> str:
        """Everything as one SVG."""
        layers = [*self._bar_layers(), *self._line_layers(), *self._dot_layers(), *self._text_layers()]
        return svg_of(layers, round(self.height), title, note, described, width=self.width, gap=gap)

    def _bar_layers(self) -> list[alt.Chart]:
        return [
            self._placed(rows, "x2", "y2", says=says).mark_rect(color=ink.plain, opacity=opacity, aria=says)
            for (ink, opacity, says), rows in self._bars.items()
        ]

    def _line_layers(self) -> list[alt.Chart]:
        return [
            self._placed(rows)
            .mark_line(color=ink.plain, strokeWidth=width, strokeDash=[4, 3] if dashed else [1, 0], aria=False)
            .encode(detail="line:N", order="at:Q")
            for (ink, width, dashed), rows in self._lines.items()
        ]

    def _dot_layers(self) -> list[alt.Chart]:
        return [
            self._placed(rows, says=says).mark_circle(color=ink.plain, size=size, opacity=opacity, aria=says)
            for (ink, size, opacity, says), rows in self._dots.items()
        ]

    def _text_layers(self) -> list[alt.Chart]:
        return [
            self._placed(rows, says=says)
            .mark_text(
                align=align,
                baseline="middle",
                fontSize=size,
                fontWeight=600 if bold else 400,
                color=ink.plain,
                aria=says,
            )
            .encode(text="text:N")
            for (ink, size, bold, align, says), rows in self._texts.items()
        ]

    def _placed(self, rows: Sequence[Mapping[str, object]], *more: str, says: bool = False) -> alt.Chart:
        import altair as alt

        across = alt.Scale(domain=[0, self.width], range=[0, self.width], nice=False, zero=False)
        down = alt.Scale(domain=[0, self.height], range=[0, self.height], nice=False, zero=False)
        place: dict[str, Any] = {
            "x": alt.X("x:Q", axis=None, scale=across),
            "y": alt.Y("y:Q", axis=None, scale=down),
            **{key: f"{key}:Q" for key in more},
        }
        if says:
            place["description"] = "says:N"
        placed: alt.Chart = data(rows).encode(**place)
        return placed
