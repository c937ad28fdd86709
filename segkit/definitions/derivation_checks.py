"""Whether derived labels can be derived: events and parameters that there are, comparisons that fit; with places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from segkit.definitions.checks import comparison_problems, measure_problems
from segkit.definitions.derivations import FromEvents, FromLink
from segkit.errors import Problem, nearest

if TYPE_CHECKING:
    from segkit.definitions.vocabulary import LabelDeclaration, Vocabulary

#: Operators that look back from the day asked for; what a linked row says is counted once, when it is loaded.
_RELATIVE = frozenset({"in_last", "not_in_last", "in_next", "days_ago_gt", "days_ago_lt", "days_ago_between"})


def derivation_problems(vocabulary: Vocabulary) -> list[Problem]:
    """Everything that keeps labels from being derived, each with its place in labels.yaml."""
    return [
        problem for number, label in enumerate(vocabulary.labels) for problem in _of_label(label, number, vocabulary)
    ]


def _of_label(label: LabelDeclaration, number: int, vocabulary: Vocabulary) -> Iterator[Problem]:
    place = f"labels[{number}]"
    if isinstance(label.derived, FromLink):
        yield from _of_rows(label.derived, f"{place}.derived")
    elif isinstance(label.derived, FromEvents):
        found = list(_of_events(label.derived, f"{place}.derived", vocabulary))
        yield from found or _of_scale(label, label.derived, place, vocabulary)


def _of_rows(derived: FromLink, place: str) -> Iterator[Problem]:
    for where, test in derived.tests():
        path = f"{place}.{where}"
        if test.op in _RELATIVE:
            message = f"'{test.op}' looks back from the day asked for, and linked rows are counted when they are loaded"
            yield Problem(f"{path}.op", f"{message}; expected on, before, after or between")
        else:
            yield from comparison_problems(test.op, test.value, test.read_as, path, f"column '{test.column}'")


def _of_events(derived: FromEvents, place: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    if not vocabulary.has_event(derived.event) and vocabulary.has_label(derived.event):
        hint = nearest(derived.event, [event.code for event in vocabulary.events])
        yield Problem(place, f"'{derived.event}' is a label; labels are derived from events, never from labels.{hint}")
        return
    yield from measure_problems(derived.compared("ge", 0), place, vocabulary)


def _of_scale(label: LabelDeclaration, derived: FromEvents, place: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    if label.scale is None:
        return
    parameter = derived.measured_parameter
    if parameter is None or derived.measure == "avg":
        yield Problem(f"{place}.scale", f"found {label.scale}; '{derived.measure}' has none, leave it out")
        return
    places = vocabulary.parameter(parameter).places
    if label.scale != places:
        message = f"found {label.scale}; parameter '{parameter}' has {places} decimal places, and so has its"
        yield Problem(f"{place}.scale", f"{message} {derived.measure}; leave it out")
