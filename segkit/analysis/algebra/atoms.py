"""What one condition says: of which subject, and which of its values fulfil it. Days are those of one date.

Conditions of the same subject can be held against each other: two comparisons of a label, of the same measure over the
same events and days, of the same sample. Whatever has no values of its own is a bare truth: a segment, a sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from segkit.analysis.algebra.values import EVERYTHING, HIGHEST, LOWEST, Span, Values, before, behind, values_of
from segkit.compile.predicates import date_bounds, exact
from segkit.definitions.conditions import (
    Condition,
    Event,
    Label,
    Leaf,
    OtherEvent,
    Param,
    Sample,
    SegmentRef,
    is_muted,
)
from segkit.definitions.operators import DATE_MEASURES, POSITIVE_OF, ZERO_MEASURES, Type
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.windows import WHOLE_HISTORY, Days
from segkit.engine.canonical import canonical

_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Measured:
    """What an event condition measures, for what one measure says of another."""

    measure: str
    event: str
    where: Condition | None
    of: str
    days: Days
    share_of: OtherEvent | None = None

    @property
    def key(self) -> str:
        return f"{self.measure} {self.of} {self.event}"


@dataclass(frozen=True, slots=True)
class OnLine:
    """Values that have an order; `holds` are those that fulfil the condition, `domain` all that there can be."""

    subject: str
    domain: Values
    holds: Values
    unit: Fraction | None = None
    kind: str = "number"  # or date, or bool
    measured: Measured | None = None


@dataclass(frozen=True, slots=True)
class OfTexts:
    """A comparison of a text or of a list of texts."""

    subject: str
    is_list: bool
    op: str
    value: object


@dataclass(frozen=True, slots=True)
class Bare:
    """Something that is true of a user or not."""

    subject: str


Atom = OnLine | OfTexts | Bare


def atom_of_label(leaf: Label, vocabulary: Vocabulary, as_of: date) -> Atom:
    """What a comparison of a stored label says; those derived from events are event conditions."""
    declared = vocabulary.label(leaf.label)
    link = declared.from_link
    never_missing = link is not None and link.is_never_missing
    counted = never_missing and link is not None and link.measure in ("count", "distinct")
    unit = _ONE if counted else _unit(declared.scale)
    return _compared(
        f"label {leaf.label}", leaf, declared.type, unit, as_of, missing=not never_missing, from_zero=counted
    )


def atom_of_param(leaf: Param, vocabulary: Vocabulary, as_of: date) -> Atom:
    """What a comparison of a parameter of one event says."""
    declared = vocabulary.parameter(leaf.param)
    unit = _unit(declared.places) if declared.type == "number" else None
    return _compared(f"parameter {leaf.param}", leaf, declared.type, unit, as_of)


def atom_of_sample(leaf: Sample) -> Atom:
    """The users whose draw lies below the percentage; one subject a seed."""
    domain = values_of([(before(0), before(10_000))], unit=_ONE)
    below = int(Decimal(str(leaf.sample)) * 100)
    return OnLine(f"sample {leaf.seed}", domain, domain & values_of([(LOWEST, before(below))], unit=_ONE), _ONE)


def bare(leaf: Leaf) -> Bare:
    """A segment by its id; a sequence by its canonical text."""
    return Bare(f"segment {leaf.segment}" if isinstance(leaf, SegmentRef) else canonical(leaf))


def _unit(scale: int | None) -> Fraction | None:
    return None if scale is None else Fraction(1, 10**scale)


def _compared(
    subject: str,
    leaf: Label | Param,
    type_: Type,
    unit: Fraction | None,
    as_of: date,
    *,
    missing: bool = True,
    from_zero: bool = False,
) -> Atom:
    if type_ in ("string", "list"):
        return OfTexts(subject, type_ == "list", leaf.op, leaf.value)
    if type_ == "bool":
        domain = values_of([(before(0), before(2))], missing=missing, unit=_ONE)
        return OnLine(subject, domain, holding(leaf.op, leaf.value, "bool", domain, _ONE, as_of), _ONE, "bool")
    if type_ == "date":
        unit, line = _ONE, (before(1), behind(date.max.toordinal()))
    else:
        line = (before(0) if from_zero else LOWEST, HIGHEST)
    domain = values_of([line], missing=missing, unit=unit)
    return OnLine(subject, domain, holding(leaf.op, leaf.value, type_, domain, unit, as_of), unit, type_)


def holding(op: str, value: Any, type_: str, domain: Values, unit: Fraction | None, as_of: date) -> Values:
    """Which values of a domain fulfil a comparison."""
    positive = POSITIVE_OF.get(op, op)
    if positive == "not_empty":
        found = domain.present()
    else:
        span = _span_of_dates(positive, value, as_of) if type_ == "date" else _span(positive, value)
        found = domain & values_of([span], unit=unit)
    return domain - found if op in POSITIVE_OF else found


def _span(op: str, value: Any) -> Span:
    if op == "between":
        return before(exact(value[0])), behind(exact(value[1]))
    number = Fraction(value) if isinstance(value, bool) else exact(value)
    return {
        "gt": (behind(number), HIGHEST),
        "ge": (before(number), HIGHEST),
        "lt": (LOWEST, before(number)),
        "le": (LOWEST, behind(number)),
        "eq": (before(number), behind(number)),
    }[op]


def _span_of_dates(op: str, value: Any, as_of: date) -> Span:
    first, last = date_bounds(op, value, as_of)
    low = LOWEST if first is None else before(first.toordinal())
    return low, HIGHEST if last is None else behind(last.toordinal())


# --- events ----------------------------------------------------------------------------------------------------------


def atom_of_event(leaf: Event, vocabulary: Vocabulary, as_of: date, *, none_matches: bool, at_most_all: bool) -> OnLine:
    """What an event condition says. `none_matches`: its filter lets no event through; `at_most_all`: what its share
    counts is part of what it is a share of, so that it is at most 1."""
    days = leaf.window.days(as_of)
    subject = canonical(leaf.model_copy(update={"op": "ge", "value": 0, "window": WHOLE_HISTORY}))
    unit = _unit_of_measure(leaf, vocabulary)
    domain = _domain(leaf, days, unit, none_matches=none_matches or _is_empty(days), at_most_all=at_most_all)
    kind = "date" if leaf.measure in DATE_MEASURES else "number"
    holds = holding(leaf.op, leaf.value, kind, domain, unit, as_of)
    where = None if leaf.where is None or is_muted(leaf.where) else leaf.where
    other = leaf.of if isinstance(leaf.of, OtherEvent) else None
    measured = Measured(
        leaf.measure, leaf.event, where, f"{leaf.of or ''} {leaf.every} {leaf.at_least or 1}", days, other
    )
    return OnLine(f"{subject} {days.start} {days.end}", domain, holds, unit, kind, measured)


def _is_empty(days: Days) -> bool:
    return days.start is not None and days.start >= days.end


def _unit_of_measure(leaf: Event, vocabulary: Vocabulary) -> Fraction | None:
    if leaf.measure in ("avg", "share"):
        return None
    if leaf.measure in ("sum", "min", "max") and isinstance(leaf.of, str):
        return _unit(vocabulary.parameter(leaf.of).places)
    return _ONE


def _domain(leaf: Event, days: Days, unit: Fraction | None, *, none_matches: bool, at_most_all: bool) -> Values:
    missing = leaf.measure not in ZERO_MEASURES
    if none_matches and leaf.measure == "share":  # the other event may happen, the counted one does not
        return values_of([(before(0), behind(0))], missing=True)
    if none_matches:
        return Values(missing=True) if missing else values_of([(before(0), behind(0))], unit=unit)
    if leaf.measure in ("sum", "avg", "min", "max"):
        return EVERYTHING if missing else EVERYTHING.present()
    if leaf.measure in DATE_MEASURES:
        low = 1 if days.start is None else days.start.toordinal()
        return values_of([(before(low), before(days.end.toordinal()))], missing=True, unit=unit)
    most = _most(leaf, days, at_most_all)
    return values_of([(before(0), HIGHEST if most is None else behind(most))], missing=missing, unit=unit)


def _most(leaf: Event, days: Days, at_most_all: bool) -> int | None:
    if leaf.measure == "days" and days.start is not None:
        return (days.end - days.start).days
    if leaf.measure == "periods" and leaf.every is not None and leaf.window.last is not None:
        return leaf.window.last // leaf.every
    return 1 if leaf.measure == "share" and at_most_all else None
