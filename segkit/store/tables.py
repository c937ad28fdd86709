"""The catalog's tables, as SQLAlchemy knows them. How a database comes to have them is in `migrations`.

A change here needs a new numbered migration; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Instant(TypeDecorator[datetime]):
    """A point in time: aware in Python, always UTC in the database, which on SQLite knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone; expected an aware instant")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _detail() -> Column[Any]:
    return Column("detail", JSON, nullable=False)


segments = Table(
    "segments",
    metadata,
    Column("id", String(64), primary_key=True),
    _text("app"),
    _text("name"),
    _text("name_key"),
    Column("kind", String(16), nullable=False),
    Column("cycle", String(16), nullable=False),
    Column("current_version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    _text("deleted_by", nullable=True),
    # What the current version says, so that it can be asked for: see `searching`.
    _text("folder", nullable=True),
    _text("folder_key", nullable=True),
    _text("owner", nullable=True),
    _text("owner_key", nullable=True),
    Column("words", Text, nullable=False, server_default=""),
    Column("archived_at", Instant),
    _text("archived_by", nullable=True),
)

versions = Table(
    "versions",
    metadata,
    Column("segment_id", String(64), ForeignKey("segments.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("document"),
    _text("actor"),
    Column("at", Instant, nullable=False),
    _text("note"),
)

#: The tags of each segment's current version.
tags = Table(
    "tags",
    metadata,
    Column("segment_id", String(64), ForeignKey("segments.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("tag"),
    _text("tag_key"),
)

#: What a save with an idempotency key answered, so that trying it again answers the same.
saves = Table(
    "saves",
    metadata,
    Column("app", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("segment_id", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    ForeignKeyConstraint(["segment_id", "number"], ["versions.segment_id", "versions.number"]),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("sequence", Integer, primary_key=True),  # later published is larger
    Column("id", String(64), nullable=False, unique=True),
    _text("app"),
    Column("segment_id", String(64), nullable=False),
    Column("version", Integer),  # of a stored segment; a predefined one has the fingerprint of its rule
    _text("rule_fingerprint", nullable=True),
    Column("as_of", Date, nullable=False),
    Column("data_generation", BigInteger, nullable=False),
    _text("evaluator"),
    _text("vocabulary"),
    _text("tzdata"),
    Column("count", BigInteger, nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("users", BigInteger, nullable=False),
    Column("generation", String(64), nullable=False),
    _text("file"),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("children", JSON, nullable=False),
    Column("computed_at", Instant, nullable=False),
    _text("actor"),
    Column("retired_at", Instant),  # its record stays, its users do not: see `retention`
    ForeignKeyConstraint(["segment_id", "version"], ["versions.segment_id", "versions.number"]),
    Index(None, "app", "segment_id", "as_of"),
    Index(None, "app", "generation"),
)

#: Every version of an imported list; the segment's own versions are only of its name and description.
lists = Table(
    "lists",
    metadata,
    Column("segment_id", String(64), ForeignKey("segments.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("app"),
    Column("at", Instant, nullable=False),
    _text("actor"),
    Column("cause", String(16), nullable=False),  # import, hand, match
    Column("source_sha256", String(64)),  # of the file that was imported
    Column("data_generation", BigInteger, nullable=False),
    Column("matched", BigInteger, nullable=False),
    Column("external", BigInteger, nullable=False),
    Column("snapshot", String(64), nullable=False),
    Column("files", JSON, nullable=False),
    _detail(),
    Index(None, "app"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("app"),
    Column("as_of", Date, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", String(64)),
    _detail(),
    Index(None, "app", "kind", "as_of"),
)

exports = Table(
    "exports",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("app"),
    Column("name", Text),  # of a due export; one made by hand has none
    Column("as_of", Date, nullable=False),
    _text("file"),
    Column("sha256", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    _text("actor"),
    _detail(),
    UniqueConstraint("app", "name", "as_of"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    _text("actor"),
    _text("app", nullable=True),
    _text("action"),
    _text("subject"),
    _detail(),
    # The chain: see `audit_chain`. No two entries follow the same one.
    Column("previous", String(64), nullable=False, server_default=""),
    Column("hash", String(64), nullable=False, server_default=""),
    Index(None, "app", "at"),
    Index("uq_audit_previous", "previous", unique=True),
)

#: Messages to be sent once each: see `outbox`. No column says that one is being sent; the lock of the sender does.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("channel", String(64), nullable=False),
    _text("subject"),
    Column("body", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tried_at", Instant),  # when the last attempt began
    _text("last_error", nullable=True),  # what came of it; nothing where it was cut off
    Column("sent_at", Instant),
    Column("given_up_at", Instant),
)
