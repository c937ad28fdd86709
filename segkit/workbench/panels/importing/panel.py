"""The import panel in a cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segkit.workbench.look.assets import panel_script, panel_style
from segkit.workbench.panels.importing.model import ImportModel
from segkit.workbench.panels.panel import Panel

if TYPE_CHECKING:
    from segkit.api import App

FOLDER = Path(__file__).parent / "view"
SCRIPTS = ("parts.js", "view.js")
STYLES = ("importing.css",)


def import_list(app: App, into: str | None = None) -> ImportPanel:
    """A panel that imports a file of e-mails, mobiles or uids as a new list, or into one that there is."""
    return ImportPanel(ImportModel(app, into))


class ImportPanel(Panel):
    """What `import_list` gives. Shows itself in a cell."""

    model: ImportModel
    _esm = panel_script(FOLDER, SCRIPTS)
    _css = panel_style(FOLDER, STYLES)

    def __repr__(self) -> str:
        return f"Import a list into app '{self.model.app.name}'"
