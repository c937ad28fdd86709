"""Which process this is, in words that outlive it, and whether such a process still lives on this machine."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_UNKNOWN = 0  # the start of a process where the system does not tell it


def started(pid: int) -> int | None:
    """When that process started, in ticks since the machine did; None if there is none or it has ended.

    A process number is used again after a while; a number together with its start is not. Where the system does not
    tell starts, 0 for every living process.
    """
    try:
        state, *rest = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if _PROC.joinpath("self").exists() else _without_proc(pid)
    return None if state in "ZX" else int(rest[18])


def lives(pid: int, start: int) -> bool:
    """Whether the process with that number and that start still runs; in doubt, yes."""
    found = started(pid)
    return found is not None and (found == start or _UNKNOWN in (start, found))


def _without_proc(pid: int) -> int | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return _UNKNOWN
    return _UNKNOWN
