"""Numbered changes of the catalog's tables, and the one place that applies them.

Alembic is imported only where there is something to change, so that opening a catalog stays fast.
"""

from __future__ import annotations

import re
from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

_NUMBERED = re.compile(r"(\d{4})_\w+\.py\Z")


def head() -> str:
    """The newest revision that this segkit knows: the number that its file's name begins with."""
    found = [_NUMBERED.match(entry.name) for entry in (files(__name__) / "versions").iterdir()]
    return max(match[1] for match in found if match)


def revision(connection: Connection) -> str | None:
    """The revision that a database is at; none before its first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(connection: Connection, to: str = "head") -> None:
    """Brings the tables to a revision, the newest one, inside the transaction that `connection` is in."""
    from alembic import command
    from alembic.config import Config

    with as_file(files(__name__)) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
