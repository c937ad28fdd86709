"""Raw values as the oracle holds them: one Python type for each type of the vocabulary, None for a missing value.

string: str in NFC · number: float, or Decimal at its scale · date: date · bool: bool · list: tuple of str in NFC
"""

from __future__ import annotations

import math
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .days import Days, instant_of

#: A value of a label, a parameter or a measure. Counts are int, averages and shares are Fraction.
Held = str | float | Decimal | int | Fraction | date | bool | tuple[str, ...] | None

DEFAULT_SCALE = 6


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def canonical_uid(raw: Any) -> str:
    """A uid or an event key as text: whole numbers in plain digits, text as it is."""
    return str(raw)


def held(raw: Any, type_: str, scale: int | None, days: Days, zone: ZoneInfo) -> Held:
    """The value of a source's cell. `scale` None means a double; `zone` is that of naive instants in this source."""
    if raw is None:
        return None
    if type_ == "list":
        return tuple(nfc(item) for item in raw if item is not None)
    if type_ == "string":
        return nfc(raw)
    if raw == "":  # a CSV file has no other way to say it
        return None
    if type_ == "bool":
        return raw == "true" if isinstance(raw, str) else bool(raw)
    if type_ == "date":
        return local_date(raw, days, zone)
    return _number(raw, scale)


def _number(raw: Any, scale: int | None) -> float | Decimal | None:
    if isinstance(raw, float) and not math.isfinite(raw):
        return None
    if scale is None:
        return float(raw)
    text = repr(raw) if isinstance(raw, float) else str(raw)
    return Decimal(text).quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_EVEN)


def local_date(raw: Any, days: Days, zone: ZoneInfo) -> date | None:
    """A date as it is; an instant as the local day that holds it; None for an empty cell."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, str):
        raw = datetime.fromisoformat(raw) if len(raw) > len("2024-01-31") else date.fromisoformat(raw)
    if isinstance(raw, datetime):
        return days.day_of(instant_of(raw, zone))
    assert isinstance(raw, date)
    return raw
