"""Explanations of random rules about random users, against the oracle: verdicts, near misses by brute force, rows.

40 rules × 3 users a run, 500 × 20 with `--full`. Every message holds what is needed to replay it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any

import pytest

from segkit.analysis.explanation import Explanation, Line
from tests.oracle.compare import POSITIVE
from tests.oracle.generate import as_of_dates, make_app
from tests.oracle.measuring import Rule, is_muted, matching, parts_of
from tests.oracle.oracle import base, members
from tests.oracle.rules import random_rules, random_segments
from tests.oracle.test_against_oracle import Loaded, _loaded_workspace
from tests.oracle.world import World, build

RULES, USERS = 40, 3
WORLDS_IN_FULL, RULES_IN_FULL, USERS_IN_FULL = 10, 50, 20
MOST_ROWS = 100_000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "explained" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full", default=False)
        worlds = range(WORLDS_IN_FULL) if full else (2,)
        metafunc.parametrize("explained", worlds, indirect=True, ids=lambda seed: f"world-{seed}", scope="module")


@pytest.fixture(scope="module")
def explained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    raw = make_app(request.param)
    app = _loaded_workspace(raw, tmp_path_factory.mktemp(f"explained-{raw.seed}")).app(raw.name)
    world = build(raw)
    segments = random_segments(world, as_of_dates(raw, 5)[1], raw.seed)
    for name, rule in segments.items():
        app.save({"name": name, "cycle": "daily", "rule": rule}, publish=False)
    return Loaded(raw, world, segments, (app,))


def test_verdicts_near_misses_and_rows_are_those_of_the_oracle(explained: Loaded, full: bool) -> None:
    rules, users = (RULES_IN_FULL, USERS_IN_FULL) if full else (RULES, USERS)
    dates = as_of_dates(explained.raw, 5)
    turned = 0
    for number, as_of in enumerate(dates):
        count = rules // len(dates)
        made = random_rules(explained.world, as_of, explained.segments, f"explained {explained.raw.seed}", count)
        for rule in _with_repeats(made, explained, as_of):
            everybody = sorted(base(explained.world, as_of))
            asked = Random(f"{number} {rule}").sample(everybody, min(users, len(everybody)))
            picked: dict[str, set[str]] = {}
            turned += sum(_Asked(explained, rule, uid, as_of, picked).check() for uid in asked)
    assert turned > rules * users / 4  # else nothing is shown about near misses


def _with_repeats(rules: list[Rule], explained: Loaded, as_of: Any) -> Iterator[Rule]:
    """Every other rule beside one of its own conditions, or the complement of it: the same condition twice."""
    random = Random(f"repeats {explained.raw.seed} {as_of}")
    for number, rule in enumerate(rules):
        leaves = [leaf for _, leaf in _live_leaves(rule, "rule") if "segment" not in leaf]
        if number % 2 or not leaves:
            yield rule
            continue
        again = random.choice(leaves)
        if again.get("op") in POSITIVE and random.random() < 0.5:
            again = {**again, "op": POSITIVE[again["op"]]}
        again = {"not": again} if random.random() < 0.5 else again
        yield {random.choice(("all", "any")): [rule, again]}


class _Asked:
    """One rule about one user, explained by segkit, and what the oracle says of it."""

    def __init__(self, explained: Loaded, rule: Rule, uid: str, as_of: Any, picked: dict[str, set[str]]) -> None:
        self.world: World = explained.world
        self._members = picked
        self.as_of = as_of
        self.uid = uid
        self.segments = explained.segments
        self.rule = rule
        self.opened = _opened(rule, explained.segments)
        self.found: Explanation = explained.engines[0].explain(uid, rule, as_of, limit=MOST_ROWS)
        self.told = f"seed {explained.raw.seed}, as_of {as_of}, user {uid}\n{json.dumps(rule, default=str)}"

    def check(self) -> int:
        """How many near misses there were."""
        leaves = {line.verdict.place: line for _, line in self.found.tree.walk() if _is_live_leaf(line)}
        rules = dict(_live_leaves(self.opened, "rule"))
        assert set(leaves) == set(rules), self.told
        for place, line in leaves.items():
            assert line.holds == self.holds(rules[place]), f"{place}: {self.told}"
            self.check_rows(line, rules[place])
        assert self.found.holds == self.holds(self.rule), self.told
        groups = self.conditions(leaves, rules)
        expected = {places for places in groups if self.turned(places, leaves) != self.found.holds}
        assert {miss.places for miss in self.found.near_misses} == expected, self.told
        return len(expected)

    def holds(self, rule: Rule) -> bool:
        return self.uid in self.members(rule)

    def members(self, rule: Rule) -> set[str]:
        """The users that the oracle says a rule picks; asked once for all who are asked about the rule."""
        key = json.dumps(rule, default=str)
        if key not in self._members:
            self._members[key] = members(rule, self.world, self.as_of, self.segments)
        return self._members[key]

    def turned(self, places: tuple[str, ...], leaves: dict[str, Line]) -> bool:
        """The verdict of the whole, were the conditions at these places what they are not."""
        constants: dict[str, Rule] = {place: {"any": []} if leaves[place].holds else {"all": []} for place in places}
        return self.holds(_replaced(self.opened, "rule", constants))

    def conditions(self, leaves: dict[str, Line], rules: dict[str, Rule]) -> list[tuple[str, ...]]:
        """The places of each condition; those that are told to be one must be one, and the very same leaves are."""
        groups: dict[str, list[str]] = {}
        for place, line in leaves.items():
            groups.setdefault(line.verdict.condition, []).append(place)
        for one, other in combinations(leaves, 2):
            is_same = leaves[one].verdict.condition == leaves[other].verdict.condition
            if _bare(rules[one]) == _bare(rules[other]):
                assert is_same, f"{one} and {other}: {self.told}"
            if is_same:
                is_complement = leaves[one].verdict.is_reversed != leaves[other].verdict.is_reversed
                everybody = base(self.world, self.as_of)
                users, also = self.members(rules[one]), self.members(rules[other])
                assert also == (everybody - users if is_complement else users), f"{one} and {other}: {self.told}"
        return [tuple(places) for places in groups.values()]

    def check_rows(self, line: Line, leaf: Rule) -> None:
        expected = self.rows(leaf)
        if expected is None:
            assert line.rows is None, self.told
            return
        assert line.rows is not None
        assert line.rows.total == len(expected)
        found = [(_microseconds(row.at), row.event) for row in line.rows.shown]
        assert sorted(found) == sorted(expected), f"{line.verdict.place}: {self.told}"
        assert [at for at, _ in found] == sorted((at for at, _ in found), reverse=True)

    def rows(self, leaf: Rule) -> list[tuple[int, str]] | None:
        """The rows that count for a leaf about events, or about a label that is derived from them."""
        asked = leaf
        if "label" in leaf:
            asked = self.world.labels[leaf["label"]].get("derived", {})
            if leaf["op"] in ("is_empty", "not_empty") and asked.get("measure", "count") in _NEVER_MISSING:
                return None
        if "sequence" in asked:
            steps = [matching(step, asked["window"], self.uid, self.world, self.as_of) for step in asked["sequence"]]
        elif "event" in asked:
            steps = [matching(asked, asked["window"], self.uid, self.world, self.as_of)]
            if isinstance(asked.get("of"), dict):
                steps.append(matching(asked["of"], asked["window"], self.uid, self.world, self.as_of))
        else:
            return None
        of = asked.get("of")
        distinct = {id(event): event for events in steps for event in events}
        rows = [event for event in distinct.values() if not isinstance(of, str) or event.params[of] is not None]
        return [(event.at, event.name) for event in rows]


_NEVER_MISSING = ("count", "days", "periods", "sum", "distinct", "exists")


def _microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _is_live_leaf(line: Line) -> bool:
    return line.holds is not None and line.verdict.group == "leaf"


def _opened(rule: Rule, segments: dict[str, Rule]) -> Rule:
    """The rule with the rules of nested segments in their places, marked as such."""
    if "segment" in rule:
        return {**rule, "opened": _opened(segments[rule["segment"]], segments)}
    if "not" in rule:
        return {**rule, "not": _opened(rule["not"], segments)}
    return {**rule, **{key: [_opened(part, segments) for part in rule[key]] for key in ("all", "any") if key in rule}}


def _children(rule: Rule, place: str) -> list[tuple[str, Rule]]:
    if "opened" in rule:
        return [(f"{place}.segment", rule["opened"])]
    if "not" in rule:
        return [(f"{place}.not", rule["not"])]
    key = "all" if "all" in rule else "any"
    return [(f"{place}.{key}[{number}]", part) for number, part in enumerate(parts_of(rule))]


def _live_leaves(rule: Rule, place: str) -> Iterator[tuple[str, Rule]]:
    if is_muted(rule):
        return
    if not {"all", "any", "not", "opened"} & set(rule):
        yield place, rule
    for where, part in _children(rule, place):
        yield from _live_leaves(part, where)


def _replaced(rule: Rule, place: str, constants: dict[str, Rule]) -> Rule:
    """The rule with constants at some places, and nested rules as what they are."""
    if place in constants:
        return constants[place]
    if is_muted(rule):
        return {"all": [], "mute": True}
    parts = [_replaced(part, where, constants) for where, part in _children(rule, place)]
    if "opened" in rule:
        # A rule that is muted as a whole picks everybody.
        return {"all": []} if is_muted(rule["opened"]) else parts[0]
    if "not" in rule:
        return {"not": parts[0]}
    return {key: parts for key in ("all", "any") if key in rule} or rule


def _bare(rule: Rule) -> str:
    return json.dumps({key: value for key, value in rule.items() if key != "mute"}, sort_keys=True, default=str)
