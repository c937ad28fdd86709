"""The words of a comparison: which pattern it takes and what fills it, whatever it is that is compared."""

from __future__ import annotations

from dataclasses import dataclass

from segkit.definitions.operators import POSITIVE_OF
from segkit.definitions.wording import patterns as p
from segkit.definitions.wording.filling import Filler, number
from segkit.definitions.wording.names import Declared, Names

#: Operators of numbers that are each other's complement wherever no value is missing.
OPPOSITE = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt", "eq": "ne", "ne": "eq"}
#: Operators that equal values, so that a value may stand there by its name.
_EQUALLING = frozenset({"eq", "in", "contains", "contains_all"})
_DAYS = frozenset(op for op, forms in p.COMPARISONS.items() if isinstance(forms.row, p.Plural))


def resolved(op: str, negated: bool, never_missing: bool) -> tuple[str, bool]:
    """The positive operator and whether it is negated; "not at least" is "less than" where no value is missing."""
    if negated and never_missing and op in OPPOSITE:
        op, negated = OPPOSITE[op], False
    return POSITIVE_OF.get(op, op), negated != (op in POSITIVE_OF)


@dataclass(frozen=True)
class Comparing:
    """Puts comparisons into words. At most `most_values` of many values are shown, if given."""

    filler: Filler
    names: Names
    most_values: int | None = None

    def words(
        self, op: str, value: object, subject: str, declared: Declared | None, *, negated: bool, as_row: bool
    ) -> str:
        """`subject` compared by a positive operator, or the opposite of that."""
        key, parts, counted = self.parts(op, value, declared)
        row, row_not, clause, clause_not = p.COMPARISONS[key]
        pattern = (row_not if negated else row) if as_row else (clause_not if negated else clause)
        return self.filler.fill(pattern, counted, subject=subject, **parts)

    def parts(self, op: str, value: object, declared: Declared | None) -> tuple[str, dict[str, str], object]:
        """The key of the pattern, what fills it, and the number that decides between one and many."""
        if op == "not_empty":
            return op, {}, None
        if op in ("in", "contains", "contains_all"):
            return self._texts(op, value, declared)
        if op in ("between", "days_ago_between"):
            low, high = value if isinstance(value, tuple) and len(value) == 2 else (None, None)
            return op, {"low": self._one(op, low, declared), "high": self._one(op, high, declared)}, high
        return op, {"value": self._one(op, value, declared)}, value

    def _one(self, op: str, value: object, declared: Declared | None) -> str:
        of_what = None if op in _DAYS else declared  # days have neither unit nor name
        return self.names.value(value, of_what, named=op in _EQUALLING)

    def _texts(self, op: str, value: object, declared: Declared | None) -> tuple[str, dict[str, str], object]:
        values = value if isinstance(value, tuple) else (value,)
        prefix = "list " if declared is not None and declared.type == "list" and op != "in" else ""
        if len(values) == 1:
            return prefix + ("eq" if op == "in" else "contains"), {"value": self._one(op, values[0], declared)}, None
        key = "contains any" if op == "contains" else op
        return prefix + key, {"values": self._listed([self._one(op, item, declared) for item in values])}, None

    def _listed(self, texts: list[str]) -> str:
        shown = texts if self.most_values is None else texts[: self.most_values]
        listed = self.filler.joined(p.VALUES, shown) if shown else self.filler.fill(p.OPEN)
        left = len(texts) - len(shown)
        return self.filler.fill(p.AND_MORE, left, values=listed, count=number(left)) if left else listed
