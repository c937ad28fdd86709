"""Asking a panel's model as its view does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segkit.workbench.panels.model import PanelModel

Ask = Callable[..., dict[str, Any]]


def asking_of(model: PanelModel) -> Ask:
    """What asks a model and gives its answer, with the bytes that came along as `bytes`."""
    told: list[dict[str, Any]] = []
    model.tell = lambda message, buffers=(): told.append({**message, "bytes": b"".join(buffers)})

    def asking(do: str, **more: Any) -> dict[str, Any]:
        told.clear()
        model.receive({"do": do, "ask": 1, **more})
        model.wait()
        return next(message for message in told if message["kind"] == "answer")

    return asking
