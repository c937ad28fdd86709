"""What every analysis comes to: data, words, and a picture, which shows itself in a notebook and in a terminal."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart


class Finding(ABC):
    """One answer of an analysis. pandas and altair are imported only where `data` or `chart` is asked for."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The answer in whole sentences, a line each; numbers grouped, personal data masked."""

    @property
    @abstractmethod
    def data(self) -> pd.DataFrame:
        """The answer as a table, one row a thing that was found."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data, as `--json` prints it."""

    def chart(self) -> Chart | None:
        """The answer as a picture with its table behind it; None where a picture would say nothing."""
        return None

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        lines = "<br>".join(html.escape(line) for line in self.words.splitlines() if line.strip())
        chart = self.chart()
        return f"<p>{lines}</p>" + (chart.to_html() if chart is not None else self.data.to_html(index=False, border=0))
