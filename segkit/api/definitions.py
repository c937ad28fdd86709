"""All segments that an app knows, predefined and saved, by id and by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from segkit.definitions.conditions import Condition, live_references, references
from segkit.definitions.documents import Document, document_data, name_key, to_json
from segkit.definitions.predefined import Predefined
from segkit.errors import NotFound, nearest
from segkit.store.records import StoredSegment

Kind = Literal["predefined", "custom", "imported"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One segment's definition: what it is called, how it is refreshed, and its rule with references as ids."""

    id: str
    kind: Kind
    document: Document
    version: int | None = None  # predefined segments have none
    missing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def cycle(self) -> str:
        return self.document.cycle

    @property
    def rule(self) -> Condition:
        return self.document.rule

    @property
    def reads_snapshots(self) -> bool:
        """Whether others read its newest snapshot rather than its rule."""
        return self.cycle == "once" or self.kind == "imported"


def definitions_of(stored: Iterable[StoredSegment]) -> list[Definition]:
    """What the catalog holds, as definitions."""
    return [Definition(s.id, s.kind, s.document, s.version) for s in stored]


class Definitions:
    """The definitions of one app at one moment."""

    def __init__(
        self,
        app: str,
        predefined: Iterable[Predefined],
        saved: Iterable[Definition],
        archived: Callable[[], Iterable[Definition]] = tuple,
    ) -> None:
        self._app = app
        self._archived = archived  # asked for only where a segment is not among those that are there
        found = [Definition(p.document.id or "", "predefined", p.document, None, p.missing) for p in predefined]
        self.by_id: dict[str, Definition] = {d.id: d for d in [*found, *saved]}
        self._by_name = {name_key(d.name): d for d in self.by_id.values()}

    def __getitem__(self, name_or_id: str) -> Definition:
        found = self.by_id.get(name_or_id) or self._by_name.get(name_key(name_or_id))
        if found is None:
            away = self.archived(name_or_id)
            if away is not None:
                raise NotFound(f"‘{away.name}’ is archived. `segkit unarchive '{away.name}'` brings it back.")
            names = [d.name for d in self.by_id.values()]
            message = f"no segment '{name_or_id}' in app '{self._app}'.{nearest(name_or_id, names)}"
            raise NotFound(f"{message} `segkit list` lists all {len(names)}.")
        return found

    def archived(self, name_or_id: str) -> Definition | None:
        """The archived segment of this name or id, if there is one."""
        key = name_key(name_or_id)
        return next((d for d in self._archived() if d.id == name_or_id or name_key(d.name) == key), None)

    def with_archived(self, name_or_id: str) -> Definition:
        """The segment of this name or id, archived or not. Raises NotFound with the nearest name."""
        away = None if name_or_id in self else self.archived(name_or_id)
        return self[name_or_id] if away is None else away

    def __contains__(self, name_or_id: object) -> bool:
        return isinstance(name_or_id, str) and (name_or_id in self.by_id or name_key(name_or_id) in self._by_name)

    def with_changes(self, saved: Iterable[Definition], gone: Collection[str] = ()) -> Definitions:
        """The definitions as they would be with these saved, in the place of those of the same id, and others gone."""
        found = Definitions(self._app, (), ())
        kept = {d.id: d for d in self.by_id.values() if d.id not in gone}
        found.by_id = kept | {d.id: d for d in saved}
        found._by_name = {name_key(d.name): d for d in found.by_id.values()}
        return found

    def name_of(self, segment_id: str) -> str:
        """A segment's name, or the id itself where it is not known."""
        found = self.by_id.get(segment_id)
        return found.name if found else segment_id

    @property
    def ids(self) -> dict[str, str]:
        """The id of every segment by its name."""
        return {d.name: d.id for d in self.by_id.values()}

    def rule_by_id(self) -> dict[str, Condition]:
        """The rules of all segments that are evaluated, not read from snapshots."""
        return {d.id: d.rule for d in self.by_id.values() if not d.reads_snapshots and not d.missing}

    def users_of(self, segment_id: str) -> list[Definition]:
        """The definitions that refer to a segment."""
        return [d for d in self.by_id.values() if segment_id in live_references(d.rule)]

    def with_daily_readers(self, wanted: Iterable[Definition]) -> list[Definition]:
        """`wanted` and every daily segment that reads one of them, directly or through others."""
        found = {d.id: d for d in wanted}
        waiting = list(found)
        while waiting:
            for reader in self.users_of(waiting.pop()):
                if reader.id not in found and not reader.reads_snapshots and not reader.missing:
                    found[reader.id] = reader
                    waiting.append(reader.id)
        return list(found.values())

    def fingerprint_of(self, definition: Definition) -> str:
        """That of `fingerprints`, also of a segment that is not among those that are there."""
        if definition.id in self.fingerprints:
            return self.fingerprints[definition.id]
        below = {child: self.fingerprints.get(child, child) for child in references(definition.rule)}
        return fingerprint(definition.document, below)

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """By id, a hash of the rule and of every rule that it reads, so that a changed child shows in its parents."""
        found: dict[str, str] = {}

        def of(segment_id: str, above: tuple[str, ...]) -> str:
            if segment_id not in found:
                definition = self.by_id.get(segment_id)
                if definition is None or segment_id in above:
                    return segment_id
                below = {child: of(child, (*above, segment_id)) for child in references(definition.rule)}
                found[segment_id] = fingerprint(definition.document, below)
            return found[segment_id]

        for segment_id in self.by_id:
            of(segment_id, ())
        return found


def fingerprint(document: Document, children: Mapping[str, str]) -> str:
    """A hash of a document's rule and of what it reads; names and descriptions do not count."""
    content = [to_json(document_data(document)["rule"]), sorted(children.items())]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
