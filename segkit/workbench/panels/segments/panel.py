"""The list of segments in a cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit import workbench
from segkit.definitions.conditions import Condition
from segkit.errors import SegkitError
from segkit.workbench.builder.model import BuilderModel
from segkit.workbench.look import assets
from segkit.workbench.panels.panel import Panel
from segkit.workbench.panels.segments.model import Open, SegmentsModel
from segkit.workbench.panels.within import Shown

if TYPE_CHECKING:
    from segkit.api import App

_VIEW = Path(__file__).parent / "view"
#: By what they are for, the panels that can be opened from the list, as `segkit.workbench` names them.
_OTHERS = {"members": "group_users", "export": "exports", "import": "import_list"}


def segments(app: App) -> Segments:
    """All segments of an app, with what can be done with each: `segments(app)` shows them."""
    return Segments(app)


class Segments(Panel):
    """What `segments` gives. `chosen` is the segment that is open in it, `rule` what its rule builder holds."""

    _esm = assets.panel_script(_VIEW, ("spark.js", "actions.js", "aside.js", "view.js"))
    _css = assets.panel_style(_VIEW, ("segments.css",))
    model: SegmentsModel

    def __init__(self, app: App) -> None:
        there = {what: name for what, name in _OTHERS.items() if name in workbench.__all__}
        super().__init__(SegmentsModel(app, {what: _opening(what, name) for what, name in there.items()}))

    @property
    def chosen(self) -> Any:
        """The segment that is open beside the list, or None."""
        return self.model.app.segment(self.model.chosen) if self.model.chosen else None

    @property
    def rule(self) -> Condition:
        """The rule as it stands in the rule builder. Raises SegkitError where none is open."""
        shown = self.model.within.shown
        if shown is None or not isinstance(shown.model, BuilderModel):
            raise SegkitError("no rule builder is open; choose “Edit” or “New segment” in the list first")
        return shown.model.rule

    def __repr__(self) -> str:
        return f"Segments of app '{self.model.app.name}'"


def _opening(what: str, name: str) -> Open:
    def opened(app: App, segment: str) -> Shown:
        make: Callable[..., Panel] = getattr(workbench, name)
        return (make(app, segment) if segment else make(app)).given_up(what)

    return opened
