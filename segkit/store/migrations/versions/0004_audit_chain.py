"""The audit trail as a chain of hashes, and triggers that refuse to change or delete an entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from segkit.store.audit_chain import BEGINNING, hash_of, links

revision = "0004"
down_revision = "0003"

_UPDATE = sa.text("UPDATE audit SET previous = :previous, hash = :hash WHERE id = :id")
_REFUSED = "the audit trail is append-only"
_ON_SQLITE = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    # INSERT OR REPLACE deletes without a trigger.
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
)
_ON_POSTGRESQL = (
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
)


def upgrade() -> None:
    for name in ("previous", "hash"):
        op.add_column("audit", sa.Column(name, sa.String(64), nullable=False, server_default=""))
    _chain(op.get_bind())
    op.create_index("uq_audit_previous", "audit", ["previous"], unique=True)
    for statement in _ON_SQLITE if op.get_bind().dialect.name == "sqlite" else _ON_POSTGRESQL:
        op.execute(statement)


def _chain(connection: sa.Connection) -> None:
    last = BEGINNING
    for link in list(links(connection)):
        found = hash_of(last, link.content)
        connection.execute(_UPDATE, {"id": int(link.id), "previous": last, "hash": found})
        last = found
