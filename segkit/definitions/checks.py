"""Whether a rule can be evaluated with an app's vocabulary; all problems at once, each with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from segkit.definitions.conditions import (
    Condition,
    Event,
    Label,
    OtherEvent,
    Param,
    Sample,
    SegmentRef,
    Sequence,
    walk,
)
from segkit.definitions.documents import name_key
from segkit.definitions.operators import (
    DATE_MEASURES,
    OPERATORS,
    PARAMETER_MEASURES,
    Type,
    operators_of_measure,
    wanted_value,
)
from segkit.errors import DefinitionError, Problem, nearest
from segkit.masking import masked

if TYPE_CHECKING:
    from segkit.definitions.vocabulary import Personal, Vocabulary

_EXPECTED = {
    "nothing": "no value",
    "text": "one text",
    "texts": "a list of one or more texts",
    "text or texts": "a text, or a list of one or more texts",
    "number": "a number below 10^18",
    "numbers pair": "two numbers, the smaller first",
    "date": "a day such as 2026-01-31",
    "dates pair": "two days, the earlier first",
    "days": "a whole number of days, 0 or more",
    "days pair": "two whole numbers of days, the smaller first",
    "bool": "true or false",
}
_MOST_DAYS = 3_000_000
_MOST_DECIMALS = 27  # so that the products of `compile.predicates.fraction_predicate` fit 128 bits


def check_rule(rule: Condition, vocabulary: Vocabulary, segments: Collection[str] | None = None) -> list[Problem]:
    """Everything that keeps `rule` from being evaluated; muted conditions are checked too, since they may come back.

    `segments` are the names and ids that it may refer to; None leaves references unchecked.
    """
    return [problem for path, node in walk(rule) for problem in _problems_of(node, path, vocabulary, segments)]


def require_sound(subject: str, rule: Condition, vocabulary: Vocabulary, segments: Collection[str] | None) -> None:
    """Raises DefinitionError with all problems of `rule`, if it has any."""
    problems = check_rule(rule, vocabulary, segments)
    if problems:
        raise DefinitionError(subject, problems)


def _problems_of(
    node: Condition, path: str, vocabulary: Vocabulary, segments: Collection[str] | None
) -> Iterator[Problem]:
    if isinstance(node, Label):
        yield from _label(node, path, vocabulary)
    elif isinstance(node, Event):
        yield from _event(node, path, vocabulary)
    elif isinstance(node, Sequence):
        for number, step in enumerate(node.sequence):
            yield from _event_and_where(step, f"{path}.sequence[{number}]", vocabulary)
    elif isinstance(node, SegmentRef) and segments is not None and not _is_known(node.segment, segments):
        message = f"no segment '{node.segment}'.{nearest(node.segment, segments)} `segkit list` lists them all."
        yield Problem(path, message)
    elif isinstance(node, Sample) and Decimal(str(node.sample)) * 100 % 1:
        yield Problem(f"{path}.sample", f"found {node.sample} percent; expected at most two decimals")


def _is_known(name_or_id: str, segments: Collection[str]) -> bool:
    return name_or_id in segments or name_key(name_or_id) in {name_key(name) for name in segments}


def _label(node: Label, path: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    if not vocabulary.has_label(node.label):
        codes = [declared.code for declared in vocabulary.labels]
        message = f"no label '{node.label}'.{nearest(node.label, codes)} `segkit labels` lists all {len(codes)}."
        yield Problem(path, message)
        return
    declared = vocabulary.label(node.label)
    subject = f"label '{node.label}'"
    yield from comparison_problems(node.op, node.value, declared.type, path, subject, declared.personal)
    if declared.from_events is not None and declared.from_events.measure in ("avg", "share"):
        yield from _decimals_of_a_fraction(node.value, path)


def comparison_problems(
    op: str, value: object, type_: Type, path: str, subject: str, personal: Personal | None = None
) -> Iterator[Problem]:
    """What is wrong with comparing something of that type so; the value is masked where it is personal data."""
    if op not in OPERATORS[type_]:
        yield Problem(
            f"{path}.op", f"{subject} is a {type_}, which has no '{op}'; it has {', '.join(OPERATORS[type_])}"
        )
        return
    yield from _value(op, value, type_, path, personal)


def _value(op: str, value: object, type_: Type, path: str, personal: Personal | None = None) -> Iterator[Problem]:
    wanted = wanted_value(op, type_)
    if not _fits(value, wanted):
        hint, found = _hint(value, wanted), _shown(value) if personal is None else f"'{masked(value, personal)}'"
        yield Problem(f"{path}.value", f"found {found}; '{op}' expects {_EXPECTED[wanted]}{hint}")


def _shown(value: object) -> str:
    if value is None:
        return "no value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(item) for item in value[:5]) + ("…]" if len(value) > 5 else "]")
    return repr(value) if isinstance(value, str) else str(value)


def _hint(value: object, wanted: str) -> str:
    items = value if isinstance(value, tuple) else (value,)
    if wanted.startswith("text") and any(isinstance(item, int | float | date) for item in items):
        return "; put texts that look like numbers, dates or true in quotes"
    return ""


def _fits(value: object, wanted: str) -> bool:
    if wanted == "nothing":
        return value is None
    if wanted == "text or texts":
        return _fits(value, "text") or _fits(value, "texts")
    if wanted == "texts":
        return isinstance(value, tuple) and bool(value) and all(isinstance(item, str) for item in value)
    if wanted.endswith("pair"):
        single = {"numbers pair": "number", "dates pair": "date", "days pair": "days"}[wanted]
        return (
            isinstance(value, tuple) and len(value) == 2 and all(_fits(v, single) for v in value) and _ascending(value)
        )
    if wanted == "text":
        return isinstance(value, str)
    if wanted == "number":
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return abs(value) < 1e18
    if wanted == "days":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_DAYS
    return isinstance(value, date) if wanted == "date" else isinstance(value, bool)


def _decimals(number: object) -> int:
    if not isinstance(number, float):
        return 0
    exponent = Decimal(str(number)).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _ascending(pair: tuple[object, ...]) -> bool:
    return bool(pair[0] <= pair[1])  # type: ignore[operator]


def _event(node: Event, path: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    yield from measure_problems(node, path, vocabulary)
    if not vocabulary.has_event(node.event):
        return
    allowed = operators_of_measure(node.measure)
    if node.op not in allowed:
        never = " (it is never missing: compare with 0)" if node.op in ("is_empty", "not_empty") else ""
        yield Problem(
            f"{path}.op", f"the measure '{node.measure}' has no '{node.op}'{never}; it has {', '.join(allowed)}"
        )
        return
    yield from _value(node.op, node.value, "date" if node.measure in DATE_MEASURES else "number", path)
    if node.measure in ("avg", "share"):
        yield from _decimals_of_a_fraction(node.value, path)


def _decimals_of_a_fraction(value: object, path: str) -> Iterator[Problem]:
    numbers = value if isinstance(value, tuple) else (value,)
    if any(_decimals(number) > _MOST_DECIMALS for number in numbers):
        yield Problem(f"{path}.value", f"found {_shown(value)}; expected at most {_MOST_DECIMALS} decimals")


def measure_problems(node: Event, path: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    """What is wrong with the events of a condition and with what is measured of them, whatever it is compared with."""
    yield from _event_and_where(OtherEvent(event=node.event, where=node.where), path, vocabulary)
    if vocabulary.has_event(node.event):
        yield from _measure(node, path, vocabulary)


def _measure(node: Event, path: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    if node.measure == "share":
        if isinstance(node.of, OtherEvent):
            yield from _event_and_where(node.of, f"{path}.of", vocabulary)
        else:
            yield Problem(f"{path}.of", "a share is of another event; expected `of: {event: …}`")
    elif node.measure in PARAMETER_MEASURES:
        yield from _measured_parameter(node, path, vocabulary)
    elif node.of is not None:
        yield Problem(f"{path}.of", f"the measure '{node.measure}' is of nothing; leave `of` out")
    yield from _periods(node, path)


def _measured_parameter(node: Event, path: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    carried = vocabulary.event(node.event).parameters
    if not isinstance(node.of, str):
        yield Problem(f"{path}.of", f"'{node.measure}' is of a parameter; '{node.event}' carries {_listed(carried)}")
    elif node.of not in carried:
        yield Problem(f"{path}.of", _no_parameter(node.event, node.of, carried))
    else:
        type_ = vocabulary.parameter(node.of).type
        if type_ != "number" if node.measure != "distinct" else type_ == "list":
            wanted = "a number" if node.measure != "distinct" else "not a list"
            yield Problem(f"{path}.of", f"parameter '{node.of}' is a {type_}; '{node.measure}' expects {wanted}")


def _periods(node: Event, path: str) -> Iterator[Problem]:
    if node.measure != "periods":
        for key in ("every", "at_least"):
            if getattr(node, key) is not None:
                yield Problem(f"{path}.{key}", f"`{key}` goes with the measure 'periods' only; leave it out")
    elif node.every is None:
        yield Problem(f"{path}.every", "missing; 'periods' needs `every`: the days in one period")
    elif node.window.last is None or node.window.last % node.every:
        yield Problem(f"{path}.window", f"'periods' expects `last: N` with N a multiple of every ({node.every})")


def _event_and_where(step: OtherEvent, path: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    if not vocabulary.has_event(step.event):
        codes = [declared.code for declared in vocabulary.events]
        message = f"no event '{step.event}'.{nearest(step.event, codes)} `segkit events` lists all {len(codes)}."
        yield Problem(path, message)
    elif step.where is not None:
        carried = vocabulary.event(step.event).parameters
        for place, node in walk(step.where, f"{path}.where"):
            if isinstance(node, Param):
                yield from _param(node, place, step.event, carried, vocabulary)


def _param(node: Param, path: str, event: str, carried: tuple[str, ...], vocabulary: Vocabulary) -> Iterator[Problem]:
    if node.param not in carried:
        yield Problem(path, _no_parameter(event, node.param, carried))
    else:
        declared, subject = vocabulary.parameter(node.param), f"parameter '{node.param}'"
        yield from comparison_problems(node.op, node.value, declared.type, path, subject, declared.personal)


def _no_parameter(event: str, code: str, carried: tuple[str, ...]) -> str:
    return f"event '{event}' has no parameter '{code}'.{nearest(code, carried)} It carries {_listed(carried)}."


def _listed(codes: tuple[str, ...]) -> str:
    return ", ".join(codes) if codes else "none"
