"""In a page's kernel: what stands for a panel's model, which lives in the evaluator."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client
from typing import Any

from segkit.dashboards.wire import Broken, Message, Wire
from segkit.errors import SegkitError
from segkit.workbench.panels.model import Buffers, Tell

#: How long a panel's first answer may take before the page says that the evaluator does not answer.
PATIENCE = 60


class Relay:
    """The evaluator as this page's visitor sees it."""

    def __init__(self, socket: str, ticket: str) -> None:
        """Connects. Raises SegkitError where the evaluator does not answer or refuses the visitor."""
        try:
            self._wire = Wire(Client(socket, "AF_UNIX"))
            self._wire.send({"pass": ticket})
            answer, _ = self._wire.receive()
        except (OSError, Broken) as error:
            raise SegkitError("the evaluator of these dashboards does not answer; load the page again") from error
        if "refused" in answer:
            raise SegkitError(str(answer["refused"]))
        self.visitor: Message = answer["visitor"]
        self._numbers = itertools.count(1)
        self._panels: dict[int, RemoteModel] = {}
        threading.Thread(target=self._hear, name="segkit relay", daemon=True).start()

    def panel(self, name: str, **arguments: Any) -> RemoteModel:
        """The model of a panel by name. Raises SegkitError for one that this visitor may not see."""
        model = RemoteModel(next(self._numbers), self.send, self._forget)
        self._panels[model.number] = model
        self.send({"open": name, "arguments": arguments, "panel": model.number})
        model.wait_until_open()
        return model

    def send(self, message: Message, buffers: Buffers = ()) -> None:
        """Sends to the evaluator; a connection that ended is told to every panel."""
        try:
            self._wire.send(message, buffers)
        except Broken:
            self._lost()

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
            model.hear({"told": {"kind": "lost"}, "lost": True}, ())


class RemoteModel:
    """A panel's model in the evaluator, as its widget here talks to it; the same four names as `PanelModel`."""

    def __init__(self, number: int, send: Tell, forget: Callable[[RemoteModel], None]) -> None:
        self.number = number
        self.tell: Tell = _to_nobody
        self._send = send
        self._forget = forget
        self._opening: Message = {}
        self._refused = ""
        self._opened = threading.Event()

    def opening(self) -> Message:
        """What the view needs when it opens, as the evaluator has it now."""
        self._opened.clear()
        self._send({"opening": True, "panel": self.number})
        self.wait_until_open()
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
            self._opening = message["opened"]
            self._opened.set()
        elif "refused" in message or "lost" in message:
            self._refused = str(message.get("refused", "the evaluator of these dashboards ended; load the page again"))
            self._opened.set()
        if "told" in message:
            self.tell(message["told"], buffers)

    def wait_until_open(self) -> None:
        """Returns once the model answered. Raises SegkitError with why it does not."""
        if not self._opened.wait(PATIENCE):
            raise SegkitError("the evaluator of these dashboards does not answer; load the page again")
        if self._refused:
            raise SegkitError(self._refused)


def _to_nobody(message: Message, buffers: Buffers = ()) -> None:
    """While no view is there."""
