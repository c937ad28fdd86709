"""The panels that a page may open in the evaluator, by name, each with the right that it takes: a line a panel.

What an address asks for (`?app=…&segment=…&as_of=…`) is checked here, as if anybody had written it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from segkit.dashboards.for_viewers import ViewerOverview, ViewerRuns, ViewerSegments
from segkit.dashboards.header.model import HeaderModel, view_files
from segkit.dashboards.trying import try_a_rule
from segkit.errors import SegkitError
from segkit.operations.roles import Right, may
from segkit.workbench.panels.analysis.model import AnalysisModel
from segkit.workbench.panels.analysis.panel import Analysis
from segkit.workbench.panels.group_users.model import GroupUsersModel
from segkit.workbench.panels.group_users.panel import GroupUsers
from segkit.workbench.panels.overview.model import OverviewModel
from segkit.workbench.panels.overview.panel import Overview
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
    """A panel: the right that it takes, and how it is opened for what an address asks."""

    right: Right
    open: Callable[[Asked], Shown]


def _of(view: type[Panel], make: Callable[[Asked], Inner]) -> Callable[[Asked], Shown]:
    """Opens a panel of the workbench: `make` gives its model, the class has the files of its view."""
    script, style = str(view._esm), str(view._css)
    return lambda asked: Shown(make(asked), script, style, view.__name__)


def _sees_people(asked: Asked) -> bool:
    return may(asked.workspace.settings.roles, asked.workspace.actor, "members")


def _segments(asked: Asked) -> SegmentsModel:
    """The list of segments; what opens in it is there for whoever may edit."""
    sees_all_counts = _sees_people(asked) or asked.workspace.settings.dashboards.exact_counts
    model = SegmentsModel(asked.app) if sees_all_counts else ViewerSegments(asked.app)
    if not may(asked.workspace.settings.roles, asked.workspace.actor, "edit"):
        model.others = {}
    return model


def _overview(asked: Asked) -> OverviewModel:
    """How an app stands, with links to what the visitor may open."""
    app = urlencode({"app": asked.app.name})
    places = {"runs": f"runs?{app}"}
    if not _sees_people(asked):
        return ViewerOverview(asked.app, places)
    return OverviewModel(asked.app, {**places, "segment": f"segment?{app}&segment="})


def _runs(asked: Asked) -> RunsModel:
    return RunsModel(asked.workspace) if _sees_people(asked) else ViewerRuns(asked.workspace)


KINDS: Mapping[str, Kind] = {
    "header": Kind("look", lambda a: Shown(HeaderModel(a.app, a.page, a.visitor), *view_files(), "header")),
    "overview": Kind("look", _of(Overview, _overview)),
    "segments": Kind("look", _of(Segments, _segments)),
    "analysis": Kind("members", _of(Analysis, lambda a: AnalysisModel(a.app, a.segments, as_of=a.as_of))),
    "try": Kind("look", lambda a: try_a_rule(a.app, next(iter(a.segments), ""), a.as_of)),
    "group_users": Kind("members", _of(GroupUsers, lambda a: GroupUsersModel(a.app, a.segments, a.as_of))),
    "runs": Kind("look", _of(RunsPanel, _runs)),
}
