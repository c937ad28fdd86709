"""Rules as Python: `label("country").isin("DE", "AT") & (event("order_paid").sum("amount").last(90) >= 100)`.

What is written here are the nodes of `conditions`; whether they fit an app's vocabulary is checked when they are used.
`to_python` gives the code of any rule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar, cast

from segkit.definitions.conditions import EVERYBODY, Any_, Condition, Event, Not, WhereNot
from segkit.definitions.conditions import Sequence as Steps
from segkit.definitions.documents import parse_rule, rule_data
from segkit.definitions.python_terms import (
    LabelTerm,
    Measurable,
    ParamTerm,
    WithoutDays,
    comparison_data,
    parse_filter,
    plain,
)
from segkit.definitions.python_text import to_python

__all__ = [
    "all_of",
    "any_of",
    "condition",
    "event",
    "everybody",
    "label",
    "nobody",
    "not_",
    "param",
    "sample",
    "segment",
    "sequence",
    "to_python",
]

W = TypeVar("W")


def label(code: str) -> LabelTerm:
    """A label of users, to be compared: `label("country").isin("DE", "AT")`, `label("orders") >= 3`."""
    return LabelTerm(code)


def param(code: str) -> ParamTerm:
    """A parameter of one event, to be compared inside `where`: `event("order_paid", where=param("amount") > 50)`."""
    return ParamTerm(code)


# --- windows and events ----------------------------------------------------------------------------------------------


class _Windowed(ABC, Generic[W]):
    """What looks at days before as_of."""

    @abstractmethod
    def _in(self, window: dict[str, object]) -> W:
        """The same over those days."""

    def last(self, days: int) -> W:
        """The last `days` local days before as_of."""
        return self._in({"last": days})

    def range(self, from_: date | str, to: date | str) -> W:
        """From one day to another, both included."""
        return self._in({"from": plain(from_), "to": plain(to)})

    def ago(self, first: int, last: int) -> W:
        """From `first` days ago (included) to `last` days ago (excluded)."""
        return self._in({"ago": [first, last]})

    def ever(self) -> W:
        """The whole history before as_of."""
        return self._in({"all": True})


@dataclass(frozen=True, eq=False)
class _Measured(_Windowed["_Measured"], Measurable[Event]):
    """A measure of events, to be compared once its days are named."""

    data: Mapping[str, Any]

    def _in(self, window: dict[str, object]) -> _Measured:
        return replace(self, data={**self.data, "window": window})

    def _compared(self, op: str, value: object = None) -> Event:
        if "window" not in self.data:
            raise TypeError(f"{self!r} looks at no days yet; name them before you compare: .last(30) or .ever()")
        data = {**self.data, **comparison_data(repr(self), op, value)}
        return cast(Event, parse_rule(data, repr(self)))

    def __repr__(self) -> str:
        return f'the measure {self.data["measure"]} of event("{self.data["event"]}")'


@dataclass(frozen=True, eq=False)
class _Events(_Windowed[Event], WithoutDays):
    """Events of one name, perhaps with a filter. With a window it is a condition: at least one of them."""

    code: str
    where: Condition | None = None

    def _data(self) -> dict[str, Any]:
        # Plain data, since an empty group is one of users until it stands in a filter.
        return {"event": self.code} if self.where is None else {"event": self.code, "where": rule_data(self.where)}

    def _in(self, window: dict[str, object]) -> Event:
        return cast(Event, parse_rule({**self._data(), "window": window}, repr(self)))

    def __repr__(self) -> str:
        return f'event("{self.code}")'

    def _measured(self, measure: str, **more: object) -> _Measured:
        return _Measured({**self._data(), "measure": measure, **more})

    def count(self) -> _Measured:
        """How many there are."""
        return self._measured("count")

    def days(self) -> _Measured:
        """On how many local days."""
        return self._measured("days")

    def periods(self, every: int, at_least: int | None = None) -> _Measured:
        """In how many periods of `every` days, counted back from as_of, there are `at_least` (by default 1) of them."""
        return self._measured("periods", every=every, **({} if at_least is None else {"at_least": at_least}))

    def sum(self, parameter: str) -> _Measured:
        """The sum of a parameter; 0 without events."""
        return self._measured("sum", of=parameter)

    def avg(self, parameter: str) -> _Measured:
        """The average of a parameter over the values present."""
        return self._measured("avg", of=parameter)

    def min(self, parameter: str) -> _Measured:
        """The smallest value of a parameter."""
        return self._measured("min", of=parameter)

    def max(self, parameter: str) -> _Measured:
        """The largest value of a parameter."""
        return self._measured("max", of=parameter)

    def distinct(self, parameter: str) -> _Measured:
        """How many different values a parameter has."""
        return self._measured("distinct", of=parameter)

    def share(self, of: _Events) -> _Measured:
        """How many there are for each of another event, in the same days."""
        return self._measured("share", of=of._data())

    def first_day(self) -> _Measured:
        """The local day of the first one."""
        return self._measured("first")

    def last_day(self) -> _Measured:
        """The local day of the last one."""
        return self._measured("last")


@dataclass(frozen=True, eq=False)
class _StepsTerm(_Windowed[Steps], WithoutDays):
    steps: tuple[_Events, ...]
    within: int

    def _in(self, window: dict[str, object]) -> Steps:
        data = {"sequence": [step._data() for step in self.steps], "within": self.within, "window": window}
        return cast(Steps, parse_rule(data, "sequence(…)"))

    def __repr__(self) -> str:
        return "sequence(…)"


def event(code: str, where: Condition | None = None) -> _Events:
    """Events of users: `event("app_used").last(30)`, `event("order_paid").sum("amount").last(90) >= 100`."""
    return _Events(code, where)


def sequence(*steps: _Events | str, within: int) -> _StepsTerm:
    """Events one after the other, the last at most `within` × 24 hours after the first; name its days: `.last(30)`."""
    return _StepsTerm(tuple(event(step) if isinstance(step, str) else step for step in steps), within)


# --- other conditions and groups -------------------------------------------------------------------------------------


def segment(name: str) -> Condition:
    """The users of another segment, by its name or id."""
    return parse_rule({"segment": name}, f"segment({name!r})")


def sample(percent: float, seed: str) -> Condition:
    """A stable share of users: the same ones for the same seed."""
    return parse_rule({"sample": plain(percent), "seed": seed}, "sample(…)")


def everybody() -> Condition:
    """All users."""
    return EVERYBODY


def nobody() -> Condition:
    """No users."""
    return Any_(any=())


def all_of(*conditions: Condition | Sequence[Condition]) -> Condition:
    """All of these hold; a group of its own, where `&` would join the one beside it."""
    return _group("all", conditions)


def any_of(*conditions: Condition | Sequence[Condition]) -> Condition:
    """At least one of these holds; a group of its own, where `|` would join the one beside it."""
    return _group("any", conditions)


def not_(negated: Condition) -> Condition:
    """This does not hold; a condition of its own, where `~` would take away the `~` of another."""
    inside: Any = negated
    return WhereNot(not_=inside) if negated.of_one_event else Not(not_=inside)


def condition(data: Mapping[str, Any]) -> Condition:
    """A condition as a document has it: `condition({"label": "country", "op": "eq", "value": "DE"})`."""
    return parse_filter(dict(data), "condition(…)") if "param" in data else parse_rule(dict(data), "condition(…)")


def _group(key: str, given: tuple[Condition | Sequence[Condition], ...]) -> Condition:
    listed: list[Condition] = []
    for part in given:
        listed.extend(part if isinstance(part, list | tuple) else [part])  # type: ignore[list-item]
    for part in listed:
        if not isinstance(part, Condition):
            raise TypeError(f"found {part!r} in {key}_of(…); expected conditions")
    if any(part.of_one_event for part in listed):
        # Plain data, since an empty group is one of users until it stands in a filter.
        return parse_filter({key: [rule_data(part) for part in listed]}, f"{key}_of(…)")
    return parse_rule({key: listed}, f"{key}_of(…)")
