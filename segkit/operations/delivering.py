"""Written exports on their way to a storage or a webhook: through the outbox, each once, by one process at a time.

An export is recorded together with the message that delivers it, so none is forgotten by a kill, and none that is not
on record leaves. What of a message holds a secret (a target with a password or a query) stays in `segkit.toml`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from segkit.data.manifest import read_manifest
from segkit.errors import SegkitError
from segkit.exchange.delivery import deliver
from segkit.exchange.storage import plain
from segkit.files.hashing import sha256_of
from segkit.files.locks import Lock
from segkit.operations.channels import NotDelivered
from segkit.operations.roles import may
from segkit.operations.sending import TRIES, Sending, send, send_waiting
from segkit.store.outbox import REPLACED, Message, NewMessage

if TYPE_CHECKING:
    from segkit.api import Workspace

CHANNEL = "delivery"
BY_HAND = "by hand"
_WAIT = 60.0  # seconds for another process to have delivered what it delivers


class Lost(NotDelivered):
    """What no further attempt can deliver."""


def message_of(
    *,
    app: str,
    name: str | None,
    file: str,
    sha256: str,
    made_at: str,
    target: str,
    secret: str | None,
    family: Mapping[str, Any],
    consent_of: int | None,
) -> NewMessage:
    """What is put into the outbox for one written export.

    `family`: what tells it from other exports; a newer one takes the place of an older that has not arrived.
    `consent_of`: the generation of data that its consents were looked up in, if they were.
    """
    place, group = plain(target), _digest(app, *(json.dumps(family, sort_keys=True), plain(target)))
    key = _digest(app, name or BY_HAND, file, sha256, made_at, place)
    told = {"app": app, "export": name, "file": file, "sha256": sha256, "place": place, "secret": secret}
    kept = {"target": target if place == target else None, "family": group, "consent_of": consent_of}
    return NewMessage(key, CHANNEL, name or BY_HAND, {"segkit": 1, "id": key, "delivers": told | kept})


def send_everything(workspace: Workspace, *, again: bool = False) -> Sending:
    """Notifications that wait, then deliveries."""
    notified, delivered = send_waiting(workspace, again=again), send_deliveries(workspace, again=again)
    return Sending(
        notified.delivered + delivered.delivered,
        notified.waiting + delivered.waiting,
        notified.given_up + delivered.given_up,
        (*notified.problems, *delivered.problems),
    )


def send_deliveries(
    workspace: Workspace, *, app: str = "", key: str = "", target: str | None = None, again: bool = False
) -> Sending:
    """Tries each delivery that is due, of one app or the one with a key; nothing for whom may not export.

    `target` is where that one goes, for one whose address is kept nowhere. Raises Busy if another process has been
    delivering for a minute.
    """
    outbox = workspace.catalog.outbox

    def waiting() -> list[Message]:
        return [
            message
            for message in outbox.unsent()
            if message.is_delivery and message.last_error != REPLACED and (not key or message.key == key)
            and (not app or message.body["delivers"]["app"] == app)
        ]  # fmt: skip

    if not may(workspace.settings.roles, workspace.actor, "export") or not waiting():
        return Sending()
    with Lock(workspace.folder / "locks" / "deliver.lock", "delivering exports", _WAIT):
        for message in waiting() if again else ():
            outbox.wait_again(message)
        return send(waiting, partial(_try, workspace, target), workspace.clock, again=again)


def replace_older(workspace: Workspace, newest: NewMessage) -> None:
    """Older deliveries of the same that have not arrived never will: what is newer goes alone."""
    outbox, family = workspace.catalog.outbox, newest.body["delivers"]["family"]
    for message in outbox.unsent():
        if message.is_delivery and message.body["delivers"]["family"] == family and message.key != newest.key:
            outbox.failed(message, REPLACED, workspace.clock())


def _try(workspace: Workspace, target: str | None, message: Message) -> str:
    """One attempt; in words, what went wrong."""
    outbox, clock, what = workspace.catalog.outbox, workspace.clock, message.body["delivers"]
    number = outbox.begin(message, clock())
    try:
        told = _deliver(workspace, message, target)
    except NotDelivered as error:
        is_last = number >= TRIES or isinstance(error, Lost)
        outbox.failed(message, str(error), clock() if is_last else None)
        if is_last:
            _on_record(workspace, message, "delivery given up", {"place": what["place"], "said": str(error)})
        then = "it is given up" if is_last else "`segkit notify` tries again, and the next night"
        return f"export ‘{message.subject}’ was not delivered: {error}; {then}"
    _on_record(workspace, message, "deliver", told)
    outbox.sent(message, clock())
    return ""


def _deliver(workspace: Workspace, message: Message, target: str | None) -> dict[str, Any]:
    what = message.body["delivers"]
    path = workspace.folder / what["file"]
    _require_current(workspace, what)
    if not path.is_file():
        raise Lost(f"{what['file']} is not there any more")
    if sha256_of(path) != what["sha256"]:
        raise Lost(f"{what['file']} is not what was written")
    try:
        place = _address(workspace, what, target)
        return deliver(path, place, key=message.key, secret=what["secret"], again=message.attempts > 0).told()
    except NotDelivered:
        raise
    except SegkitError as error:
        raise NotDelivered(str(error).rstrip(".")) from None


def _require_current(workspace: Workspace, what: Mapping[str, Any]) -> None:
    """Raises where consents may have been withdrawn since they were looked up."""
    if what["consent_of"] is None:
        return
    found = read_manifest(workspace.folder / "data" / what["app"]).generation
    if found != what["consent_of"]:
        raise Lost("data was loaded since its consents were looked up, and somebody may have said no; export again")


def _address(workspace: Workspace, what: Mapping[str, Any], target: str | None) -> str:
    """Where it goes: as it was given, as it was kept, or as the settings have it."""
    for found in (target, what["target"]):
        if found is not None:
            return str(found)
    for export in workspace.settings.exports:
        if (export.name, export.app) == (what["export"], what["app"]) and plain(export.target) == what["place"]:
            return export.target
    raise Lost(f"the whole address of {what['place']} is kept nowhere, since it may hold a secret; export again")


def _on_record(workspace: Workspace, message: Message, action: str, detail: Mapping[str, Any]) -> None:
    what = message.body["delivers"]
    workspace.catalog.record_audit(
        actor=workspace.actor,
        at=workspace.clock(),
        app=what["app"],
        action=action,
        subject=message.subject,
        detail={"file": what["file"], "sha256": what["sha256"], "key": message.key, **detail},
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
