"""A picture with its table behind it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import pandas as pd

from segkit.analysis.pictures.drawing import number
from segkit.analysis.svg import figure


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and the same as a table; a notebook shows the picture, and the table where it is unfolded."""

    title: str
    svg: str = field(repr=False)
    table: pd.DataFrame = field(repr=False)

    def __str__(self) -> str:
        shown = in_words(self.table).to_string(index=False) if len(self.table) else ""
        return f"{self.title}\n{shown}".rstrip()

    def to_html(self) -> str:
        """The picture, which takes the colours of the page's theme, and the table to unfold under it."""
        table = in_words(self.table).to_html(index=False, border=0)
        unfolded = f"<details><summary>{html.escape(self.title)}, as a table</summary>{table}</details>"
        return figure(self.svg, self.title, unfolded)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """As HTML first: inside it the picture takes the colours of the page's theme, which an image cannot."""
        return {"text/html": self.to_html(), "image/svg+xml": self.svg, "text/plain": str(self)}


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The table as text: numbers grouped by thousands, a missing one as a dash."""
    return table.astype(object).map(
        lambda cell: "–" if pd.isna(cell) else cell if isinstance(cell, str) else number(cell)
    )
