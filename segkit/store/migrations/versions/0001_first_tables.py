"""The first tables: segments and their versions, snapshots, runs, exports, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("cycle", sa.String(16), nullable=False),
        sa.Column("current_version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.Column("deleted_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_segments"),
    )
    op.create_index(
        "uq_segments_app_name_key",
        "segments",
        ["app", "name_key"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "versions",
        sa.Column("segment_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("segment_id", "number", name="pk_versions"),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name="fk_versions_segment_id"),
    )
    op.create_table(
        "saves",
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("segment_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("app", "key", name="pk_saves"),
        sa.ForeignKeyConstraint(
            ["segment_id", "number"], ["versions.segment_id", "versions.number"], name="fk_saves_segment_id_number"
        ),
    )
    op.create_table(
        "snapshots",
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("segment_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("rule_fingerprint", sa.Text),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("data_generation", sa.BigInteger, nullable=False),
        sa.Column("evaluator", sa.Text, nullable=False),
        sa.Column("vocabulary", sa.Text, nullable=False),
        sa.Column("tzdata", sa.Text, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("base", sa.BigInteger, nullable=False),
        sa.Column("users", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.String(64), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("children", sa.JSON, nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_snapshots"),
        sa.UniqueConstraint("id", name="uq_snapshots_id"),
        sa.ForeignKeyConstraint(
            ["segment_id", "version"],
            ["versions.segment_id", "versions.number"],
            name="fk_snapshots_segment_id_version",
        ),
    )
    op.create_index("ix_snapshots_app_segment_id_as_of", "snapshots", ["app", "segment_id", "as_of"])
    op.create_index("ix_snapshots_app_generation", "snapshots", ["app", "generation"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.String(64)),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_app_kind_as_of", "runs", ["app", "kind", "as_of"])
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
        sa.UniqueConstraint("app", "name", "as_of", name="uq_exports_app_name_as_of"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("app", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_app_at", "audit", ["app", "at"])
