"""Moves between two dates on hostile worlds: the ends are the oracle's, and so is what each cause claims of a user."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import segkit
from segkit.analysis.attribution import attributed
from segkit.definitions.conditions import Label, Leaf
from segkit.definitions.documents import parse_rule, rule_data
from segkit.engine.moves import Move, Moves
from tests.oracle.compare import satisfies
from tests.oracle.generate import as_of_dates, make_app
from tests.oracle.oracle import base, members
from tests.oracle.rules import random_rules
from tests.oracle.workspace_files import write_workspace
from tests.oracle.world import World, build

KEY = "rule"
AGES = [{"label": "last_login", "op": op, "value": days} for op, days in (("days_ago_gt", 20), ("in_last", 45))]
_VERDICTS: dict[tuple[int, str, date], set[str]] = {}


def holds_then(world: World, uid: str, leaf: Label, seen: date, values: date) -> bool:
    """What a comparison says on one date of the value of another."""
    return satisfies(world.label_values(leaf.label, values)[uid], leaf.op, leaf.value, seen)


def verdicts_of(world: World, text: str, leaf: Leaf, day: date) -> set[str]:
    """The users of one leaf, by the oracle."""
    key = id(world), text, day
    if key not in _VERDICTS:
        _VERDICTS[key] = members(rule_data(leaf), world, day, {})
    return _VERDICTS[key]


def claim_holds(world: World, uid: str, move: Move, dates: tuple[date, date]) -> bool:
    """Whether the oracle agrees that this is something which changed for the user."""
    first, last = dates
    if move.cause in ("gone", "new"):
        there = base(world, first), base(world, last)
        return (uid in there[0], uid in there[1]) == ((True, False) if move.cause == "gone" else (False, True))
    assert move.leaf is not None
    verdicts = [uid in verdicts_of(world, repr(rule_data(move.leaf)), move.leaf, day) for day in dates]
    if verdicts[0] == verdicts[1]:
        return False
    if not isinstance(move.leaf, Label) or "event" in (world.labels[move.leaf.label].get("derived") or {}):
        return move.cause in ("left", "time", "events")
    turned = holds_then(world, uid, move.leaf, last, first) != holds_then(world, uid, move.leaf, first, first)
    return move.cause == ("time" if turned else "label")


def test_moves_end_where_the_oracle_does_and_claim_what_it_says(tmp_path: Path, full: bool) -> None:
    causes: dict[str, int] = {}
    for seed in range(8 if full else 2):
        raw = make_app(seed)
        world = build(raw)
        write_workspace(raw, tmp_path / str(seed))
        workspace = segkit.open(tmp_path / str(seed))
        workspace.load()
        app = workspace.app(raw.name)
        days = sorted(set(as_of_dates(raw, 8)))
        for number in range(6 if full else 3):
            first, last = sorted(Random(f"{seed} {number}").sample(days, 2))
            rules = random_rules(world, last, {}, f"moves {seed} {number}", 12 if full else 6)
            for rule in [*rules, *AGES]:
                moves = Moves(app.evaluator(), (first, last), {KEY: parse_rule(rule)}, ({}, {}))
                uids = app.uids()
                ends = moves.before[KEY].members, moves.after[KEY].members
                found = [{uids[n] for n in end.user_nos().tolist()} for end in ends]
                assert found == [members(rule, world, day, {}) for day in (first, last)]
                steps = [(move, move.members) for move in moves.of(KEY)]
                assert steps[-1][1] == ends[1], "the last step is the second date"
                for share in attributed(ends[0], steps):
                    for user_no in share.users.user_nos().tolist():
                        causes[share.cause.cause] = causes.get(share.cause.cause, 0) + 1
                        told = f"seed {seed}, {first} to {last}, {share.cause.cause}: {share.cause.leaf} in {rule}"
                        assert claim_holds(world, uids[user_no], share.cause, (first, last)), told
        workspace.close()
    assert set(causes) == {"gone", "new", "left", "time", "label", "events"}
    assert min(causes.values()) >= 3, causes
