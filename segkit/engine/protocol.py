"""What every engine answers: rules in, sets of users and counts of every condition out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from segkit.definitions.conditions import Condition
from segkit.engine.bitmap import Bitmap

#: Called with leaves done and leaves in all.
Progress = Callable[[int, int], None]
#: What a verdict about one user rests on: a label's value, a measure's value, or a truth value; None is missing.
Seen = str | int | float | bool | date | Decimal | Fraction | list[str] | None


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """The users of one condition of a rule; `path` is its stable id, such as `rule.all[1]`."""

    path: str
    members: Bitmap

    @property
    def count(self) -> int:
        return self.members.count


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The users of a rule as of a date, with those of every condition in it that is not muted."""

    members: Bitmap
    conditions: tuple[ConditionResult, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Evidence:
    """One condition's verdict about one user and the value it rests on; groups have no value of their own."""

    path: str
    holds: bool
    seen: Seen = None


class Evaluator(Protocol):
    """One generation of one app's data, ready to be asked."""

    version: str

    @property
    def size(self) -> int:
        """How many user numbers there are; every Bitmap has this size."""
        ...

    def base(self, as_of: date) -> Bitmap:
        """The users known by `as_of` and not gone."""
        ...

    def evaluate(
        self,
        rules: Sequence[Condition],
        as_of: date,
        *,
        memberships: Mapping[str, Bitmap] | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Evaluated]:
        """The users of each rule within base(as_of). `memberships` holds the users of every segment referred to, by id.

        Distinct leaves are evaluated once. Raises Cancelled soon after `cancel` is set.
        """
        ...

    def evidence(
        self, rule: Condition, as_of: date, user_no: int, *, memberships: Mapping[str, Bitmap] | None = None
    ) -> list[Evidence]:
        """The verdict of every condition that is not muted about one user, with the value it rests on."""
        ...

    def close(self) -> None:
        """Frees what the evaluator holds."""
        ...
