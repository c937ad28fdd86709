"""Every near miss done to the data: a user who differs in that one thing only has the other verdict."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from segkit.analysis.explanation import Explanation, NearMiss
from tests.small_workspace import SmallWorkspace

AS_OF = date(2024, 11, 7)
RULES, RULES_IN_FULL, USERS = 25, 250, 6


def _day(ago: int) -> str:
    return f"{AS_OF - timedelta(days=ago)}"


class Made:
    """A user: labels, and for each event a list of (days ago, amount)."""

    def __init__(self, random: Random) -> None:
        self.labels: dict[str, Any] = {
            "country": random.choice(("DE", "AT", None)),
            "marketing_consent": random.choice((True, False, None)),
            "registered_at": random.choice((_day(3), _day(40), None)),
            "score": random.choice((0.5, 2.0, 9.25, None)),
            "device_count": random.choice((0.0, 3.0, 8.0)),
            "tags": random.choice((["x"], ["x", "y"], ["z"], None)),
        }
        self.events: dict[str, list[tuple[int, float | None]]] = {
            "app_used": [(number % 28 + 1, None) for number in range(random.choice((0, 1, 2, 3, 7)))],
            "order_paid": [(number % 60 + 1, 40.5) for number in range(random.choice((0, 1, 2, 4)))],
            "feedback_submitted": [(number + 1, None) for number in range(random.choice((0, 1, 3)))],
        }
        self.events["product_browsed"] = [(9, None)] if random.random() < 0.5 else []


#: Each looks at data of its own, so that one can be changed and no other with it.
LEAVES: list[dict[str, Any]] = [
    {"label": "country", "op": "in", "value": ["DE", "FR"]},
    {"label": "country", "op": "ne", "value": "DE"},
    {"label": "marketing_consent", "op": "eq", "value": True},
    {"label": "registered_at", "op": "in_last", "value": 30},
    {"label": "registered_at", "op": "days_ago_gt", "value": 10},
    {"label": "score", "op": "ge", "value": 2},
    {"label": "score", "op": "gt", "value": 2},
    {"label": "score", "op": "is_empty"},
    {"label": "device_count", "op": "between", "value": [1, 5]},
    {"label": "tags", "op": "contains_all", "value": ["x", "y"]},
    {"label": "tags", "op": "contains", "value": ["y", "q"]},
    {"event": "app_used", "op": "ge", "value": 3, "window": {"last": 30}},
    {"event": "app_used", "op": "lt", "value": 2, "window": {"last": 30}},
    {"event": "app_used", "op": "eq", "value": 2, "window": {"last": 30}},
    {"event": "order_paid", "measure": "sum", "of": "amount", "op": "ge", "value": 100, "window": {"last": 90}},
    {"event": "order_paid", "measure": "sum", "of": "amount", "op": "lt", "value": 60.3, "window": {"last": 90}},
    {"event": "feedback_submitted", "measure": "days", "op": "le", "value": 2, "window": {"last": 14}},
    {"event": "product_browsed", "measure": "last", "op": "in_last", "value": 7, "window": {"all": True}},
]


def _rule(random: Random, depth: int = 2) -> dict[str, Any]:
    """A tree of leaves no two of which read the same data."""
    leaves: dict[str, dict[str, Any]] = {}
    for leaf in random.sample(LEAVES, len(LEAVES)):
        leaves.setdefault(leaf.get("label") or leaf["event"], leaf)
    taken = iter(random.sample(sorted(leaves.values(), key=str), random.randint(1, 6)))
    return _grouped(random, list(taken), depth)


def _grouped(random: Random, leaves: list[dict[str, Any]], depth: int) -> dict[str, Any]:
    if depth == 0 or len(leaves) < 2:
        found = {random.choice(("all", "any")): leaves} if len(leaves) > 1 else leaves[0]
    else:
        cut = random.randint(1, len(leaves) - 1)
        parts = [_grouped(random, part, depth - 1) for part in (leaves[:cut], leaves[cut:])]
        found = {random.choice(("all", "any")): parts}
    return {"not": found} if random.random() < 0.25 else found


def _changed(user: Made, miss: NearMiss, leaf: dict[str, Any]) -> Made:
    """The user with only that changed which the near miss names, to the value that it names."""
    made, gap = deepcopy(user), miss.line.gap
    assert gap is not None
    if "event" in leaf:
        made.events[leaf["event"]] = _events(user.events[leaf["event"]], leaf, gap)
        return made
    code, op = leaf["label"], leaf["op"]
    if op == "is_empty":
        made.labels[code] = None if user.labels[code] is not None else 1.0
    elif gap.to is not None:
        is_number = not isinstance(gap.to, date)
        made.labels[code] = float(gap.to) + 0.001 * gap.beyond if is_number else str(gap.to)  # type: ignore[arg-type]
    elif code == "tags":
        wanted, tags = leaf["value"], user.labels[code] or []
        added = [*gap.missing] if op == "contains_all" else [*gap.missing][:1]
        made.labels[code] = [*tags, *added] if not miss.line.holds else [tag for tag in tags if tag not in wanted]
    elif code == "country":
        made.labels[code] = "DE" if user.labels[code] != "DE" else "CH"
    else:
        made.labels[code] = not user.labels[code]
    return made


def _events(events: list[tuple[int, Any]], leaf: dict[str, Any], gap: Any) -> list[tuple[int, Any]]:
    if leaf.get("measure") == "sum":
        return [*events, (5, float(gap.by))]  # by so much more, or less
    if leaf.get("measure") == "last":
        return [((AS_OF - gap.to).days, None)]
    if leaf.get("measure") == "days":
        return [(number + 1, None) for number in range(gap.to)]
    return [(number % 28 + 1, None) for number in range(gap.to)]


def _write(folder: Path, users: dict[str, Made]) -> SmallWorkspace:
    made = SmallWorkspace(folder, as_of=str(AS_OF))
    for uid, user in users.items():
        made.user(uid, **user.labels)
        for name, events in user.events.items():
            for number, (ago, amount) in enumerate(events):
                made.event(uid, name, f"{_day(ago)} 10:{number:02}", amount=amount)
    return made


def test_who_differs_by_one_near_miss_has_the_other_verdict(tmp_path: Path, full: bool) -> None:
    random = Random("near misses")
    users = {f"u{number}": Made(random) for number in range(USERS)}
    rules = [_rule(random) for _ in range(RULES_IN_FULL if full else RULES)]
    before = _write(tmp_path / "before", users)
    changed: dict[str, Made] = {}
    expected: dict[str, tuple[dict[str, Any], Explanation, NearMiss]] = {}
    for number, rule in enumerate(rules):
        for uid, user in users.items():
            found = before.app.explain(uid, rule, limit=0)
            for miss in found.near_misses:
                key = f"{uid}-{number}-{len(expected)}"
                changed[key] = _changed(user, miss, _at(rule, miss.places[0]))
                expected[key] = rule, found, miss
    before.close()
    after = _write(tmp_path / "after", changed)
    for number, rule in enumerate(rules):
        members = after.members(rule)
        for key, (of, found, miss) in expected.items():
            if key.split("-")[1] == str(number):
                assert of is rule
                assert (key in members) != found.holds, f"{rule}\n{found.words}\n{miss.words}"
    after.close()
    assert len(expected) > len(rules) * 3


def _at(rule: dict[str, Any], place: str) -> dict[str, Any]:
    """The condition at a place."""
    found: Any = rule
    for step in place.split(".")[1:]:
        found = found["not"] if step == "not" else found[step[:3]][int(step[4:-1])]
    assert isinstance(found, dict)
    return found
