"""YAML read strictly: what is taken as what, and what is refused, with its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from segkit.definitions.documents import parse_document
from segkit.definitions.strict_yaml import DEEPEST, MOST_BYTES, load_yaml, place_of, validated
from segkit.errors import DefinitionError, SegkitError

TAKEN: list[tuple[str, Any]] = [
    ("text", "text"),
    ("two words", "two words"),
    ("true", True),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("0", 0),
    ("-7", -7),
    ("+7", 7),
    ("12345678901234567890", 12345678901234567890),
    ("1.5", 1.5),
    ("-0.5", -0.5),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("1.5E-3", 0.0015),
    ("2026-01-31", date(2026, 1, 31)),
    ("'2026-01-31'", "2026-01-31"),
    ("'NO'", "NO"),
    ('"007"', "007"),
    ("'12:30'", "12:30"),
    ("'true'", "true"),
    ("'~'", "~"),
    ("'='", "="),
    ('"a\\nb"', "a\nb"),
    ("|\n    a\n    b\n", "a\nb\n"),
    (">\n    a\n    b\n", "a b\n"),
    ("[DE, AT]", ["DE", "AT"]),
    ("{a: 1, b: [x]}", {"a": 1, "b": ["x"]}),
    ("v1.2.3", "v1.2.3"),
    ("a=b", "a=b"),
    ("5+", "5+"),
    ("e1", "e1"),
    ("٣", "٣"),
    ("Ärger", "Ärger"),
]


@pytest.mark.parametrize(("text", "value"), TAKEN, ids=[text for text, _ in TAKEN])
def test_a_value_is_what_it_looks_like(text: str, value: Any) -> None:
    found = load_yaml(f"key: {text}", "file.yaml")
    assert found == {"key": value}
    assert type(found["key"]) is type(value)


SURPRISES = [
    "NO", "no", "No", "yes", "Yes", "on", "Off", "True", "FALSE", "Null", "NULL", "=",
    "007", "-08", "0o7", "0x1F", "0b101", "1_000", "1_0.5", "12:30", "1:30:00", "190:20:30.15", ".inf", "-.INF", ".nan",
    "1.", "2026-01-31T12:00:00", "2026-01-31 12:00:00", "2026-01-31T12:00:00Z", "<<",
]  # fmt: skip


@pytest.mark.parametrize("text", SURPRISES)
def test_what_yaml_may_misread_is_refused_with_its_place_and_the_remedy(text: str) -> None:
    with pytest.raises(SegkitError) as refused:
        load_yaml(f"rule:\n  value: {text}\n", "quiet.yaml")
    assert str(refused.value).startswith("quiet.yaml, line 2, column 10: found ")
    assert text in str(refused.value)


REFUSED: list[tuple[str, str]] = [
    ("a: 1\nb: 2\na: 3", "line 3, column 1: found the key 'a' a second time; expected each key once"),
    ("{a: 1, a: 2}", "line 1, column 8: found the key 'a' a second time"),
    ("a: &x 1\nb: *x", "line 1, column 4: found an anchor"),
    ("b: *x", "line 1, column 4: found the alias '*x'; expected the text itself"),
    ("a: !!python/object:os.system x", "line 1, column 4: found the tag '!!python/object:os.system'"),
    ("a: !mine x", "line 1, column 4: found the tag '!mine'"),
    ("a: !!str 5", "line 1, column 4: found the tag '!!str'; expected text, numbers"),
    ("a: !!map {b: 1}", "line 1, column 4: found the tag '!!map'"),
    ("a: ! 5", "line 1, column 4: found the tag '!'"),
    ("1: a", "line 1, column 1: found the key '1' is not text; put it in quotes"),
    ("2026-01-31: a", "is not text; put it in quotes"),
    ("true: a", "line 1, column 1: found the key 'true' is not text"),
    ("[a]: b", "is not text"),
    ("a: 2026-02-30", "line 1, column 4: found 2026-02-30, which is no day of the calendar"),
    ("a: 1e999", "line 1, column 4: found 1e999, which is too large a number"),
    ("<<: {a: 1}", "found the merge key '<<'"),
    ("a: [1, 2", "expected YAML"),
    ("a: 'x", "expected YAML"),
    ("a: b: c", "line 1, column 5"),
    ("\tkey: a", "line 1, column 1"),
    ("a: 1\n---\nb: 2", "line 2, column 1"),
    ("a: \x07", "expected YAML"),
    ("[" * (DEEPEST + 1), f"found nesting deeper than {DEEPEST}; expected a flatter rule"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[repr(text[:30]) for text, _ in REFUSED])
def test_what_is_refused_says_where_and_why(text: str, message: str) -> None:
    with pytest.raises(SegkitError) as refused:
        load_yaml(text, "x.yaml")
    assert str(refused.value).startswith("x.yaml")
    assert message in str(refused.value)


def test_the_operator_on_needs_no_quotes_where_an_operator_stands() -> None:
    assert load_yaml("{op: on, value: 2026-01-31}", "x.yaml")["op"] == "on"
    assert load_yaml("op: 'on'", "x.yaml") == {"op": "on"}
    with pytest.raises(SegkitError, match="found on without quotes"):
        load_yaml("value: on", "x.yaml")


def test_a_file_is_utf_8_with_or_without_a_byte_order_mark() -> None:
    assert load_yaml(b"\xef\xbb\xbfa: \xc3\xa4", "x.yaml") == {"a": "ä"}
    with pytest.raises(SegkitError, match=r"x\.yaml: byte 3 is not UTF-8; save the file as UTF-8"):
        load_yaml(b"a: \xe4", "x.yaml")


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(SegkitError, match=r"x\.yaml: found 1,000,001 bytes; expected at most 1,000,000"):
        load_yaml(b"#" * (MOST_BYTES + 1), "x.yaml")


def test_a_billion_laughs_are_none() -> None:
    laughs = "a: &a [x, x]\nb: &b [*a, *a]\n"
    with pytest.raises(SegkitError, match="an anchor"):
        load_yaml(laughs, "x.yaml")


def test_all_problems_are_reported_together_with_their_places() -> None:
    data = {
        "name": "x" * 65,
        "cycle": "dayly",
        "rule": {
            "all": [
                {"label": "contry", "op": "eq", "value": "DE", "vaule": 1},
                {"label": "country", "op": "equals", "value": "DE"},
                {"any": [{"event": "x", "window": {"last": 0}}, {"labl": "x"}]},
                {"not": {"event": "x", "window": {"last": 3}, "where": {"all": [{"param": "p", "op": "is"}]}}},
                {"event": "x", "measure": "sum", "of": "y", "window": {"last": 3}},
            ]
        },
    }
    with pytest.raises(DefinitionError) as refused:
        parse_document(data, "segment 'x'")
    found = {problem.place: problem.message for problem in refused.value.problems}
    assert found["name"] == "found a name of 65 characters; expected at most 64"
    assert found["cycle"] == "found 'dayly'; expected one of 'daily' or 'once'. Did you mean 'daily'?"
    assert found["rule.all[0].vaule"] == "unknown key 'vaule'. Did you mean 'value'?"
    assert found["rule.all[1].op"].startswith("no operator 'equals'.")
    assert found["rule.all[2].any[0].window.last"] == "found 0; expected: greater than or equal to 1"
    assert found["rule.all[2].any[1]"].endswith("Did you mean 'label'?")
    assert found["rule.all[3].not.where.all[0].op"].startswith("no operator 'is'.")
    assert found["rule.all[4]"] == "`op` is missing; the measure 'sum' is compared by an operator with a value"
    assert len(found) == 8


PLACES: list[tuple[tuple[int | str, ...], str]] = [
    (("rule", "all", "all", 1, "label", "op"), "rule.all[1].op"),
    (("rule", "label", "op"), "rule.op"),
    (("rule", "not", "not", "event", "window", "last"), "rule.not.window.last"),
    (("rule", "event", "where", "any", "any", 0, "param", "value", "int"), "rule.where.any[0].value"),
    (("rule", "event", "of", "function-after", "event"), "rule.of"),
    (("tags", 0), "tags[0]"),
]


@pytest.mark.parametrize(("loc", "place"), PLACES)
def test_a_place_names_the_keys_of_the_document_only(loc: tuple[int | str, ...], place: str) -> None:
    assert place_of(loc) == place


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    memory: str
    threads: int = 2


def test_any_model_reports_its_problems_this_way() -> None:
    with pytest.raises(DefinitionError) as refused:
        validated(_Settings, {"memroy": "2GB", "threads": "2"}, "segkit.toml")
    assert str(refused.value) == (
        "segkit.toml:\n"
        "  memory: missing; it must be given\n"
        "  threads: found '2'; expected: a valid integer\n"
        "  memroy: unknown key 'memroy'. Did you mean 'memory'?"
    )
