"""Compiled SQL holds no clock and no pasted value, whatever the rule and its values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest

from segkit.compile.leaves import event_query, label_predicate, sample_query, sequence_query
from segkit.compile.sql import Sql, bound, sql
from segkit.definitions.conditions import Condition, Event, Label, Sample, Sequence, walk
from segkit.definitions.documents import parse_rule
from segkit.definitions.vocabulary import Vocabulary, read_vocabulary
from tests.oracle.generate import as_of_dates, make_app
from tests.oracle.rules import random_rules
from tests.oracle.workspace_files import write_workspace
from tests.oracle.world import build

CLOCK = re.compile(
    r"\b(now|today|current_date|current_time|current_timestamp|localtime|localtimestamp|get_current_\w+"
    r"|transaction_timestamp|random|uuid|gen_random_uuid)\b",
    re.IGNORECASE,
)
# What templates of our own hold: the hash's layout, decimal widths, powers of ten of declared places.
OUR_NUMBERS = {"0", "1", "16", "18", "10000", *(str(places) for places in range(10)), *(str(10**p) for p in range(10))}
OUR_TEXTS = {"''", "'0x'"}
WORLDS = 10


def compiled(rule: Condition, vocabulary: Vocabulary, as_of: date) -> Iterator[Sql]:
    """The query of every leaf of a rule."""
    events, users = Sql("events"), Sql("users")
    for _, node in walk(rule):
        if isinstance(node, Label):
            yield label_predicate(node, vocabulary, as_of).sql
        elif isinstance(node, Event):
            yield event_query(node, vocabulary, as_of, events).sql
        elif isinstance(node, Sequence):
            yield sequence_query(node, vocabulary, as_of, events).sql
        elif isinstance(node, Sample):
            yield sample_query(node, users).sql


def assert_clean(query: Sql) -> None:
    assert not CLOCK.search(query.text), query.text
    assert query.text.count("?") == len(query.values), query.text
    literals = re.sub(r'"[^"]*"', "", query.text)
    assert set(re.findall(r"'[^']*'", literals)) <= OUR_TEXTS, query.text
    without_texts = re.sub(r"'[^']*'", "", literals)
    assert set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", without_texts)) <= OUR_NUMBERS, query.text


@pytest.mark.parametrize("seed", range(WORLDS))
def test_ten_thousand_random_rules_hold_no_clock_and_no_pasted_value(seed: int, tmp_path: Path) -> None:
    raw = make_app(seed, users=12, events=120)
    write_workspace(raw, tmp_path)
    vocabulary = read_vocabulary(next((tmp_path / "vocabulary").iterdir()))
    world = build(raw)
    as_of = as_of_dates(raw, 3)[1]
    rules = random_rules(world, as_of, {}, seed, 10_000 // WORLDS)
    assert len(rules) == 10_000 // WORLDS
    for rule in rules:
        for query in compiled(parse_rule(rule), vocabulary, as_of):
            assert_clean(query)


VOCABULARY = Vocabulary.model_validate(
    {
        "labels": [
            {"code": "name", "name": "Name", "type": "string"},
            {"code": "tags", "name": "Tags", "type": "list"},
        ],
        "parameters": [{"code": "note", "name": "Note", "type": "string"}],
        "events": [{"code": "act", "name": "Act", "parameters": ("note",)}],
    }
)
PIECES = (
    "'", '"', "\\", ";", "--", "/*", "*/", "?", "$1", "{}", "{0}", "%s", ":x", "`", "\n", "\t", "\u202e", "😀", "é",
    " OR 1=1", "'); DROP TABLE users; --", "' UNION SELECT uid FROM users --", "now()", "read_csv('/etc/passwd')",
    "\\'", "''", "NULL", "0x27", "COPY users TO 'x'", "ATTACH ':memory:'",
)  # fmt: skip


def hostile_strings() -> list[str]:
    random = Random(5)
    return ["".join(random.choices(PIECES, k=random.randint(1, 6))) for _ in range(1_000)]


@pytest.mark.parametrize(
    "rule",
    [
        {"label": "name", "op": "eq", "value": "VALUE"},
        {"label": "name", "op": "in", "value": ["VALUE", "b"]},
        {"label": "name", "op": "in", "value": ["VALUE", *map(str, range(40))]},
        {"label": "name", "op": "contains", "value": "VALUE"},
        {"label": "name", "op": "starts_with", "value": "VALUE"},
        {"label": "name", "op": "not_in", "value": ["VALUE"]},
        {"label": "tags", "op": "contains", "value": "VALUE"},
        {"label": "tags", "op": "contains_all", "value": ["VALUE", "b"]},
        {"event": "act", "window": {"last": 9}, "where": {"param": "note", "op": "ends_with", "value": "VALUE"}},
        {"sample": 10, "seed": "VALUE"},
    ],
    ids=lambda rule: str(rule.get("op", rule.get("event", "sample"))),
)
def test_a_thousand_hostile_strings_change_no_template(rule: dict[str, object]) -> None:
    def template(text: str) -> str:
        (query,) = compiled(parse_rule(_with_value(rule, text)), VOCABULARY, date(2024, 11, 7))
        return query.text

    expected = template("plain")
    for text in hostile_strings():
        assert template(text) == expected


def _with_value(data: object, text: str) -> object:
    if isinstance(data, dict):
        return {key: _with_value(value, text) for key, value in data.items()}
    if isinstance(data, list):
        return [_with_value(value, text) for value in data]
    return text if data == "VALUE" else data


def test_composing_parts_keeps_values_in_the_order_of_their_marks() -> None:
    inner = sql("a = {} AND b = {}", bound(1), bound(2))
    assert sql("x < {} OR ({}) OR y > {}", bound(0), inner, bound(3)) == Sql(
        "x < ? OR (a = ? AND b = ?) OR y > ?", (0, 1, 2, 3)
    )


def test_a_template_with_too_few_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="1 parts for 2 places"):
        sql("{} = {}", bound(1))
