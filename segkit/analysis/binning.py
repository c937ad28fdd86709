"""The values of one label in a few parts that can be compared: values, bins by quantile, the rest, no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segkit.analysis.pictures.drawing import day_text
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.engine.label_codes import LabelCodes
from segkit.masking import masked_text

#: Values of a label that stand alone; the others are its rest.
MOST_VALUES = 10
#: Bins of numbers and dates; each holds about the same share of the users compared with.
BINS = 5

Kind = Literal["value", "bin", "rest", "missing"]


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Some values of a label: their places among the distinct values; `value` is theirs where it is one."""

    kind: Kind
    name: str
    places: NDArray[np.int64] | slice
    value: object = None


def parts_of(label: LabelDeclaration, codes: LabelCodes, weights: NDArray[np.int64]) -> list[Part]:
    """The parts of a label of whose distinct values so many users have each; `missing` is not among them."""
    present = np.flatnonzero(weights)
    if label.type in ("string", "bool", "list") or label.values:
        return _by_value(label, codes, weights, present)
    if len(present) <= BINS + 1:
        return [_alone(label, codes, place) for place in present]
    return _by_quantile(label, codes.values, weights)


def _alone(label: LabelDeclaration, codes: LabelCodes, place: np.int64) -> Part:
    value = codes.value(int(place))
    return Part("value", _text(label, value), np.array([place]), _plain(label, value))


def _by_value(
    label: LabelDeclaration, codes: LabelCodes, weights: NDArray[np.int64], present: NDArray[np.int64]
) -> list[Part]:
    """The most frequent ones alone, the others together; a single one that is left over stands alone as well."""
    top = present if len(present) <= MOST_VALUES + 1 else _most_frequent(weights, MOST_VALUES)
    found = [_alone(label, codes, place) for place in top[np.lexsort((top, -weights[top]))]]
    rest = np.setdiff1d(present, top, assume_unique=True)
    return [*found, Part("rest", f"{len(rest):,} other values", rest)] if len(rest) else found


def _most_frequent(weights: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The places of so many; of those that are as frequent the first ones by their order."""
    least = np.partition(weights, len(weights) - most)[len(weights) - most]
    above = np.flatnonzero(weights > least)
    return np.concatenate((above, np.flatnonzero(weights == least)[: most - len(above)]))


def _by_quantile(label: LabelDeclaration, values: NDArray[Any], weights: NDArray[np.int64]) -> list[Part]:
    """Each bin ends with the value at which a fifth more of the users is reached; the last one with the largest."""
    so_far = np.cumsum(weights)
    wanted = so_far[-1] * np.arange(1, BINS) / BINS
    ends = np.unique(np.append(np.searchsorted(so_far, wanted), len(values) - 1))
    starts = np.concatenate(([0], ends[:-1] + 1))
    whole = bool(np.all(values == np.floor(values))) if label.type == "number" else True
    bounds = [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
    name = _day_bin if label.type == "date" else _number_bin(label, whole)
    return [Part("bin", name(values, start, end), slice(start, end + 1)) for start, end in bounds]


def _day_bin(values: NDArray[Any], start: int, end: int) -> str:
    first = day_text(date.fromordinal(int(values[start - 1]) + 1)) if start else ""
    last = day_text(date.fromordinal(int(values[end])))
    if not start:
        return f"until {last}"
    return f"from {first}" if end == len(values) - 1 else f"{first} to {last}" if first != last else first


def _number_bin(label: LabelDeclaration, whole: bool) -> Callable[[NDArray[Any], int, int], str]:
    unit = _unit(label)

    def named(values: NDArray[Any], start: int, end: int) -> str:
        last = _number(label, values[end])
        if start == end:
            return f"{last}{unit}"
        if not start:
            return f"up to {last}{unit}"
        if not whole:
            over = f"over {_number(label, values[start - 1])}"
            return f"{over}{unit}" if end == len(values) - 1 else f"{over} to {last}{unit}"
        first = _number(label, values[start - 1] + 1)
        return f"{first} or more{unit}" if end == len(values) - 1 else f"{first} to {last}{unit}"

    return named


def _text(label: LabelDeclaration, value: Any) -> str:
    """What a value is called."""
    if label.type == "date":
        return day_text(date.fromordinal(int(value)))
    if label.type == "bool":
        return label.values.get(str(bool(value)).lower(), "yes" if value else "no")
    if label.type == "number":
        text = _number(label, value)
        return label.values.get(text, text + _unit(label))
    return masked_text(label.value_name(str(value))) or "an empty text"


def _unit(label: LabelDeclaration) -> str:
    """Its unit behind a number; nothing where the name says it already, as "Number of bound devices" does."""
    said = label.unit is None or label.unit.casefold() in label.name.casefold().split()
    return "" if said else f" {label.unit}"


def _number(label: LabelDeclaration, value: Any) -> str:
    number = float(value)
    if number == int(number) and not label.scale:
        return f"{int(number):,}".replace("-", "−")
    if label.scale:
        return f"{number:,.{label.scale}f}".replace("-", "−")
    return f"{round(number, 3) if abs(number) >= 0.01 else number:,.6g}".replace("-", "−")


def _plain(label: LabelDeclaration, value: Any) -> object:
    if label.type == "date":
        return date.fromordinal(int(value))
    if label.type == "number":
        return int(value) if float(value).is_integer() else float(value)
    return bool(value) if label.type == "bool" else masked_text(str(value))
