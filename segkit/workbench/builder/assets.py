"""The builder's files, put together with what every view shares."""

from __future__ import annotations

from pathlib import Path

from segkit.workbench.look import assets

FOLDER = Path(__file__).parent / "view"
#: Later files use what earlier ones name.
SCRIPTS = (
    "tree.js", "kernel.js", "store.js", "picker.js", "values.js", "comparing.js", "behaviour.js", "filters.js",
    "rows.js", "groups.js", "moving.js", "findings.js", "numbers.js", "saving.js", "below.js", "view.js",
)  # fmt: skip
STYLES = ("frame.css", "rule.css", "side.css")


def script() -> str:
    """The view as an ES module."""
    return f"{assets.shared(assets.SHARED_SCRIPTS)}\n{assets.together(FOLDER, SCRIPTS)}"


def style() -> str:
    """Its style sheet."""
    return f"{assets.shared(assets.SHARED_STYLES)}\n{assets.together(FOLDER, STYLES)}"
