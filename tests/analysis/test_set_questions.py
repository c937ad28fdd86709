"""Conditions, overlap, composition and trend against the oracle: brute force over sets of uids, in plain Python.

One world by default; with `--full` eight worlds, 200 overlaps each of which is saved, every rule and date.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segkit.analysis.composition import Composition
from segkit.analysis.overlap import region_counts
from segkit.engine.bitmap import Bitmap
from tests.oracle.generate import as_of_dates, make_app
from tests.oracle.measuring import Rule, is_muted
from tests.oracle.oracle import base, members
from tests.oracle.rules import random_rules, random_segments
from tests.oracle.workspace_files import write_workspace
from tests.oracle.world import World, build

WORLDS, WORLDS_IN_FULL = 1, 8
RULES, RULES_IN_FULL = 12, 60
OVERLAPS, OVERLAPS_IN_FULL = 12, 25  # of each world: 200 in full


@dataclass(frozen=True)
class Asked:
    """A made world with saved segments: the oracle's view of it, and segkit's."""

    world: World
    app: Any
    segments: dict[str, Rule]
    dates: list[date]
    seed: int
    full: bool

    def users(self, rule: Rule, as_of: date) -> set[str]:
        return members(rule, self.world, as_of, self.segments)

    def base(self, as_of: date) -> set[str]:
        return base(self.world, as_of)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "asked" in metafunc.fixturenames:
        worlds = WORLDS_IN_FULL if metafunc.config.getoption("--full") else WORLDS
        metafunc.parametrize("asked", range(worlds), indirect=True, ids=lambda n: f"world-{n}", scope="module")


@pytest.fixture(scope="module")
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    raw = make_app(request.param, users=60, events=900)
    folder = tmp_path_factory.mktemp(f"asked-{raw.seed}")
    write_workspace(raw, folder)
    segkit: Any = importlib.import_module("segkit")
    workspace = segkit.open(folder, actor="tester")
    workspace.load()
    world, dates = build(raw), as_of_dates(raw, 5)
    app = workspace.app(raw.name)
    segments = random_segments(world, dates[3], raw.seed)
    for name, rule in segments.items():
        app.save({"name": name, "rule": rule}, publish=False)
    yield Asked(world, app, segments, dates, raw.seed, bool(request.config.getoption("--full")))
    workspace.close()


# --- conditions ------------------------------------------------------------------------------------------------------


def test_conditions_equal_evaluating_the_rule_again_without_each(asked: Asked) -> None:
    for as_of in asked.dates if asked.full else asked.dates[3:4]:
        count = RULES_IN_FULL if asked.full else RULES
        for rule in random_rules(asked.world, as_of, asked.segments, asked.seed, count):
            check_conditions(asked, rule, as_of)


def check_conditions(asked: Asked, rule: Rule, as_of: date) -> None:
    found = asked.app.conditions(rule, as_of)
    everybody = asked.base(as_of)
    assert (found.base, found.count) == (len(everybody), len(asked.users(rule, as_of)))
    arriving, passing = reached(asked, rule, as_of)
    places = dict(conditions_of(rule, "rule"))
    assert [step.path for step in found.steps] == list(places)
    for step in found.steps:
        if step.muted:
            assert step.path not in arriving
            assert (step.count, step.without, step.arriving, step.removed, step.added) == (None,) * 5
            continue
        here = (rule, as_of, step.path)
        assert step.count == len(asked.users(places[step.path], as_of)), here
        assert step.without == len(asked.users(without(rule, step.path), as_of)), here
        assert step.arriving == len(arriving[step.path]), here
        passed, above = passing[step.path], places.get(step.path.rpartition(".")[0], {"all": []})
        if step.path == "rule" or (step.path.rpartition(".")[2].startswith("all") and "all" in above):
            assert (step.left, step.removed) == (len(passed), len(arriving[step.path] - passed)), here
            changed = arriving[step.path] - passed
        elif "any" in above:
            assert step.added == len(passed), here
            changed = passed
        else:
            continue
        assert set(asked.app.evaluate([found.changed_by(step.path)], as_of)[0].uids()) == changed, here


def conditions_of(rule: Rule, path: str) -> Iterator[tuple[str, Rule]]:
    yield path, rule
    for key in ("all", "any"):
        for number, child in enumerate(rule.get(key, [])):
            yield from conditions_of(child, f"{path}.{key}[{number}]")
    if "not" in rule:
        yield from conditions_of(rule["not"], f"{path}.not")


def without(rule: Rule, path: str, here: str = "rule") -> Rule:
    """The rule with the condition at a path muted."""
    if path == here:
        return {**rule, "mute": True}
    found = dict(rule)
    for key in ("all", "any"):
        if key in rule:
            found[key] = [without(child, path, f"{here}.{key}[{n}]") for n, child in enumerate(rule[key])]
    if "not" in rule:
        found["not"] = without(rule["not"], path, f"{here}.not")
    return found


def reached(asked: Asked, rule: Rule, as_of: date) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By path who comes to a condition, and passes, when each user's verdict is found from left to right, no further
    than is needed."""
    arriving: dict[str, set[str]] = {}
    passing: dict[str, set[str]] = {}
    leaves = {
        path: asked.users(node, as_of)
        for path, node in conditions_of(rule, "rule")
        if not {"all", "any", "not"} & set(node) and not is_muted(node)
    }

    def verdict(node: Rule, path: str, uid: str) -> bool:
        arriving.setdefault(path, set()).add(uid)
        live = [
            (f"{path}.{key}[{n}]", child)
            for key in ("all", "any")
            for n, child in enumerate(node.get(key, []))
            if not is_muted(child)
        ]
        if "all" in node:
            holds = all(verdict(child, where, uid) for where, child in live)
        elif "any" in node:
            holds = any(verdict(child, where, uid) for where, child in live)
        elif "not" in node:
            holds = not verdict(node["not"], f"{path}.not", uid)
        else:
            holds = uid in leaves[path]
        if holds:
            passing[path].add(uid)
        return holds

    for path, node in conditions_of(rule, "rule"):
        if not is_muted(node):
            passing[path] = set()
            arriving[path] = set()
    if not is_muted(rule):
        for uid in asked.base(as_of):
            verdict(rule, "rule", uid)
    live_paths = {path for path in arriving if not _under_muted(rule, path)}
    return {p: arriving[p] for p in live_paths}, {p: passing[p] for p in live_paths}


def _under_muted(rule: Rule, path: str) -> bool:
    return any(is_muted(node) and path.startswith(where) for where, node in conditions_of(rule, "rule"))


# --- overlap ---------------------------------------------------------------------------------------------------------


def test_regions_of_200_random_sets_are_those_of_plain_sets() -> None:
    random = Random(7)
    for _ in range(200):
        size, many = random.randint(1, 90), random.randint(2, 8)
        everybody = {n for n in range(size) if random.random() < 0.9}
        sets = [{n for n in everybody if random.random() < random.random()} for _ in range(many)]
        expected = Counter(sum(1 << k for k in range(many) if user in sets[k]) for user in everybody)
        found = region_counts(
            [Bitmap.from_user_nos(size, users) for users in sets], Bitmap.from_user_nos(size, everybody)
        )
        assert found == [expected[place] for place in range(1 << many)]


def test_regions_sum_to_the_union_and_a_saved_region_has_its_members(asked: Asked) -> None:
    random, as_of = Random(asked.seed), asked.app.as_of
    users = {name: asked.users(rule, as_of) for name, rule in asked.segments.items()}
    for number in range(OVERLAPS_IN_FULL if asked.full else OVERLAPS):
        names = random.sample(sorted(users), random.randint(2, min(8, len(users))))
        found = asked.app.overlap(*names, as_of=as_of)
        assert sum(region.count for region in found.regions if region.inside) == found.union
        assert found.union == len(set().union(*(users[name] for name in names)))
        assert (found.base, found.none) == (len(asked.base(as_of)), found.base - found.union)
        assert len(found.regions) == 2 ** len(names)
        for pair in found.pairs:
            both = users[pair.one.name] & users[pair.other.name]
            assert (pair.one.count, pair.both) == (len(users[pair.one.name]), len(both))
        chosen = random.choice([region for region in found.regions if region.count])
        inside = [segment.name for segment in chosen.inside]
        expected = asked.base(as_of).intersection(*(users[name] for name in inside))
        expected -= set().union(*(users[name] for name in names if name not in inside))
        assert chosen.count == found.region(*inside).count == len(expected)
        if asked.full or number < 3:
            asked.app.save_rule("A region", chosen.rule())
            assert asked.app.segment("A region").count == chosen.count
            assert set(asked.app.evaluate(["A region"], as_of)[0].uids()) == expected


# --- composition -----------------------------------------------------------------------------------------------------


def test_composition_equals_a_query_over_the_values(asked: Asked) -> None:
    names = sorted(asked.segments)[:2]
    for as_of in asked.dates if asked.full else asked.dates[3:4]:
        check_composition(asked, asked.app.compose(names[0], as_of=as_of), names[0], None, as_of)
        check_composition(asked, asked.app.compose(*names, as_of=as_of), names[0], names[1], as_of)


def check_composition(asked: Asked, found: Composition, name: str, other: str | None, as_of: date) -> None:
    mine = asked.users(asked.segments[name], as_of)
    theirs = asked.base(as_of) if other is None else asked.users(asked.segments[other], as_of)
    shown = {code for code, label in asked.world.labels.items() if "personal" not in label}
    assert {label.code for label in found.labels} == shown
    for label in found.labels:
        values = pd.DataFrame(asked.world.label_values(label.code, as_of).items(), columns=["uid", "value"])
        declared = asked.world.labels[label.code]
        for users, key in ((mine, "count"), (theirs, "other_count")):
            some = values[values.uid.isin(users)]
            check_label(some, {part.name: getattr(part, key) for part in label.parts}, declared, label, len(users))


def check_label(some: pd.DataFrame, counts: dict[str, int], declared: dict[str, Any], label: Any, users: int) -> None:
    """The counts of one side, by the name of each part, beside pandas' own."""
    each = some.explode("value").drop_duplicates() if declared["type"] == "list" else some
    present = each[each.value.notna() & ((declared["type"] == "list") | (each.value.astype(str) != ""))]
    if declared["type"] == "number":  # decimals and fractions are shown as doubles
        present = present.assign(value=present.value.map(float))
    missing = users - present.uid.nunique()
    assert counts.get("no value", 0) == missing, label.code
    by_value = present.groupby("value").uid.nunique()
    for part in label.parts:
        if part.kind == "value":
            assert counts[part.name] == by_value.get(part.value, 0), (label.code, part)
    alone = {part.value for part in label.parts if part.kind == "value"}
    for part in label.parts:
        if part.kind == "rest":
            others = present[~present.value.isin(alone)]
            assert counts[part.name] == others.uid.nunique(), (label.code, part)
    if any(part.kind == "bin" for part in label.parts):
        assert sum(counts[part.name] for part in label.parts if part.kind == "bin") == len(present)


# --- trend -----------------------------------------------------------------------------------------------------------


def test_a_trend_equals_evaluating_every_day(asked: Asked) -> None:
    last = asked.app.as_of
    for name in sorted(asked.segments)[: 8 if asked.full else 2]:
        first = last - timedelta(60 if asked.full else 12)
        found = asked.app.trend(name, first, last)
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        assert [point.as_of for point in found.points] == days
        users = [asked.users(asked.segments[name], day) for day in days]
        there = [asked.base(day) for day in days]
        assert [(p.count, p.base) for p in found.points] == [
            (len(u), len(b)) for u, b in zip(users, there, strict=True)
        ]
        steps = zip(pairwise(users), pairwise(there), found.points[1:], strict=True)
        for (before, now), (was_there, is_there), point in steps:
            assert (point.entered, point.left) == (len(now - before), len(before - now)), point
            assert (point.new, point.gone) == (len((now - before) - was_there), len((before - now) - is_there)), point
        sizes = np.array([point.count for point in found.points])
        moves = [(point.entered or 0) - (point.left or 0) for point in found.points[1:]]
        assert list(np.diff(sizes)) == moves
