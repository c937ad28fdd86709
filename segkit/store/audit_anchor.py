"""How far the audit trail had come, in a file beside the catalog, so that an end that is cut off is missed.

The file `audit.anchor` holds how many entries there were, and the number and hash of the last one. It is written after
each entry is committed; a process that dies in between leaves it a little behind, and never ahead.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from segkit.errors import Damaged
from segkit.files.atomic import sweep_of, write_text
from segkit.store.tables import audit

FILE = "audit.anchor"


@dataclass(frozen=True, slots=True)
class Anchor:
    """How many entries there were; the number of the last one, and its hash."""

    entries: int
    last: str
    hash: str


def read_anchor(path: Path) -> Anchor | None:
    """What the file says; none where there is no file. Raises Damaged if segkit did not write it so."""
    try:
        found = Anchor(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, UnicodeDecodeError):
        raise Damaged(f"{path} is not what segkit wrote") from None
    if not (isinstance(found.entries, int) and isinstance(found.last, str) and isinstance(found.hash, str)):
        raise Damaged(f"{path} is not what segkit wrote")
    return found


def advance(path: Path, connection: Connection) -> None:
    """Brings the file to the last entry. One that the trail does not bear out stays, so that the doctor can tell.

    Where the disk refuses, the file stays behind, as after a kill.
    """
    with suppress(OSError, Damaged):
        found = _newest(connection, read_anchor(path))
        if found is not None:
            write_text(path, json.dumps(asdict(found)) + "\n")


def tidy(path: Path) -> None:
    """Removes what a process left that was killed while it wrote the file."""
    with suppress(OSError):
        sweep_of(path)


def _newest(connection: Connection, before: Anchor | None) -> Anchor | None:
    """The anchor of the last entry; none where there is nothing new, or the one before does not hold."""
    query = select(func.count(), func.max(audit.c.id))
    if before is not None:
        known = connection.execute(select(audit.c.hash).where(audit.c.id == int(before.last))).scalar()
        if known != before.hash:
            return None
        query = query.where(audit.c.id > int(before.last))
    added, last = connection.execute(query).one()
    if not added:
        return None
    found = connection.execute(select(audit.c.hash).where(audit.c.id == last)).scalar_one()
    return Anchor((before.entries if before else 0) + added, str(last), found)
