"""A panel in a cell: one widget that carries messages between a model and its view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from segkit.workbench.panels.model import Buffers, Message, PanelModel
from segkit.workbench.panels.within import Shown


class Panel(anywidget.AnyWidget):
    """Shows a model. A subclass names the files of its view as `_esm` and `_css`."""

    #: What the view needs when it opens, made when it is asked for.
    opening = traitlets.Dict().tag(sync=True, to_json=lambda _value, widget: widget.model.opening())

    def __init__(self, model: PanelModel) -> None:
        self.model = model
        self._is_given_up = False
        super().__init__()
        model.tell = self._tell
        self.on_msg(self._receive)

    def close(self) -> None:
        """Ends the widget and the model's thread."""
        if not self._is_given_up:  # a widget that nobody holds any more is closed by Python too
            self.model.close()
        super().close()

    def given_up(self, name: str) -> Shown:
        """Its model and the files of its view, to be shown within another panel; the widget itself ends."""
        shown = Shown(self.model, str(self._esm), str(self._css), name)
        self._is_given_up = True
        self.on_msg(self._receive, remove=True)
        super().close()
        return shown

    def _tell(self, message: Message, buffers: Buffers = ()) -> None:
        self.send(message, list(buffers))

    def _receive(self, _widget: object, content: Mapping[str, Any], buffers: Buffers) -> None:
        self.model.receive(content, buffers or ())
