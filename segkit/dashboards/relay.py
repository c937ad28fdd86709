"""In a page's kernel: what stands for a panel's model, which lives in the evaluator."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client

from segkit.dashboards.wire import Broken, Message, Wire
from segkit.errors import SegkitError
from segkit.workbench.panels.model import Buffers, Tell

#: How long a panel's first answer may take before the page says that the evaluator does not answer.
PATIENCE = 60
_SILENT = "the evaluator of these dashboards does not answer; load the page again"
_ENDED = "the evaluator of these dashboards ended; load the page again"


class Relay:
    """The evaluator as this page's visitor sees it."""

    def __init__(self, socket: str, ticket: str, page: str = "", query: str = "") -> None:
        """Connects, for what an address asks. Raises SegkitError where the evaluator is silent or refuses."""
        try:
            self._wire = Wire(Client(socket, "AF_UNIX"))
            self._wire.send({"pass": ticket, "page": page, "query": query})
            answer, _ = self._wire.receive()
        except (OSError, Broken) as error:
            raise SegkitError(_SILENT) from error
        if "refused" in answer:
            raise SegkitError(str(answer["refused"]))
        self._numbers = itertools.count(1)
        self._panels: dict[int, RemoteModel] = {}
        threading.Thread(target=self._hear, name="segkit relay", daemon=True).start()

    def panels(self, *names: str) -> list[RemoteModel]:
        """The models of panels by name, asked for together; `wait_until_open` says of each whether it came."""
        models = []
        for name in names:
            model = RemoteModel(next(self._numbers), self.send, self._forget)
            self._panels[model.number] = model
            self.send({"open": name, "panel": model.number})
            models.append(model)
        return models

    def send(self, message: Message, buffers: Buffers = ()) -> None:
        """Sends to the evaluator; a connection that ended is told to every panel."""
        try:
            self._wire.send(message, buffers)
        except Broken:
            self._lost()

    def close(self) -> None:
        """Ends the connection, and with it every panel in the evaluator."""
        self._wire.close()

    def _forget(self, model: RemoteModel) -> None:
        self._panels.pop(model.number, None)

    def _hear(self) -> None:
        try:
            while True:
                message, buffers = self._wire.receive()
                model = self._panels.get(message.get("panel", 0))
                if model is not None:
                    model.hear(message, buffers)
        except Broken:
            self._lost()

    def _lost(self) -> None:
        for model in list(self._panels.values()):
            model.hear({"told": {"kind": "lost"}, "refused": _ENDED}, ())


class RemoteModel:
    """A panel's model in the evaluator, as its widget here talks to it; the same four names as `PanelModel`.

    `script` and `style` are the files of its view, which come with it: nothing that draws it is imported here.
    """

    def __init__(self, number: int, send: Tell, forget: Callable[[RemoteModel], None]) -> None:
        self.number = number
        self.script = self.style = ""
        self.tell: Tell = _to_nobody
        self._send = send
        self._forget = forget
        self._opening: Message = {}
        self._is_fresh = False  # of the opening: no view has had it
        self._refused = ""
        self._opened = threading.Event()

    def opening(self) -> Message:
        """What the view needs when it opens, as the evaluator has it now."""
        if not self._is_fresh:
            self._opened.clear()
            self._send({"opening": True, "panel": self.number})
            self.wait_until_open()
        self._is_fresh = False
        return self._opening

    def receive(self, message: object, buffers: Buffers = ()) -> None:
        """Carries what the view sent; it is checked where it arrives."""
        if isinstance(message, Mapping):
            self._send({"asks": dict(message), "panel": self.number}, [bytes(each) for each in buffers])

    def close(self) -> None:
        """Ends the model."""
        self._send({"close": True, "panel": self.number})
        self._forget(self)

    def hear(self, message: Message, buffers: Buffers) -> None:
        """Takes what came from the evaluator."""
        if "opened" in message:
            self._opening, self._is_fresh = message["opened"], True
            self.script, self.style = message.get("script", self.script), message.get("style", self.style)
            self._opened.set()
        elif "refused" in message:
            self._refused = str(message["refused"])
            self._opened.set()
        if "told" in message:
            self.tell(message["told"], buffers)

    def wait_until_open(self) -> None:
        """Returns once the model answered. Raises SegkitError with why it does not."""
        if not self._opened.wait(PATIENCE):
            raise SegkitError(_SILENT)
        if self._refused:
            raise SegkitError(self._refused)


def _to_nobody(message: Message, buffers: Buffers = ()) -> None:
    """While no view is there."""
