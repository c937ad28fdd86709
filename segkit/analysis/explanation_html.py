"""An explanation as a notebook shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segkit.analysis.explanation import Explanation


def explanation_html(found: Explanation) -> str:
    return f"<pre>{found.words}</pre>"
