"""A view's files as one module and one style sheet, put together in a fixed order: nothing is bundled or fetched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_SHARED = Path(__file__).parent / "view"
#: Later files use what earlier ones name.
SHARED_SCRIPTS = ("dom.js", "popover.js")
PANEL_SCRIPTS = (*SHARED_SCRIPTS, "panel.js", "table.js", "files.js", "within.js")
SHARED_STYLES = ("base.css",)
PANEL_STYLES = (*SHARED_STYLES, "panel.css")


def shared(names: Iterable[str]) -> str:
    """The shared files of those names, one after the other."""
    return together(_SHARED, names)


def together(folder: Path, names: Iterable[str]) -> str:
    """The files of a folder, one after the other."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def panel_script(folder: Path, names: Iterable[str]) -> str:
    """A panel's ES module: what panels share, then its own files, of which the last exports the widget."""
    return f"{shared(PANEL_SCRIPTS)}\n{together(folder, names)}"


def panel_style(folder: Path, names: Iterable[str] = ()) -> str:
    """A panel's style sheet: what panels share, then its own files."""
    return f"{shared(PANEL_STYLES)}\n{together(folder, names)}"
