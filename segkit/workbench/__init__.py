"""What people look at in JupyterLab and Voila: charts, tables, panels. Counts and compiles nothing itself."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segkit.workbench.builder.panel import build
    from segkit.workbench.panels.analysis.panel import analyse
    from segkit.workbench.panels.exporting.panel import exports
    from segkit.workbench.panels.group_users.panel import group_users
    from segkit.workbench.panels.importing.panel import import_list
    from segkit.workbench.panels.overview.panel import overview
    from segkit.workbench.panels.runs.panel import runs
    from segkit.workbench.panels.segments.panel import segments

__all__ = ["analyse", "build", "exports", "group_users", "import_list", "overview", "runs", "segments"]

#: Where each lies; imported when first used: the night and its page need no widgets.
_PLACES = {
    "analyse": "segkit.workbench.panels.analysis.panel",
    "build": "segkit.workbench.builder.panel",
    "exports": "segkit.workbench.panels.exporting.panel",
    "group_users": "segkit.workbench.panels.group_users.panel",
    "import_list": "segkit.workbench.panels.importing.panel",
    "overview": "segkit.workbench.panels.overview.panel",
    "runs": "segkit.workbench.panels.runs.panel",
    "segments": "segkit.workbench.panels.segments.panel",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'segkit.workbench' has no attribute '{name}'")
