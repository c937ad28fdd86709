"""Folders, tags, owners and words to search by, as columns; segments that are archived; names by the newest key."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from segkit.definitions.documents import name_key
from segkit.store.searching import columns, kept

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        sa.Column("folder", sa.Text),
        sa.Column("folder_key", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("owner_key", sa.Text),
        sa.Column("words", sa.Text, nullable=False, server_default=""),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.Column("archived_by", sa.Text),
    ):
        op.add_column("segments", column)
    tags = op.create_table(
        "tags",
        sa.Column("segment_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("tag_key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "position", name="pk_tags"),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name="fk_tags_segment_id"),
    )
    _fill(op.get_bind(), tags)


_CURRENT = sa.text(
    "SELECT s.id, s.app, s.name, s.name_key, s.deleted_at, v.document FROM segments s "
    "JOIN versions v ON v.segment_id = s.id AND v.number = s.current_version ORDER BY s.created_at, s.id"
)
_UPDATE = sa.text(
    "UPDATE segments SET name_key = :name_key, folder = :folder, folder_key = :folder_key, owner = :owner, "
    "owner_key = :owner_key, words = :words WHERE id = :id"
)


def _fill(connection: sa.Connection, tags: sa.Table) -> None:
    """What the documents say. A name that is another's by the newest key keeps its old one, and can be found by it."""
    rows = connection.execute(_CURRENT).all()
    taken = {(row.app, row.name_key) for row in rows if row.deleted_at is None}
    for row in rows:
        document = json.loads(row.document)
        key = name_key(row.name)
        if key != row.name_key and row.deleted_at is None:
            key = row.name_key if (row.app, key) in taken else key
            taken.add((row.app, key))
        found = document.get("tags", [])
        said = (document.get("description", ""), document.get("folder"), found, document.get("owner"))
        connection.execute(_UPDATE, {"id": row.id, "name_key": key, **columns(row.name, *said)})
        if found:
            rows_of_tags = [
                {"segment_id": row.id, "position": n, "tag": kept(tag), "tag_key": kept(name_key(tag))}
                for n, tag in enumerate(found)
            ]
            connection.execute(tags.insert(), rows_of_tags)
