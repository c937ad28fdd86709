"""What every panel's model is: plain data for a view, and answers to what the view asks. No widgets, no browser.

A view asks with `{"do": …, "ask": number, …}` and hears `{"kind": "answer", "ask": number, …}`, or the same with
`refused` and why. Answers are made one after the other beside the kernel's own work, those that a panel says take long
beside the others; a view may give up what it waits for with `{"do": "cancel"}`, or one answer of it with its `ask`.
What comes from a view is checked here as if anybody had sent it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from segkit.errors import Cancelled, SegkitError
from segkit.masking import masked_failure

Message = dict[str, Any]
#: Bytes that go along with a message.
Buffers = Sequence[bytes]


class Tell(Protocol):
    """Sends a message to every view of a panel."""

    def __call__(self, message: Message, buffers: Buffers = ...) -> None: ...


@dataclass(frozen=True, eq=False)
class Asked:
    """What a view asks: its message, the bytes that came along, and an event that is set once nobody waits for it."""

    message: Mapping[str, Any]
    buffers: Buffers = ()
    cancel: threading.Event = field(default_factory=threading.Event)

    def text(self, key: str, most: int = 1_000) -> str:
        """A text, empty where there is none. Raises SegkitError for another thing, and for one that is too long."""
        found = self.message.get(key, "")
        if not isinstance(found, str):
            raise SegkitError(f"{key}: found no text")
        if len(found) > most:
            raise SegkitError(f"{key}: found {len(found):,} characters; expected at most {most:,}")
        return found

    def number(self, key: str, default: int = 0, least: int = 0, most: int = 10**9) -> int:
        """A whole number. Raises SegkitError for another thing, and for one outside `least` to `most`."""
        found = self.message.get(key, default)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise SegkitError(f"{key}: expected a whole number from {least:,} to {most:,}")
        return found

    def flag(self, key: str) -> bool:
        """Yes or no; no where there is nothing. Raises SegkitError for another thing."""
        found = self.message.get(key, False)
        if not isinstance(found, bool):
            raise SegkitError(f"{key}: expected yes or no")
        return found

    def texts(self, key: str, most: int = 100, longest: int = 1_000) -> list[str]:
        """Texts in a list. Raises SegkitError for another thing, and for too many or too long ones."""
        found = self.message.get(key, [])
        if not isinstance(found, list) or len(found) > most:
            raise SegkitError(f"{key}: expected a list of at most {most:,} texts")
        if not all(isinstance(each, str) and len(each) <= longest for each in found):
            raise SegkitError(f"{key}: expected texts of at most {longest:,} characters")
        return found

    def day(self, key: str) -> date | None:
        """A day such as 2026-01-31, or None. Raises SegkitError for another text."""
        text = self.text(key, 10)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise SegkitError(f"{key}: found '{text}'; expected a day such as 2026-01-31") from None


#: What a model answers with: a message, or a message and bytes that go along.
Answer = Message | tuple[Message, Buffers]


class PanelModel:
    """Answers what a view asks by `answers`; a subclass fills them and `opening`."""

    #: What takes long, by the names of `answers`: the others do not wait for it.
    beside: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.tell: Tell = _to_nobody
        self.answers: dict[str, Callable[[Asked], Answer]] = {}
        self._waited_for: list[Asked] = []
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "segkit panel")
        self._long = ThreadPoolExecutor(1, "segkit panel beside")

    def opening(self) -> Message:
        """What a view needs when it opens; made anew for each, so that a reloaded page shows what stands now."""
        return {}

    def receive(self, message: object, buffers: Buffers = ()) -> None:
        """Takes what a view sent; whatever it holds, the panel goes on."""
        if not isinstance(message, Mapping):
            return
        do = message.get("do")
        if do == "cancel":
            self.cancel(message.get("ask"))
        elif isinstance(do, str) and do in self.answers:
            # Bytes of a message are a view of its frame, which is reused: they are kept as a copy.
            asked = Asked(dict(message), [bytes(each) for each in buffers])
            with self._lock:
                self._waited_for.append(asked)
            (self._long if do in self.beside else self._worker).submit(self._answer, do, asked)

    def cancel(self, ask: object = None) -> None:
        """Gives up what was asked until now, or the one answer with the number `ask`."""
        with self._lock:
            for asked in self._waited_for:
                if ask is None or asked.message.get("ask") == ask:
                    asked.cancel.set()

    def wait(self) -> None:
        """Returns once all that was asked is answered."""
        self._worker.submit(lambda: None).result()
        self._long.submit(lambda: None).result()

    def close(self) -> None:
        """Gives up what is being made, and ends the threads."""
        self.cancel()
        for worker in (self._worker, self._long):
            worker.shutdown(wait=False, cancel_futures=True)

    def _answer(self, do: str, asked: Asked) -> None:
        head = {"kind": "answer", "ask": asked.message.get("ask")}
        try:
            found = self.answers[do](asked)
            answer, buffers = found if isinstance(found, tuple) else (found, ())
            self.tell({**answer, **head}, buffers)
        except Cancelled:
            self.tell({**head, "refused": "Stopped.", "stopped": True})
        except SegkitError as error:
            self.tell({**head, "refused": str(error)})
        except Exception as error:  # whatever it is, the panel goes on and says what failed
            reason = masked_failure(type(error).__name__, str(error))
            self.tell({**head, "refused": f"{type(error).__name__}: {reason}"})
        finally:
            with self._lock:
                self._waited_for.remove(asked)


def _to_nobody(message: Message, buffers: Buffers = ()) -> None:
    """While no view is there."""
