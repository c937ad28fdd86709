"""How a process dies in the midst of things, by its own hand: at its nth file operation, write, fsync or rename."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from segkit.files.disk import DISK

_FILE_EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "sqlite3.connect")
_DISK_CALLS = ("write", "sync", "rename")


def die_at(step: int, folder: Path) -> None:
    """Kills this process (-9) at its nth file operation below `folder`, write, fsync or rename from now on."""
    count_steps(folder, step)


def count_steps(folder: Path, fatal: int = 0) -> list[int]:
    """Counts file operations below `folder` and calls of the disk; the number so far is the only element."""
    done = [0]

    def one_step() -> None:
        done[0] += 1
        if done[0] == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_event(event: str, arguments: tuple[object, ...]) -> None:
        if event in _FILE_EVENTS and arguments and str(arguments[0]).startswith(str(folder)):
            one_step()

    for name in _DISK_CALLS:
        setattr(DISK, name, _counted(getattr(DISK, name), one_step))
    sys.addaudithook(on_event)
    return done


def _counted(call: Any, one_step: Any) -> Any:
    def counted(*arguments: Any) -> Any:
        one_step()
        return call(*arguments)

    return counted
