"""Counts while a rule is typed: the newest question is answered, and none waits for one that nobody reads any more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from segkit.api.evaluation import RuleLike
from segkit.api.results import Estimate
from segkit.engine.protocol import Progress

if TYPE_CHECKING:
    from segkit.api.app import App, Day


class Previews:
    """One editor's estimates of one app. `Previews(app).estimate(rule)` may be called from any thread."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._newest: threading.Event | None = None
        self._lock = threading.Lock()

    def estimate(self, rule: RuleLike, as_of: Day = None, *, progress: Progress | None = None) -> Estimate:
        """As `App.estimate`; cancels the one that is at work. Raises Cancelled once a newer one is asked for.

        What an estimate that was cancelled had found by then is kept: the next one does not count it again.
        """
        mine = threading.Event()
        self.cancel()
        with self._lock:
            self._newest = mine
        return self._app.estimate(rule, as_of, progress=progress, cancel=mine)

    def cancel(self) -> None:
        """Stops the estimate that is at work, if one is."""
        with self._lock:
            if self._newest is not None:
                self._newest.set()
                self._newest = None
