"""What is known of one column of a person's files: counts, examples, and the shapes that its texts have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from segkit.data.values import NO, YES

Moment = Literal["naive", "offset", "day"]

_PATTERNS = {
    "whole": r"[+-]?(0|[1-9]\d{0,17})",
    "zeros": r"0\d+",  # '007': a number that would lose its zeros
    "digits": r"\d+",
    "number": r"[+-]?(0|[1-9]\d{0,17})?\.?\d*([eE][+-]?\d{1,2})?",
    "comma": r"[+-]?(0|[1-9]\d{0,2}(\.\d{3})+|[1-9]\d*),\d+",
    "day": r"\d{4}-\d{2}-\d{2}",
    "instant": r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|z|[+-]\d{2}:?\d{2}|UTC)?",
    "offset": r".*(Z|z|[+-]\d{2}:?\d{2}|UTC)",
    "other day": r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2}",
    "other instant": r"(\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2}),? \d{1,2}:\d{2}(:\d{2})?",
    "bool": r"(?i:true|false)",
    "yes or no": "(?i:" + "|".join((*YES, *NO)) + ")",
    "zero or one": r"[01]",
    "semicolons": r"[^;]*(;[^;]*)+",
    "array": r"(?s:\[.*\])",
    "email": r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+",
    "phone": r"(\+|00|\(?0\d)[\d\s()/.-]{6,18}\d",
    "ip": r"\d{1,3}(\.\d{1,3}){3}",
    "iban": r"[A-Z]{2}\d{2}( ?[A-Z0-9]{4}){3,7}( ?[A-Z0-9]{1,3})?",
    "uuid": r"(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})",
}  # fmt: skip
_SHAPES: dict[str, Callable[[str], object]] = {name: re.compile(p).fullmatch for name, p in _PATTERNS.items()}
#: What people write where there is nothing.
_NOTHING = frozenset(
    {"", "-", "--", "?", "n/a", "na", "nan", "null", "none", "nil", "unknown", "unbekannt", "k.a.", "#n/a"}
)


@dataclass(frozen=True)
class Facts:
    """One column. `texts` are distinct values of a sample, as text; `common` all values with counts, where few."""

    name: str
    of: str  # the class of its type, as `columns` has it
    rows: int
    missing: int = 0
    distinct: int = 0  # about, where many
    texts: tuple[str, ...] = field(default=(), repr=False)
    common: tuple[tuple[str, int], ...] = field(default=(), repr=False)
    decimals: int = 0  # most digits after the point
    is_unique: bool = False  # each value once, and none missing; counted where it may matter

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return self.rows - self.missing

    @property
    def is_text(self) -> bool:
        return self.of == "text"

    @property
    def values(self) -> tuple[str, ...]:
        """The texts without those that stand for nothing."""
        return tuple(text for text in self.texts if text.strip().casefold() not in _NOTHING)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The texts that stand for nothing."""
        return tuple(text for text in self.texts if text.strip() and text.strip().casefold() in _NOTHING)

    def share(self, *shapes: str) -> float:
        """How many of the values have one of these shapes, 0 to 1; 0 where there are none."""
        values = self.values
        fitting = sum(any(_SHAPES[shape](text.strip()) for shape in shapes) for text in values)
        return fitting / len(values) if values else 0.0

    def all_are(self, *shapes: str) -> bool:
        """Whether every value has one of these shapes."""
        return bool(self.values) and self.share(*shapes) == 1.0

    @property
    def moment(self) -> Moment | None:
        """What kind of moment the values are, if they are any: a naive instant, one with an offset, a day."""
        by_type: dict[str, Moment] = {"naive": "naive", "instant": "offset", "date": "day"}
        if not self.is_text:
            return by_type.get(self.of)
        if self.all_are("day", "other day"):
            return "day"
        if self.all_are("instant", "other instant", "day", "other day"):
            return "offset" if self.all_are("offset") else "naive"
        return None


def decimals_of(texts: tuple[str, ...]) -> int:
    """The most digits after the point or comma in any of these texts."""
    found = (re.fullmatch(r"[+-]?[\d.]*[.,](\d+)", text.strip()) for text in texts)
    return max((len(match[1]) for match in found if match), default=0)
