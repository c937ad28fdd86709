"""Values of one user as people read them: yes and no, days, grouped numbers with their unit, names of values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from segkit.definitions.wording.filling import Filler, number
from segkit.masking import masked_text

NO_VALUE = "no value"
_FILLER = Filler()
#: Decimal places of a fraction that has no end.
_PLACES = 4


def day_text(day: date) -> str:
    """`31 Jan 2026`."""
    return _FILLER.day(day)


def number_text(value: float | Decimal | Fraction) -> str:
    """A number with its thousands grouped; a fraction without an end is cut, and says so."""
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float):
        return number(int(value) if value.is_integer() and abs(value) < 1e15 else value)
    exact = Fraction(value)
    if exact.denominator == 1:
        return number(int(exact))
    places = next((n for n in range(1, 10) if (exact * 10**n).denominator == 1), None)
    text = f"{float(exact):,.{_PLACES if places is None else places}f}".replace("-", "−")
    return text if places is not None else f"about {text}"


def value_text(value: Any, names: Mapping[str, str] | None = None, unit: str | None = None) -> str:
    """A value of a label, a measure or a parameter; `names` are what the vocabulary calls values."""
    named = names or {}
    if value is None or value != value:  # NaN is not equal to itself
        return NO_VALUE
    if isinstance(value, bool):
        return named.get(str(value).lower(), "yes" if value else "no")
    if isinstance(value, datetime):
        return f"{day_text(value.date())} {value:%H:%M:%S}"
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, int | float | Decimal | Fraction):
        text = named.get(str(value)) or number_text(value)
        return f"{text} {unit}" if unit else text
    if isinstance(value, str):
        return named.get(value, value) if value else "an empty text"
    return ", ".join(named.get(str(item), str(item)) for item in value) if len(value) else "an empty list"


def without_addresses(value: Any) -> Any:
    """A value with e-mail addresses and mobile numbers in its texts masked; any other as it is."""
    if isinstance(value, str):
        return masked_text(value)
    return [without_addresses(item) for item in value] if isinstance(value, list | tuple) else value


def plain(value: Any) -> Any:
    """A value for JSON: exact numbers as a number where a double says it, days as ISO text."""
    if isinstance(value, Fraction | Decimal):
        return int(value) if Fraction(value).denominator == 1 else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return [plain(item) for item in value]
