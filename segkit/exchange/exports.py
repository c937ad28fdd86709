"""Segments into one zip: CSV, XLSX, Parquet or JSON lines, and a manifest. Whole under its name, or not there at all.

Whoever calls has asked for the users and may have them; consent, roles and the record of the export are not known here.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from segkit.definitions.vocabulary import LabelDeclaration
from segkit.errors import SegkitError
from segkit.exchange import manifest
from segkit.exchange.archive import Archive, remove_abandoned
from segkit.exchange.parts import ExportedSegment, ExportPart, Format, Profile, Split
from segkit.files.atomic import writing
from segkit.files.disk import BLOCK
from segkit.files.hashing import sha256_of

__all__ = ["ExportPart", "ExportResult", "ExportedSegment", "Format", "Profile", "Split", "write_export"]

_PROFILES: dict[Format, tuple[Profile, ...]] = {
    "csv": ("machine", "spreadsheet"),
    "xlsx": ("spreadsheet",),
    "parquet": ("machine",),
    "jsonl": ("machine",),
}


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A zip that was written: where, its sha256 and size in bytes, and what is in it. Shows itself in counts only."""

    path: Path
    sha256: str
    size: int
    segments: tuple[ExportedSegment, ...]

    @property
    def rows(self) -> int:
        """Rows written in all; a user of two segments has two."""
        return sum(segment.rows for segment in self.segments)

    def __repr__(self) -> str:
        count = len({segment.segment_id for segment in self.segments})
        segments = "1 segment" if count == 1 else f"{count:,} segments"
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        lines = [f"{self.path.name}: {segments}, {rows}, {self.size:,} bytes"]
        return "\n".join([*lines, *(f"{s.rows:>12,}  {s.title}" for s in self.segments)])

    def _repr_html_(self) -> str:
        right = 'style="text-align:right;font-variant-numeric:tabular-nums"'
        rows = "".join(f"<tr><td>{html.escape(s.title)}</td><td {right}>{s.rows:,}</td></tr>" for s in self.segments)
        head = f'<tr><th scope="col">Segment</th><th scope="col" {right}>Rows</th></tr>'
        return f"<table><caption>{html.escape(self.path.name)}</caption>{head}{rows}</table>"


def write_export(
    path: Path,
    parts: Sequence[ExportPart],
    *,
    format: Format,
    profile: Profile | None = None,
    app: str,
    as_of: date,
    made_at: datetime,
    actor: str,
    data_generation: int,
    engine: str,
    labels: Sequence[LabelDeclaration],
    split: Split = Split(),  # noqa: B008  # frozen
    about: Mapping[str, Any] | None = None,
) -> ExportResult:
    """Writes one zip to `path`, in the place of one that is there; its folder is made where it is missing.

    The profile is spreadsheet for XLSX and machine for the others unless given. `split` is how much one file may hold,
    `about` what else the manifest says of the whole: channel, platform, control group, changes. Rows stream: memory
    does not grow with them. Raises SegkitError, and leaves what was there before, for imported segments, rows that are
    not as many as the count, values that the format cannot hold, and a disk that cannot be written.
    """
    chosen = _profile(format, profile)
    columns = ["uid", *(label.code for label in labels)]
    _refuse(path, parts, columns, made_at)
    export = manifest.export_entry(
        app=app, as_of=as_of, made_at=made_at, actor=actor, data_generation=data_generation, engine=engine,
        format=format, profile=chosen, labels=labels, about=about or {},
    )  # fmt: skip
    with _disk_problems(path):
        remove_abandoned(path.parent)
        with writing(path) as temporary:
            exported = Archive(temporary, columns, format, chosen, made_at, split).write(parts, export)
            sha256, size = sha256_of(temporary), temporary.stat().st_size
    return ExportResult(path, sha256, size, tuple(exported))


def _profile(format: Format, profile: Profile | None) -> Profile:
    if format not in _PROFILES:
        raise SegkitError(f"no export format '{format}'; expected {' or '.join(_PROFILES)}")
    allowed = _PROFILES[format]
    if profile is not None and profile not in allowed:
        raise SegkitError(
            f"found profile '{profile}' for {format}; expected {' or '.join(allowed)}. "
            "XLSX is for people who open it; programs read Parquet, JSON lines, or CSV with profile machine."
        )
    return profile or allowed[0]


def _refuse(path: Path, parts: Sequence[ExportPart], columns: Sequence[str], made_at: datetime) -> None:
    """Raises SegkitError for what can be seen before anything is written."""
    imported = _named(part for part in parts if part.kind == "imported")
    if imported:
        raise SegkitError(f"{imported}: imported segments are never exported; leave them out. Nothing was written.")
    if not parts:
        raise SegkitError("no segment to export; name one or more")
    ids = Counter((part.segment_id, part.piece) for part in parts)
    twice = _named(part for part in parts if ids[part.segment_id, part.piece] > 1)
    if twice:
        raise SegkitError(f"{twice}: the same segment twice; name each once")
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise SegkitError(f"column '{repeated[0]}' would be there twice; name each label once, and none called uid")
    if path.is_dir():
        raise SegkitError(f"{path} is a folder; expected the name of the zip to write")
    if any(instant.tzinfo is None for instant in (made_at, *(part.computed_at for part in parts))):
        raise ValueError("found a naive instant; made_at and computed_at are aware")


def _named(parts: Iterator[ExportPart]) -> str:
    return ", ".join(f"‘{part.name}’" for part in parts)


@contextmanager
def _disk_problems(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SegkitError(
            f"{path.name} could not be written to {path.parent}: {error.strerror or error}; at least {BLOCK:,} more "
            "bytes wanted. Free space there, or choose another folder."
        ) from error
