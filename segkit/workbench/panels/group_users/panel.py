"""Group users in a cell: `group_users(app, "Churned")` shows who is in, and everything known of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.workbench.builder import assets as builder
from segkit.workbench.look.assets import PANEL_SCRIPTS, panel_style, shared, together
from segkit.workbench.panels.group_users.model import GroupUsersModel
from segkit.workbench.panels.panel import Panel

if TYPE_CHECKING:
    from segkit.api import App

_VIEW = Path(__file__).parent / "view"
_SCRIPTS = ("pick.js", "why.js", "person.js", "members.js", "view.js")


def group_users(app: App, *names: str, as_of: date | str | None = None) -> GroupUsers:
    """The users of a segment, of several together, or of the whole app: `group_users(app, "Churned")` shows them.

    Personal data is masked until the panel's switch is used, which is on record.
    """
    return GroupUsers(app, names, app.day(as_of))


class GroupUsers(Panel):
    """What `group_users` gives. Shows itself in a cell."""

    # Segments and labels are picked as in the rule builder.
    _esm = "\n".join([shared(PANEL_SCRIPTS), together(builder.FOLDER, ["picker.js"]), together(_VIEW, _SCRIPTS)])
    _css = panel_style(_VIEW, ("group_users.css",))
    model: GroupUsersModel

    def __init__(self, app: App, names: Sequence[str], as_of: date) -> None:
        super().__init__(GroupUsersModel(app, names, as_of))

    def __repr__(self) -> str:
        return f"Users of app '{self.model.app.name}', as of {self.model.as_of}"
