"""Documents in YAML and JSON: the same bytes each time, nothing lost, and problems named with their places."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Condition, Event, Label
from segkit.definitions.documents import (
    Document,
    document_data,
    load_text,
    name_key,
    parse_document,
    parse_rule,
    read_document,
    rule_data,
    to_json,
    to_yaml,
)
from segkit.definitions.python_form import label, not_
from segkit.definitions.strict_yaml import DEEPEST, load_yaml
from segkit.errors import DefinitionError, SegkitError
from tests.definitions.strategies import SEGMENTS, TRICKY_TEXTS, VOCABULARY, documents, rules

#: The example of the design, in the order and the layout in which segkit writes it.
EXAMPLE = """\
segkit: 1
id: sg_4k9
app: smart-home
name: Silent gateway owners
description: Own a gateway and have been quiet.
cycle: daily
folder: Retention
tags:
- gateway
- '2026'
owner: ana
personas:
  in:
  - u-17
  out:
  - '007'
rule:
  all:
  - {label: marketing_consent, op: eq, value: true}
  - {label: country, op: in, value: [DE, AT, 'NO']}
  - {label: registered_at, op: in_last, value: 30}
  - {event: feedback_submitted, op: gt, value: 2, window: {last: 90}}
  - {event: order_paid, measure: sum, of: amount, op: ge, value: 100, window: {from: 2026-01-01, to: 2026-03-31},
    where: {all: [{param: category, op: in, value: [camera, light]}]}}
  - {event: pairing_succeeds, measure: share, of: {event: pairing_starts}, op: lt, value: 0.5, window: {last: 90}}
  - {sequence: [{event: product_browsed}, {event: order_paid}], within: 7, window: {last: 30}}
  - any:
    - {segment: pd_users_with_gateways}
    - not: {segment: sg_imported_vip}
    - {sample: 10, seed: spring, mute: true}
"""


def test_what_was_saved_is_saved_as_the_same_bytes() -> None:
    document = parse_document(load_yaml(EXAMPLE, "example.yaml"))
    assert to_yaml(document_data(document)) == EXAMPLE


def test_the_order_of_keys_and_the_layout_of_the_input_do_not_matter() -> None:
    data = load_yaml(EXAMPLE, "example.yaml")
    shuffled = json.dumps(_reversed_keys(json.loads(to_json(data))))
    assert to_yaml(document_data(parse_document(load_text(shuffled, "example.json")))) == EXAMPLE


def _reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed_keys(item) for key, item in reversed(value.items())}
    return [_reversed_keys(item) for item in value] if isinstance(value, list) else value


def test_json_is_the_same_document_with_days_as_text() -> None:
    document = parse_document(load_yaml(EXAMPLE, "example.yaml"))
    text = to_json(document_data(document))
    assert '"from": "2026-01-01"' in text
    assert parse_document(load_text(text, "example.json")) == document


def test_defaults_are_left_out() -> None:
    document = parse_document({"name": "A", "rule": {"event": "x", "measure": "count", "op": "ge", "value": 1,
                                                     "window": {"last": 3}, "mute": False, "where": None}})  # fmt: skip
    assert to_yaml(document_data(document)) == (
        "segkit: 1\nname: A\ncycle: daily\nrule: {event: x, window: {last: 3}}\n"
    )


def test_a_comparison_that_only_looks_like_the_default_is_kept() -> None:
    for value in (1.0, 2):
        rule = parse_rule({"event": "x", "op": "ge", "value": value, "window": {"last": 3}})
        assert rule_data(rule)["value"] == value
        assert type(rule_data(rule)["value"]) is type(value)


def test_an_operator_without_a_value_has_none() -> None:
    """Of an event too, whose count alone is compared by `ge 1`."""
    data = {"event": "paid", "measure": "avg", "of": "amount", "op": "is_empty", "window": {"last": 3}}
    rule = parse_rule(data)
    assert isinstance(rule, Event)
    assert rule.value is None
    assert check_rule(rule, VOCABULARY) == []
    assert rule_data(rule) == data


@pytest.mark.parametrize("data", [{"value": 3}, {"measure": "sum", "of": "y"}, {"measure": "days"}], ids=str)
def test_a_measure_without_an_operator_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match=r"rule: `op` is missing; the measure '(count|sum|days)' is compared"):
        parse_rule({"event": "x", "window": {"last": 3}, **data})


# --- round trips -----------------------------------------------------------------------------------------------------


@given(rules())
@settings(max_examples=200, deadline=None)
def test_any_rule_comes_back_from_yaml_and_json(rule: Condition) -> None:
    assert check_rule(rule, VOCABULARY, SEGMENTS) == []
    text, as_json = to_yaml(rule_data(rule)), to_json(rule_data(rule))
    for found in (parse_rule(load_yaml(text, "a.yaml")), parse_rule(load_text(as_json, "a.json"))):
        assert found == rule
        assert to_json(rule_data(found)) == as_json  # as text too, since 1 == True == 1.0
        assert to_yaml(rule_data(found)) == text


@given(documents())
@settings(max_examples=150, deadline=None)
def test_any_document_comes_back_from_the_bytes_of_a_file(document: Document) -> None:
    text, as_json = to_yaml(document_data(document)), to_json(document_data(document))
    for found in (
        parse_document(load_text(text.encode(), "a.yaml")),
        parse_document(load_text(as_json.encode(), "a.json")),
    ):
        assert found == document
        assert to_yaml(document_data(found)) == text
        assert to_json(document_data(found)) == as_json


@pytest.mark.parametrize("text", TRICKY_TEXTS, ids=ascii)
def test_a_text_stays_the_same_text_in_yaml(text: str) -> None:
    rule = parse_rule({"label": "city", "op": "in", "value": [text, "b"]})
    assert isinstance(rule, Label)
    written = to_yaml(rule_data(rule))
    assert parse_rule(load_yaml(written.encode(), "a.yaml")) == rule
    assert yaml.safe_load(written)["value"] == list(rule.value)  # type: ignore[arg-type]  # also for other readers


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("NO", "'NO'"),
        ("007", "'007'"),
        ("12:30", "'12:30'"),
        ("1e3", "'1e3'"),
        ("0o7", "'0o7'"),
        ("2026-01-31", "'2026-01-31'"),
        ("=", "'='"),
        ("~", "'~'"),
        ("", "''"),
        (" a", "' a'"),
        ("a\nb", '"a\\nb"'),
        ("é", "é"),
        ("DE", "DE"),
        (1000.0, "1000.0"),
        (1e22, "1e+22"),
        (date(2026, 1, 31), "2026-01-31"),
        (True, "true"),
    ],
    ids=str,
)
def test_a_value_is_put_in_quotes_where_it_could_be_misread(value: object, written: str) -> None:
    assert to_yaml({"value": value}) == f"value: {written}\n"


def test_texts_are_compared_in_nfc() -> None:
    assert parse_rule({"label": "city", "op": "eq", "value": "e\u0301"}) == (label("city") == "é")


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    as_yaml, as_json = tmp_path / "a.yaml", tmp_path / "a.json"
    as_yaml.write_text(EXAMPLE, encoding="utf-8")
    as_json.write_text(to_json(document_data(read_document(as_yaml))), encoding="utf-8")
    assert read_document(as_yaml) == read_document(as_json)
    with pytest.raises(SegkitError, match=r"gone\.yaml: No such file or directory; expected a segment's document"):
        read_document(tmp_path / "gone.yaml")


REFUSED: list[tuple[str, str]] = [
    ("[]", "found a list; expected a segment with `name` and `rule`"),
    ("name: A", "rule: missing; it must be given"),
    ("rule: {segment: x}", "name: missing; it must be given"),
    ("{name: A, rule: {segment: x}, segkit: 2}", "segkit: found format 2; this segkit reads up to 1. Upgrade segkit"),
    ("{name: '', rule: {segment: x}}", "name: the name is empty; expected 1 to 64 characters"),
    ("{name: sg_mine, rule: {segment: x}}", "name: names do not begin with sg_ or pd_"),
    ('{name: "a\\u200bb", rule: {segment: x}}', "name: the name holds a control character or an invisible one"),
    ("{name: A, rule: {segment: x}, id: 'x-1'}", "id: found 'x-1'"),
    ("{name: A, rule: {segment: x}, cycle: weekly}", "cycle: found 'weekly'; expected one of 'daily' or 'once'"),
    ("{name: A, rule: {segment: x}, polder: x}", "unknown key 'polder'. Did you mean 'folder'?"),
    ("{name: 5, rule: {segment: x}}", "name: found 5; expected: a valid string"),
    ("{name: A, rule: 5}", "rule: found 5; expected a condition with one of the keys label, event"),
    ("{name: A, rule: {}}", "rule: found {}; expected a condition with one of the keys"),
    ("{name: A, rule: {label: a b, op: eq, value: 1}}", "rule.label: found 'a b'"),
    ("{name: A, rule: {label: a, op: eq, value: {b: 1}}}", "rule.value: found {'b': 1}"),
    ("{name: A, rule: {event: a}}", "rule.window: missing; it must be given"),
    ("{name: A, rule: {all: {segment: x}}}", "rule.all: found {'segment': 'x'}"),
    ("{name: A, rule: {segment: x, mute: 1}}", "rule.mute: found 1; expected: a valid boolean"),
    ("{name: A, rule: {sample: 10}}", "rule.seed: missing; it must be given"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_is_no_document_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(SegkitError) as refused:
        parse_document(load_yaml(text, "a.yaml"), "a.yaml")
    assert message in str(refused.value)


def test_json_has_each_key_once_too() -> None:
    with pytest.raises(SegkitError, match=r"a\.json: found the key 'name' a second time; expected each key once"):
        load_text('{"name": "A", "name": "B"}', "a.json")
    with pytest.raises(SegkitError, match=r"a\.json: Expecting .* line 1 column 2 .*; expected JSON"):
        load_text("{", "a.json")
    with pytest.raises(SegkitError, match=r"a\.json: nesting deeper"):
        load_text("[" * 100_000, "a.json")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_json_holds_no_number_that_is_none(number: str) -> None:
    data = load_text(f'{{"label": "a", "op": "eq", "value": {number}}}', "a.json")
    with pytest.raises(DefinitionError, match=r"rule\.value: (nan|inf) is not a number"):
        parse_rule(data)


def test_a_rule_that_is_too_deep_or_too_large_is_refused_before_it_is_read() -> None:
    deep: Any = {"segment": "x"}
    for _ in range(DEEPEST):
        deep = {"not": deep}
    with pytest.raises(SegkitError, match=f"this rule: nesting deeper than {DEEPEST}"):
        parse_rule(deep)
    with pytest.raises(SegkitError, match="this rule: more than 2,000 conditions"):
        parse_rule({"any": [{"segment": str(number)} for number in range(2_001)]})


def test_a_deep_rule_of_python_is_counted_like_its_document() -> None:
    rule = label("a") == 1
    for _ in range(DEEPEST):
        rule = not_(rule)
    with pytest.raises(SegkitError, match=f"nesting deeper than {DEEPEST}"):
        parse_rule({"all": [rule]})


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [("VIP", "vip"), ("Straße", "STRASSE"), ("ﬁne", "fine"), ("a  b", " A B "), ("e\u0301", "É"), ("Ⅷ", "viii")],
)
def test_names_that_people_take_for_the_same_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_a_name_is_trimmed_and_kept_in_nfc() -> None:
    document = parse_document({"name": "  Cafe\u0301  ", "description": " x ", "rule": {"all": []}})
    assert (document.name, document.description) == ("Café", "x")
    assert parse_document({"name": "x" * 64, "rule": {"all": []}}).name == "x" * 64
    with pytest.raises(DefinitionError, match="description: found a description of 129 characters"):
        parse_document({"name": "A", "description": "x" * 129, "rule": {"all": []}})


def test_an_empty_folder_is_none() -> None:
    document = parse_document({"name": "A", "folder": "", "owner": "", "app": "", "rule": {"all": []}})
    assert (document.folder, document.owner, document.app) == (None, None, None)
