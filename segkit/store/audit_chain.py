"""The audit trail as a chain: every entry holds the hash of the one before it, and its own over that and its columns.

Entries are hashed as the database keeps them, character by character, so that nothing of one can change unseen; an
entry that was taken out or moved breaks the chain where it stood. What is cut off the end is told by `audit_anchor`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, insert, select, text

from segkit.masking import masked_text
from segkit.store.audit_anchor import Anchor
from segkit.store.records import AuditEntry
from segkit.store.tables import audit

#: What the first entry has as the hash of the one before it.
BEGINNING = "0" * 64
_CONTENT = ("id", "at", "actor", "app", "action", "subject", "detail")
_LINKS = ("previous", "hash")
_LOCK = int.from_bytes(hashlib.sha256(b"segkit audit trail").digest()[:8], signed=True)
_IN_PARTS = {"yield_per": 1_000}


def append(
    connection: Connection,
    *,
    actor: str,
    at: datetime,
    app: str | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> AuditEntry:
    """Adds an entry behind the last one, in the writing transaction that `connection` is in.

    Subject and detail are written without e-mail addresses and mobile numbers, which a segment's name may hold.
    """
    subject, detail = masked_text(subject), _masked(dict(detail))
    if connection.dialect.name == "postgresql":  # on SQLite whoever writes is alone
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    last = connection.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    previous, number = (BEGINNING, 1) if last is None else (last.hash, last.id + 1)
    content = (str(number), _stored_instant(at), actor, app, action, subject, json.dumps(dict(detail)))
    values = {"id": number, "at": at, "actor": actor, "app": app, "action": action, "subject": subject}
    links = {"previous": previous, "hash": hash_of(previous, content)}
    row = connection.execute(insert(audit).values(**values, **links, detail=dict(detail)).returning(audit)).one()
    return AuditEntry(**row._mapping)


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return masked_text(value) if isinstance(value, str) else value


def hash_of(previous: str, content: tuple[str | None, ...]) -> str:
    """The hash of an entry, from that of the one before it and its columns as text, in the order of `_CONTENT`."""
    return hashlib.sha256(json.dumps([previous, *content], separators=(",", ":")).encode("ascii")).hexdigest()


def _stored_instant(at: datetime) -> str:
    """An instant as SQLite keeps it, the same on either database."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as it is kept: its columns as text, and its two hashes; none where it is not text at all."""

    content: tuple[str | None, ...]
    previous: str | None
    hash: str | None

    @property
    def id(self) -> str:
        return self.content[0] or "?"

    @property
    def is_sound(self) -> bool:
        """Whether the entry is what its own hash says."""
        return self.previous is not None and hash_of(self.previous, self.content) == self.hash


def links(connection: Connection) -> Iterator[Link]:
    """Every entry, the first one first."""
    read = _links_of_sqlite if connection.dialect.name == "sqlite" else _links_of_postgresql
    return read(connection)


def _links_of_sqlite(connection: Connection) -> Iterator[Link]:
    """As bytes with their types: a damaged column may be no text, or none of UTF-8."""
    parts = ", ".join(f"typeof({name}), CAST({name} AS BLOB)" for name in (*_CONTENT, *_LINKS))
    query = text(f"SELECT {parts} FROM audit ORDER BY id")  # noqa: S608 - the names are those above
    for row in connection.execute(query, execution_options=_IN_PARTS):
        found = [_text(kind, value) for kind, value in zip(row[::2], row[1::2], strict=True)]
        yield Link(tuple(found[:-2]), found[-2], found[-1])


def _text(kind: str, value: bytes | None) -> str | None:
    if value is None:
        return None
    # What is neither is shown as it is kept, which nothing that was written looks like.
    return value.decode("utf-8", "backslashreplace") if kind in ("text", "integer") else f"{kind} {value!r}"


def _links_of_postgresql(connection: Connection) -> Iterator[Link]:
    columns = [cast(audit.c.detail, Text) if name == "detail" else audit.c[name] for name in (*_CONTENT, *_LINKS)]
    query = select(*columns).order_by(audit.c.id)
    for number, at, *rest in connection.execute(query, execution_options=_IN_PARTS):
        yield Link((str(number), _stored_instant(at), *rest[:-2]), rest[-2], rest[-1])


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the trail is not what was written: the number of the entry, and what is wrong there."""

    entry: str
    what: str


def first_break(connection: Connection, anchor: Anchor | None) -> Break | None:
    """The first entry that is wrong, by the chain or by the anchor; none if the trail is whole."""
    last, place, number, ended = BEGINNING, "the beginning", 0, 0
    for number, link in enumerate(links(connection), 1):
        if not link.is_sound:
            return Break(link.id, "it is not what was written there")
        if link.previous != last:
            return Break(link.id, f"it does not follow {place}: what stood between them was taken out or moved")
        last, place, ended = link.hash or "", f"entry {link.id}", int(link.id)
        if anchor is not None and anchor.entries == number and (anchor.last, anchor.hash) != (link.id, last):
            return Break(link.id, f"it is another than the entry {anchor.last} that audit.anchor knows")
    if anchor is not None and number < anchor.entries:
        gone = f"it and all behind it are gone, {anchor.entries - number:,} in all; audit.anchor knows of them"
        return Break(str(ended + 1), gone)
    return None
