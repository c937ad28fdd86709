"""When a snapshot was let go: its record stays, its users do not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("snapshots", sa.Column("retired_at", sa.DateTime(timezone=True)))
