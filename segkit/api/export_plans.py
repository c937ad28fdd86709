"""What an export would write, in counts: before anybody decides on it. Nothing is written, and nothing is on record."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from segkit.api.export_options import Wanted
from segkit.api.export_preparing import Watch, prepare
from segkit.api.results import table_html

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of the zip: of which segment, which piece of it, how many rows."""

    segment_id: str
    segment: str
    piece: str
    rows: int
    columns: tuple[str, ...]

    @property
    def title(self) -> str:
        """The segment's name, and the piece if there are several."""
        return f"{self.segment} ({self.piece})" if self.piece else self.segment


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """One segment: its users, and how many of them are held back for which reason."""

    id: str
    name: str
    members: int
    held_back: dict[str, int]
    as_of: date
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What `App.export` with the same words would write now. Shows itself in counts only."""

    as_of: date
    format: str
    segments: tuple[PlannedSegment, ...]
    files: tuple[PlannedFile, ...]
    columns: tuple[str, ...]  # of all files together
    personal: tuple[str, ...]  # labels with personal data that are written, hashed or not

    @property
    def rows(self) -> int:
        """Rows in all; a user of two segments has two."""
        return sum(file.rows for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        segments = [
            {**asdict(each), "as_of": each.as_of.isoformat(), "computed_at": each.computed_at.isoformat()}
            for each in self.segments
        ]
        files = [{**asdict(each), "columns": list(each.columns), "title": each.title} for each in self.files]
        return {
            "as_of": self.as_of.isoformat(), "format": self.format, "rows": self.rows, "segments": segments,
            "files": files, "columns": list(self.columns), "personal": list(self.personal),
        }  # fmt: skip

    def __repr__(self) -> str:
        personal = f", personal: {', '.join(self.personal)}" if self.personal else ""
        head = f"{self.rows:,} rows as of {self.as_of}: {', '.join(self.columns)}{personal}"
        return "\n".join([head, *(f"{file.rows:>12,}  {file.title}" for file in self.files)])

    def _repr_html_(self) -> str:
        rows = [(file.title, file.rows) for file in self.files]
        personal = f"<p>Personal data: {html.escape(', '.join(self.personal))}</p>" if self.personal else ""
        caption = f"Would be written, as of {self.as_of}: {', '.join(self.columns)}"
        return table_html(("File", "Rows"), rows, caption) + personal


def plan_export(app: App, names: Sequence[str], as_of: date, wanted: Wanted, watch: Watch) -> ExportPlan:
    """Chooses users as `export` does; see `App.plan_export`."""
    # What is read once is kept for the next look: one plans several times before one exports.
    prepared = prepare(app, app.evaluator(), names, as_of, wanted, watch)
    selection = prepared.selection
    files = tuple(
        PlannedFile(definition.id, definition.name, piece.name, piece.users.count, selection.columns_of(piece))
        for definition, _, chosen in prepared.segments
        for piece in chosen.pieces
    )
    segments = tuple(
        PlannedSegment(
            definition.id, definition.name, chosen.members, chosen.held_back, snapshot.as_of, snapshot.computed_at
        )
        for definition, snapshot, chosen in prepared.segments
    )
    return ExportPlan(
        as_of,
        wanted.file_format,
        segments,
        files,
        tuple(dict.fromkeys(column for file in files for column in file.columns)),
        tuple(selection.personal_columns),
    )
