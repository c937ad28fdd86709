"""What Alembic runs: the migrations, on the connection and in the transaction that it was given."""

from __future__ import annotations

from alembic import context

from segkit.store.partial_indexes import NAMES
from segkit.store.tables import metadata

assert NAMES in metadata.tables["segments"].indexes  # it is there once it is imported

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
