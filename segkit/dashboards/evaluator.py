"""The process that opens the workspace for the dashboards, and answers what each visitor's role may know.

It listens on a socket in a folder that only its own user can enter. Whoever connects shows a pass first; panels are
opened by name, from a list, and speak with their views through the page's kernel.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from segkit.api import Workspace, open_workspace
from segkit.dashboards.panels import KINDS, Asked, Kind, asked_of
from segkit.dashboards.passes import Visitor, read_pass
from segkit.dashboards.wire import Broken, Message, Wire
from segkit.data.role_settings import RoleSettings
from segkit.data.settings import FILE
from segkit.errors import Forbidden, NotFound, SegkitError
from segkit.masking import masked_failure
from segkit.operations.roles import require
from segkit.workbench.panels.model import Buffers, PanelModel
from segkit.workbench.panels.within import Inner

_MOST_PANELS = 20


def workspace_of(folder: Path, visitor: Visitor) -> Workspace:
    """The workspace as a visitor may use it. Without `[roles]`, and for whoever nobody vouches for, that is a viewer's.

    Raises Forbidden where the workspace lets in only people that it names.
    """
    workspace = open_workspace(folder, actor=visitor.name)
    given = workspace.settings.roles
    if given is None or not visitor.is_known:
        roles = RoleSettings(default="none" if given is not None and given.default == "none" else "viewer")
    else:
        roles = given
    if not roles.of(visitor.name):
        raise Forbidden(
            f"these dashboards are for people who have a role; ‘{visitor.name}’ has none. Whoever may edit "
            "segkit.toml grants one under [roles]"
        )
    workspace.settings = workspace.settings.model_copy(update={"roles": roles})
    return workspace


@dataclass
class Evaluator:
    """Serves pages until `close`. `kinds` are the panels that a page may open, by name."""

    folder: Path
    secret: bytes
    kinds: Mapping[str, Kind] = field(default_factory=lambda: KINDS)
    _workspaces: dict[Visitor, Workspace] = field(default_factory=dict)
    _settings_state: tuple[int, int] = (0, 0)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listener: Listener | None = None

    def listen(self, socket: Path) -> None:
        """Takes connections from now on, on a socket whose folder is private."""
        socket.unlink(missing_ok=True)
        self._listener = Listener(str(socket), "AF_UNIX", backlog=64)

    def serve(self) -> None:
        """Answers until `close`."""
        while (listener := self._listener) is not None:
            try:
                connection = listener.accept()
            except OSError:  # closed, or a client that was gone before it was accepted
                continue
            threading.Thread(target=self._page, args=(connection,), name="segkit page", daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    def workspace(self, visitor: Visitor) -> Workspace:
        """The visitor's workspace; pages of the same visitor share it, until `segkit.toml` is another."""
        status = (self.folder / FILE).stat()
        state = status.st_mtime_ns, status.st_size
        with self._lock:
            if state != self._settings_state:  # such as a role that was taken away
                self._workspaces, self._settings_state = {}, state
            if visitor not in self._workspaces:
                self._workspaces[visitor] = workspace_of(self.folder, visitor)
            return self._workspaces[visitor]

    def _page(self, connection: Connection[Any, Any]) -> None:
        wire = Wire(connection)
        try:
            hello, _ = wire.receive()
            try:
                visitor = read_pass(self.secret, hello.get("pass"))
                shown = visitor.name if visitor.is_known else ""
                asked = asked_of(self.workspace(visitor), shown, str(hello.get("page", "")), hello.get("query", ""))
            except SegkitError as error:
                wire.send({"refused": str(error)})
                return
            wire.send({"welcome": True})
            Page(wire, asked, self.kinds).talk()
        except Broken:
            pass  # the page was closed
        finally:
            wire.close()


class Page:
    """One page's connection: the panels that are open in it."""

    def __init__(self, wire: Wire, asked: Asked, kinds: Mapping[str, Kind]) -> None:
        self._wire = wire
        self._asked = asked
        self._kinds = kinds
        self._models: dict[int, Inner] = {}

    def talk(self) -> None:
        """Answers until the page is gone. Raises Broken then."""
        try:
            while True:
                message, buffers = self._wire.receive()
                number = message.get("panel")
                if isinstance(number, int):
                    self._take(number, message, buffers)
        finally:
            for model in self._models.values():
                model.close()

    def _take(self, number: int, message: Message, buffers: Buffers) -> None:
        model = self._models.get(number)
        try:
            if "open" in message:
                self._open(number, message["open"])
            elif model is None:
                raise NotFound("this panel is not open; load the page again")
            elif "opening" in message:
                self._wire.send({"panel": number, "opened": model.opening()})
            elif "close" in message:
                self._models.pop(number).close()
            else:
                model.receive(message.get("asks"), buffers)
        except SegkitError as error:
            self._wire.send({"panel": number, "refused": str(error)})
        except Broken:
            raise
        except Exception as error:  # whatever it is, the page goes on and says what failed
            reason = masked_failure(type(error).__name__, str(error))
            self._wire.send({"panel": number, "refused": f"{type(error).__name__}: {reason}"})

    def _open(self, number: int, name: object) -> None:
        kind = self._kinds.get(name) if isinstance(name, str) else None
        if kind is None or number in self._models:
            raise NotFound("no such panel")
        if len(self._models) >= _MOST_PANELS:
            raise SegkitError(f"a page has at most {_MOST_PANELS} panels")
        workspace = self._asked.workspace
        require(workspace.settings.roles, workspace.actor, kind.right, str(name))
        shown = kind.open(self._asked)
        model = shown.model

        def tell(message: Message, buffers: Buffers = ()) -> None:
            try:
                self._wire.send({"panel": number, "told": message}, buffers)
            except Broken:  # nobody waits any more
                if isinstance(model, PanelModel):
                    model.cancel()

        model.tell = tell
        self._models[number] = model
        files = {"script": shown.script, "style": shown.style}
        self._wire.send({"panel": number, "opened": model.opening(), **files})
