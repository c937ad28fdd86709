"""What the current versions of segments refer to: names turned into ids, circles found, dependants listed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from segkit.definitions.conditions import Condition, Not, SegmentRef, references, walk
from segkit.definitions.documents import Document, name_key, parse_document
from segkit.errors import DefinitionError, Problem, nearest
from segkit.store.searching import in_state
from segkit.store.tables import segments, versions


def ids_by_name(connection: Connection, app: str) -> dict[str, str]:
    """The ids of the app's segments that are there; archived ones are not."""
    query = in_state(select(segments.c.name, segments.c.id).where(segments.c.app == app), "active")
    return {row.name: row.id for row in connection.execute(query)}


def archived_ids_by_name(connection: Connection, app: str) -> dict[str, str]:
    """The ids of the app's archived segments."""
    query = in_state(select(segments.c.name, segments.c.id).where(segments.c.app == app), "archived")
    return {row.name: row.id for row in connection.execute(query)}


def with_ids(
    rule: Condition, ids: Mapping[str, str], subject: str, archived: Mapping[str, str] | None = None
) -> Condition:
    """The rule with ids where it names segments; `ids` by name, in any spelling. Predefined ids are taken as they are.

    Raises DefinitionError with the place of every segment that there is not, and the nearest name; of `archived` ones
    it says that they are.
    """
    by_key = _by_key(ids)
    away = _by_key(archived or {})
    names = {found: name for name, found in (archived or {}).items()}
    problems = [
        Problem(path, _absent(node, ids, names.get(away.get(_key(node), ""))))
        for path, node in walk(rule)
        if isinstance(node, SegmentRef) and not node.segment.startswith("pd_") and _key(node) not in by_key
    ]
    if problems:
        raise DefinitionError(subject, problems)
    return _replaced(rule, by_key)


def _by_key(ids: Mapping[str, str]) -> dict[str, str]:
    return {name_key(name): found for name, found in ids.items()} | {found: found for found in ids.values()}


def _absent(node: SegmentRef, ids: Mapping[str, str], archived: str | None) -> str:
    if archived is not None:
        return f"‘{archived}’ is archived. `segkit unarchive '{archived}'` brings it back."
    return f"no segment ‘{node.segment}’.{nearest(node.segment, ids)} `segkit list` shows all."


def _key(node: SegmentRef) -> str:
    return node.segment if node.segment.startswith(("sg_", "pd_")) else name_key(node.segment)


def _replaced(rule: Condition, ids: Mapping[str, str]) -> Condition:
    if isinstance(rule, SegmentRef):
        return rule.model_copy(update={"segment": ids.get(_key(rule), rule.segment)})
    inside = tuple(_replaced(child, ids) for child in rule.children())
    if inside == rule.children():
        return rule
    if isinstance(rule, Not):
        return rule.model_copy(update={"not_": inside[0]})
    return rule.model_copy(update={type(rule).key_order[0]: inside})


def path_back(connection: Connection, document: Document) -> tuple[str, ...]:
    """The names from this document through what it refers to and back to itself; empty where no path leads back."""
    assert document.id is not None
    names = {document.id: document.name}
    waiting: list[tuple[str, tuple[str, ...]]] = [(ref, (document.name,)) for ref in references(document.rule)]
    while waiting:
        ref, path = waiting.pop()
        if ref == document.id:
            return (*path, document.name)
        if ref in names:
            continue
        found = _current_document(connection, ref)
        names[ref] = found.name if found else ref
        if found:
            waiting.extend((deeper, (*path, found.name)) for deeper in references(found.rule))
    return ()


@dataclass(frozen=True, order=True, slots=True)
class User:
    """A segment whose current rule refers to another."""

    name: str
    id: str
    is_archived: bool


def users_of(connection: Connection, app: str, segment_id: str) -> tuple[User, ...]:
    """The app's segments whose current rule refers to this one, archived ones too, by name; muted conditions count."""
    query = (
        select(segments.c.id, segments.c.archived_at, versions.c.document)
        .join(segments, _current)
        .where(segments.c.app == app, segments.c.deleted_at.is_(None))
        .where(versions.c.document.contains(segment_id, autoescape=True))
    )
    found = []
    for row in connection.execute(query):
        document = _parsed(row.document)
        if segment_id in references(document.rule):
            found.append(User(document.name, row.id, row.archived_at is not None))
    return tuple(sorted(found))


_current = (versions.c.segment_id == segments.c.id) & (versions.c.number == segments.c.current_version)


def _current_document(connection: Connection, segment_id: str) -> Document | None:
    text = connection.execute(
        select(versions.c.document).join(segments, _current).where(segments.c.id == segment_id)
    ).scalar()
    return None if text is None else _parsed(text)


def _parsed(text: str) -> Document:
    return parse_document(json.loads(text), "the catalog")
