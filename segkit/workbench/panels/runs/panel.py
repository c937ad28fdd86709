"""The panel of nights in a cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segkit.workbench.look.assets import panel_script, panel_style
from segkit.workbench.panels.panel import Panel
from segkit.workbench.panels.runs.model import RunsModel

if TYPE_CHECKING:
    from segkit.api import Workspace

FOLDER = Path(__file__).parent / "view"
SCRIPTS = ("view.js",)
STYLES = ("runs.css",)


def runs(workspace: Workspace) -> RunsPanel:
    """A panel of a workspace's nights: what each did, what gates hold, and the button that lets it through."""
    return RunsPanel(RunsModel(workspace))


class RunsPanel(Panel):
    """What `runs` gives. Shows itself in a cell."""

    model: RunsModel
    _esm = panel_script(FOLDER, SCRIPTS)
    _css = panel_style(FOLDER, STYLES)

    def __repr__(self) -> str:
        return f"Nights of the apps {', '.join(self.model.workspace.app_names)}"
