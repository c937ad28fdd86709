"""Labels and parameters as Python objects: `label("orders") >= 3` is a condition, `label("orders")` is not yet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar, Generic, NoReturn, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from segkit.definitions.conditions import Condition, Label, Param, Where
from segkit.definitions.documents import parse_rule
from segkit.definitions.strict_yaml import validated
from segkit.errors import DefinitionError, Problem

N = TypeVar("N", bound=Condition)


class Unfinished:
    """Not yet a condition: whatever joins it to others says what is missing."""

    #: What to do to make it one.
    missing: ClassVar[str] = "compare it, and put each comparison in brackets: (a == 1) & (b == 2)"

    def _refuses(self, *_: object) -> NoReturn:
        raise TypeError(f"{self!r} is no condition yet; {self.missing}")

    __and__ = __rand__ = __or__ = __ror__ = __invert__ = __bool__ = _refuses


class WithoutDays(Unfinished):
    """Looks at no days yet; nothing can be compared before."""

    missing: ClassVar = "name the days: .last(30), .range(…), .ago(…) or .ever()"

    __lt__ = __le__ = __gt__ = __ge__ = Unfinished._refuses
    __eq__ = __ne__ = Unfinished._refuses
    __hash__ = None  # type: ignore[assignment]


class Measurable(Unfinished, ABC, Generic[N]):
    """What has a number or a date as its value."""

    @abstractmethod
    def _compared(self, op: str, value: object = None) -> N:
        """The condition that compares it. Raises DefinitionError for a value that nothing is compared with."""

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]
        return self._compared("on" if isinstance(value, date) else "eq", value)

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]
        return ~self._compared("on", value) if isinstance(value, date) else self._compared("ne", value)

    def __gt__(self, value: object) -> N:
        return self._compared("after" if isinstance(value, date) else "gt", value)

    def __lt__(self, value: object) -> N:
        return self._compared("before" if isinstance(value, date) else "lt", value)

    def __ge__(self, value: object) -> N:
        return self._compared("ge", _no_date(value, ">=", ".after(the day before)"))

    def __le__(self, value: object) -> N:
        return self._compared("le", _no_date(value, "<=", ".before(the day after)"))

    def between(self, low: object, high: object) -> N:
        """From one number or day to another, both included."""
        return self._compared("between", (low, high))

    def on(self, day: date | str) -> N:
        """That day; a `date` or ISO text."""
        return self._compared("on", day)

    def before(self, day: date | str) -> N:
        """Before that day."""
        return self._compared("before", day)

    def after(self, day: date | str) -> N:
        """After that day."""
        return self._compared("after", day)

    def in_last(self, days: int) -> N:
        """1 to that many days before as_of."""
        return self._compared("in_last", days)

    def not_in_last(self, days: int) -> N:
        """The complement of `in_last`: also users without a value, and days from as_of on."""
        return self._compared("not_in_last", days)

    def in_next(self, days: int) -> N:
        """As_of, or up to that many days after it."""
        return self._compared("in_next", days)

    def days_ago_gt(self, days: int) -> N:
        """More than that many days before as_of."""
        return self._compared("days_ago_gt", days)

    def days_ago_lt(self, days: int) -> N:
        """Less than that many days before as_of, but not after it."""
        return self._compared("days_ago_lt", days)

    def days_ago_between(self, low: int, high: int) -> N:
        """So many days before as_of, both included."""
        return self._compared("days_ago_between", (low, high))

    def is_empty(self) -> N:
        """Users without a value; an empty text and an empty list are none."""
        return self._compared("is_empty")

    def not_empty(self) -> N:
        """Users with a value."""
        return self._compared("not_empty")


class Valued(Measurable[N]):
    """What may also have a text, a truth value or a list of texts as its value."""

    def is_true(self) -> N:
        """Yes; a missing value is neither yes nor no."""
        return self._compared("eq", True)

    def is_false(self) -> N:
        """No; a missing value is neither yes nor no."""
        return self._compared("eq", False)

    def isin(self, *values: object) -> N:
        """One of these texts."""
        return self._compared("in", _one_or_more(values))

    def notin(self, *values: object) -> N:
        """The complement of `isin`: also users without a value."""
        return self._compared("not_in", _one_or_more(values))

    def contains(self, *values: object) -> N:
        """That text inside a text; in a list, at least one of these."""
        return self._compared("contains", _one_or_several(values))

    def not_contains(self, *values: object) -> N:
        """The complement of `contains`: also users without a value."""
        return self._compared("not_contains", _one_or_several(values))

    def contains_all(self, *values: object) -> N:
        """A list with all of these in it."""
        return self._compared("contains_all", _one_or_more(values))

    def startswith(self, text: str) -> N:
        """A text that begins so."""
        return self._compared("starts_with", text)

    def endswith(self, text: str) -> N:
        """A text that ends so."""
        return self._compared("ends_with", text)


@dataclass(frozen=True, eq=False)
class LabelTerm(Valued[Label]):
    code: str

    def _compared(self, op: str, value: object = None) -> Label:
        data = {"label": self.code, **comparison_data(repr(self), op, value)}
        return cast(Label, parse_rule(data, repr(self)))

    def __repr__(self) -> str:
        return f'label("{self.code}")'


@dataclass(frozen=True, eq=False)
class ParamTerm(Valued[Param]):
    code: str

    def _compared(self, op: str, value: object = None) -> Param:
        data = {"param": self.code, **comparison_data(repr(self), op, value)}
        return cast(Param, parse_filter(data, repr(self)))

    def __repr__(self) -> str:
        return f'param("{self.code}")'


def comparison_data(subject: str, op: str, value: object) -> dict[str, Any]:
    """Operator and value as documents have them. Raises DefinitionError for None."""
    if op in ("is_empty", "not_empty"):
        return {"op": op}
    if value is None:
        raise DefinitionError(subject, [Problem("", "found None; a missing value is .is_empty()")])
    return {"op": op, "value": plain(value)}


def plain(value: object) -> object:
    """A value as documents know it, also where it comes out of a data frame."""
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() == time.min:
            return value.date()
        raise TypeError(f"found the instant {value}; days are compared as days: write {value.date()!r}")
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value


def _no_date(value: object, sign: str, instead: str) -> object:
    if isinstance(value, date):
        raise TypeError(f"days have no {sign}; write {instead}, or .between(first, last)")
    return value


def _one_or_more(values: tuple[object, ...]) -> tuple[object, ...]:
    """`("a", "b")`, also of one list, set or column of them."""
    if len(values) == 1 and isinstance(values[0], Iterable) and not isinstance(values[0], str):
        inside = values[0]
        return tuple(sorted(inside)) if isinstance(inside, set | frozenset) else tuple(inside)
    return values


def _one_or_several(values: tuple[object, ...]) -> object:
    return values[0] if len(values) == 1 and isinstance(values[0], str) else _one_or_more(values)


class _Filter(BaseModel):
    model_config = ConfigDict(strict=True)
    where: Where


def parse_filter(data: object, subject: str) -> Condition:
    """The condition of one event's parameters that plain data describes. Raises DefinitionError."""
    return validated(_Filter, {"where": data}, subject).where
