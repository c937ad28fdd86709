"""The published JSON Schema: current, complete for editors, and strict about typical mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from segkit.definitions.documents import Document, document_data, to_json
from segkit.definitions.schema import PUBLISHED, json_schema, schema_text
from segkit.definitions.strict_yaml import load_yaml
from tests.definitions.strategies import documents

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def problems(text: str) -> list[str]:
    """What the schema finds wrong with a document in YAML, whose days an editor sees as text."""
    return [error.message for error in VALIDATOR.iter_errors(json.loads(to_json(load_yaml(text, "x.yaml"))))]


def of_rule(rule: str) -> list[str]:
    return problems(f"{{name: A, rule: {rule}}}")


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), "renew it: python -m segkit.definitions.schema"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


EXAMPLE = """
segkit: 1
id: sg_4k9
app: smart-home
name: Silent gateway owners
description: …
cycle: daily
rule:
  all:
  - {label: marketing_consent, op: eq, value: true}
  - {label: country, op: in, value: [DE, AT]}
  - {label: registered_at, op: in_last, value: 30}
  - {event: feedback_submitted, op: gt, value: 2, window: {last: 90}}
  - {event: order_paid, measure: sum, of: amount, op: ge, value: 100, window: {from: 2026-01-01, to: 2026-03-31},
     where: {all: [{param: category, op: in, value: [camera, light]}]}}
  - {event: pairing_succeeds, measure: share, of: {event: pairing_starts}, op: lt, value: 0.5, window: {last: 90}}
  - sequence: [{event: product_browsed}, {event: order_paid}]
    within: 7
    window: {last: 30}
  - any:
    - {segment: pd_users_with_gateways}
    - not: {segment: sg_imported_vip}
"""


def test_it_takes_the_example_of_the_design() -> None:
    assert problems(EXAMPLE) == []


TAKEN = [
    "{all: []}",
    "{any: []}",
    "{sample: 33.33, seed: spring}",
    "{label: a, op: is_empty}",
    "{label: a, op: contains, value: x}",
    "{label: a, op: contains, value: [x]}",
    "{label: a, op: between, value: [1, 2.5]}",
    "{label: a, op: between, value: [2026-01-01, 2026-03-31]}",
    "{label: a, op: days_ago_between, value: [7, 30]}",
    "{event: a, window: {last: 30}}",
    "{event: a, window: {all: true}}",
    "{event: a, window: {ago: [14, 7]}, mute: true}",
    "{event: a, measure: periods, every: 7, at_least: 2, op: ge, value: 3, window: {last: 28}}",
    "{event: a, measure: avg, of: x, op: is_empty, window: {last: 28}}",
    "{event: a, measure: first, op: on, value: 2026-01-31, window: {all: true}}",
    "{event: a, window: {last: 3}, where: {not: {any: [{param: p, op: ne, value: x}]}}}",
]


@pytest.mark.parametrize("rule", TAKEN)
def test_it_takes(rule: str) -> None:
    assert of_rule(rule) == []


MISTAKES = [
    "{}",
    "5",
    "{labl: a, op: eq, value: 1}",
    "{label: a, op: eq, vaule: 1}",
    "{label: a, op: eq, value: 1, window: {last: 3}}",
    "{label: a, value: 1}",
    "{label: a, op: equals, value: 1}",
    "{label: a, op: eq}",
    "{label: a, op: eq, value: [x]}",
    "{label: a, op: in, value: x}",
    "{label: a, op: in, value: []}",
    "{label: a, op: in, value: [1]}",
    "{label: a, op: gt, value: '5'}",
    "{label: a, op: between, value: [1]}",
    "{label: a, op: between, value: [1, 2026-01-01]}",
    "{label: a, op: on, value: 31.1}",
    "{label: a, op: on, value: 31/01/2026}",
    "{label: a, op: on, value: '2026-02-30'}",
    "{label: a, op: in_last, value: 7.5}",
    "{label: a, op: in_last, value: -1}",
    "{label: a, op: is_empty, value: 1}",
    "{label: 'a b', op: is_empty}",
    "{label: a, op: is_empty, mute: 1}",
    "{event: a}",
    "{event: a, window: 30}",
    "{event: a, window: {}}",
    "{event: a, window: {last: 0}}",
    "{event: a, window: {last: 3, all: true}}",
    "{event: a, window: {all: false}}",
    "{event: a, window: {from: 2026-01-01}}",
    "{event: a, window: {ago: [7]}}",
    "{event: a, value: 3, window: {last: 3}}",
    "{event: a, op: gt, window: {last: 3}}",
    "{event: a, op: contains, value: x, window: {last: 3}}",
    "{event: a, op: is_empty, window: {last: 3}}",
    "{event: a, op: ge, value: '3', window: {last: 3}}",
    "{event: a, measure: sum, op: ge, value: 3, window: {last: 3}}",
    "{event: a, measure: sum, of: x, window: {last: 3}}",
    "{event: a, measure: sum, of: {event: x}, op: ge, value: 3, window: {last: 3}}",
    "{event: a, measure: median, of: x, op: ge, value: 3, window: {last: 3}}",
    "{event: a, measure: share, of: x, op: ge, value: 3, window: {last: 3}}",
    "{event: a, measure: days, of: x, op: ge, value: 3, window: {last: 3}}",
    "{event: a, measure: first, op: gt, value: 3, window: {last: 3}}",
    "{event: a, measure: periods, op: ge, value: 3, window: {last: 28}}",
    "{event: a, measure: periods, every: 7, op: ge, value: 3, window: {all: true}}",
    "{event: a, window: {last: 3}, where: {label: x, op: is_empty}}",
    "{sequence: [{event: a}], within: 7, window: {last: 30}}",
    "{sequence: [a, b], within: 7, window: {last: 30}}",
    "{sequence: [{event: a}, {event: b}], window: {last: 30}}",
    "{sample: 101, seed: x}",
    "{sample: 10}",
    "{segment: ''}",
    "{all: {segment: x}}",
    "{not: [{segment: x}]}",
    "{all: [{segment: x}], any: [{segment: z}]}",
    "{param: p, op: is_empty}",
]


@pytest.mark.parametrize("rule", MISTAKES)
def test_it_marks(rule: str) -> None:
    assert of_rule(rule)


@pytest.mark.parametrize(
    "document",
    [
        "{rule: {all: []}}",
        "{name: A}",
        "{name: '', rule: {all: []}}",
        f"{{name: {'x' * 65}, rule: {{all: []}}}}",
        f"{{name: A, description: {'x' * 129}, rule: {{all: []}}}}",
        "{name: A, cycle: weekly, rule: {all: []}}",
        "{name: A, segkit: 2, rule: {all: []}}",
        "{name: A, id: mine, rule: {all: []}}",
        "{name: A, tags: x, rule: {all: []}}",
        "{name: A, rules: {all: []}, rule: {all: []}}",
        "{name: A, personas: {inn: []}, rule: {all: []}}",
    ],
)
def test_it_marks_the_rest_of_a_document(document: str) -> None:
    assert problems(document)


@given(documents())
@settings(max_examples=60, deadline=None)
def test_it_takes_every_document_that_segkit_writes(document: Document) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(to_json(document_data(document))))) == []


def _keys(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, schema in node.get("properties", {}).items():
        yield f"{place}.{key}", schema


def test_an_editor_finds_words_for_every_key_and_every_kind_of_condition() -> None:
    for name, definition in SCHEMA["$defs"].items():
        assert definition["title"], name
        assert definition["description"], name
        for place, schema in _keys(definition, name):
            assert schema.get("description") or "$ref" in schema, place
    for place, schema in _keys(SCHEMA, "document"):
        assert schema.get("description"), place


def test_keys_are_offered_in_the_order_of_a_document() -> None:
    assert list(SCHEMA["properties"])[:5] == ["segkit", "id", "app", "name", "description"]
    assert list(SCHEMA["$defs"]["Label"]["properties"]) == ["label", "op", "value", "mute"]
    assert list(SCHEMA["$defs"]["Event"]["properties"])[:2] == ["event", "measure"]
