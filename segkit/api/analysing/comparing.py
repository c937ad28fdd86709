"""What one condition comes to for one user: the value seen, and when its verdict would turn, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from segkit.analysis.chains import best_way
from segkit.analysis.gaps import Gap, Scale, type_gap
from segkit.analysis.showing import number_text, value_text, without_addresses
from segkit.analysis.turning import Thing, turning_words, way_words
from segkit.compile.derived import places_of_value
from segkit.definitions.conditions import Event, Label, Leaf, Sample, Sequence
from segkit.definitions.derivations import FromEvents
from segkit.definitions.operators import DATE_MEASURES, ZERO_MEASURES
from segkit.definitions.vocabulary import LabelDeclaration, Personal, Vocabulary
from segkit.engine.one_user import OneUser
from segkit.masking import masked, masked_text


@dataclass(frozen=True, slots=True)
class Compared:
    """The value seen, as data and in words (empty where there is none), and what would turn the verdict."""

    seen: Any = None
    seen_text: str = ""
    gap: Gap | None = None
    turns: str = ""

    def masked(self) -> Compared:
        """The same with the addresses in texts masked, which may stand in labels that are no personal data."""
        gap = self.gap if self.gap is None else replace(self.gap, missing=tuple(map(masked_text, self.gap.missing)))
        return Compared(without_addresses(self.seen), masked_text(self.seen_text), gap, masked_text(self.turns))


def compared(user: OneUser, vocabulary: Vocabulary, leaf: Leaf, holds: bool, hidden: Personal | None) -> Compared:
    """What a condition comes to. `hidden`: the kind of personal data that is not to be shown."""
    if isinstance(leaf, Label):
        return _of_label(user, vocabulary, leaf, holds, hidden)
    if isinstance(leaf, Event):
        return _of_event(user, vocabulary, leaf, holds)
    if isinstance(leaf, Sequence):
        way = best_way(user.moments(leaf))
        steps = len(leaf.sequence)
        said = "every step in time" if holds else f"{way.reached} of {steps} steps in their order"
        return Compared(way.reached, said, None, way_words(way, steps, leaf.within, holds))
    return Compared(seen_text="by the hash of the uid" if isinstance(leaf, Sample) else "")


def _of_label(user: OneUser, vocabulary: Vocabulary, leaf: Label, holds: bool, hidden: Personal | None) -> Compared:
    declared = vocabulary.label(leaf.label)
    seen = user.seen(leaf)
    thing = Thing(declared.type, declared.unit, declared.values, is_hidden=hidden is not None)
    if hidden is not None:
        shown = masked(seen, hidden)
        return Compared(shown, value_text(shown), None, turning_words(leaf, thing, holds, Gap()))
    gap = type_gap(
        declared.type, leaf.op, leaf.value, seen, user.as_of, _scale_of(declared, vocabulary), _is_double(declared)
    )
    turns = turning_words(leaf, thing, holds, gap)
    return Compared(seen, value_text(seen, declared.values, declared.unit), gap, turns)


def _of_event(user: OneUser, vocabulary: Vocabulary, leaf: Event, holds: bool) -> Compared:
    seen = user.seen(leaf)
    parameter = vocabulary.parameter(leaf.of) if isinstance(leaf.of, str) and leaf.measure != "distinct" else None
    unit = parameter.unit if parameter is not None else None
    type_ = "date" if leaf.measure in DATE_MEASURES else "number"
    gap = type_gap(type_, leaf.op, leaf.value, seen, user.as_of, _scale(leaf, vocabulary), False)  # type: ignore[arg-type]
    is_counted = leaf.measure in ("count", "days", "periods", "distinct")
    thing = Thing("date" if type_ == "date" else "number", unit, is_counted=is_counted)
    return Compared(seen, _measure_text(leaf, seen, unit), gap, turning_words(leaf, thing, holds, gap))


def _measure_text(leaf: Event, seen: Any, unit: str | None) -> str:
    if seen is None:
        return "no such event"
    if leaf.measure in ("count", "days", "periods"):
        one, many = {"count": ("time", "times"), "days": ("day", "days")}.get(leaf.measure, ("period", "periods"))
        return f"{seen:,} {one if seen == 1 else many}"
    if leaf.measure == "share":
        return f"{number_text(seen)} of them" if isinstance(seen, int) else number_text(seen)
    return value_text(seen, unit=unit)


def _scale(leaf: Event, vocabulary: Vocabulary) -> Scale:
    """Which values a measure can have."""
    if leaf.measure in ("count", "distinct"):
        return Scale(Fraction(1), Fraction(0))
    if leaf.measure == "days":
        return Scale(Fraction(1), Fraction(0), _most_days(leaf))
    if leaf.measure == "periods":
        days = _most_days(leaf)
        return Scale(Fraction(1), Fraction(0), None if days is None else days / (leaf.every or 1))
    if leaf.measure in ("sum", "min", "max") and isinstance(leaf.of, str):
        return Scale(Fraction(1, 10 ** vocabulary.parameter(leaf.of).places))
    return Scale(None, Fraction(0) if leaf.measure == "share" else None)


def _most_days(leaf: Event) -> Fraction | None:
    return Fraction(leaf.window.last) if leaf.window.last is not None else None


def _scale_of(declared: LabelDeclaration, vocabulary: Vocabulary) -> Scale:
    derived = declared.from_events
    if derived is not None:
        return _scale_of_derived(derived, vocabulary)
    link = declared.from_link
    if link is not None and link.measure in ("count", "distinct"):
        return Scale(Fraction(1), Fraction(0))
    return Scale() if declared.scale is None else Scale(Fraction(1, 10**declared.scale))


def _scale_of_derived(derived: FromEvents, vocabulary: Vocabulary) -> Scale:
    places = places_of_value(derived, vocabulary)
    if places is not None:
        return Scale(Fraction(1, 10**places))
    return Scale(Fraction(1), Fraction(0)) if derived.measure in ZERO_MEASURES - {"sum"} else Scale()


def _is_double(declared: LabelDeclaration) -> bool:
    return declared.scale is None and declared.derived is None
