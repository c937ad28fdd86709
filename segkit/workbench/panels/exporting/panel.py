"""The export panel in a cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segkit.workbench.look.assets import panel_script, panel_style
from segkit.workbench.panels.exporting.model import ExportModel
from segkit.workbench.panels.panel import Panel

if TYPE_CHECKING:
    from segkit.api import App

FOLDER = Path(__file__).parent / "view"
SCRIPTS = ("parts.js", "view.js")
STYLES = ("exporting.css",)


def exports(app: App, *names: str) -> ExportPanel:
    """A panel that exports segments, those of `names` chosen already, and lists what was exported before."""
    return ExportPanel(ExportModel(app, names))


class ExportPanel(Panel):
    """What `exports` gives. Shows itself in a cell."""

    model: ExportModel
    _esm = panel_script(FOLDER, SCRIPTS)
    _css = panel_style(FOLDER, STYLES)

    def __repr__(self) -> str:
        return f"Export segments of app '{self.model.app.name}'"
