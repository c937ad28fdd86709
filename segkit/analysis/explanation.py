"""Why a user is in a segment or not: every condition with its verdict, the value seen, the rows that count, and which
single conditions would turn the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from segkit.analysis.finding import Finding
from segkit.analysis.gaps import Gap
from segkit.analysis.showing import day_text, plain
from segkit.analysis.verdicts import Verdict

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["all", "any", "not", "label", "event", "sequence", "segment", "sample"]
HOLDS, FAILS, MUTED = "✓", "✗", "–"


@dataclass(frozen=True, slots=True)
class Row:
    """One event that counts: when (in the app's zone), its name, its parameters in words; which steps of a sequence.

    `common` are parameters that all events carry and that the condition does not look at; only data has them.
    `is_counted`: not so of the other events that a share is of.
    """

    at: datetime
    event: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    is_counted: bool = True
    steps: tuple[int, ...] = ()
    common: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        parameters = dict((*self.parameters, *self.common))
        found: dict[str, Any] = {"at": self.at.isoformat(), "event": self.event, "parameters": parameters}
        found |= {} if self.is_counted else {"counted": False}
        return found | ({"steps": [step + 1 for step in self.steps]} if self.steps else {})


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of the rows that count, the newest first: how many there are, how many stand before this page."""

    total: int
    after: int
    shown: tuple[Row, ...]

    @property
    def next_after(self) -> int | None:
        """`after` of the next page; None on the last one."""
        reached = self.after + len(self.shown)
        return reached if reached < self.total else None


@dataclass(frozen=True, slots=True)
class Line:
    """One condition as it is shown. `seen_text` is empty where there is no value; `turns` says when it would turn."""

    kind: Kind
    verdict: Verdict
    text: str
    inside: tuple[Line, ...] = ()
    seen: Any = None
    seen_text: str = ""
    operator: str | None = None
    threshold: Any = None
    gap: Gap | None = None
    turns: str = ""
    note: str = ""  # what a nested segment was read from
    rows: Rows | None = None

    @property
    def holds(self) -> bool | None:
        return self.verdict.holds

    @property
    def mark(self) -> str:
        return MUTED if self.holds is None else HOLDS if self.holds else FAILS

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Line]]:
        """This line and all inside, with how deep each stands."""
        yield depth, self
        for line in self.inside:
            yield from line.walk(depth + 1)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """One condition that by itself would turn the verdict of the whole. `beside`: others that read the same data."""

    line: Line
    places: tuple[str, ...]
    beside: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        parts = [f"it would turn {self.line.turns}"] if self.line.turns else ["nothing that the user does turns it"]
        parts = [self.line.seen_text, *parts] if self.line.seen_text else parts
        return f"{self.line.text}: {'; '.join(parts)}"


@dataclass(frozen=True, repr=False)
class Explanation(Finding):
    """Why one user is in, or not. `subject` is the segment's name, or `this rule`."""

    uid: str  # masked where it is an address
    subject: str
    as_of: date
    holds: bool
    tree: Line
    near_misses: tuple[NearMiss, ...]
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The verdict as a sentence."""
        return f"{self.uid} is {'in' if self.holds else 'not in'} {self.subject} as of {day_text(self.as_of)}."

    @property
    def change(self) -> str:
        """What single conditions would do, as a sentence."""
        put = "take this user out" if self.holds else "put this user in"
        if not self.near_misses:
            return f"No single condition would {put} by itself."
        if len(self.near_misses) == 1:
            return f"One condition would {put} by itself:"
        return f"Each of these {len(self.near_misses)} conditions would {put} by itself:"

    @property
    def words(self) -> str:
        lines = [self.title, self.change, *(f"  • {near.words}" for near in self.near_misses), ""]
        near = {place for miss in self.near_misses for place in miss.places}
        for depth, line in self.tree.walk():
            lines += _lines_of(line, "  " * depth, line.verdict.place in near)
        return "\n".join([*lines, *(f"Note: {note}." for note in self.notes)])

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        near = {place for miss in self.near_misses for place in miss.places}
        return pd.DataFrame(
            [
                {
                    "place": line.verdict.place,
                    "condition": line.text,
                    "holds": line.holds,
                    "value": line.seen_text,
                    "turns": line.turns,
                    "near miss": line.verdict.place in near,
                    "rows": None if line.rows is None else line.rows.total,
                }
                for _, line in self.tree.walk()
            ]
        )

    def line(self, place: str) -> Line:
        """The condition at a place. Raises KeyError."""
        return next(line for _, line in self.tree.walk() if line.verdict.place == place)

    def to_dict(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "segment": self.subject.strip("‘’"),
            "as_of": self.as_of.isoformat(),
            "in": self.holds,
            "tree": _line_data(self.tree),
            "near_misses": [
                {
                    "places": list(miss.places),
                    "text": miss.line.text,
                    "value": plain(miss.line.seen),
                    "turns": miss.line.turns or None,
                    "beside": list(miss.beside),
                    **_gap_data(miss.line.gap),
                }
                for miss in self.near_misses
            ],
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        from segkit.analysis.explanation_html import explanation_html

        return explanation_html(self)


def _lines_of(line: Line, indent: str, is_near: bool) -> Iterator[str]:
    seen = f": {line.seen_text}" if line.seen_text else ""
    note = f" ({line.note})" if line.note else ""
    muted = " (muted: it has no say)" if line.holds is None else ""
    near = " ← would change the verdict by itself" if is_near else ""
    yield f"{indent}{line.mark} {line.text}{note}{seen}{muted}{near}"
    if line.rows is None:
        return
    for row in line.rows.shown:
        yield f"{indent}    {row_words(row)}"
    left = line.rows.total - line.rows.after - len(line.rows.shown)
    if left and line.rows.shown:
        yield f"{indent}    … and {left:,} earlier"


def row_words(row: Row) -> str:
    """One event as a line."""
    told = ", ".join(f"{name} {value}" for name, value in row.parameters)
    steps = f" (step {' or '.join(str(step + 1) for step in row.steps)})" if row.steps else ""
    other = "" if row.is_counted else " (compared with)"
    return f"{row.at:%Y-%m-%d %H:%M} {row.name}{steps}{other}" + (f": {told}" if told else "")


def _line_data(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = {"place": line.verdict.place, "kind": line.kind, "text": line.text, "holds": line.holds}
    if line.holds is None:
        return found | {"muted": True}
    if line.kind in ("label", "event"):
        found |= {"value": plain(line.seen), "operator": line.operator, "threshold": plain(line.threshold)}
    if line.turns:
        found |= {"turns": line.turns, **_gap_data(line.gap)}
    if line.note:
        found["read_from"] = line.note
    if line.rows is not None:
        found["rows"] = {
            "total": line.rows.total,
            "after": line.rows.after,
            "next_after": line.rows.next_after,
            "shown": [row.to_dict() for row in line.rows.shown],
        }
    return found | ({"inside": [_line_data(child) for child in line.inside]} if line.inside else {})


def _gap_data(gap: Gap | None) -> dict[str, Any]:
    if gap is None or (gap.to is None and not gap.missing):
        return {}
    found: dict[str, Any] = {"to": plain(gap.to), "by": plain(gap.by)} if gap.to is not None else {}
    found |= {"beyond": "above" if gap.beyond > 0 else "below"} if gap.beyond else {}
    return found | ({"missing": list(gap.missing)} if gap.missing else {})
