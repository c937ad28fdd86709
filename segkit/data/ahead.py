"""Making things in a thread of its own, a few ahead of whoever takes them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_STEP = 0.05  # seconds between two looks whether nobody takes any more


def ahead(things: Iterable[T], most: int) -> Generator[T]:
    """The same things, up to `most` of them made ahead; what making them raises is raised here.

    Whoever stops early closes the iterator; then nothing more is made.
    """
    made: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(most)
    over = threading.Event()

    def put(thing: T | None, error: BaseException | None) -> bool:
        while not over.is_set():
            with suppress(queue.Full):
                made.put((thing, error), timeout=_STEP)
                return True
        return False

    def make() -> None:
        ended: BaseException = StopIteration()
        try:
            for thing in things:
                if not put(thing, None):
                    return
        except BaseException as error:
            ended = error
        put(None, ended)

    maker = threading.Thread(target=make, daemon=True)
    maker.start()
    try:
        while True:
            thing, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield thing  # type: ignore[misc]
    finally:
        over.set()
        maker.join()
