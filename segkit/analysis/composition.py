"""What a segment is made of, label by label, beside all users or another segment: the answer as words and a table.

The sums are in `label_parts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.analysis.finding import Finding
from segkit.analysis.label_parts import OfLabel, PartOfSegment
from segkit.analysis.pictures.drawing import day_text, number

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart

_TOLD = 5


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison: what it is called, and how many users it has."""

    name: str
    users: int


@dataclass(frozen=True, repr=False)
class Composition(Finding):
    """A segment label by label beside another side. Holds counts, no users; labels with personal data are left out."""

    segment: Side
    other: Side
    as_of: date
    source: str
    labels: tuple[OfLabel, ...]
    notes: tuple[str, ...] = ()
    is_base: bool = True
    tests: int = 0

    @property
    def telling(self) -> tuple[tuple[OfLabel, PartOfSegment], ...]:
        """Every clear difference, the most telling first."""
        found = [(label, part) for label in self.labels for part in label.parts if part.is_clear]
        return tuple(sorted(found, key=lambda pair: -pair[1].telling))

    @property
    def words(self) -> str:
        head = (
            f"{self.segment.name}, {number(self.segment.users)} users, beside {self.other.name}, "
            f"{number(self.other.users)} users, as of {day_text(self.as_of)}, {self.source}."
        )
        lines = [head, *self._differences()]
        return "\n".join([*lines, *(f"Note: {note}." for note in self.notes)])

    def _differences(self) -> list[str]:
        if not self.segment.users or not self.other.users:
            return ["There is nobody to compare."]
        clear = [(label, part) for label in self.labels if (part := label.most_telling) is not None]
        if not clear:
            return ["No label tells them apart: every difference is small enough to be chance."]
        news = [(label, part) for label, part in clear if not label.in_rule]
        told = [
            f"{label.name}, {part.name}: {percent(part.share)} here, {percent(part.other_share)} "
            f"{'of all users' if self.is_base else 'there'} ({part.lift_words})."
            for label, part in news[:_TOLD]
        ]
        more = len(news) - len(told)
        rest = [f"{number(more)} more label{'s differ' if more > 1 else ' differs'} clearly."] if more else []
        return [*told, *rest, *self._by_rule(), self._checked()]

    def _by_rule(self) -> list[str]:
        names = [label.name for label in self.labels if label.in_rule]
        return [f"A rule speaks of {', '.join(names)}, so a difference there is no news."] if names else []

    def _checked(self) -> str:
        return (
            f"{number(self.tests)} shares were compared; were there no difference at all, one would be called clear "
            "by chance in at most 5 of 100 such comparisons."
        )

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame([_row(label, part) for label in self.labels for part in label.parts], columns=list(_ROW))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; dates as ISO text."""
        return {
            "segment": {"name": self.segment.name, "users": self.segment.users},
            "against": {"name": self.other.name, "users": self.other.users},
            "as_of": self.as_of.isoformat(),
            "source": self.source,
            "correction": "Holm",
            "tests": self.tests,
            "labels": [
                {
                    "label": label.code,
                    "name": label.name,
                    "in_rule": label.in_rule,
                    "parts": [
                        {key: _json(value) for key, value in _row(label, part).items() if key not in _OF_LABEL}
                        for part in label.parts
                    ],
                }
                for label in self.labels
            ],
            "notes": list(self.notes),
        }

    def chart(self) -> Chart | None:
        """Bars of shares, those of the other side as ticks, and the lift in words."""
        from segkit.analysis.pictures.shares import shares

        return shares(self)


def percent(share: float) -> str:
    """A share with one decimal; one that is not nothing is never written as nothing."""
    return "under 0.1 %" if 0 < share < 0.0005 else f"{share:.1%}".replace("%", " %")


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


_OF_LABEL = ("label", "label_name", "category", "in_rule")
_ROW: dict[str, Callable[[OfLabel, PartOfSegment], object]] = {
    "label": lambda label, part: label.code,
    "label_name": lambda label, part: label.name,
    "category": lambda label, part: label.category,
    "in_rule": lambda label, part: label.in_rule,
    "kind": lambda label, part: part.kind,
    "value": lambda label, part: part.value,
    "name": lambda label, part: part.name,
    "count": lambda label, part: part.count,
    "share": lambda label, part: part.share,
    "low": lambda label, part: part.interval[0] if part.interval else None,
    "high": lambda label, part: part.interval[1] if part.interval else None,
    "other_count": lambda label, part: part.other_count,
    "other_share": lambda label, part: part.other_share,
    "other_low": lambda label, part: part.other_interval[0] if part.other_interval else None,
    "other_high": lambda label, part: part.other_interval[1] if part.other_interval else None,
    "lift": lambda label, part: part.lift,
    "test": lambda label, part: part.tested.how if part.tested else None,
    "p": lambda label, part: part.tested.p if part.tested else None,
    "p_corrected": lambda label, part: part.p_corrected,
    "is_clear": lambda label, part: part.is_clear,
}


def _row(label: OfLabel, part: PartOfSegment) -> dict[str, object]:
    return {key: of(label, part) for key, of in _ROW.items()}
