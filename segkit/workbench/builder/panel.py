"""The rule builder in a cell: one widget that carries messages between `BuilderModel` and the view."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from segkit.api.evaluation import RuleLike
from segkit.api.results import Estimate
from segkit.definitions.conditions import Condition
from segkit.definitions.documents import Document
from segkit.workbench.builder import assets
from segkit.workbench.builder.model import BuilderModel

if TYPE_CHECKING:
    from segkit.api import App


def build(app: App, what: RuleLike | None = None, *, as_of: date | str | None = None) -> Builder:
    """A rule builder for a new segment, or for a segment by name, a document, a rule: `build(app)` shows it.

    Predefined segments open as a copy. What stands on the screen is `builder.rule` and `builder.document`.
    """
    return Builder(app, what, as_of=as_of)


class Builder(anywidget.AnyWidget):
    """What `build` gives. Shows itself in a cell; its state is in Python at any time."""

    _esm = assets.script()
    _css = assets.style()
    #: What the view needs when it opens, made when it is asked for, so that a reloaded page shows what stands now.
    opening = traitlets.Dict().tag(sync=True, to_json=lambda _value, widget: widget.model.opening())

    def __init__(self, app: App, what: RuleLike | None = None, *, as_of: date | str | None = None) -> None:
        self.model = BuilderModel(app, what, app.day(as_of))
        super().__init__()
        self.model.tell = self.send
        self.on_msg(self._receive)

    @property
    def rule(self) -> Condition:
        """The rule as it stands on the screen."""
        return self.model.rule

    @property
    def document(self) -> Document:
        """The document as it stands on the screen. Raises SegkitError while it has no name."""
        return self.model.document

    @property
    def estimate(self) -> Estimate:
        """What the rule comes to, conditions that are not complete left out."""
        return self.model.estimate()

    def edit(self, what: RuleLike | None = None) -> None:
        """Shows another segment, document or rule; undo brings back what was there."""
        self.model.open(what)

    def close(self) -> None:
        """Ends the widget and its threads."""
        self.model.close()
        super().close()

    def _receive(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        self.model.receive(content)

    def __repr__(self) -> str:
        named = f"‘{self.model.draft.name}’" if self.model.draft.name else "a new segment"
        return f"Rule builder of {named} in app '{self.model.app.name}', as of {self.model.as_of}"
