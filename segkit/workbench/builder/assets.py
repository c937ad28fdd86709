"""The view's files as one module and one style sheet, put together in a fixed order: nothing is bundled or fetched."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "view"
#: Later files use what earlier ones name.
SCRIPTS = (
    "dom.js", "tree.js", "kernel.js", "store.js", "popover.js", "picker.js", "values.js", "comparing.js",
    "behaviour.js", "filters.js", "rows.js", "groups.js", "moving.js", "findings.js", "numbers.js", "saving.js",
    "below.js", "view.js",
)  # fmt: skip
STYLES = ("frame.css", "rule.css", "side.css")


def script() -> str:
    """The view as an ES module."""
    return _together(SCRIPTS)


def style() -> str:
    """Its style sheet."""
    return _together(STYLES)


def _together(names: tuple[str, ...]) -> str:
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
