"""Messages that are to be sent once each, with what came of every attempt. Sending them is not here.

A message's key is its own for good: putting it in again changes nothing. An attempt is written down before it is made,
so that one that was cut off can be told from one that never began; that somebody is at it is said by no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update, insert, select, update

from segkit.store.database import Database
from segkit.store.tables import outbox

#: What is said of a delivery that a newer one of the same took the place of before it arrived.
REPLACED = "a newer export took its place before it arrived"


@dataclass(frozen=True)
class NewMessage:
    """What is to be said, to which channel of the settings. `key` is what receivers may tell repetitions by."""

    key: str
    channel: str
    subject: str
    body: Mapping[str, Any]

    @property
    def is_delivery(self) -> bool:
        """Whether it brings an export's file somewhere, rather than telling of a night."""
        return "delivers" in self.body


@dataclass(frozen=True)
class Message(NewMessage):
    """A message of the outbox: waiting until it was sent or given up."""

    id: int
    created_at: datetime
    attempts: int
    tried_at: datetime | None
    last_error: str | None
    sent_at: datetime | None
    given_up_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        return self.sent_at is None and self.given_up_at is None

    @property
    def was_cut_off(self) -> bool:
        """Whether nobody knows what came of the last attempt: it may have arrived."""
        return self.is_waiting and self.attempts > 0 and self.last_error is None


class Outbox:
    """The outbox of a catalog. Each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, messages: Iterable[NewMessage], now: datetime) -> int:
        """Puts in those whose keys are new; how many."""
        given = list(messages)
        return self._database.write(lambda connection: put_in(connection, given, now), "") if given else 0

    def messages(self, limit: int | None = None) -> tuple[Message, ...]:
        """The newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.id.desc()).limit(limit))
            return tuple(Message(**row._mapping) for row in rows)

    def unsent(self) -> tuple[Message, ...]:
        """Those that are waiting or were given up, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id))
            return tuple(Message(**row._mapping) for row in rows)

    def by_key(self, key: str) -> Message | None:
        """The message with a key, if it was put in."""
        with self._database.reading() as connection:
            row = connection.execute(select(outbox).where(outbox.c.key == key)).first()
            return None if row is None else Message(**row._mapping)

    def begin(self, message: Message, at: datetime) -> int:
        """Writes down that an attempt is about to be made; which one, from 1 on."""
        number = message.attempts + 1
        self._change(message, attempts=number, tried_at=at, last_error=None, given_up_at=None)
        return number

    def sent(self, message: Message, at: datetime) -> None:
        """The last attempt arrived."""
        self._change(message, sent_at=at)

    def failed(self, message: Message, error: str, given_up_at: datetime | None = None) -> None:
        """The last attempt did not arrive; with an instant, no other will be made. `error` holds no secret."""
        self._change(message, last_error=error, given_up_at=given_up_at)

    def again(self, messages: Iterable[Message]) -> int:
        """Makes those of them that were given up wait again, as if never tried; how many."""
        given_up = outbox.c.given_up_at.is_not(None), outbox.c.sent_at.is_(None)
        changed = update(outbox).where(outbox.c.id.in_([message.id for message in messages]), *given_up)
        return self._run(changed.values(attempts=0, tried_at=None, last_error=None, given_up_at=None))

    def wait_again(self, message: Message) -> None:
        """The same of one, which stays known as tried."""
        self._change(message, given_up_at=None)

    def _change(self, message: Message, **values: object) -> None:
        self._run(update(outbox).where(outbox.c.id == message.id).values(**values))

    def _run(self, change: Update) -> int:
        return self._database.write(lambda connection: connection.execute(change).rowcount, "")


def put_in(connection: Connection, messages: Sequence[NewMessage], now: datetime) -> int:
    """Puts in those whose keys are new, within the caller's transaction; how many."""
    keys = [message.key for message in messages]
    known = set(connection.execute(select(outbox.c.key).where(outbox.c.key.in_(keys))).scalars())
    rows = [_row(message, now) for message in messages if message.key not in known]
    if rows:
        connection.execute(insert(outbox), rows)
    return len(rows)


def _row(message: NewMessage, now: datetime) -> dict[str, Any]:
    fixed = {"key": message.key, "channel": message.channel, "subject": message.subject, "body": dict(message.body)}
    return {**fixed, "created_at": now, "attempts": 0}
