"""What notebooks, dashboards and the command line import: a workspace, its apps, and what they answer."""

from segkit.api.app import App
from segkit.api.results import Estimate, Members, RefreshReport, SegmentInfo
from segkit.api.starting import Start, init
from segkit.api.workspace import Workspace, open_workspace

__all__ = ["App", "Estimate", "Members", "RefreshReport", "SegmentInfo", "Start", "Workspace", "init", "open_workspace"]
