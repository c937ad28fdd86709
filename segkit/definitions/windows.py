"""The days that an event condition looks at. All windows are whole local days before `as_of`; none asks the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_FAR = 400_000  # days; more than lie between the first and the last date that Python knows is refused earlier


@dataclass(frozen=True, slots=True)
class Days:
    """Half-open local days `[start, end)`; no start means the whole history. Empty where `start >= end`."""

    start: date | None
    end: date

    def __contains__(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and day < self.end


class Window(BaseModel):
    """Exactly one of `last: N`, `from`/`to` (both days included), `all: true`, `ago: [a, b]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, strict=True)

    last: Annotated[int, Field(ge=1, le=_FAR, description="The last N local days before as_of.")] | None = None
    from_: Annotated[date | None, Field(alias="from", strict=False, description="First day of a range, included.")] = (
        None
    )
    to: Annotated[date | None, Field(strict=False, description="Last day of a range, included.")] = None
    all: Annotated[bool | None, Field(description="true: the whole history before as_of.")] = None
    ago: Annotated[
        tuple[Annotated[int, Field(ge=1, le=_FAR)], Annotated[int, Field(ge=0, le=_FAR)]] | None,
        Field(strict=False, description="[a, b]: from a days ago (included) to b days ago (excluded), a > b."),
    ] = None

    @model_validator(mode="after")
    def _exactly_one_form(self) -> Self:
        forms = [self.last is not None, self.from_ is not None or self.to is not None, bool(self.all), bool(self.ago)]
        if sum(forms) != 1 or self.all is False:
            raise ValueError("expected exactly one of `last: N`, `from: …` with `to: …`, `all: true`, `ago: [a, b]`")
        if (self.from_ is None) != (self.to is None):
            raise ValueError("a range needs both `from` and `to`")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"`from` {self.from_} lies after `to` {self.to}; expected the earlier day first")
        if self.ago is not None and self.ago[0] <= self.ago[1]:
            raise ValueError(f"`ago: [{self.ago[0]}, {self.ago[1]}]`: expected the larger number first")
        return self

    def days(self, as_of: date) -> Days:
        """The local days that this window covers as of `as_of`; never reaches past the start of `as_of`."""
        if self.last is not None:
            return Days(_before(as_of, self.last), as_of)
        if self.ago is not None:
            return Days(_before(as_of, self.ago[0]), _before(as_of, self.ago[1]))
        if self.from_ is not None and self.to is not None:
            end = as_of if self.to >= as_of else self.to + timedelta(days=1)
            return Days(self.from_, end)
        return Days(None, as_of)

    def document(self) -> dict[str, Any]:
        """The window as it stands in a document."""
        found: dict[str, Any] = self.model_dump(by_alias=True, exclude_none=True)
        if "ago" in found:
            found["ago"] = list(found["ago"])
        return found


def _before(day: date, days: int) -> date:
    # A window that reaches before year 1 begins with it.
    return day - timedelta(days=days) if days < day.toordinal() else date.min


def last(days: int) -> Window:
    """The last `days` local days before as_of."""
    return Window(last=days)


WHOLE_HISTORY = Window(all=True)
