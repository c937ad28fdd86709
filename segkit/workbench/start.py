"""The panel "From your files to a segment": one widget that shows `StartModel` and hands it what a person does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from segkit.api import Workspace
from segkit.data.demo.csv_shop import write_csv_shop
from segkit.errors import SegkitError
from segkit.workbench.start_model import Form, StartModel

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class SampleShop:
    """A made-up shop's files, and a folder for the workspace that is made of them."""

    folder: Path
    users: Path
    events: Path
    links: dict[str, Path]

    def __repr__(self) -> str:
        return "kunden.csv, karten.csv, ereignisse/ with a file a month"


def sample_shop(workspace: str | os.PathLike[str] = "") -> SampleShop:
    """Writes the files of a made-up shop below a workspace (that of SEGKIT_WORKSPACE, else this folder)."""
    home = Path(workspace or os.environ.get("SEGKIT_WORKSPACE") or ".").absolute() / "own_data"
    files = home / "files"
    if not (files / "kunden.csv").exists():
        write_csv_shop(files)
    return SampleShop(home / "shop", files / "kunden.csv", files / "ereignisse", {"cards": files / "karten.csv"})


class StartPanel(anywidget.AnyWidget):
    """`StartPanel("shop", users="customers.csv", events="orders/", zone="Europe/Berlin")` in a notebook's last line.

    With sources it looks at them at once; without, it asks for them. `finish()` gives the loaded workspace.
    """

    _esm = _HERE / "start.js"
    _css = _HERE / "start.css"
    state = traitlets.Dict().tag(sync=True)
    busy = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        folder: str | os.PathLike[str],
        users: str | os.PathLike[str] = "",
        events: str | os.PathLike[str] = "",
        *,
        links: Mapping[str, str | os.PathLike[str]] | None = None,
        zone: str = "",
        app: str = "",
    ) -> None:
        linked = {name: os.fspath(source) for name, source in (links or {}).items()}
        form = Form(os.fspath(users), os.fspath(events), linked, zone, app=app)
        self.model = StartModel(Path(folder), form)
        super().__init__()
        self.model.changed = self._show
        self.model.tell = self._tell
        if form.users or form.events:
            self._do(self.model.look)
        self._show()
        self.on_msg(self._receive)

    def finish(self) -> Workspace:
        """The workspace, loaded; writes and loads what is not yet. Raises SegkitError with what is missing."""
        return self.model.finish()

    def __repr__(self) -> str:
        return "From your files to a segment"

    # --- from the browser --------------------------------------------------------------------------------------------

    def _receive(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        model = self.model
        text = {key: str(content.get(key, "")) for key in ("table", "column", "role", "zone", "event_zone", "key")}
        steps = {
            "look": lambda: model.look(_mapping(content.get("form"))),
            "zone": lambda: model.set_zone(text["zone"], text["event_zone"]),
            "role": lambda: model.set_role(text["table"], text["column"], text["role"]),
            "change": lambda: model.change(text["table"], text["column"], **{text["key"]: content.get("value")}),
            "back": self._back,
            "write": model.write,
            "load": model.load,
        }
        step = steps.get(str(content.get("do")))
        if step is not None:
            self._do(step)
            self._show()

    def _back(self) -> None:
        self.model.stage = "choose"

    def _do(self, step: Any) -> None:
        """Runs a step; what a person can mend is shown, and nothing else is hidden."""
        self.model.error = ""
        try:
            step()
        except (SegkitError, FileExistsError) as error:
            self.model.error = str(error)
        finally:
            self.busy = {}

    def _tell(self, step: str, share: float) -> None:
        self.busy = {"step": step, "share": share}

    def _show(self) -> None:
        self.state = self.model.state()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
