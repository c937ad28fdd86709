"""What the doctor looks at in the outbox: messages that nobody received."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from segkit.data.doctor import Finding
from segkit.errors import SegkitError
from segkit.store.outbox import REPLACED, Message

if TYPE_CHECKING:
    from segkit.api import Workspace


def examine_outbox(workspace: Workspace) -> Iterator[Finding]:
    """Of each channel, what was given up, and what was tried and waits."""
    try:
        unsent = workspace.catalog.outbox.unsent()
    except SegkitError:
        return  # told where segments are examined
    yield from examine_deliveries([message for message in unsent if message.is_delivery])
    unsent = tuple(message for message in unsent if not message.is_delivery)
    for channel in dict.fromkeys(message.channel for message in unsent):
        own = [message for message in unsent if message.channel == channel]
        given_up = [message for message in own if not message.is_waiting]
        tried = [message for message in own if message.is_waiting and message.attempts]
        if given_up:
            what = f"{_messages(given_up)} given up; the last: {given_up[-1].last_error}"
            next_step = "mend what it says, then `segkit notify --again`"
            yield Finding("warning", _where(channel), what, "nobody was told what those nights did", next_step)
        if tried:
            what = f"{_messages(tried)} tried and did not arrive; the last: {tried[-1].last_error or 'it was cut off'}"
            yield Finding("warning", _where(channel), what, "nobody was told yet", "segkit notify")


def examine_deliveries(unsent: Sequence[Message]) -> Iterator[Finding]:
    """Of each export that did not arrive where it was to go: why, and what to do."""
    for message in unsent:
        if message.last_error == REPLACED:
            continue
        where, said = f"delivery of export ‘{message.subject}’", message.last_error or "it was cut off"
        to = f"to {message.body['delivers']['place']}"
        if not message.is_waiting:
            next_step = "mend what it says, then `segkit notify --again`, or export again"
            yield Finding("warning", where, f"{to} was given up: {said}", "nobody has these users there", next_step)
        elif message.attempts:
            yield Finding("warning", where, f"{to} did not arrive: {said}", "it is tried again", "segkit notify")


def _where(channel: str) -> str:
    return f"notifications, {channel}"


def _messages(messages: Sequence[Message]) -> str:
    return "1 message was" if len(messages) == 1 else f"{len(messages):,} messages were"
