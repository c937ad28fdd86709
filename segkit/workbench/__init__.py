"""What people look at in JupyterLab and Voila: charts, tables, panels. Counts and compiles nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segkit.workbench.builder.panel import build
    from segkit.workbench.panels.group_users.panel import group_users

__all__ = ["build", "group_users"]


def __getattr__(name: str) -> Any:
    # Imported when first used: the night and its page need no widgets.
    if name == "build":
        from segkit.workbench.builder.panel import build

        return build
    if name == "group_users":
        from segkit.workbench.panels.group_users.panel import group_users

        return group_users
    raise AttributeError(f"module 'segkit.workbench' has no attribute '{name}'")
