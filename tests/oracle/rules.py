"""Random rule trees over a world: every condition and operator, with values that the data holds, seeded and legal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from .measuring import Rule
from .oracle import Segments, members
from .pools import DATE, MEASURE_OPERATORS, OPERATORS, Pools, a_comparison, pools
from .world import World

SEGMENT_NAMES = ["Quiet users", "VIP 100%", "O'Brien's \"list\"", "Café ☕", "a/b\\c", "NULL", "über-Fans", "x" * 64]
_SCALAR = ("string", "number", "date", "bool")


@dataclass
class RuleMaker:
    """Makes rules for one world and date. `names` are segments that a rule may refer to."""

    random: Random
    pools: Pools
    names: list[str] = field(default_factory=list)

    def rule(self, depth: int = 3) -> Rule:
        """A condition: a group of others with some chance while `depth` lasts, else a leaf."""
        kind = self.random.random()
        if depth == 0 or kind < 0.3:
            found = self.leaf()
        elif kind < 0.85:
            count = self.random.choice((1, 2, 2, 2, 3, 4)) if self.random.random() < 0.97 else 0
            found = {self.random.choice(("all", "any")): [self.rule(depth - 1) for _ in range(count)]}
        else:
            found = {"not": self.rule(depth - 1)}
        return self._perhaps_muted(found)

    def _perhaps_muted(self, condition: Rule) -> Rule:
        return {**condition, "mute": self.random.random() < 0.9} if self.random.random() < 0.05 else condition

    def leaf(self) -> Rule:
        """One condition that is no group; mostly one that some users of the base fulfil and others do not."""
        found = self._any_leaf()
        for _ in range(self.random.choice((0, 3, 3, 3, 3))):
            if "segment" in found or "sample" in found or self._splits(found):
                break
            found = self._any_leaf()
        return found

    def _splits(self, leaf: Rule) -> bool:
        count = len(members(leaf, self.pools.world, self.pools.as_of, {}))
        return 0 < count < len(self.pools.users)

    def _any_leaf(self) -> Rule:
        kind = self.random.random()
        if kind < 0.35:
            return self.label()
        if kind < 0.8:
            return self.event()
        if kind < 0.88:
            return self.sequence()
        if kind < 0.95 and self.names:
            return {"segment": self.random.choice(self.names)}
        percent = self.random.choice((0, 5, 10, 33.33, 50, 0.01, 99.99, 100))
        return {"sample": percent, "seed": self.random.choice(("spring", "2024", "café", ""))}

    def label(self, code: str | None = None, op: str | None = None) -> Rule:
        """A comparison of a label."""
        code = code or self.random.choice(sorted(self.pools.labels))
        type_ = self.pools.world.labels[code]["type"]
        op = op or self.random.choice(OPERATORS[type_])
        return {"label": code, **a_comparison(self.random, type_, self.pools.labels[code], self.pools.as_of, op)}

    def event(self, measure: str | None = None, op: str | None = None) -> Rule:
        """A comparison of a measure of events."""
        random = self.random
        if measure is None:
            measure = random.choice(["count"] * 4 + list(MEASURE_OPERATORS))
        name = self._an_event(("number",) if measure in ("sum", "avg", "min", "max") else _SCALAR, measure)
        condition: Rule = {"event": name}
        if measure != "count" or random.random() < 0.3:
            condition["measure"] = measure
        condition.update(self._details(name, measure))
        condition.setdefault("window", self.window())
        if random.random() < 0.4:
            condition["where"] = self.where(name)
        if measure == "count" and "measure" not in condition and op is None and random.random() < 0.25:
            return condition  # at least one
        op = op or random.choice(MEASURE_OPERATORS[measure])
        return {**condition, **self._comparison_of_measure(condition, measure, op)}

    def _an_event(self, types: tuple[str, ...], measure: str) -> str:
        names = sorted(self.pools.world.events_declared)
        if measure in ("sum", "avg", "min", "max", "distinct"):
            names = [name for name in names if self._parameters(name, types)]
        return self.random.choice(names)

    def _parameters(self, event: str, types: tuple[str, ...]) -> list[str]:
        carried = self.pools.world.events_declared[event].get("parameters", [])
        return [code for code in carried if self.pools.world.parameters[code]["type"] in types]

    def _details(self, name: str, measure: str) -> Rule:
        random = self.random
        if measure == "periods":
            every = random.choice((1, 2, 7, 10))
            at_least = {} if random.random() < 0.5 else {"at_least": random.randint(1, 3)}
            return {"every": every, **at_least, "window": {"last": every * random.randint(1, 8)}}
        if measure in ("sum", "avg", "min", "max"):
            return {"of": random.choice(self._parameters(name, ("number",)))}
        if measure == "distinct":
            return {"of": random.choice(self._parameters(name, _SCALAR))}
        return {"of": self.step(random.choice((0, 0, 1)))} if measure == "share" else {}

    def _comparison_of_measure(self, condition: Rule, measure: str, op: str) -> Rule:
        found = [self.pools.measured(self.random, condition) for _ in range(2)]
        present = [value for value in found if value is not None]
        type_ = "date" if MEASURE_OPERATORS[measure] is DATE else "number"
        return a_comparison(self.random, type_, present, self.pools.as_of, op)

    def step(self, where_chance: float) -> Rule:
        """An event with perhaps a `where`: a step of a sequence, or the other event of a share."""
        name = self.random.choice(sorted(self.pools.world.events_declared))
        return {"event": name, **({"where": self.where(name)} if self.random.random() < where_chance else {})}

    def sequence(self) -> Rule:
        """Two to four steps, whose window is mostly wide and whose span mostly short."""
        steps = [self.step(0.3) for _ in range(self.random.choice((2, 2, 2, 3, 3, 4)))]
        if self.random.random() < 0.2:
            steps[1] = steps[0]
        within = self.random.choice((1, 1, 2, 3, 7, 30))
        return {"sequence": steps, "within": within, "window": self.window()}

    def window(self) -> Rule:
        """A window, its edges mostly at or beside days of events."""
        random, as_of = self.random, self.pools.as_of
        kind = random.random()
        near, far = sorted(max(0, (as_of - self.pools.a_day(random)).days) for _ in range(2))
        if kind < 0.4:
            return {"last": random.choice((max(1, near), max(1, far), max(1, far), 7, 30, 90))}
        if kind < 0.6:
            return {"all": True}
        if kind < 0.8:
            return {"ago": [far if far > near else near + 1, near]}
        first, last = sorted((self.pools.a_day(random), self.pools.a_day(random)))
        if random.random() < 0.15:
            last = as_of + timedelta(days=random.choice((-1, 0, 1, 30)))
            first = min(first, last)
        return {"from": self._written(first), "to": self._written(last)}

    def _written(self, day: date) -> Any:
        return day if self.random.random() < 0.3 else day.isoformat()

    def where(self, event: str, depth: int = 2) -> Rule:
        """A condition on one event's parameters; an event that carries none gets one that always holds."""
        random = self.random
        carried = self._parameters(event, (*_SCALAR, "list"))
        kind = random.random()
        if not carried:
            return {"all": []}
        if depth == 0 or kind < 0.6:
            return self._perhaps_muted(self.parameter(event, random.choice(carried)))
        if kind < 0.9:
            parts = [self.where(event, depth - 1) for _ in range(random.randint(1, 3))]
            return self._perhaps_muted({random.choice(("all", "any")): parts})
        return {"not": self.where(event, depth - 1)}

    def parameter(self, event: str, code: str, op: str | None = None) -> Rule:
        """A comparison of a parameter."""
        type_ = self.pools.world.parameters[code]["type"]
        op = op or self.random.choice(OPERATORS[type_])
        values = self.pools.parameters.get((event, code), [])
        return {"param": code, **a_comparison(self.random, type_, values, self.pools.as_of, op)}


def random_segments(world: World, as_of: date, seed: object) -> Segments:
    """Named segments, in an order in which each refers to earlier ones only."""
    maker = RuleMaker(Random(f"segments {seed}"), pools(world, as_of))
    found: Segments = {}
    for name in SEGMENT_NAMES:
        found[name] = maker.rule(depth=2)
        maker.names.append(name)
    return found


def random_rules(world: World, as_of: date, segments: Segments, seed: object, count: int) -> list[Rule]:
    """Rule trees for one date; the same seed makes the same ones."""
    maker = RuleMaker(Random(f"rules {seed} {as_of}"), pools(world, as_of), list(segments))
    return [maker.rule() for _ in range(count)]
