"""The nodes of a rule. What they mean is in `compile` and `engine`; how they are written down in `documents`.

Nodes are immutable and compare by value. A rule is any condition.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from segkit.definitions.operators import Measure, Operator
from segkit.definitions.windows import Window
from segkit.masking import masked_text

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$", description="A code of the vocabulary.")]


def finite(value: Any) -> Any:
    """A value that can be compared with, texts in NFC. Raises ValueError for NaN and infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a number that anything can be compared with; use is_empty for missing values")
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


Scalar = Annotated[bool | int | float | date | str, AfterValidator(finite)]
Value = Scalar | tuple[Scalar, ...]


class Condition(BaseModel):
    """One node of a rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, strict=True)
    #: Keys in the order in which a document shows them.
    key_order: ClassVar[tuple[str, ...]] = ()

    #: Whether it speaks of one event, inside `where`, and not of a user.
    of_one_event: ClassVar[bool] = False

    mute: Annotated[bool, Field(description="Keep the condition, but leave it out.")] = False

    def __repr__(self) -> str:
        return masked_text(super().__repr__())

    def __str__(self) -> str:
        return masked_text(super().__str__())

    def children(self) -> tuple[Condition, ...]:
        """The conditions directly inside this one."""
        return ()

    def muted(self) -> Self:
        """The same condition, kept but left out."""
        return self.model_copy(update={"mute": True})

    def __and__(self, other: Condition) -> Condition:
        return _joined(self, other, All, WhereAll)

    def __or__(self, other: Condition) -> Condition:
        return _joined(self, other, Any_, WhereAny)

    # What stands at the left was no condition: both refuse it.
    __rand__ = __and__
    __ror__ = __or__

    def __invert__(self) -> Condition:
        inside: Any = self
        if isinstance(self, Not | WhereNot) and not self.mute:
            return self.not_
        return WhereNot(not_=inside) if self.of_one_event else Not(not_=inside)

    def __bool__(self) -> bool:
        raise TypeError(
            "a condition is neither true nor false by itself; write & for and, | for or, ~ for not, "
            "and .between(a, b) for a < … < b"
        )

    def _refuses_comparison(self, other: object) -> NoReturn:
        raise TypeError(
            f"a condition cannot be compared with {other!r}; to compare how often, write .count() before the window: "
            'event("…").count().last(30) > 2'
        )

    __lt__ = __le__ = __gt__ = __ge__ = _refuses_comparison

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | float):
            self._refuses_comparison(other)  # it would be false without a word
        return super().__eq__(other)


def _joined(one: Condition, other: Condition, group: type[Condition], group_of_events: type[Condition]) -> Condition:
    """Both in one group; those of a group of the same kind join it."""
    if not isinstance(other, Condition):
        raise TypeError(
            f"found {other!r} beside a condition; expected another condition. "
            "Put each comparison in brackets: (a == 1) & (b == 2)"
        )
    if one.of_one_event != other.of_one_event:
        raise TypeError("a condition of a parameter stands in `where` of an event, not beside conditions of users")
    kind = group_of_events if one.of_one_event else group
    members = (*_members(one, kind), *_members(other, kind))
    return kind.model_validate({kind.key_order[0]: members})


def _members(condition: Condition, group: type[Condition]) -> tuple[Condition, ...]:
    # An empty group stays one: in a group of muted conditions it is what counts.
    joins = isinstance(condition, group) and not condition.mute and len(condition.children()) > 0
    return condition.children() if joins else (condition,)


_DATE_OPERATORS = frozenset({"on", "before", "after", "between"})


def _as_date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _dates_where_the_operator_wants_them(data: Any) -> Any:
    """JSON has no dates: ISO text under a date operator is one. Lists become tuples."""
    if not isinstance(data, dict) or "value" not in data:
        return data
    value = data["value"]
    if isinstance(value, list | tuple):
        value = tuple(_as_date(v) for v in value) if data.get("op") in _DATE_OPERATORS else tuple(value)
    elif data.get("op") in _DATE_OPERATORS:
        value = _as_date(value)
    return {**data, "value": value}


class Comparison(Condition):
    """A comparison of one thing with a value."""

    op: Annotated[Operator, Field(description="How to compare; which operators there are depends on the type.")]
    value: Annotated[Value | None, Field(description="What to compare with; none for is_empty and not_empty.")] = None


class Label(Comparison):
    """A comparison of a label, as it was known at as_of."""

    key_order: ClassVar = ("label", "op", "value", "mute")
    label: Code


class Param(Comparison):
    """A comparison of a parameter of one event, inside `where`."""

    key_order: ClassVar = ("param", "op", "value", "mute")
    of_one_event: ClassVar = True
    param: Code


class WhereAll(Condition):
    """All of these must hold for the event."""

    key_order: ClassVar = ("all", "mute")
    of_one_event: ClassVar = True
    all: Annotated[tuple[Where, ...], Field(strict=False, description="Conditions of parameters.")]

    def children(self) -> tuple[Condition, ...]:
        return self.all


class WhereAny(Condition):
    """At least one of these must hold for the event."""

    key_order: ClassVar = ("any", "mute")
    of_one_event: ClassVar = True
    any: Annotated[tuple[Where, ...], Field(strict=False, description="Conditions of parameters.")]

    def children(self) -> tuple[Condition, ...]:
        return self.any


class WhereNot(Condition):
    """This must not hold for the event."""

    key_order: ClassVar = ("not", "mute")
    of_one_event: ClassVar = True
    not_: Annotated[Where, Field(alias="not", description="A condition of parameters.")]

    def children(self) -> tuple[Condition, ...]:
        return (self.not_,)


class OtherEvent(BaseModel):
    """The other event of `share`, or a step of a sequence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    event: Code
    where: Annotated[Where | None, Field(description="Only events whose parameters fulfil this.")] = None


class Event(Condition):
    """A comparison of a measure over a user's matching events in a window."""

    key_order: ClassVar = ("event", "measure", "of", "every", "at_least", "op", "value", "window", "where", "mute")
    event: Code
    measure: Annotated[Measure, Field(description="What is compared; by default how many matching events.")] = "count"
    of: Annotated[
        OtherEvent | Code | None, Field(description="A parameter; for `share` the other event.", union_mode="smart")
    ] = None
    every: Annotated[int | None, Field(ge=1, le=36_500, description="Days in one period.")] = None
    at_least: Annotated[int | None, Field(ge=1, description="Matching events that a period must hold.")] = None
    op: Annotated[Operator, Field(description="How to compare; a count alone is compared by ge 1.")] = "ge"
    value: Annotated[Value | None, Field(description="What to compare with; none for is_empty and not_empty.")] = 1
    window: Annotated[Window, Field(description="The days looked at.")]
    where: Annotated[Where | None, Field(description="Only events whose parameters fulfil this.")] = None

    @model_validator(mode="before")
    @classmethod
    def _only_a_bare_count_compares_by_default(cls, data: Any) -> Any:
        """`ge 1` is meant only where nothing is said: an operator without a value has none."""
        if not isinstance(data, dict) or not ({"op", "value"} & set(data) or data.get("measure", "count") != "count"):
            return data
        if "op" not in data:
            measure = data.get("measure", "count")
            raise ValueError(f"`op` is missing; the measure '{measure}' is compared by an operator with a value")
        return {"value": None, **data}


class Sequence(Condition):
    """Events one after the other, each strictly later, the last at most `within` × 24 hours after the first."""

    key_order: ClassVar = ("sequence", "within", "window", "mute")
    sequence: Annotated[
        tuple[OtherEvent, ...],
        Field(min_length=2, max_length=8, strict=False, description="The events, in their order."),
    ]
    within: Annotated[int, Field(ge=1, le=36_500, description="Days of 24 hours from the first to the last event.")]
    window: Annotated[Window, Field(description="The days that hold all of them.")]


class SegmentRef(Condition):
    """The users that another segment picks, as of the same date."""

    key_order: ClassVar = ("segment", "mute")
    segment: Annotated[str, Field(min_length=1, max_length=64, description="A segment's id or name.")]


class Sample(Condition):
    """A stable share of users, in percent, by a hash of `seed:uid`."""

    key_order: ClassVar = ("sample", "seed", "mute")
    sample: Annotated[int | float, Field(ge=0, le=100, description="Percent, with at most two decimals.")]
    seed: Annotated[str, Field(max_length=200, description="Another seed picks other users.")]


class All(Condition):
    """All of these must hold; with none, everybody."""

    key_order: ClassVar = ("all", "mute")
    all: Annotated[tuple[Rule, ...], Field(strict=False, description="Conditions.")]

    def children(self) -> tuple[Condition, ...]:
        return self.all


class Any_(Condition):
    """At least one of these must hold; with none, nobody."""

    key_order: ClassVar = ("any", "mute")
    any: Annotated[tuple[Rule, ...], Field(strict=False, description="Conditions.")]

    def children(self) -> tuple[Condition, ...]:
        return self.any


class Not(Condition):
    """This must not hold."""

    key_order: ClassVar = ("not", "mute")
    not_: Annotated[Rule, Field(alias="not", description="A condition.")]

    def children(self) -> tuple[Condition, ...]:
        return (self.not_,)


RULE_KEYS = ("label", "event", "sequence", "segment", "sample", "all", "any", "not")
WHERE_KEYS = ("param", "all", "any", "not")


def kind_by(keys: tuple[str, ...]) -> Callable[[Any], str | None]:
    """What tells conditions apart: the first of the keys that one has."""

    def kind(data: Any) -> str | None:
        names = (
            set(data) if isinstance(data, dict) else set(type(data).key_order) if isinstance(data, Condition) else set()
        )
        found = [key for key in keys if key in names]
        return found[0] if found else None

    return kind


#: Put before a comparison, it gives the value the shape that the operator wants.
AS_WANTED = BeforeValidator(_dates_where_the_operator_wants_them)


def no_condition(keys: tuple[str, ...]) -> dict[str, Any]:
    """What is said of data that none of the keys makes a condition."""
    return {
        "custom_error_type": "no_condition",
        "custom_error_message": "expected a condition with one of the keys " + ", ".join(keys),
    }


Where = Annotated[
    Annotated[Param, AS_WANTED, Tag("param")]
    | Annotated[WhereAll, Tag("all")]
    | Annotated[WhereAny, Tag("any")]
    | Annotated[WhereNot, Tag("not")],
    Discriminator(kind_by(WHERE_KEYS), **no_condition(WHERE_KEYS)),
]
Rule = Annotated[
    Annotated[Label, AS_WANTED, Tag("label")]
    | Annotated[Event, AS_WANTED, Tag("event")]
    | Annotated[Sequence, Tag("sequence")]
    | Annotated[SegmentRef, Tag("segment")]
    | Annotated[Sample, Tag("sample")]
    | Annotated[All, Tag("all")]
    | Annotated[Any_, Tag("any")]
    | Annotated[Not, Tag("not")],
    Discriminator(kind_by(RULE_KEYS), **no_condition(RULE_KEYS)),
]
for _model in (WhereAll, WhereAny, WhereNot, OtherEvent, Event, Sequence, All, Any_, Not):
    _model.model_rebuild()

Leaf = Label | Event | Sequence | SegmentRef | Sample
LeafKind = Literal["label", "event", "sequence", "segment", "sample"]
EVERYBODY = All(all=())


def path_of_child(parent: Condition, path: str, number: int) -> str:
    """Where a child stands: `rule.all[1]`, `rule.not`."""
    key = type(parent).key_order[0]
    return f"{path}.not" if key == "not" else f"{path}.{key}[{number}]"


def walk(rule: Condition, path: str = "rule") -> Iterator[tuple[str, Condition]]:
    """Every condition of a rule with its stable id, which is its place, from the top down."""
    yield path, rule
    for number, child in enumerate(rule.children()):
        yield from walk(child, path_of_child(rule, path, number))


def is_muted(condition: Condition) -> bool:
    """Whether a condition is left out: muted itself, or a group whose conditions all are."""
    if condition.mute:
        return True
    inside = condition.children()
    return bool(inside) and all(is_muted(child) for child in inside)


def live_references(rule: Condition) -> tuple[str, ...]:
    """The segments that a rule reads when it is evaluated: muted ones are left out."""
    if is_muted(rule):
        return ()
    if isinstance(rule, SegmentRef):
        return (rule.segment,)
    return tuple(dict.fromkeys(ref for child in rule.children() for ref in live_references(child)))


def references(rule: Condition) -> tuple[str, ...]:
    """The segments that a rule reads, muted ones included, each once, in order."""
    return tuple(dict.fromkeys(node.segment for _, node in walk(rule) if isinstance(node, SegmentRef)))
