"""What notebooks, dashboards and the command line import: a workspace, its apps, and what they answer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from segkit.api.app import App
from segkit.api.results import Estimate, Members, RefreshReport, SegmentInfo
from segkit.api.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from segkit.api.starting import Start, init

__all__ = ["App", "Estimate", "Members", "RefreshReport", "SegmentInfo", "Start", "Workspace", "init", "open_workspace"]


def __getattr__(name: str) -> Any:
    if name in ("Start", "init"):  # needed once in a workspace's life
        return getattr(import_module("segkit.api.starting"), name)
    raise AttributeError(f"module 'segkit.api' has no attribute '{name}'")
