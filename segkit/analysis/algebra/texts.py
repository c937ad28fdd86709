"""Whether some text, or some list of texts, fulfils several comparisons at once.

Only where none can, the answer is no: a yes may be wrong where patterns are intricate, a no never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segkit.definitions.operators import POSITIVE_OF


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with a positive operator, and whether it is to hold."""

    op: str
    value: object
    holds: bool

    @property
    def values(self) -> tuple[str, ...]:
        found = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(text for text in found if isinstance(text, str))


def compared(op: str, value: object, holds: bool) -> Compared:
    """The comparison by its positive operator."""
    return Compared(POSITIVE_OF.get(op, op), value, holds is not (op in POSITIVE_OF))


def some_text_fits(comparisons: Sequence[Compared]) -> bool:
    """Whether a text, or a missing one, may fulfil all of them."""
    listed = next((c for c in comparisons if c.holds and c.op in ("eq", "in")), None)
    if listed is not None:
        return any(_fits(text, comparisons) for text in listed.values)
    if any(not c.holds and c.op == "not_empty" for c in comparisons):
        return any(_fits(text, comparisons) for text in (None, ""))
    return all(not c.holds for c in comparisons) or _some_long_text_fits(comparisons)


def _fits(text: str | None, comparisons: Sequence[Compared]) -> bool:
    return all(_is_true_of(text, c) is c.holds for c in comparisons)


def _is_true_of(text: str | None, comparison: Compared) -> bool:
    if text is None:
        return False
    wanted = comparison.values
    return {
        "eq": lambda: text in wanted,
        "in": lambda: text in wanted,
        "contains": lambda: wanted[0] in text,
        "starts_with": lambda: text.startswith(wanted[0]),
        "ends_with": lambda: text.endswith(wanted[0]),
        "not_empty": lambda: text != "",
    }[comparison.op]()


def _some_long_text_fits(comparisons: Sequence[Compared]) -> bool:
    """Among the endlessly many texts that patterns leave: whether the patterns go together."""
    wanted = {op: [c.values[0] for c in comparisons if c.holds and c.op == op] for op in _PATTERNS}
    unwanted = {op: [c.values[0] for c in comparisons if not c.holds and c.op == op] for op in _PATTERNS}
    start = max(wanted["starts_with"], key=len, default="")
    end = max(wanted["ends_with"], key=len, default="")
    if not all(start.startswith(text) for text in wanted["starts_with"]):
        return False
    if not all(end.endswith(text) for text in wanted["ends_with"]):
        return False
    required = [start, end, *wanted["contains"]]
    return not (
        any(text in held for text in unwanted["contains"] for held in required)
        or any(start.startswith(text) for text in unwanted["starts_with"])
        or any(end.endswith(text) for text in unwanted["ends_with"])
    )


_PATTERNS = ("contains", "starts_with", "ends_with")


def some_list_fits(comparisons: Sequence[Compared]) -> bool:
    """Whether a list of texts, or a missing one, may fulfil all of them. `contains` takes any of its values."""
    if all(not c.holds for c in comparisons):
        return True
    if any(not c.holds and c.op == "not_empty" for c in comparisons):
        return False  # empty, and something of it is wanted
    forbidden = {text for c in comparisons if not c.holds and c.op == "contains" for text in c.values}
    required = {text for c in comparisons if c.holds and c.op == "contains_all" for text in c.values}
    for comparison in comparisons:
        if comparison.holds and comparison.op == "contains":
            left = set(comparison.values) - forbidden
            if not left:
                return False
            required |= left if len(left) == 1 else set()
    never_all = [set(c.values) for c in comparisons if not c.holds and c.op == "contains_all"]
    return not (required & forbidden) and not any(texts <= required for texts in never_all)
