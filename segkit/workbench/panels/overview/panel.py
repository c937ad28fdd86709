"""The overview of an app in a cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segkit.workbench.look.assets import panel_script, panel_style, together
from segkit.workbench.panels.overview.model import OverviewModel
from segkit.workbench.panels.panel import Panel

if TYPE_CHECKING:
    from segkit.api import App

_VIEW = Path(__file__).parent / "view"
_SEGMENTS = Path(__file__).parents[1] / "segments" / "view"


def overview(app: App) -> Overview:
    """How an app's segments stand: users, kinds, last night, what is stale, what grew and shrank most."""
    return Overview(OverviewModel(app))


class Overview(Panel):
    """What `overview` gives. Shows itself in a cell."""

    model: OverviewModel
    _esm = panel_script(_VIEW, ()) + together(_SEGMENTS, ("spark.js",)) + "\n" + together(_VIEW, ("view.js",))
    _css = panel_style(_VIEW, ("overview.css",))

    def __repr__(self) -> str:
        return f"Overview of app '{self.model.app.name}'"
