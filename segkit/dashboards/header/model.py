"""What stands above every page: where one can go, of which app and date the numbers are, how old its data is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.dashboards.pages import PAGES, pages_for
from segkit.data.manifest import read_manifest
from segkit.errors import NotFound
from segkit.operations.roles import RIGHTS
from segkit.workbench.look import assets
from segkit.workbench.panels.model import Message, PanelModel

if TYPE_CHECKING:
    from segkit.api import App

_VIEW = Path(__file__).parent / "view"


class HeaderModel(PanelModel):
    """The header of one page. A view asks `now` from time to time, and so sees that a night has passed."""

    def __init__(self, app: App, page: str, name: str) -> None:
        super().__init__()
        self.app = app
        self.page = page
        self.name = name
        self.answers = {"now": lambda _asked: self._now()}

    def opening(self) -> Message:
        """The navigation, and what the numbers of this page are of."""
        workspace = self.app.workspace
        roles = workspace.settings.roles
        held = roles.of(workspace.actor) if roles is not None else ("admin",)
        rights = {right for role in held for right in RIGHTS[role]}
        return {
            "pages": [[name, PAGES[name].title] for name in pages_for(rights)], "page": self.page,
            "app": self.app.name, "apps": list(workspace.app_names), "who": self.name, "roles": list(held),
            **self._now(),
        }  # fmt: skip

    def _now(self) -> Message:
        """The date evaluated for now, the last day there is data of, and by how many days that is behind."""
        as_of = self.app.as_of
        try:
            manifest = read_manifest(self.app.workspace.folder / "data" / self.app.name)
        except NotFound:
            return {"as_of": as_of.isoformat(), "data_date": "", "behind": 0, "generation": 0}
        # Of a load whose date was given, the events tell it better.
        newest = max((each.day for each in manifest.days), default=None)
        data_date = manifest.last_data_date if newest is None else newest + timedelta(days=1)
        return {
            "as_of": as_of.isoformat(), "data_date": data_date.isoformat(),
            "behind": max(0, (as_of - data_date).days), "generation": manifest.generation,
        }  # fmt: skip


def view_files() -> tuple[str, str]:
    """The script and the style sheet of the header's view."""
    return assets.panel_script(_VIEW, ("header.js",)), assets.panel_style(_VIEW, ("header.css",))
