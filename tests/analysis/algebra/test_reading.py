"""What the algebra says of a rule holds of every user that there can be; and over plain values it misses nothing."""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segkit.analysis.algebra.reading import Reading
from segkit.analysis.linting.constants import constants
from segkit.analysis.linting.redundant import redundant
from segkit.analysis.linting.tree import replaced
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Condition, walk
from segkit.definitions.documents import parse_rule, rule_data
from tests.analysis.algebra.worlds import AS_OF, VOCABULARY, days_ago, of_events, of_labels, picked, subsets
from tests.oracle.world import World

Rule = dict[str, Any]

PLAIN = of_labels(
    country=[None, "", "DE", "AT", "ZZ"],
    score=[None, 9.5, 10.0, 10.5, 11.0, 11.5],
    registered=[None, *(days_ago(n) for n in (0, 28, 29, 30, 31)), date(2030, 1, 1)],
    consent=[None, True, False],
)
WORDS = of_labels(
    word=[None, *("".join(letters) for size in range(4) for letters in product("ab", repeat=size)), "c"],
    tags=[None, *subsets(("a", "b", "c"))],
)
EVENTS = of_events()


def _label(code: str, **comparisons: st.SearchStrategy[Any]) -> st.SearchStrategy[Rule]:
    def compared(op: str, value: Any) -> Rule:
        return {"label": code, "op": op} | ({} if value is None else {"value": value})

    return st.one_of([value.map(partial(compared, op)) for op, value in comparisons.items()])


def _pairs(items: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.tuples(st.sampled_from(items), st.sampled_from(items)).map(sorted)


_empty = {"is_empty": st.none(), "not_empty": st.none()}
_countries = st.sampled_from(["DE", "AT"])
_scores = st.sampled_from([10, 11])
_some = st.lists(_countries, min_size=1, max_size=2, unique=True)
_ago = st.sampled_from([29, 30])
_days = st.sampled_from([days_ago(29), days_ago(30)])

PLAIN_LEAVES = st.one_of(
    _label("country", eq=_countries, ne=_countries, not_in=_some, **{"in": _some}, **_empty),
    _label("score", gt=_scores, ge=_scores, lt=_scores, le=_scores, eq=_scores, ne=_scores,
           between=_pairs([10, 11]), **_empty),
    _label("registered", in_last=_ago, not_in_last=_ago, days_ago_gt=_ago, days_ago_lt=_ago, on=_days, before=_days,
           after=_days, days_ago_between=_pairs([29, 30]), between=_pairs([days_ago(29), days_ago(30)]), **_empty),
    _label("consent", eq=st.booleans(), **_empty),
)  # fmt: skip
_letters = st.sampled_from(["a", "b", "ab", "ba"])
_tags = st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2, unique=True)
WORD_LEAVES = st.one_of(
    _label("word", eq=_letters, ne=_letters, contains=_letters, not_contains=_letters, starts_with=_letters,
           ends_with=_letters, **_empty),
    _label("tags", contains=_tags, contains_all=_tags, not_contains=_tags, **_empty),
)  # fmt: skip
_windows = st.sampled_from([{"last": 2}, {"last": 3}, {"all": True}, {"ago": [9, 3]}, {"ago": [4, 2]}])
_where = st.sampled_from(
    [
        {"param": "kind", "op": "eq", "value": "a"},
        {"param": "kind", "op": "in", "value": ["a", "b"]},
        {"param": "amount", "op": "ge", "value": 1},
        {"param": "amount", "op": "gt", "value": 1},
        {"all": [{"param": "kind", "op": "eq", "value": "a"}, {"param": "amount", "op": "gt", "value": 1}]},
        {"all": [{"param": "kind", "op": "eq", "value": "a"}, {"param": "kind", "op": "ne", "value": "a"}]},
    ]
)


@st.composite
def event_leaves(draw: st.DrawFn) -> Rule:
    """Conditions of two events with every measure over a few windows, most of which say something of each other."""
    event = draw(st.sampled_from(["paid", "paid", "used"]))
    leaf: Rule = {"event": event, "window": draw(_windows)}
    if event == "paid" and draw(st.booleans()):
        leaf["where"] = draw(_where)
    measures = ["count", "count", "days", "first", "last"]
    measure = draw(st.sampled_from(measures + (["sum", "avg", "max", "distinct", "share"] if event == "paid" else [])))
    if measure in ("first", "last"):
        leaf |= draw(
            st.sampled_from([{"op": "days_ago_gt", "value": 3}, {"op": "in_last", "value": 2}, {"op": "is_empty"}])
        )
    else:
        leaf |= {"op": draw(st.sampled_from(["ge", "gt", "lt", "eq"])), "value": draw(st.sampled_from([0, 1, 2, 3]))}
    if measure != "count":
        leaf["measure"] = measure
    if measure in ("sum", "avg", "max", "distinct"):
        leaf["of"] = "amount"
    if measure == "share":
        leaf["of"] = {"event": "paid"}
    return leaf


def rules(leaves: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    """Small trees over these leaves."""
    return st.recursive(
        leaves,
        lambda inside: st.one_of(
            inside.map(lambda child: {"not": child}),
            st.tuples(st.sampled_from(["all", "any"]), st.lists(inside, min_size=1, max_size=3)).map(
                lambda pair: {pair[0]: pair[1]}
            ),
        ),
        max_leaves=6,
    )


def _reading() -> Reading:
    return Reading(VOCABULARY, AS_OF)


def _count(rule: Condition, world: World) -> int:
    return picked(rule_data(rule), world)


def test_over_plain_values_never_and_always_are_exactly_what_is_true_of_nobody_and_of_everybody(full: bool) -> None:
    @settings(max_examples=2_000 if full else 120)
    @given(rules(PLAIN_LEAVES))
    def holds(data: Rule) -> None:
        rule, count = parse_rule(data), picked(data, PLAIN)
        assert _reading().is_never(rule) is (count == 0)
        assert _reading().is_always(rule) is (count == len(PLAIN.presence))

    holds()


@pytest.mark.parametrize(("leaves", "world"), [(WORD_LEAVES, WORDS), (event_leaves(), EVENTS)], ids=["texts", "events"])
def test_what_is_said_to_be_never_or_always_true_is_so(
    leaves: st.SearchStrategy[Rule], world: World, full: bool
) -> None:
    @settings(max_examples=2_000 if full else 120)
    @given(rules(leaves))
    def holds(data: Rule) -> None:
        rule, count = parse_rule(data), picked(data, world)
        assert check_rule(rule, VOCABULARY) == []
        if _reading().is_never(rule):
            assert count == 0
        if _reading().is_always(rule):
            assert count == len(world.presence)

    holds()


@pytest.mark.parametrize(
    ("leaves", "world"),
    [(PLAIN_LEAVES, PLAIN), (WORD_LEAVES, WORDS), (event_leaves(), EVENTS)],
    ids=["plain", "texts", "events"],
)
def test_what_is_said_to_be_constant_or_implied_is_so_where_it_stands(
    leaves: st.SearchStrategy[Rule], world: World, full: bool
) -> None:
    @settings(max_examples=2_000 if full else 120)
    @given(rules(leaves))
    def holds(data: Rule) -> None:
        rule, reading = parse_rule(data), _reading()
        nodes = dict(walk(rule))
        found = constants(rule, reading, str)
        for path, always in found.by_path.items():
            if path in nodes:
                assert _count(nodes[path], world) == (len(world.presence) if always else 0)
        implied = [remark.path for remark in redundant(rule, reading, str, found) if remark.path in nodes]
        without = replaced(rule, {path: nodes[path].muted() for path in implied})
        assert _count(without, world) == _count(rule, world)

    holds()
