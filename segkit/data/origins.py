"""Where rows come from when it is not a file that is read as it is: what tells its state, and how it is fetched.

Each is copied into a Parquet file below the load's scratch folder before the load begins; from there on it is a file.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple, Protocol

from segkit.data.settings import Limits
from segkit.errors import Cancelled, DataProblem
from segkit.files.hashing import sha256_of

_STEP = 0.02  # seconds between two looks whether the caller cancels


class State(NamedTuple):
    """What tells whether something still is what was read: size and time, or a fingerprint where they do not."""

    size: int
    modified_ns: int
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Means:
    """What fetching may use: a folder of its own, limits, and the day it is."""

    folder: Path
    limits: Limits
    today: date
    cancel: threading.Event | None = None

    def stop_if_cancelled(self) -> None:
        """Raises Cancelled if that is wanted."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled("cancelled; nothing was changed")

    @contextlib.contextmanager
    def interrupting(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Calls `interrupt`, again and again, once the caller cancels while the block is at work."""
        self.stop_if_cancelled()
        cancel = self.cancel
        if cancel is None:
            yield
            return
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_STEP):
                if cancel.is_set():
                    interrupt()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


class Origin(Protocol):
    """A place that rows are fetched from."""

    def state(self) -> State | None:
        """What it is now; None if nothing tells it, so that every load reads it. Raises DataProblem if it is gone."""

    def columns(self, means: Means) -> list[str]:
        """The names of its columns. Raises SegkitError if it cannot be read."""

    def fetch(self, target: Path, means: Means) -> str | None:
        """Writes its rows into a Parquet file; how far they reach (`since`), if that is asked for."""


def paths_matching(workspace: Path, pattern: str) -> list[Path]:
    """The files of a pattern below the workspace, or of an absolute one, by name."""
    paths = sorted(Path(found) for found in glob.glob(pattern_below(workspace, pattern), recursive=True))
    return [path for path in paths if path.is_file()]


def pattern_below(workspace: Path, pattern: str) -> str:
    """A pattern as an absolute one; the workspace's own name may look like a pattern."""
    return str(Path(glob.escape(str(workspace))) / pattern)


def shown_path(workspace: Path, path: Path) -> str:
    """A path in words: relative to the workspace where it lies inside."""
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else str(path)


def state_of_files(paths: Mapping[str, Path], *, by_content: bool, also: str = "") -> State:
    """The state of files that are read together, by what they are called too; `also` is whatever else tells it."""
    size, newest, digest = 0, 0, hashlib.sha256(also.encode("utf-8"))
    for shown, path in paths.items():
        one = state_of_file(path, shown, by_content=by_content)
        size, newest = size + one.size, max(newest, one.modified_ns)
        told = one.fingerprint or f"{one.size}:{one.modified_ns}"
        digest.update(f"\0{shown}\0{told}".encode())
    return State(size, newest, digest.hexdigest())


def state_of_file(path: Path, shown: str, *, by_content: bool) -> State:
    """The state of one file. Raises DataProblem if it is gone or cannot be read."""
    try:
        status = path.stat()
        return State(status.st_size, status.st_mtime_ns, sha256_of(path) if by_content else "")
    except FileNotFoundError:
        raise DataProblem(f"{shown}: gone while it was read; run the load again once the sources are still") from None
    except OSError as error:
        raise DataProblem(f"{shown}: cannot be read ({error.strerror}); see its permissions") from None
