"""What one measure of events says of another, in literal pairs that exclude each other or do not."""

from __future__ import annotations

from typing import Any

import pytest

from segkit.analysis.algebra.reading import Reading
from segkit.analysis.linting.constants import constants
from segkit.analysis.linting.redundant import redundant
from segkit.definitions.documents import parse_rule
from tests.analysis.algebra.worlds import AS_OF, VOCABULARY

Rule = dict[str, Any]


def used(window: Rule, op: str = "ge", value: Any = 1, **more: Any) -> Rule:
    return {"event": "used", "op": op, "value": value, "window": window, **more}


def paid(kind: str | None, op: str = "ge", value: int = 1) -> Rule:
    where = {} if kind is None else {"where": {"param": "kind", "op": "eq", "value": kind}}
    return {"event": "paid", "op": op, "value": value, "window": {"last": 30}, **where}


LAST_2, LAST_7, EVER, EARLIER = {"last": 2}, {"last": 7}, {"all": True}, {"ago": [4, 2]}


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        (used(LAST_2), used(LAST_7, "eq", 0), True),
        (used(LAST_2), used(EARLIER, "eq", 0), False),
        (used(EARLIER), used(LAST_2, "eq", 0), False),
        (used(EARLIER), used(LAST_7, "eq", 0), True),
        (used(LAST_7), used(LAST_2, "eq", 0), False),
        (used(LAST_2, "ge", 3), used(LAST_7, "le", 2), True),
        (used(LAST_2, "ge", 3), used(LAST_7, "le", 3), False),
        (used(LAST_7, "ge", 3, measure="days"), used(LAST_7, "lt", 3), True),
        (used(LAST_7, "lt", 3, measure="days"), used(LAST_7, "ge", 3), False),
        (used(EVER, "in_last", 2, measure="last"), used(LAST_2, "eq", 0), True),
        (used(EVER, "in_last", 3, measure="last"), used(LAST_2, "eq", 0), False),
        (used(EVER, "days_ago_gt", 2, measure="last"), used(LAST_2), True),
        (used(EVER, "days_ago_gt", 1, measure="last"), used(LAST_2), False),
        (used(EVER, "days_ago_lt", 3, measure="first"), used(EARLIER), True),
        (used(EVER, "days_ago_lt", 4, measure="first"), used(EARLIER), False),
        (used(EVER, "in_last", 2, measure="first"), used(EVER, "days_ago_gt", 2, measure="last"), True),
        (used(EVER, "in_last", 2, measure="last"), used(EVER, "days_ago_gt", 2, measure="first"), False),
        (paid("a"), paid(None, "eq", 0), True),
        (paid(None), paid("a", "eq", 0), False),
        (paid("a"), paid("b", "eq", 0), False),
    ],
)
def test_two_measures_exclude_each_other_where_the_events_of_one_are_among_those_of_the_other(
    one: Rule, other: Rule, excluded: bool
) -> None:
    reading = Reading(VOCABULARY, AS_OF)
    assert reading.exclude(*(reading.formula(parse_rule(rule)) for rule in (one, other))) is excluded


def test_of_what_two_groups_say_alike_only_the_later_one_follows_from_the_other() -> None:
    first, second = ({"label": "word", "op": "eq", "value": value} for value in ("a", "b"))
    rule = parse_rule({"any": [{"any": [first, {"label": "word", "op": "is_empty"}]}, {"any": [first, second]}]})
    reading = Reading(VOCABULARY, AS_OF)
    found = redundant(rule, reading, str, constants(rule, reading, str))
    assert [remark.path for remark in found] == ["rule.any[1].any[0]"]
