"""A segment's history: every version with who saved it, when, and what changed in words; and what else befell it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from segkit.api.ages import moment_words
from segkit.definitions.differences import Difference, document_differences
from segkit.store.records import Version

if TYPE_CHECKING:
    from segkit.api.app import App

_ACTIONS = {"delete": "deleted", "archive": "archived", "unarchive": "brought back from the archive"}


@dataclass(frozen=True)
class HistoryEntry:
    """One version and what it changed; or, without a version, what else was done with the segment."""

    at: datetime
    when: str
    actor: str
    what: str  # `version 3`, `archived`
    version: int | None = None
    note: str = ""
    changes: tuple[Difference, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The changes in words; of the first version, that it is one."""
        return [str(change) for change in self.changes] or (["The first version."] if self.version == 1 else [])


@dataclass(frozen=True)
class History:
    """Everything that happened to a segment, the newest first."""

    id: str
    name: str
    entries: tuple[HistoryEntry, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data; instants as ISO text."""
        return {
            "id": self.id,
            "name": self.name,
            "entries": [
                {
                    "version": entry.version,
                    "what": entry.what,
                    "at": entry.at.isoformat(),
                    "actor": entry.actor,
                    "note": entry.note,
                    "changes": [
                        {"place": change.place, "kind": change.kind, "words": change.words} for change in entry.changes
                    ],
                }
                for entry in self.entries
            ],
        }

    def __repr__(self) -> str:
        blocks = [f"‘{self.name}’ ({self.id})"]
        for entry in self.entries:
            note = f": {entry.note}" if entry.note else ""
            blocks.append(f"{entry.what.capitalize()}, {entry.when} by {entry.actor}{note}")
            blocks += [f"  {line}" for line in entry.lines]
        return "\n".join(blocks)

    def _repr_html_(self) -> str:
        found = [f"<h4>{html.escape(self.name)}</h4>"]
        for entry in self.entries:
            note = f" · {html.escape(entry.note)}" if entry.note else ""
            who = f"{html.escape(entry.when)} · {html.escape(entry.actor)}{note}"
            lines = "".join(f"<li>{html.escape(line)}</li>" for line in entry.lines)
            found.append(f"<p><b>{html.escape(entry.what.capitalize())}</b> {who}</p>")
            found.append(f"<ul>{lines}</ul>" if lines else "")
        return "".join(found)


def history_of(app: App, segment_id: str, name: str) -> History:
    """The history of a stored segment, archived and deleted ones as well."""
    now = app.workspace.clock()
    versions = app.workspace.catalog.versions(segment_id)
    entries = [*_versions(app, versions, now), *_others(app, segment_id, now)]
    # What happened at one moment is in the order in which it was put on record: versions first.
    entries.sort(key=lambda entry: (entry.at, entry.version is None, entry.version or 0), reverse=True)
    return History(segment_id, name, tuple(entries))


def _versions(app: App, versions: Sequence[Version], now: datetime) -> list[HistoryEntry]:
    names = app.names()
    changes: list[tuple[Difference, ...]] = [()]
    changes += [
        document_differences(before.document, after.document, app.vocabulary, names)
        for before, after in pairwise(versions)
    ]
    return [
        HistoryEntry(
            version.at,
            moment_words(version.at, now, app.zone),
            version.actor,
            f"version {version.number}",
            version.number,
            version.note,
            changed,
        )
        for version, changed in zip(versions, changes, strict=True)
    ]


def _others(app: App, segment_id: str, now: datetime) -> list[HistoryEntry]:
    return [
        HistoryEntry(entry.at, moment_words(entry.at, now, app.zone), entry.actor, _ACTIONS[entry.action])
        for entry in app.workspace.catalog.audit(app.name, subject=segment_id)
        if entry.action in _ACTIONS
    ]
