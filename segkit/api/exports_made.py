"""Exports that were made: as a list shows them, with the file that was written and its manifest."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.api.ages import age_words, moment_words
from segkit.api.results import table_html
from segkit.errors import Damaged, NotFound
from segkit.exchange import manifest
from segkit.files.hashing import sha256_of
from segkit.store.records import ExportRecord

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True, slots=True)
class ExportInfo:
    """One export that was made. `file` is relative to the workspace where it lies inside."""

    id: int
    name: str  # of a due export; empty for one made by hand
    as_of: date
    made_at: datetime
    made: str  # when, as people say it
    age: timedelta
    actor: str
    file: str
    is_there: bool
    segments: dict[str, int]  # rows, by name
    labels: tuple[str, ...]
    personal: tuple[str, ...]
    format: str
    profile: str
    channel: str
    changes: bool

    @property
    def rows(self) -> int:
        return sum(self.segments.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "id": self.id, "name": self.name, "as_of": self.as_of.isoformat(), "made_at": self.made_at.isoformat(),
            "made": self.made, "age": age_words(self.age), "actor": self.actor, "file": self.file,
            "is_there": self.is_there, "segments": self.segments, "rows": self.rows, "labels": list(self.labels),
            "personal": list(self.personal), "format": self.format, "profile": self.profile, "channel": self.channel,
            "changes": self.changes,
        }  # fmt: skip


class ExportList(tuple[ExportInfo, ...]):
    """Exports, the newest first, that show themselves as a table."""

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for each in self:
            yield each.made, age_words(each.age), ", ".join(each.segments), each.rows, each.format, each.file

    def _repr_html_(self) -> str:
        return table_html(("Made", "Age", "Segments", "Rows", "Format", "File"), list(self._rows()))

    def __repr__(self) -> str:
        return "\n".join("  ".join(str(cell) for cell in row) for row in self._rows()) or "No export was made yet."


def exports_made(app: App, limit: int | None) -> ExportList:
    """The exports on record, the newest first."""
    names = app.names()
    return ExportList(_info(app, record, names) for record in app.workspace.catalog.exports(app.name, limit=limit))


def exported_file(app: App, number: int) -> Path:
    """The zip of an export, which is as it was written. On record: who fetches it takes users out."""
    record = _record(app, number)
    path = _whole(app, record)
    app.workspace.catalog.record_audit(
        actor=app.workspace.actor,
        at=app.workspace.clock(),
        app=app.name,
        action="fetch export",
        subject=record.file,
        detail={"export": record.id, "sha256": record.sha256},
    )
    return path


def manifest_of(app: App, number: int) -> dict[str, Any]:
    """The manifest in the zip of an export, as plain data."""
    path = _whole(app, _record(app, number))
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read(manifest.FILE))
    return found


def _record(app: App, number: int) -> ExportRecord:
    for record in app.workspace.catalog.exports(app.name):
        if record.id == number:
            return record
    raise NotFound(f"app '{app.name}' has no export of the number {number:,}")


def _whole(app: App, record: ExportRecord) -> Path:
    path = app.workspace.folder / record.file
    if not path.is_file():
        raise NotFound(f"{record.file} is not there any more; what was in it stays on record. Export again")
    if sha256_of(path) != record.sha256:
        raise Damaged(f"{record.file} is not what was written on {record.at:%Y-%m-%d}; export again")
    return path


def _info(app: App, record: ExportRecord, names: Callable[[str], str]) -> ExportInfo:
    detail, now = record.detail, app.workspace.clock()
    return ExportInfo(
        id=record.id,
        name=record.name or "",
        as_of=record.as_of,
        made_at=record.at,
        made=moment_words(record.at, now, app.zone),
        age=max(now - record.at, timedelta()),
        actor=record.actor,
        file=record.file,
        is_there=(app.workspace.folder / record.file).is_file(),
        segments={names(key): rows for key, rows in detail.get("segments", {}).items()},
        labels=tuple(detail.get("labels", ())),
        personal=tuple(detail.get("personal", ())),
        format=str(detail.get("format", "")),
        profile=str(detail.get("profile") or ""),
        channel=str(detail.get("channel") or ""),
        changes=bool(detail.get("changes", False)),
    )
