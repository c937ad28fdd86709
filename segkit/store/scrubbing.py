"""A person's uid, e-mail and mobile taken out of everything that the catalog holds as text.

Every text and JSON column of every table is walked, as the metadata lists them, so that a new table is covered too.
Left as they are: names of apps, and who acted, who are people that work here; and the audit trail, which is never
changed and holds no user's data: what stands in it all the same is counted. Afterwards no freed page holds a byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, Column, Connection, String, Table, Text, select, update

from segkit.definitions.documents import to_json
from segkit.store.database import Database
from segkit.store.tables import audit, metadata, segments, versions
from segkit.store.terms import Terms

_NOT_USERS = frozenset({"app", "actor", "deleted_by", "archived_by"})
#: Whose words are scrubbed in rows of an app; None in those of none.
TermsOf = Callable[[str | None], Terms]


@dataclass(frozen=True, slots=True)
class Literal:
    """A place in a version of a segment's document where the person stood."""

    app: str
    segment_id: str
    version: int
    place: str  # such as rule.all[0].value


@dataclass(slots=True)
class Scrubbed:
    """What was done: how many fields by table, the places in documents, entries of the audit trail that name them."""

    fields: dict[str, int] = field(default_factory=dict)
    literals: list[Literal] = field(default_factory=list)
    in_audit: int = 0


def scrub(database: Database, apps: tuple[str, ...], terms_of: TermsOf) -> Scrubbed:
    """Takes the person out, in one transaction, and then out of what the database keeps of earlier states."""
    found = database.write(lambda connection: _scrubbed(connection, terms_of), "", *apps)
    database.leave_no_trace()
    return found


def _scrubbed(connection: Connection, terms_of: TermsOf) -> Scrubbed:
    found = Scrubbed()
    app_of = {row.id: row.app for row in connection.execute(select(segments.c.id, segments.c.app))}
    for table in metadata.sorted_tables:
        for row in _rows(connection, table):
            terms = terms_of(row["app"] if "app" in row else app_of.get(row.get("segment_id", "")))
            changed = {} if table is audit else _changed(table, row, terms, found, app_of)
            if table is audit:
                found.in_audit += any(_is_told(value, terms) for value in row.values())
            if changed:
                _update(connection, table, row, changed)
                found.fields[table.name] = found.fields.get(table.name, 0) + len(changed)
    return found


def _rows(connection: Connection, table: Table) -> Iterator[Mapping[str, Any]]:
    """All rows, read before any is changed."""
    rows = connection.execute(select(table)).mappings()
    yield from [dict(row) for row in rows]


def _is_told(value: object, terms: Terms) -> bool:
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return terms.stand_in(plain)


def _changed(
    table: Table, row: Mapping[str, Any], terms: Terms, found: Scrubbed, app_of: Mapping[str, str]
) -> dict[str, object]:
    changed: dict[str, object] = {}
    for column in table.columns:
        value = row[column.name]
        if value is None or not _is_free(column):
            continue
        if table is versions and column.name == "document":
            new, places = _document(value, terms)
            app = app_of.get(row["segment_id"], "")
            found.literals += [Literal(app, row["segment_id"], row["number"], place) for place in places]
        else:
            new = terms.masked_in(value)
        if new != value:
            changed[column.name] = new
    return changed


def _is_free(column: Column[Any]) -> bool:
    """Whether a column holds what people write, rather than codes and hashes, which have a length."""
    is_text = isinstance(column.type, Text | JSON) or (isinstance(column.type, String) and column.type.length is None)
    return is_text and column.name not in _NOT_USERS and not column.foreign_keys


def _document(text_: str, terms: Terms) -> tuple[str, list[str]]:
    """A document's text without the person, and the places where they stood. A persona that is them goes altogether: a
    masked one would be a user that there is not, and hold the segment."""
    data = json.loads(text_)
    places: list[str] = []
    new = terms.masked_in(_without_personas(data, terms, places), tell=places.append)
    return (to_json(new) if places else text_), places


def _without_personas(data: dict[str, Any], terms: Terms, places: list[str]) -> dict[str, Any]:
    personas = data.get("personas")
    if not isinstance(personas, dict):
        return data
    kept = {}
    for key, uids in personas.items():
        kept[key] = [uid for uid in uids if uid not in terms.uids]
        places += [f"personas.{key}[{number}]" for number, uid in enumerate(uids) if uid in terms.uids]
    left = {key: uids for key, uids in kept.items() if uids}
    rest = {key: value for key, value in data.items() if key != "personas" or left}
    return {key: left if key == "personas" else value for key, value in rest.items()}


def _update(connection: Connection, table: Table, row: Mapping[str, Any], changed: Mapping[str, object]) -> None:
    key = [column == row[column.name] for column in table.primary_key.columns]
    connection.execute(update(table).where(*key).values(**changed))
