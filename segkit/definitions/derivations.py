"""How a label is derived: from the rows of a linked table, at load, or from events, whenever somebody asks.

A derivation speaks of a table or of an event, never of another label, so that none can go round in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from segkit.definitions.conditions import (
    AS_WANTED,
    All,
    Any_,
    Code,
    Comparison,
    Condition,
    Event,
    Label,
    OtherEvent,
    Value,
    Where,
    finite,
    kind_by,
    no_condition,
    walk,
)
from segkit.definitions.operators import DATE_MEASURES, PARAMETER_MEASURES, ZERO_MEASURES, Type
from segkit.definitions.windows import Window

#: The measures over linked rows, and the types that a label may have by them; all but the first two are of a column.
LINK_MEASURES: dict[str, tuple[Type, ...]] = {
    "count": ("number",),
    "exists": ("bool",),
    "list": ("list",),
    "distinct": ("number",),
    "sum": ("number",),
    "min": ("number",),
    "max": ("number",),
    "first": ("string", "number", "date", "bool"),
    "last": ("string", "number", "date", "bool"),
}
_OF_NOTHING = ("count", "exists")
_NEVER_MISSING = frozenset({"count", "exists", "distinct", "sum"})


# --- conditions of linked rows ---------------------------------------------------------------------------------------


class RowTest(Comparison):
    """A comparison of a column of a linked row."""

    key_order: ClassVar = ("column", "type", "op", "value", "mute")
    of_one_event: ClassVar = True
    column: Annotated[str, Field(min_length=1, description="A column of the linked table.")]
    type: Annotated[Type | None, Field(description="What the column is read as; by default what the value is.")] = None

    @property
    def read_as(self) -> Type:
        """The type that the column is read as."""
        if self.type is not None:
            return self.type
        if self.op == "contains_all":
            return "list"
        return type_of(self.value[0] if isinstance(self.value, tuple) and self.value else self.value)


def type_of(value: Value | None) -> Type:
    """The type that a value is of; text where there is none."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "string" if value is None or isinstance(value, str | tuple) else "date"


class RowAll(Condition):
    """All of these must hold for the row."""

    key_order: ClassVar = ("all", "mute")
    of_one_event: ClassVar = True
    all: Annotated[tuple[RowCondition, ...], Field(strict=False)]

    def children(self) -> tuple[Condition, ...]:
        return self.all


class RowAny(Condition):
    """At least one of these must hold for the row."""

    key_order: ClassVar = ("any", "mute")
    of_one_event: ClassVar = True
    any: Annotated[tuple[RowCondition, ...], Field(strict=False)]

    def children(self) -> tuple[Condition, ...]:
        return self.any


class RowNot(Condition):
    """This must not hold for the row."""

    key_order: ClassVar = ("not", "mute")
    of_one_event: ClassVar = True
    not_: Annotated[RowCondition, Field(alias="not")]

    def children(self) -> tuple[Condition, ...]:
        return (self.not_,)


def _values(data: dict[str, Any]) -> dict[str, Any]:
    for column, wanted in data.items():
        if not all(isinstance(value, bool | int | float | date | str) for value in _listed(wanted)):
            raise ValueError(f"found no value for column '{column}'; expected a value or a list of values")
    return {column: list(map(finite, wanted)) if isinstance(wanted, list) else finite(wanted)
            for column, wanted in data.items()}  # fmt: skip


def _listed(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]


_KEYS = ("column", "all", "any", "not")
#: `{column: value}` or `{column: [value, …]}`: each column has that value, or one of them.
ShortForm = Annotated[dict[str, Any], AfterValidator(_values)]
RowCondition = Annotated[
    Annotated[RowTest, AS_WANTED, Tag("column")]
    | Annotated[RowAll, Tag("all")]
    | Annotated[RowAny, Tag("any")]
    | Annotated[RowNot, Tag("not")],
    Discriminator(kind_by(_KEYS), **no_condition(_KEYS)),
]


def _form(data: Any) -> str | None:
    """Which form a `where` has; a column may be called `all`, `any`, `not` or `column`, too."""
    if isinstance(data, Condition):
        return kind_by(_KEYS)(data)
    if not isinstance(data, dict):
        return None
    for key in ("all", "any"):
        listed = data.get(key)
        if isinstance(listed, list | tuple) and all(isinstance(item, dict | Condition) for item in listed):
            return key
    if isinstance(data.get("not"), dict | Condition):
        return "not"
    return "column" if {"column", "op"} <= set(data) else "short"


RowWhere = Annotated[
    Annotated[ShortForm, Tag("short")]
    | Annotated[RowTest, AS_WANTED, Tag("column")]
    | Annotated[RowAll, Tag("all")]
    | Annotated[RowAny, Tag("any")]
    | Annotated[RowNot, Tag("not")],
    Discriminator(_form, **no_condition(_KEYS)),
]
for _model in (RowAll, RowAny, RowNot):
    _model.model_rebuild()


# --- derivations -----------------------------------------------------------------------------------------------------


class FromLink(BaseModel):
    """A measure over the rows of a linked table that fulfil a condition."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    link: str
    measure: Literal["count", "exists", "list", "distinct", "sum", "min", "max", "first", "last"]
    of: Annotated[str | None, Field(description="The column that is measured.")] = None
    by: Annotated[str | None, Field(description="The column of instants that says which row is first or last.")] = None
    where: RowWhere = Field(default_factory=dict)

    @model_validator(mode="after")
    def _of_a_column_where_the_measure_has_one(self) -> FromLink:
        if self.measure in _OF_NOTHING and self.of is not None:
            raise ValueError(f"'{self.measure}' is of nothing; leave `of` out")
        if self.measure not in _OF_NOTHING and self.of is None:
            raise ValueError(f"`of` is missing: the column that '{self.measure}' is of")
        if self.by is not None and self.measure not in ("first", "last"):
            raise ValueError("`by` goes with `first` and `last` only; leave it out")
        return self

    @property
    def types(self) -> tuple[Type, ...]:
        """The types that a label derived so may have."""
        return LINK_MEASURES[self.measure]

    @property
    def is_never_missing(self) -> bool:
        """Whether who has no rows has a value: 0 or no. (A list is empty then.)"""
        return self.measure in _NEVER_MISSING

    def is_ordered(self, type_: Type) -> bool:
        """Whether it is the value of the first or the last row; dates are first and last by themselves."""
        return self.measure in ("first", "last") and (type_ != "date" or self.by is not None)

    @property
    def condition(self) -> Condition:
        """Which rows count; the short form written out."""
        if not isinstance(self.where, dict):
            return self.where
        return RowAll(all=tuple(_one_of(column, wanted) for column, wanted in self.where.items()))

    def tests(self) -> Iterator[tuple[str, RowTest]]:
        """Every comparison of a column, with its place."""
        for place, node in walk(self.condition, "where"):
            if isinstance(node, RowTest):
                yield (place if not isinstance(self.where, dict) else f"where.{node.column}"), node

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the linked table that it reads."""
        found = [self.of, self.by, *(test.column for _, test in self.tests())]
        return tuple(dict.fromkeys(column for column in found if column is not None))


def _one_of(column: str, wanted: Any) -> RowAny:
    by_type: dict[Type, list[Any]] = {}
    for value in _listed(wanted):
        by_type.setdefault(type_of(value), []).append(value)
    tests: list[RowTest] = []
    for type_, values in by_type.items():
        if type_ == "string":
            tests.append(RowTest(column=column, op="in", value=tuple(values)))
        else:
            equal: Literal["on", "eq"] = "on" if type_ == "date" else "eq"
            tests += [RowTest(column=column, op=equal, value=value) for value in values]
    return RowAny(any=tuple(tests))


class FromEvents(BaseModel):
    """A measure over events in a window: an event condition without its comparison, or whether there is any event."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    event: Code
    measure: Literal[
        "count", "days", "periods", "sum", "avg", "min", "max", "distinct", "share", "first", "last", "exists"
    ] = "count"
    of: Annotated[
        OtherEvent | Code | None, Field(description="A parameter; for `share` the other event.", union_mode="smart")
    ] = None
    every: Annotated[int | None, Field(ge=1, le=36_500, description="Days in one period.")] = None
    at_least: Annotated[int | None, Field(ge=1, description="Matching events that a period must hold.")] = None
    window: Annotated[Window, Field(description="The days looked at.")]
    where: Annotated[Where | None, Field(description="Only events whose parameters fulfil this.")] = None

    @property
    def types(self) -> tuple[Type, ...]:
        """The types that a label derived so may have."""
        if self.measure == "exists":
            return ("bool",)
        return ("date",) if self.measure in DATE_MEASURES else ("number",)

    @property
    def is_never_missing(self) -> bool:
        """Whether who has no events has a value: 0 or no."""
        return self.measure == "exists" or self.measure in ZERO_MEASURES

    @property
    def measured_parameter(self) -> str | None:
        """The parameter whose unit and decimal places the value has."""
        has_them = self.measure in PARAMETER_MEASURES - {"distinct"}
        return self.of if has_them and isinstance(self.of, str) else None

    def compared(self, op: str, value: Value | None) -> Event:
        """The event condition that compares this measure."""
        measure = "count" if self.measure == "exists" else self.measure
        content = {"event": self.event, "measure": measure, "op": op, "value": value, "window": self.window}
        optional = {"of": self.of, "every": self.every, "at_least": self.at_least, "where": self.where}
        return Event.model_validate(content | {key: given for key, given in optional.items() if given is not None})


def as_events(leaf: Label, derived: FromEvents) -> Condition:
    """The condition of events that a comparison of such a label is: the same users, by the same evaluation."""
    if derived.is_never_missing and leaf.op in ("is_empty", "not_empty"):
        return Any_(any=()) if leaf.op == "is_empty" else All(all=())
    if derived.measure == "exists" and isinstance(leaf.value, bool):
        return derived.compared("ge" if leaf.value else "lt", 1)
    return derived.compared(leaf.op, leaf.value)


def _source(data: Any) -> str | None:
    if isinstance(data, FromLink | FromEvents):
        return "event" if isinstance(data, FromEvents) else "link"
    return next((key for key in ("event", "link") if isinstance(data, dict) and key in data), None)


Derived = Annotated[
    Annotated[FromLink, Tag("link")] | Annotated[FromEvents, Tag("event")],
    Discriminator(
        _source, custom_error_type="no_condition", custom_error_message="expected one of the keys link, event"
    ),
]
