"""Sending what waits in the outbox: each message once, by one process at a time, and again later if it did not arrive.

An attempt is on record before it is made. One that was cut off by a crash is made again with the same key, for nobody
knows whether it arrived; see "Notifications" in DECISIONS.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from segkit.data.report_settings import Notification
from segkit.errors import Busy
from segkit.files.locks import Lock
from segkit.operations.channels import NotDelivered, deliver
from segkit.store.outbox import Message, Outbox

if TYPE_CHECKING:
    from segkit.api import Workspace

#: Then a message is given up: about a day and a half of trying, if somebody tries every few minutes.
TRIES = 12
_TEST = "segkit: a test message; no night ended"
Clock = Callable[[], datetime]
_WAIT = 60.0  # seconds for another process to have sent what it sends


@dataclass(frozen=True)
class Sending:
    """What came of sending: how many were delivered, how many wait, and in words what went wrong this time."""

    delivered: int = 0
    waiting: int = 0
    given_up: int = 0
    problems: tuple[str, ...] = ()


def send_waiting(workspace: Workspace, *, again: bool = False) -> Sending:
    """Tries each message that is due; with `again` every one that was not delivered, those given up too.

    Raises Busy if another process has been sending for a minute.
    """
    outbox = workspace.catalog.outbox
    with Lock(workspace.folder / "locks" / "notify.lock", "sending notifications", _WAIT):
        if again:
            outbox.again(_notifications(outbox))
        return send(lambda: _notifications(outbox), partial(_try, workspace), workspace.clock, again=again)


def send(
    waiting: Callable[[], list[Message]], attempt: Callable[[Message], str], clock: Clock, *, again: bool = False
) -> Sending:
    """Makes an attempt with each of the messages that is due; `attempt` gives in words what went wrong.

    `waiting` gives the messages that were not sent. Whoever calls holds the lock of the sender.
    """
    tried: dict[int, str] = {}
    # What is put in meanwhile, by a night that ends, is sent as well.
    while due := [m for m in waiting() if m.id not in tried and is_due(m, clock(), again)]:
        tried |= {message.id: attempt(message) for message in due}
    left = waiting()
    problems = tuple(problem for problem in tried.values() if problem)
    still = sum(message.is_waiting for message in left)
    return Sending(len(tried) - len(problems), still, len(left) - still, problems)


def _notifications(outbox: Outbox) -> list[Message]:
    return [message for message in outbox.unsent() if not message.is_delivery]


def send_after_a_night(workspace: Workspace) -> list[str]:
    """The same at the end of a night; in words, what was not delivered. Where another process sends, that one does."""
    if not _notifications(workspace.catalog.outbox):
        return []
    try:
        return [f"notification {problem}" for problem in send_waiting(workspace).problems]
    except Busy:
        return []


def send_test(workspace: Workspace) -> dict[str, str]:
    """Sends every channel of the settings a message that says it is a test; by name, why one did not arrive, or ''."""
    body = {"segkit": 1, "outcome": "test", "text": _TEST}
    found = {}
    for channel in workspace.settings.notifications:
        now, key = workspace.clock(), uuid4().hex
        unkept: dict[str, Any] = {"id": 0, "attempts": 1, "last_error": None, "sent_at": None, "given_up_at": None}
        message = Message(key, channel.name, _TEST, {**body, "id": key}, created_at=now, tried_at=now, **unkept)
        try:
            deliver(channel, message, workspace.folder)
        except NotDelivered as error:
            found[channel.name] = str(error)
        else:
            found[channel.name] = ""
    return found


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: a minute, then twice as long each time."""
    return timedelta(minutes=1 << (attempts - 1))


def is_due(message: Message, now: datetime, again: bool) -> bool:
    if not message.is_waiting:
        return False
    if again or message.tried_at is None or message.was_cut_off:
        return True
    return now >= message.tried_at + pause_after(message.attempts)


def _try(workspace: Workspace, message: Message) -> str:
    """One attempt; in words, what went wrong."""
    outbox, clock = workspace.catalog.outbox, workspace.clock
    number = outbox.begin(message, clock())
    try:
        deliver(_channel(workspace.settings.notifications, message.channel), message, workspace.folder)
    except NotDelivered as error:
        is_last = number >= TRIES
        outbox.failed(message, str(error), clock() if is_last else None)
        then = "it is given up; `segkit notify --again` tries once more" if is_last else "`segkit notify` tries again"
        return f"‘{message.channel}’ was not delivered: {error}; {then}"
    outbox.sent(message, clock())
    return ""


def _channel(channels: Iterable[Notification], name: str) -> Notification:
    for channel in channels:
        if channel.name == name:
            return channel
    raise NotDelivered("segkit.toml has no such notification any more")
