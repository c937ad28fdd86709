"""An export's `manifest.json`: which users these are, by which rule, as of when, made by whom, in which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from segkit.definitions.documents import to_json
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.exchange.parts import ExportedSegment, ExportPart, Format, Profile

FILE = "manifest.json"
FORMAT = 1

_HOW: dict[tuple[Format, Profile], str] = {}
_HOW["csv", "machine"] = (
    "RFC 4180, UTF-8, comma, CRLF, one heading. Values as they are: dates ISO, lists JSON arrays, booleans true and "
    'false, decimals with all their places. A missing value is an empty field, an empty text "".'
)
_HOW["csv", "spreadsheet"] = (
    "As profile machine, but with a byte order mark, and with an apostrophe before text that a spreadsheet could run "
    "as a formula; `disarmed` names the rows, the heading being 1."
)
_HOW["xlsx", "spreadsheet"] = (
    "One workbook a segment; sheets Users, Users 2, … of at most 1,048,575 users, each with the heading. Text, dates "
    "(ISO) and lists (JSON arrays) are text cells. Numbers are number cells, but whole and exact ones of more than 15 "
    "digits, which are text. Nothing is a formula or a link."
)
_HOW["parquet", "machine"] = (
    "Typed columns: text, doubles, exact decimals at their scale, booleans, days as DATE, lists as lists of text. "
    "Missing values are null."
)
_HOW["jsonl", "machine"] = (
    "One JSON object a user and line, in UTF-8: numbers as numbers, exact ones with all their places, lists as arrays, "
    "dates as ISO text. Missing values are null."
)


def export_entry(
    *,
    app: str,
    as_of: date,
    made_at: datetime,
    actor: str,
    data_generation: int,
    engine: str,
    format: Format,
    profile: Profile,
    labels: Sequence[LabelDeclaration],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """What holds for the whole export, as plain data."""
    return {
        "segkit_export": FORMAT,
        "app": app,
        "as_of": as_of,
        "made_at": instant_text(made_at),
        "actor": actor,
        "data_generation": data_generation,
        "engine": engine,
        "format": format,
        "profile": profile,
        "how_values_are_written": _HOW[format, profile],
        "columns": [{"code": "uid", "name": "User", "type": "string"}, *map(_column, labels)],
        **about,
    }


def segment_entry(part: ExportPart, exported: ExportedSegment) -> dict[str, Any]:
    """What holds for one file, as plain data; without the personas, who are users and maybe not of this segment.

    `count` and `held_back` are those of the whole segment, `rows` those of the file.
    """
    piece = {"piece": part.piece} if part.piece else {}
    workbook = {} if exported.sheets is None else {"sheets": exported.sheets}
    disarmed = {name: {"cells": rows.count, "rows": str(rows)} for name, rows in exported.disarmed.items()}
    return {
        "id": part.segment_id,
        "name": part.name,
        "kind": part.kind,
        "version": part.version,
        "as_of": part.as_of,
        "computed_at": instant_text(part.computed_at),
        **piece,
        "count": part.count if part.members is None else part.members,
        "rows": exported.rows,
        "held_back": dict(part.held_back),
        "file": exported.file,
        "bytes": exported.size,
        "sha256": exported.sha256,
        **workbook,
        **part.about,
        "disarmed": disarmed,
        "rule": {
            "words": part.words,
            "document": {key: value for key, value in part.document.items() if key != "personas"},
        },
    }


def encoded(export: Mapping[str, Any], segments: Sequence[Mapping[str, Any]]) -> bytes:
    """The manifest's bytes: JSON in UTF-8, the same for the same content."""
    # A lone surrogate, which UTF-8 cannot hold, becomes JSON's own escape of it.
    return to_json({**export, "segments": list(segments)}).encode("utf-8", "backslashreplace")


def instant_text(instant: datetime) -> str:
    """An aware instant as ISO text in UTC, with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _column(label: LabelDeclaration) -> dict[str, Any]:
    told = {"unit": label.unit, "scale": label.scale, "personal": label.personal}
    return {
        "code": label.code,
        "name": label.name,
        "type": label.type,
        **{key: value for key, value in told.items() if value is not None},
    }
