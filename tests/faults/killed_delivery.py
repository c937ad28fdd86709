"""A child that makes what is due and delivers it, and dies by its own hand at a chosen step of that."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import segkit
from segkit.operations import delivering
from segkit.store.catalog import Catalog
from segkit.store.outbox import Outbox

#: Where it may die: before and after each of these.
STEPS = ("record_export", "begin", "deliver", "sent")


def export_due(folder: Path, environment: Mapping[str, str], fatal: str) -> None:
    """Makes the exports that are due; dies at the fatal step, if one is named."""
    os.environ.update(environment)
    owners: dict[str, Any] = {"record_export": Catalog, "begin": Outbox, "deliver": delivering, "sent": Outbox}
    for name, owner in owners.items():
        setattr(owner, name, _around(name, getattr(owner, name), fatal))
    made = segkit.open(folder, actor="tester").app().export_due()
    assert [export.reason for export in made] == [""], made


def _around(name: str, call: Callable[..., Any], fatal: str) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        _die(fatal == f"before {name}")
        result = call(*given, **named)
        _die(fatal == f"after {name}")
        return result

    return called


def _die(now: bool) -> None:
    if now:
        os.kill(os.getpid(), signal.SIGKILL)
