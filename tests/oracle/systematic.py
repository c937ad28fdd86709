"""A rule for every operator × type × (label, parameter, measure), and which users lack the value that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from .measuring import Rule, matching, measures
from .oracle import base, members
from .pools import MEASURE_OPERATORS, OPERATORS, pools
from .rules import RuleMaker
from .world import World

_TRIES = 10


@dataclass(frozen=True)
class Case:
    """A rule about one value, with the users of the base for whom that value is missing."""

    title: str
    rule: Rule
    missing: frozenset[str]

    def splits_missing(self, world: World, as_of: date) -> bool:
        """Whether some users with a value are treated otherwise than those without one."""
        picked, everybody = members(self.rule, world, as_of, {}), base(world, as_of)
        present = everybody - self.missing
        return bool(self.missing) and (
            (self.missing <= picked and not present <= picked) or (not self.missing & picked and bool(present & picked))
        )


def systematic_rules(world: World, as_of: date) -> Iterator[Case]:
    """Every operator over every label, every parameter and every measure, with values that split users where any do."""
    maker = RuleMaker(Random(f"systematic {as_of}"), pools(world, as_of))
    for code, label in world.labels.items():
        for op in OPERATORS[label["type"]]:
            title = f"label {code} ({label['type']}) {op}"
            yield _splitting(title, world, as_of, lambda code=code, op=op: maker.label(code, op), _lacks_label)  # type: ignore[misc]
    for event, code in sorted(maker.pools.parameters):
        type_ = world.parameters[code]["type"]
        for op in OPERATORS[type_]:
            title = f"parameter {code} ({type_}) of {event} {op}"
            make = lambda event=event, code=code, op=op: {  # noqa: E731
                "event": event, "window": {"all": True}, "where": maker.parameter(event, code, op),
            }  # fmt: skip
            yield _splitting(title, world, as_of, make, _lacks_parameter)
    for measure, operators in MEASURE_OPERATORS.items():
        for op in operators:
            make_measure = lambda measure=measure, op=op: maker.event(measure, op)  # noqa: E731
            yield _splitting(f"measure {measure} {op}", world, as_of, make_measure, _lacks_measure)


Lacks = Callable[[Rule, set[str], World, date], frozenset[str]]


def _splitting(title: str, world: World, as_of: date, make: Callable[[], Rule], lacks: Lacks) -> Case:
    """The first of some candidates that splits those with a value from those without, or else users at all."""
    everybody = base(world, as_of)
    second_best = None
    for _ in range(_TRIES):
        rule = make()
        case = Case(title, rule, lacks(rule, everybody, world, as_of))
        if case.splits_missing(world, as_of):
            return case
        if 0 < len(members(rule, world, as_of, {})) < len(everybody):
            second_best = second_best or case
    return second_best or case


def _lacks_label(rule: Rule, everybody: set[str], world: World, as_of: date) -> frozenset[str]:
    values = world.label_values(rule["label"], as_of)
    return frozenset(uid for uid in everybody if values[uid] is None)


def _lacks_parameter(rule: Rule, everybody: set[str], world: World, as_of: date) -> frozenset[str]:
    """Users who have such events, none of which carries the parameter."""
    lacking = set()
    for uid in everybody:
        events = matching({"event": rule["event"]}, rule["window"], uid, world, as_of)
        if events and all(event.params[rule["where"]["param"]] is None for event in events):
            lacking.add(uid)
    return frozenset(lacking)


def _lacks_measure(rule: Rule, everybody: set[str], world: World, as_of: date) -> frozenset[str]:
    measured = measures(rule, everybody, world, as_of)
    return frozenset(uid for uid in everybody if measured[uid] is None)
