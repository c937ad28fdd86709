"""In a page's kernel: shows the panels of a page. Nothing that counts or draws is imported here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from segkit.dashboards.pages import PAGES
from segkit.dashboards.relay import Relay, RemoteModel
from segkit.errors import SegkitError
from segkit.workbench.panels.model import Buffers, Message

#: What the server tells a kernel: the evaluator's socket, and the folder that is the kernel's own.
SOCKET, OWN_FOLDER = "SEGKIT_EVALUATOR", "SEGKIT_PAGE_FOLDER"
#: In the kernel's own folder: a pipe through which the server says, once, for whom the page is.
VISITOR = "visitor"
#: As long as the kernel lives, so do its relay and its panels.
_SHOWN: list[object] = []


class RelayedPanel(anywidget.AnyWidget):
    """A panel whose model lives in the evaluator; its view's files came from there too."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    opening = traitlets.Dict().tag(sync=True, to_json=lambda _value, widget: widget._opening())

    def __init__(self, model: RemoteModel) -> None:
        self.model = model
        super().__init__(_esm=model.script, _css=model.style)
        model.tell = self._tell
        self.on_msg(self._receive)

    def _opening(self) -> Message:
        try:
            return self.model.opening()
        except SegkitError as error:  # the page says so, whichever of its panels it asked
            return {"lost": str(error)}

    def _tell(self, message: Message, buffers: Buffers = ()) -> None:
        self.send(message, list(buffers))

    def _receive(self, _widget: object, content: Mapping[str, Any], buffers: Buffers) -> None:
        self.model.receive(content, buffers or ())


def show(name: str) -> None:
    """Shows a page to whoever the server says: its header, and each panel, or why it is not for them."""
    try:
        if name not in PAGES:
            raise SegkitError(f"no page '{name}'; there are: {', '.join(PAGES)}")
        relay = _relay(name)
    except SegkitError as error:
        _say(str(error))
        return
    _SHOWN.append(relay)
    for model in relay.panels("header", *PAGES[name].panels):
        try:
            model.wait_until_open()
        except SegkitError as error:
            _say(str(error))
            continue
        panel = RelayedPanel(model)
        _SHOWN.append(panel)
        display(panel)


def _say(words: str) -> None:
    display({"text/plain": words}, raw=True)


def _relay(name: str) -> Relay:
    socket = os.environ.get(SOCKET)
    if not socket:
        raise SegkitError("this page is shown by `segkit dashboards`, which opens the workspace for it")
    with Path(os.environ[OWN_FOLDER], VISITOR).open(encoding="utf-8") as pipe:
        told = json.loads(pipe.readline())  # waits until somebody asks for the page
    return Relay(socket, told["pass"], name, told["query"])
