"""Progress, and a way to stop, for all that is evaluated within a block, however deep it is asked for.

An analysis runs dozens of evaluations and queries in modules that know nothing of one another. Whoever waits for it
watches it as a whole; what is passed to an evaluation itself goes before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from segkit.engine.protocol import Progress
from segkit.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Watch:
    """Who hears of progress, and what is set to stop it."""

    progress: Progress | None = None
    cancel: threading.Event | None = None


_NOBODY = Watch()
_NOW: ContextVar[Watch] = ContextVar("watch", default=_NOBODY)


def watch() -> Watch:
    """What watches now, in this thread."""
    return _NOW.get()


@contextmanager
def watched(progress: Progress | None = None, cancel: threading.Event | None = None) -> Iterator[None]:
    """While the block runs, evaluations tell `progress`, and all stops with Cancelled soon after `cancel` is set."""
    token = _NOW.set(Watch(progress, cancel))
    try:
        yield
    finally:
        _NOW.reset(token)


@contextmanager
def in_silence() -> Iterator[None]:
    """While the block runs nobody hears of progress: it is one step of many, which are told elsewhere."""
    with watched(None, watch().cancel):
        yield


def stop_if_asked() -> None:
    """Raises Cancelled where somebody has asked to stop; between steps that run no query."""
    cancel = watch().cancel
    if cancel is not None and cancel.is_set():
        raise Cancelled("cancelled; nothing was changed")
