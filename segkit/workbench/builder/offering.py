"""What a rule can be made of in an app: labels, events, parameters and segments, as plain data for the view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from segkit.api.ages import age_words
from segkit.api.infos import SegmentInfo

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.definitions.vocabulary import LabelDeclaration, ParameterDeclaration


def vocabulary_offered(app: App) -> dict[str, Any]:
    """Labels and events in the order of their files, parameters by code."""
    vocabulary = app.vocabulary
    return {
        "labels": [{**_typed(label), "category": label.category} for label in vocabulary.labels],
        "events": [
            {
                "code": event.code, "name": event.name, "category": event.category, "description": event.description,
                "parameters": list(event.parameters),
            }
            for event in vocabulary.events
        ],
        "parameters": {parameter.code: _typed(parameter) for parameter in vocabulary.parameters},
    }  # fmt: skip


def _typed(declared: LabelDeclaration | ParameterDeclaration) -> dict[str, Any]:
    return {
        "code": declared.code, "name": declared.name, "type": declared.type, "unit": declared.unit or "",
        "description": declared.description, "values": declared.values, "personal": declared.personal is not None,
    }  # fmt: skip


def segments_offered(app: App) -> list[dict[str, Any]]:
    """Segments with their newest published count and its age; those that cannot be used say why."""
    return [_segment(info) for info in app.segments()]


def _segment(info: SegmentInfo) -> dict[str, Any]:
    age = "" if info.age is None else f"{age_words(info.age)} ago"
    return {
        "id": info.id, "name": info.name, "kind": info.kind, "count": info.count, "age": age, "cycle": info.cycle,
        "description": info.description, "note": info.note, "folder": info.folder or "", "usable": not info.missing,
    }  # fmt: skip
