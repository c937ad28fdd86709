"""What migrations are compared with beside `tables`; apart, since it loads the dialects: a tenth of every start."""

from __future__ import annotations

from sqlalchemy import Index

from segkit.store.tables import segments

#: A deleted segment gives its name free; an archived one keeps it.
NAMES = Index(
    "uq_segments_app_name_key",
    segments.c.app,
    segments.c.name_key,
    unique=True,
    sqlite_where=segments.c.deleted_at.is_(None),
    postgresql_where=segments.c.deleted_at.is_(None),
)
