"""A child that ends a night and sends what is to be told, and dies by its own hand at a chosen step of that."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from segkit.operations import sending
from segkit.store.outbox import Outbox
from tests.operations.making import Clock, night, opened, segment

_EVENTS = ("open", "os.rename", "os.mkdir", "sqlite3.connect", "http.client.connect", "http.client.send",
           "subprocess.Popen")  # fmt: skip


class Steps:
    """Counts steps; at the fatal one, by its number or its mark, this process is killed (-9)."""

    def __init__(self, folder: Path, fatal: int | str) -> None:
        self.done = 0
        self._folder, self._fatal = str(folder), fatal
        sys.addaudithook(self._on_event)
        for owner, name in ((Outbox, "put"), (Outbox, "begin"), (Outbox, "sent"), (sending, "deliver")):
            setattr(owner, name, self._around(name, getattr(owner, name)))

    def _step(self, mark: str = "") -> None:
        self.done += 1
        if self._fatal in (self.done, mark or None):
            os.kill(os.getpid(), signal.SIGKILL)

    def _on_event(self, event: str, arguments: tuple[object, ...]) -> None:
        is_file = event in ("open", "os.rename", "os.mkdir")
        if event in _EVENTS and not (is_file and not str(arguments[0]).startswith(self._folder)):
            self._step()

    def _around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            self._step(f"before {name}")
            result = call(*given, **named)
            self._step(f"after {name}")
            return result

        return counted


def end_a_night(folder: Path, environment: Mapping[str, str], as_of: date, fatal: int | str) -> None:
    """One night of that date with all its reports; how many steps it took is written beside the workspace."""
    os.environ.update(environment)
    workspace = opened(folder, Clock())
    (folder.parent / "begun").touch()
    steps = Steps(folder, fatal)
    done = night(workspace, segment("Germans", 40, 38), as_of=as_of)
    assert done.failed == [], done.failed
    (folder.parent / "steps").write_text(str(steps.done))
