"""Dashboards for people who never open JupyterLab: pages in Voila whose kernels hold nothing.

A page's kernel shows panels and carries their messages to the evaluator, a process of its own that opens the workspace
and answers what the visitor's role may know. The kernel cannot open the workspace at all.
"""

from __future__ import annotations

__all__ = ["page"]


def page(name: str) -> None:
    """Shows a page's panels, as the visitor of this page may see them: what a notebook in `dashboards/` calls."""
    from segkit.dashboards.showing import show

    show(name)
