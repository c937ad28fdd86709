"""Counting beside the kernel's work: the newest rule wins; what runs for an older one is cancelled, not awaited.

Numbers first; then each total without a condition; then what is odd about the rule.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from segkit.api.results import Estimate
from segkit.definitions.conditions import Condition
from segkit.errors import Cancelled, SegkitError
from segkit.masking import masked_failure
from segkit.workbench.builder.findings import findings

if TYPE_CHECKING:
    from segkit.api import App

T = TypeVar("T")
#: One, and those that were given up and have not noticed yet.
AT_ONCE = 4
#: Seconds without an edit before what is odd about the rule is looked for.
QUIET = 0.3


@dataclass(frozen=True)
class Asked:
    """A rule to be counted for an edit; `cancel` is set once a newer one is asked."""

    edit: int
    rule: Condition
    as_of: date
    places: dict[str, str]  # the path on the screen by the path in the rule
    beside: tuple[str, ...] = ()  # the segments that it is held against
    cancel: threading.Event = field(default_factory=threading.Event)

    def is_like(self, other: Asked | None) -> bool:
        """Whether the other's numbers, and all that is found of it, are this one's."""
        return other is not None and self._about() == other._about()

    def _about(self) -> tuple[object, ...]:
        return self.rule, self.as_of, self.places, self.beside


Tell = Callable[[Asked, dict[str, Any]], None]


class Counter:
    """Counts the newest rule at once, beside those that were given up and have not returned; tells its numbers only.

    What one that was given up had found by then is kept by the engine: the newest does not count it again.
    """

    def __init__(self, app: App, tell: Tell) -> None:
        self._app = app
        self._tell = tell
        self._newest: Asked | None = None
        self._open: set[Future[None]] = set()
        self._closed = False
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, "segkit builder")

    def ask(self, asked: Asked) -> None:
        """Counts this next, and nothing that was asked before."""
        with self._lock:
            self._stop()
            if not self._closed:
                self._newest = asked
                self._open.add(self._pool.submit(self._work, asked))

    def stop(self) -> None:
        """Gives up what runs and what waits."""
        with self._lock:
            self._stop()

    def close(self) -> None:
        """Stops for good."""
        with self._lock:
            self._stop()
            self._closed = True
        self._pool.shutdown(wait=False)

    def wait(self) -> None:
        """Returns once nothing waits and nothing runs."""
        while True:
            with self._lock:
                begun = [future for future in self._open if not future.done()]
            if not begun:
                return
            wait(begun)

    def _stop(self) -> None:
        if self._newest is not None:
            self._newest.cancel.set()
            self._newest = None
        self._open = {future for future in self._open if not future.done()}

    def _work(self, asked: Asked) -> None:
        if asked.cancel.is_set():
            return
        try:
            self._count(asked)
        except Cancelled:
            return  # whoever cancelled knows
        except SegkitError as error:
            self._tell_of(asked, {"kind": "failed", "message": str(error)})
        except Exception as error:  # whatever it is, the builder goes on and says that there is no number
            reason = masked_failure(type(error).__name__, str(error))
            self._tell_of(asked, {"kind": "failed", "message": f"Not counted: {type(error).__name__}: {reason}"})

    def _count(self, asked: Asked) -> None:
        begun = time.perf_counter()

        def progress(done: int, everything: int) -> None:
            if time.perf_counter() - begun > 0.4:
                self._tell_of(asked, {"kind": "progress", "done": done, "all": everything})

        estimate = self._app.estimate(asked.rule, asked.as_of, progress=progress, cancel=asked.cancel)
        self._tell_of(asked, numbers(estimate, time.perf_counter() - begun, asked.places))
        without = self._app.counts_without(asked.rule, asked.as_of, cancel=asked.cancel)
        self._tell_of(asked, {"kind": "details", "without": _placed(without, asked.places)})
        self._tell_of(asked, {"kind": "findings", **self._findings(asked)})

    def _findings(self, asked: Asked) -> dict[str, Any]:
        """What is odd about the rule, looked for once nobody types; numbers never wait for it."""
        if asked.cancel.wait(QUIET):
            raise Cancelled("cancelled; nothing was changed")
        try:
            return {"found": findings(self._app, asked.rule, asked.as_of, asked.beside, asked.places, asked.cancel)}
        except Cancelled:
            raise
        except SegkitError as error:
            return {"found": [], "message": str(error)}
        except Exception as error:  # the numbers stand all the same
            reason = masked_failure(type(error).__name__, str(error))
            return {"found": [], "message": f"Not looked at: {type(error).__name__}: {reason}"}

    def _tell_of(self, asked: Asked, told: dict[str, Any]) -> None:
        # One after the other, so that no number of an older rule is told after one of a newer.
        with self._telling:
            if not asked.cancel.is_set():
                self._tell(asked, told)


def numbers(estimate: Estimate, seconds: float, places: Mapping[str, str]) -> dict[str, Any]:
    """An estimate as the view shows it, with how long it took."""
    return {
        "kind": "numbers", "count": estimate.count, "base": estimate.base, "as_of": estimate.as_of.isoformat(),
        "reach": estimate.reach, "conditions": _placed({c.path: c.count for c in estimate.conditions}, places),
        "texts": _placed({c.path: c.text for c in estimate.conditions}, places), "notes": list(estimate.notes),
        "ms": round(seconds * 1000),
    }  # fmt: skip


def _placed(found: Mapping[str, T], places: Mapping[str, str]) -> dict[str, T]:
    """By the paths of the screen."""
    return {places[path]: value for path, value in found.items() if path in places}
