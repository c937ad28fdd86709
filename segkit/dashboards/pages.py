"""Which pages there are, which panels stand in each, and who may open it. Nothing here is imported but roles' names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class PageOf:
    """One page: its title in the navigation, its panels from top to bottom, the right that it takes."""

    title: str
    panels: tuple[str, ...]
    right: str = "look"


#: By the name in the address, in the order of the navigation. The panels are named in `panels.py`.
PAGES = {
    "overview": PageOf("Overview", ("overview", "segments")),
    "segment": PageOf("Segment", ("analysis",), "members"),
    "try": PageOf("Try a rule", ("try",)),
    "profiles": PageOf("Profiles", ("group_users",), "members"),
    "runs": PageOf("Runs", ("runs",)),
}
FIRST = "overview"


def pages_for(rights: Collection[str]) -> list[str]:
    """The names of the pages that somebody with these rights may open."""
    return [name for name, page in PAGES.items() if page.right in rights]
