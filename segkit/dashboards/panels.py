"""The panels that a page may open in the evaluator, by name, each with the right that it takes: a line a panel.

What an address asks for (`?app=…&segment=…&as_of=…`) is checked here, as if anybody had written it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from segkit.dashboards.header.model import HeaderModel, view_files
from segkit.errors import SegkitError
from segkit.operations.roles import Right, may
from segkit.workbench.builder import assets as builder_files
from segkit.workbench.builder.model import BuilderModel
from segkit.workbench.panels.analysis.model import AnalysisModel
from segkit.workbench.panels.analysis.panel import Analysis
from segkit.workbench.panels.group_users.model import GroupUsersModel
from segkit.workbench.panels.group_users.panel import GroupUsers
from segkit.workbench.panels.panel import Panel
from segkit.workbench.panels.runs.model import RunsModel
from segkit.workbench.panels.runs.panel import RunsPanel
from segkit.workbench.panels.segments.model import SegmentsModel
from segkit.workbench.panels.segments.panel import Segments
from segkit.workbench.panels.within import Inner, Shown

if TYPE_CHECKING:
    from segkit.api import App, Workspace

_LONGEST = 2_000


@dataclass(frozen=True)
class Asked:
    """What a page's address asks for, as a visitor's workspace has it."""

    workspace: Workspace
    visitor: str  # empty for whoever nobody vouches for
    page: str
    app: App
    segments: Sequence[str]
    as_of: date | None


def asked_of(workspace: Workspace, visitor: str, page: str, query: object) -> Asked:
    """Reads an address. Raises SegkitError for an app or a day that is none, and for an address that is too long."""
    if not isinstance(query, str) or len(query) > _LONGEST:
        raise SegkitError("this address is too long; open the page from the navigation")
    try:
        given = parse_qs(query, max_num_fields=50)
    except ValueError:
        raise SegkitError("this address asks for too much; open the page from the navigation") from None
    app = workspace.app(given.get("app", [workspace.app_names[0]])[0])
    day = given.get("as_of", [""])[0]
    return Asked(workspace, visitor, page, app, given.get("segment", []), app.day(day) if day else None)


@dataclass(frozen=True)
class Kind:
    """A panel: the right that it takes, its model for what is asked, and the class that has the files of its view."""

    right: Right
    make: Callable[[Asked], Inner]
    view: type[Panel] | Callable[[], tuple[str, str]]

    def open(self, asked: Asked, name: str) -> Shown:
        """The panel as a page shows it."""
        if isinstance(self.view, type):
            script, style = str(self.view._esm), str(self.view._css)  # type: ignore[attr-defined]
        else:
            script, style = self.view()
        return Shown(self.make(asked), script, style, name)


def _segments(asked: Asked) -> SegmentsModel:
    """The list of segments; the builder and the people in it are there for whoever may see them."""
    roles, actor = asked.workspace.settings.roles, asked.workspace.actor
    model = SegmentsModel(asked.app)
    if not may(roles, actor, "edit"):
        model.others = {}
    return model


KINDS: Mapping[str, Kind] = {
    "header": Kind("look", lambda a: HeaderModel(a.app, a.page, a.visitor), view_files),
    "segments": Kind("look", _segments, Segments),
    "analysis": Kind("members", lambda a: AnalysisModel(a.app, a.segments, as_of=a.as_of), Analysis),
    "builder": Kind(
        "members",
        lambda a: BuilderModel(a.app, next(iter(a.segments), None), a.as_of),
        lambda: (builder_files.script(), builder_files.style()),
    ),
    "group_users": Kind("members", lambda a: GroupUsersModel(a.app, a.segments, a.as_of), GroupUsers),
    "runs": Kind("look", lambda a: RunsModel(a.workspace), RunsPanel),
}
