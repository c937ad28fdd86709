"""Lists that were imported: every version of each, what came of its file, and where its rows lie."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "lists",
        sa.Column("segment_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("source_sha256", sa.String(64)),
        sa.Column("data_generation", sa.BigInteger, nullable=False),
        sa.Column("matched", sa.BigInteger, nullable=False),
        sa.Column("external", sa.BigInteger, nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "number", name="pk_lists"),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name="fk_lists_segment_id"),
    )
    op.create_index("ix_lists_app", "lists", ["app"])
