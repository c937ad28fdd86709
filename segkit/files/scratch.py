"""Folders that a process has to itself for what does not fit in memory; what dead ones left in theirs is removed.

A name says which process of which machine has the folder. Those of other machines, such as containers, are left alone:
whether their processes live cannot be told from here.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from pathlib import Path

from segkit.files.disk import private_folder
from segkit.files.processes import lives, started

_NAME = re.compile(r"(?P<host>.+)-(?P<pid>\d+)-(?P<start>\d+)")


def own_folder(parent: Path) -> Path:
    """This process's folder below `parent`, which it keeps until it ends; those of dead processes go."""
    sweep_folders(parent)
    pid = os.getpid()
    return private_folder(parent / f"{socket.gethostname()}-{pid}-{started(pid) or 0}")


def sweep_folders(parent: Path) -> None:
    """Removes the folders below `parent` of this machine's processes that live no more."""
    for path in list(parent.iterdir()) if parent.is_dir() else []:
        found = _NAME.fullmatch(path.name)
        is_ours = found is not None and found["host"] == socket.gethostname()
        if found is not None and is_ours and not lives(int(found["pid"]), int(found["start"])):
            shutil.rmtree(path, ignore_errors=True)
