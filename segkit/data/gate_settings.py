"""The part `[gates]` of segkit.toml: what holds a night's publish, for all apps or for one of them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

Gate = Literal["fresh", "missing_days", "drift", "orphans", "size", "personas"]
GATES: tuple[Gate, ...] = ("fresh", "missing_days", "drift", "orphans", "size", "personas")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_QUIET = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun|(?:\d{4}-)?\d\d-\d\d)\Z")
Percent = Annotated[float, Field(ge=0, strict=False)]


class Gates(BaseModel):
    """What may be, before a publish is held. A broken persona always holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fresh_days: Annotated[int, Field(ge=0, description="How many days up to yesterday may be without events.")] = 0
    missing_days: Annotated[
        int, Field(ge=0, le=3660, description="How many days back a day without events holds; 0: none.")
    ] = 7
    quiet: Annotated[
        tuple[str, ...],
        Field(strict=False, description="Days that may be without events: 'sun', '12-25' every year, '2026-05-01'."),
    ] = ()
    orphan_percent: Annotated[Percent, Field(le=100, description="Of the newest load's events.")] = 5.0
    size_percent: Annotated[Percent, Field(description="By how much a segment may grow or shrink.")] = 50.0
    segments: Annotated[dict[str, Percent], Field(description="The same for single segments, by name or id.")] = {}
    floor: Annotated[int, Field(ge=0, description="So many users, or orphaned events, never hold anything.")] = 20
    off: Annotated[
        tuple[Literal["fresh", "missing_days", "drift", "orphans", "size"], ...],
        Field(strict=False, description="Gates that are not asked."),
    ] = ()

    @field_validator("quiet")
    @classmethod
    def _days(cls, quiet: tuple[str, ...]) -> tuple[str, ...]:
        for day in quiet:
            if not _QUIET.match(day):
                raise ValueError(f"found '{day}'; expected a weekday such as 'sun', '12-25', or '2026-05-01'")
        return quiet

    def is_quiet(self, day: date) -> bool:
        """Whether a day may be without events."""
        return not {_WEEKDAYS[day.weekday()], f"{day:%m-%d}", day.isoformat()}.isdisjoint(self.quiet)

    def overridden_by(self, own: Self | None) -> Self:
        """These with what an app sets for itself."""
        if own is None:
            return self
        return self.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})
