"""What the texts of a column say of how its numbers are written: with a decimal comma, or with a decimal point."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLAIN = re.compile(r"[+-]?\d+")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}|\d*,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+)")
_POINT = re.compile(
    r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}|\d*\.(\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+)([eE][+-]?\d+)?"
)
_EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """How many values have a decimal comma, a decimal point, or a mark that may be either, or between thousands."""

    comma: int
    point: int
    either: int


def number_column(values: Sequence[str]) -> NumberColumn | None:
    """The column of numbers that the texts are; None if some text is no number, or if no number has a mark."""
    comma = point = either = 0
    for text in values:
        if _PLAIN.fullmatch(text):
            continue
        if _COMMA.fullmatch(text):
            comma += 1
        elif _POINT.fullmatch(text):
            point += 1
        elif _EITHER.fullmatch(text):
            either += 1
        else:
            return None
    return NumberColumn(comma, point, either) if comma or point or either else None
