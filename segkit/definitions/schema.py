"""The JSON Schema of a segment's document, for editors that complete keys and mark mistakes while somebody types.

It is published beside this module; `python -m segkit.definitions.schema` renews it. What depends on a vocabulary
(whether there is such a label, whether its type has such an operator) is checked where a document is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from segkit.definitions import conditions
from segkit.definitions.documents import LONGEST_DESCRIPTION, LONGEST_NAME, Document
from segkit.definitions.operators import (
    DATE_MEASURES,
    MEASURES,
    OPERATORS,
    PARAMETER_MEASURES,
    Type,
    operators_of_measure,
    wanted_value,
)

PUBLISHED = Path(__file__).with_name("segment.schema.json")

Schema = dict[str, Any]

_TITLES = {
    "Label": "A label",
    "Event": "Behaviour: a measure of events",
    "Sequence": "Behaviour: events one after the other",
    "SegmentRef": "Another segment",
    "Sample": "A stable sample",
    "All": "All of these",
    "Any_": "Any of these",
    "Not": "Not this",
    "Param": "A parameter",
    "WhereAll": "All of these",
    "WhereAny": "Any of these",
    "WhereNot": "Not this",
    "OtherEvent": "An event",
    "Window": "The days looked at",
    "Personas": "Users that must be in, or out",
}
_DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_DAYS: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": "string"}
_SHAPES: dict[str, Schema] = {
    "text": _TEXT,
    "texts": {"type": "array", "items": _TEXT, "minItems": 1},
    "number": {"type": "number"},
    "date": _DAY,
    "days": _DAYS,
    "bool": {"type": "boolean"},
    **{
        f"{of} pair": {"type": "array", "items": item, "minItems": 2, "maxItems": 2}
        for of, item in (("numbers", {"type": "number"}), ("dates", _DAY), ("days", _DAYS))
    },
}


def json_schema() -> Schema:
    """The schema, in draft 2020-12; every document that segkit writes fulfils it."""
    found: Schema = _tidy(Document.model_json_schema(by_alias=True))
    found["properties"]["name"] |= {"minLength": 1, "maxLength": LONGEST_NAME}
    found["properties"]["description"] |= {"maxLength": LONGEST_DESCRIPTION}
    definitions = found["$defs"]
    for name, definition in definitions.items():
        definition["title"] = _TITLES[name]
        definition["properties"] = _in_order(name, definition["properties"])
    definitions["Sample"]["properties"]["sample"] = _sample(definitions["Sample"])
    definitions["Window"] |= {"properties": _windows(definitions["Window"]), "oneOf": _WINDOW_FORMS}
    everything: tuple[Type, ...] = ("string", "list", "number", "date", "bool")
    for name in ("Label", "Param"):
        definitions[name]["properties"]["value"] = _any_value(definitions[name])
        definitions[name]["allOf"] = list(_values(everything))
    definitions["Event"]["properties"]["value"] = _any_value(definitions["Event"])
    definitions["Event"]["allOf"] = list(_measures())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def schema_text() -> str:
    """The published file's content."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidy(node: Any) -> Any:
    """Without the titles of keys, which repeat them, and without null: what has no value is left out."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _tidy(value) for key, value in node.items() if not _is_noise(key, value)}
    choices = [choice for choice in found.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del found["anyOf"]
        return {**choices[0], **found}
    return {**found, "anyOf": choices} if choices else found


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value in (None, "", []))


def _in_order(name: str, properties: Schema) -> Schema:
    """Keys as a document shows them, so that an editor offers them in that order."""
    order = getattr(getattr(conditions, name, None), "key_order", properties)
    return {key: properties[key] for key in order}


def _any_value(definition: Schema) -> Schema:
    about = definition["properties"]["value"]["description"]
    return {"description": about, "type": ["boolean", "number", "string", "array"]}


def _sample(definition: Schema) -> Schema:
    about = definition["properties"]["sample"]["description"]
    return {"description": about, "type": "number", "minimum": 0, "maximum": 100}


_WINDOW_FORMS = [{"required": keys} for keys in (["last"], ["from", "to"], ["all"], ["ago"])]


def _windows(definition: Schema) -> Schema:
    properties: Schema = definition["properties"]
    whole = {"const": True, "description": properties["all"]["description"]}
    days = {key: {**_DAY, "description": properties[key]["description"]} for key in ("from", "to")}
    return {**properties, **days, "all": whole}


# --- what depends on another key -------------------------------------------------------------------------------------


def _if(key: str, values: Iterable[str], then: Schema) -> Schema:
    return {"if": {"properties": {key: {"enum": list(values)}}, "required": [key]}, "then": then}


def _values(types: tuple[Type, ...]) -> Iterable[Schema]:
    """For each operator of these types the shapes of values that it takes; operators with the same shapes together."""
    by_shapes: dict[tuple[str, ...], list[str]] = {}
    for op in dict.fromkeys(op for type_ in types for op in OPERATORS[type_]):
        wanted = [wanted_value(op, type_) for type_ in types if op in OPERATORS[type_]]
        shapes = dict.fromkeys(shape for text in wanted for shape in text.split(" or "))
        by_shapes.setdefault(tuple(shapes), []).append(op)
    for shapes_of, ops in by_shapes.items():
        yield _if("op", ops, _value_of(shapes_of))


def _value_of(shapes: tuple[str, ...]) -> Schema:
    if shapes == ("nothing",):
        return {"not": {"required": ["value"]}}
    schemas = [_SHAPES[shape] for shape in shapes]
    value = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"required": ["value"], "properties": {"value": value}}


def _measures() -> Iterable[Schema]:
    """What each measure needs, and how it may be compared."""
    counts = [m for m in MEASURES if m not in PARAMETER_MEASURES and m != "share"]
    yield _if("measure", [m for m in MEASURES if m != "count"], {"required": ["op"]})
    yield _if("measure", sorted(PARAMETER_MEASURES), {"required": ["of"], "properties": {"of": _TEXT}})
    yield _if("measure", ["share"], {"required": ["of"], "properties": {"of": {"type": "object"}}})
    yield _if("measure", counts, {"not": {"required": ["of"]}})
    yield _if("measure", ["periods"], {"required": ["every"], "properties": {"window": {"required": ["last"]}}})
    yield {"if": {"required": ["value"]}, "then": {"required": ["op"]}}
    alike: dict[tuple[str, ...], list[str]] = {}
    for measure in MEASURES:
        alike.setdefault(operators_of_measure(measure), []).append(measure)
    for operators, measures in alike.items():
        shapes = list(_values(("date",) if measures[0] in DATE_MEASURES else ("number",)))
        then = {"properties": {"op": {"enum": list(operators)}}, "allOf": shapes}
        yield _if("measure", measures, then)
        if "count" in measures:
            yield {"if": {"not": {"required": ["measure"]}}, "then": then}


if __name__ == "__main__":
    PUBLISHED.write_text(schema_text(), encoding="utf-8")
