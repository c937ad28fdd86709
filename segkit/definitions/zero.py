"""Whether 0, the measure of a user without events, fulfils a comparison: asked alike by sentences and by evaluation."""

from __future__ import annotations

from decimal import Decimal

from segkit.definitions.operators import POSITIVE_OF


def zero_holds(op: str, value: object) -> bool:
    """Whether 0 fulfils a comparison of a number; false where the value is no number."""
    if op in POSITIVE_OF:
        return not zero_holds(POSITIVE_OF[op], value)
    numbers = [_exact(item) for item in (value if isinstance(value, tuple) else (value,))]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or len(known) != (2 if op == "between" else 1):
        return False
    first, last = known[0], known[-1]
    return {
        "between": first <= 0 <= last,
        "gt": first < 0,
        "ge": first <= 0,
        "lt": first > 0,
        "le": first >= 0,
        "eq": first == 0,
    }.get(op, False)


def _exact(value: object) -> Decimal | None:
    return Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
