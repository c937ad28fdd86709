"""What the catalog gives back: plain frozen records. Instants are aware and in UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, Literal

from segkit.definitions.documents import Document, parse_document

Kind = Literal["custom", "imported"]


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Document:
    """The document of a text, which cannot be changed: every list of segments reads the same ones again."""
    return parse_document(json.loads(text), "the catalog")


class _WithDocument:
    text: str

    @cached_property
    def document(self) -> Document:
        """The document, parsed when it is first asked for."""
        return _parsed(self.text)


@dataclass(frozen=True)
class Version(_WithDocument):
    """One version of a segment, as it was saved; never changed."""

    segment_id: str
    number: int
    text: str = field(repr=False)  # the document as JSON
    actor: str
    at: datetime
    note: str


@dataclass(frozen=True)
class StoredSegment(_WithDocument):
    """A segment at its current version; `actor`, `at` and `note` are that version's."""

    id: str
    app: str
    name: str
    kind: Kind
    cycle: Literal["daily", "once"]
    version: int
    text: str = field(repr=False)
    actor: str
    at: datetime
    note: str
    created_at: datetime
    deleted_at: datetime | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True)
class SavedVersion(_WithDocument):
    """What a save came to. `is_new` is false where the catalog held exactly this already."""

    segment_id: str
    app: str
    name: str
    number: int
    text: str = field(repr=False)
    actor: str
    at: datetime
    note: str
    is_new: bool


@dataclass(frozen=True)
class Child:
    """What a membership read of another segment: the version of its rule, or a snapshot, or both."""

    segment_id: str
    version: int | None = None
    snapshot: str | None = None


@dataclass(frozen=True, kw_only=True)
class Computed:
    """How a membership was computed. A stored segment has a `version`, a predefined one a `rule_fingerprint`."""

    id: str  # of the snapshot; `new_snapshot_id` makes one, so that parents can name their children before they publish
    app: str
    segment_id: str
    version: int | None = None
    rule_fingerprint: str | None = None
    as_of: date
    data_generation: int
    evaluator: str
    vocabulary: str
    tzdata: str
    base: int  # users
    children: tuple[Child, ...] = ()
    computed_at: datetime
    actor: str


@dataclass(frozen=True, kw_only=True)
class Snapshot(Computed):
    """A published membership: how it was computed, and the file that holds it."""

    count: int  # users in it
    users: int  # numbers that the file has a bit for
    generation: str  # what was published together
    file: str  # relative to the workspace, with /
    size: int  # bytes
    sha256: str
    retired_at: datetime | None = None  # when its users were let go; the record stays


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """The file of a snapshot, relative to the workspace, and what was written there."""

    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ListVersion:
    """One version of an imported list. `files` are those of its rows and of its last import's result, by name."""

    segment_id: str
    number: int
    app: str
    at: datetime
    actor: str
    cause: Literal["import", "hand", "match", "erase"]
    source_sha256: str | None
    data_generation: int
    matched: int  # users
    external: int  # addresses that no user has
    snapshot: str
    files: Mapping[str, PublishedFile]
    detail: Mapping[str, Any]  # what came of the import, and how it was asked for


@dataclass(frozen=True)
class Run:
    """One run of a night or a part of it. No end means that none was recorded, not that it is running: see the lock."""

    id: int
    app: str
    as_of: date
    kind: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class ExportRecord:
    """One export that was written. `name` is that of a due export; one made by hand has none."""

    id: int
    app: str
    name: str | None
    as_of: date
    file: str
    sha256: str
    at: datetime
    actor: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class AuditEntry:
    """Who did what to what."""

    id: int
    at: datetime
    actor: str
    app: str | None
    action: str
    subject: str
    detail: Mapping[str, Any]
    previous: str = field(default="", repr=False)  # the hash of the entry before
    hash: str = field(default="", repr=False)
