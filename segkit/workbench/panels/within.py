"""A panel that is shown within another: its messages go through the outer one's, so that it needs no widget of its own.

The outer view gets the inner one's script and style when it is opened, and hears of every change, so that two views of
the outer panel, and a page that is loaded again, show the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from segkit.workbench.panels.model import Buffers, Message, PanelModel


class Inner(Protocol):
    """What a panel's model offers to whoever shows it."""

    tell: Any  # a Tell; a model that has no bytes to send calls it with the message alone

    def opening(self) -> Message: ...
    def receive(self, message: object, buffers: Buffers = ..., /) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Shown:
    """A panel's model with the files of its view; `name` is what it is shown as."""

    model: Inner
    script: str
    style: str
    name: str


class Within:
    """The place for an inner panel. `heard` gets whatever the inner one tells its view."""

    def __init__(self, outer: PanelModel, heard: Callable[[Message], None] = lambda _message: None) -> None:
        self.shown: Shown | None = None
        self._outer = outer
        self._heard = heard
        self._number = 0
        self._lock = threading.RLock()

    def show(self, shown: Shown) -> None:
        """Shows this one, in the place of another."""
        self._end()
        with self._lock:
            self._number += 1
            self.shown = shown
            number = self._number
        shown.model.tell = lambda message, buffers=(): self._tell(number, message, buffers)
        self._outer.tell(self.state())

    def close(self) -> None:
        """Shows none."""
        self._end()
        self._outer.tell(self.state())

    def end(self) -> None:
        """Ends the inner model, and tells nobody."""
        self._end()

    def state(self) -> Message:
        """What a view needs to show what is there."""
        with self._lock:
            shown, number = self.shown, self._number
        if shown is None:
            return {"kind": "within", "number": 0}
        files = {"script": shown.script, "style": shown.style}
        return {"kind": "within", "number": number, "name": shown.name, "opening": shown.model.opening(), **files}

    def receive(self, message: Mapping[str, Any], buffers: Buffers) -> None:
        """Hands a message of the outer view to the inner model; one for an earlier inner panel is let go."""
        with self._lock:
            shown = self.shown if message.get("number") == self._number else None
        if shown is not None:
            shown.model.receive(message.get("message"), buffers)

    def _tell(self, number: int, message: Message, buffers: Buffers) -> None:
        self._outer.tell({"kind": "told within", "number": number, "message": message}, buffers)
        self._heard(message)

    def _end(self) -> None:
        with self._lock:
            shown, self.shown = self.shown, None
        if shown is not None:
            shown.model.close()
