"""A load in a process of its own that can be killed at any of its steps: queries, files written, fsyncs, renames.

`python -m tests.data.killable WORKSPACE APP [STEP]` counts the steps and prints their names; with a number it dies by
SIGKILL just before that step.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from segkit.data.generation import Generation
from segkit.data.load import load_app
from segkit.data.settings import read_settings
from segkit.data.work import Work
from segkit.files.disk import DISK

_STEPS = (
    (Work, "run"), (Work, "rows"), (Work, "batches"), (Generation, "write"), (Generation, "write_plain"),
    (Generation, "publish"), (Generation, "drop"), (type(DISK), "sync"), (type(DISK), "rename"), (type(DISK), "write"),
)  # fmt: skip


def main() -> None:
    folder, app, *rest = sys.argv[1:]
    deadly = int(rest[0]) if rest else 0
    names: list[str] = []
    for kind, name in _STEPS:
        setattr(kind, name, _counted(getattr(kind, name), f"{kind.__name__}.{name}", names, deadly))
    print("ready", flush=True)
    load_app(Path(folder), read_settings(Path(folder)), app, today=date(2026, 12, 1))
    print("\n".join(names))


def _counted(call: Callable[..., Any], name: str, names: list[str], deadly: int) -> Callable[..., Any]:
    def step(*values: Any, **named: Any) -> Any:
        names.append(name)
        if len(names) == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*values, **named)

    return step


if __name__ == "__main__":
    main()
