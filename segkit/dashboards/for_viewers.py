"""Panels for who may not see people: without counts of so few users that they tell of single ones, and without places
on this machine. Rules are told with personal values masked already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segkit.analysis.disclosure import FEWEST
from segkit.errors import Forbidden
from segkit.workbench.panels.model import Answer, Asked, Message
from segkit.workbench.panels.overview.model import OverviewModel
from segkit.workbench.panels.runs.model import RunsModel
from segkit.workbench.panels.segments.model import SegmentsModel

if TYPE_CHECKING:
    from segkit.api import App, Workspace

_FEW = f"Some day of this trend has fewer than {FEWEST} users; it is shown to who may see people."
_PAGE = "The page of a night is for who may see people; what it did stands here."


def is_small(count: int | None) -> bool:
    """Whether a count is of so few users that it tells of single ones."""
    return count is not None and count < FEWEST


def without_small(row: Mapping[str, Any]) -> Message:
    """A segment's row without such counts."""
    shown = {**row, "count": None if is_small(row["count"]) else row["count"]}
    if "counts" in row:
        shown["counts"] = [each for each in row["counts"] if not is_small(each[1])]
    return shown


class ViewerSegments(SegmentsModel):
    """The list of segments."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        listed = self.answers["list"]
        self.answers["list"] = lambda asked: self._without_small(listed(asked))

    def _without_small(self, answer: Answer) -> Message:
        assert isinstance(answer, dict)
        return {**answer, "rows": [without_small(each) for each in answer["rows"]]}

    def _open(self, asked: Asked) -> Message:
        found = super()._open(asked)["segment"]
        shown = without_small(found)
        return {"segment": shown if shown["count"] == found["count"] else {**shown, "freshness": ""}}

    def _trend(self, asked: Asked) -> Message:
        found = super()._trend(asked)
        if any(is_small(count) for _day, count, *_moved in found.get("table", ())):
            raise Forbidden(_FEW)
        return found


class ViewerOverview(OverviewModel):
    """The overview of an app."""

    def opening(self) -> Message:
        """Everything that is shown."""
        found = super().opening()
        return {**found, "users": None if is_small(found["users"]) else found["users"]}

    def is_told(self, row: Mapping[str, Any]) -> bool:
        """Not how a segment moved that has, or had, so few users."""
        return not any(is_small(count) for _day, count in row["counts"])


class ViewerRuns(RunsModel):
    """The nights of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.answers["page"] = self._no_page

    def opening(self) -> Message:
        """Everything in short."""
        found = super().opening()
        held = [{**each, "findings": [_without_served(one) for one in each["findings"]]} for each in found["held"]]
        return {**found, "held": held, "commands": {"run": "segkit nightly", "schedule": "segkit schedule"}}

    def _night(self, asked: Asked) -> Message:
        night = super()._night(asked)["night"]
        return {"night": {**night, "notebooks": [], "pages": []}}

    def _of_app(self, name: str, app: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._of_app(name, app)
        told = [each for each in found["most_changed"] if not (is_small(each["before"]) or is_small(each["count"]))]
        return {**found, "most_changed": told}

    def _no_page(self, _asked: Asked) -> Answer:
        raise Forbidden(_PAGE)


def _without_served(finding: Mapping[str, Any]) -> Message:
    return {**finding, "served": None if is_small(finding["served"]) else finding["served"]}
