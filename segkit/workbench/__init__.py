"""What people look at in JupyterLab and Voila: charts, tables, panels. Counts and compiles nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segkit.workbench.builder.panel import build
    from segkit.workbench.panels.analysis.panel import analyse

__all__ = ["analyse", "build"]


def __getattr__(name: str) -> Any:
    # Imported when first used: the night and its page need no widgets.
    if name == "analyse":
        from segkit.workbench.panels.analysis.panel import analyse

        return analyse
    if name == "build":
        from segkit.workbench.builder.panel import build

        return build
    raise AttributeError(f"module 'segkit.workbench' has no attribute '{name}'")
