"""The analysis views in a cell."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.workbench.look import assets
from segkit.workbench.panels.analysis.model import AnalysisModel
from segkit.workbench.panels.analysis.questions import KINDS, Found
from segkit.workbench.panels.panel import Panel

if TYPE_CHECKING:
    from segkit.api import App

_FOLDER = Path(__file__).parent / "view"
_SCRIPTS = (
    "colours.js", "marks.js", "choosing.js", "keeping.js", "conditions.js", "overlap.js", "composition.js",
    "trend.js", "why.js", "compare.js", "view.js",
)  # fmt: skip
_STYLES = ("frame.css", "charts.css")


def analyse(app: App, *names: str, view: str = "", as_of: date | str | None = None) -> Analysis:
    """Segments of an app, looked at from every side: `analyse(app, "Churned", "VIP")` shows their overlap.

    `view` is what is shown first: conditions, overlap, compose, trend, why, or compare. With `as_of` all is evaluated
    as of that date; without, as of the newest, from published snapshots where these still stand for their rules.
    What is on the screen is `panel.finding`. Raises NotFound for an unknown name.
    """
    return Analysis(AnalysisModel(app, names, view=view, as_of=app.day(as_of) if as_of else None))


class Analysis(Panel):
    """What `analyse` gives."""

    model: AnalysisModel
    _esm = assets.panel_script(_FOLDER, _SCRIPTS)
    _css = assets.panel_style(_FOLDER, _STYLES)

    @property
    def finding(self) -> Found | None:
        """What was answered last, as Python has it: with `words`, `data`, `chart()`; None before the first."""
        return self.model.finding

    def __repr__(self) -> str:
        model = self.model
        names = ", ".join(f"‘{model.app.definitions().name_of(key)}’" for key in model.chosen) or "no segment yet"
        return f"Analysis of {names} in app '{model.app.name}': {KINDS[model.view].title.lower()}"
