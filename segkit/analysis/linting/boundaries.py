"""Values at the boundary of two segments that are in neither of them, or in both: exactly 30 days, exactly 100 euros.

Two conditions of the same subject, one in each segment, meet where the values of one end and those of the other begin.
A single value between them is a gap, a single value in both an overlap. Of values without units (99.5 lies between "to
99" and "from 100") a gap of at most 1 counts where some user is in it. Conditions that lie within one another do not
meet; neither do segments whose other conditions exclude each other; and a gap that a third segment covers is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Any

from segkit.analysis.algebra.atoms import OnLine
from segkit.analysis.algebra.reading import Reading, Said
from segkit.analysis.algebra.values import Span, Values, before, values_of
from segkit.analysis.linting.constants import Text
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import Placed, is_group, kind_of, live_children, replaced
from segkit.definitions.conditions import All, Condition, Event, Label, is_muted
from segkit.definitions.windows import Window
from segkit.engine.bitmap import Bitmap
from segkit.engine.canonical import canonical

_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Ruled:
    """A segment of the set: its name and its rule."""

    name: str
    rule: Condition


@dataclass(frozen=True, slots=True)
class Stretch:
    """A row of values that a segment asks for, with the conditions that say so."""

    segment: Ruled
    subject: str  # what they are values of
    span: Span
    unit: Fraction | None
    kind: str  # number, date, or window: the days of events
    placed: tuple[Placed, ...]
    spans: tuple[Values, ...]  # what each of them asks for by itself

    def at_end(self) -> Placed:
        """The condition that ends it."""
        return self._placed_with(lambda values: values.spans[-1][1] == self.span[1])

    def at_start(self) -> Placed:
        """The condition that begins it."""
        return self._placed_with(lambda values: values.spans[0][0] == self.span[0])

    def _placed_with(self, fits: Callable[[Values], bool]) -> Placed:
        pairs = zip(self.placed, self.spans, strict=True)
        return next((placed for placed, values in pairs if fits(values)), self.placed[0])


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where two stretches meet, with the rules that count whom it concerns."""

    code: str
    low: Stretch
    high: Stretch  # its values begin and end above those of the lower one
    span: Span
    at: Condition  # the users on the boundary
    low_with: Condition  # the lower segment with the boundary in place of its own condition
    high_with: Condition

    def rules(self) -> list[Condition]:
        return [self.at, self.low_with, self.high_with, self.low.segment.rule, self.high.segment.rule]


def boundaries(segments: Sequence[Ruled], reading: Reading) -> list[Boundary]:
    """Every boundary between two segments of a set at which something is amiss, by what the rules say."""
    by_subject: dict[str, list[Stretch]] = {}
    for segment in segments:
        for stretch in stretches(segment, reading):
            by_subject.setdefault(stretch.subject, []).append(stretch)
    found = []
    for group in by_subject.values():
        for one, other in combinations(group, 2):
            low, high = (one, other) if one.span < other.span else (other, one)
            if one.segment is not other.segment and low.span[0] < high.span[0] and low.span[1] < high.span[1]:
                meeting = _meeting(low, high, reading)
                if meeting is not None and not (meeting.code == "gap" and _is_covered(meeting.span, group)):
                    found.append(meeting)
    return found


def _is_covered(span: Span, group: Sequence[Stretch]) -> bool:
    return any(stretch.span[0] <= span[0] and span[1] <= stretch.span[1] for stretch in group)


# --- stretches -------------------------------------------------------------------------------------------------------


def stretches(segment: Ruled, reading: Reading) -> list[Stretch]:
    """The rows of values that a segment asks for: conditions of one subject in one `all` together, others alone."""
    if is_muted(segment.rule):
        return []
    return list(_of_group(segment, [("rule", segment.rule)], reading))


def _of_group(segment: Ruled, members: list[Placed], reading: Reading) -> Iterator[Stretch]:
    lines: dict[str, tuple[OnLine, Values, list[tuple[Placed, Values]]]] = {}
    for path, node in members:
        said = _said(node, reading)
        if said is not None:
            atom, values = said
            held = lines.get(atom.subject, (atom, atom.domain, []))
            lines[atom.subject] = atom, held[1] & values, [*held[2], ((path, node), values.present())]
            yield from _of_window(segment, path, node, atom)
        elif kind_of(node) == "all":
            yield from _of_group(segment, live_children(node, path), reading)
        elif kind_of(node) == "any":
            for child in live_children(node, path):
                yield from _of_group(segment, [child], reading)
    for atom, values, placed in lines.values():
        present = values.present()
        if len(present.spans) == 1 and present != atom.domain.present():
            said_by = tuple(each for each, _ in placed), tuple(own for _, own in placed)
            yield Stretch(segment, atom.subject, present.spans[0], atom.unit, atom.kind, *said_by)


def _said(node: Condition, reading: Reading) -> tuple[OnLine, Values] | None:
    """The values that a comparison, or a `not` of one, asks for."""
    if is_group(node) and kind_of(node) != "not":
        return None
    said = reading.formula(node)
    if not isinstance(said, Said) or not isinstance(said.atom, OnLine):
        return None
    if said.atom.kind == "bool" or said.atom.subject.startswith("sample "):
        return None
    return said.atom, said.atom.holds if said.holds else said.atom.domain - said.atom.holds


def _of_window(segment: Ruled, path: str, node: Condition, atom: OnLine) -> Iterator[Stretch]:
    """The days of a window, where the rest of the condition is the same in another segment."""
    if not isinstance(node, Event) or atom.measured is None or atom.measured.days.start is None:
        return
    days = atom.measured.days
    assert days.start is not None
    rest = node.model_copy(update={"window": Window(all=True)})
    span = before(days.start.toordinal()), before(days.end.toordinal())
    if span[0] < span[1]:
        yield Stretch(segment, f"window {canonical(rest)}", span, _ONE, "window", ((path, node),), (values_of([span]),))


# --- where they meet -------------------------------------------------------------------------------------------------


def _meeting(low: Stretch, high: Stretch, reading: Reading) -> Boundary | None:
    end, start = low.span[1], high.span[0]
    if end == start:
        return None
    code, span = ("gap", (end, start)) if end < start else ("overlap", (start, end))
    is_single = values_of([span]) == _single(span, low.unit)
    is_narrow = code == "gap" and low.kind == "number" and span[1][1] - span[0][1] <= 1
    if not is_single and not is_narrow:
        return None
    at = _at(low, span, is_single)
    if at is None:
        return None
    low_with, high_with = _with(low, at), _with(high, at)
    if reading.exclude(reading.formula(low_with), reading.formula(high_with)):
        return None
    return Boundary(code, low, high, span, at, low_with, high_with)


def _single(span: Span, unit: Fraction | None) -> Values:
    first = span[0][1]
    return values_of([(before(first), (0, first + (unit or 0), 0 if unit else 1))])


def _with(stretch: Stretch, at: Condition) -> Condition:
    """The segment's rule with the boundary in place of what it asks for."""
    (first, _), *rest = stretch.placed
    return replaced(stretch.segment.rule, {first: at} | {path: All(all=()) for path, _ in rest})


def _at(stretch: Stretch, span: Span, is_single: bool) -> Condition | None:
    """The condition of those who are on the boundary."""
    node = _leaf(stretch.placed[0][1])
    if node is None:
        return None
    if stretch.kind == "window":
        day = date.fromordinal(int(span[0][1]))
        return node.model_copy(update={"window": Window(from_=day, to=day)})
    if stretch.kind == "date":
        return node.model_copy(update={"op": "on", "value": date.fromordinal(int(span[0][1]))})
    if is_single:
        return node.model_copy(update={"op": "eq", "value": _number(span[0][1])})
    signs = ("gt" if span[0][2] else "ge", "le" if span[1][2] else "lt")
    ends = (_number(span[0][1]), _number(span[1][1]))
    return All(all=tuple(node.model_copy(update={"op": op, "value": end}) for op, end in zip(signs, ends, strict=True)))


def _leaf(node: Condition) -> Label | Event | None:
    while kind_of(node) == "not":
        node = node.children()[0]
    return node if isinstance(node, Label | Event) else None


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


# --- what is said of them --------------------------------------------------------------------------------------------


def boundary_remark(found: Boundary, users: Callable[[Condition], Bitmap], as_of: date, text: Text) -> Remark | None:
    """The remark, with how many users it concerns; None of a gap between values without units where nobody is."""
    on, low_with, high_with, low, high = map(users, found.rules())
    is_gap = found.code == "gap"
    concerned = ((low_with | high_with) - low - high) if is_gap else low & high & (low_with | high_with)
    is_single = values_of([found.span]) == _single(found.span, found.low.unit)
    if not is_single and not concerned.count:
        return None
    one, other = found.low, found.high
    names = (
        f"‘{one.segment.name}’ nor ‘{other.segment.name}’"
        if is_gap
        else f"‘{one.segment.name}’ and ‘{other.segment.name}’"
    )
    where = _where(found, as_of)
    what = f"{where} is in {'neither' if is_gap else 'both'} {names}: {_whom(on.count, concerned.count, is_gap)}"
    conditions = " and ".join(f"{text(placed[1])}" for placed in (one.at_end(), other.at_start()))
    wanted = "Let one of them take it in" if is_gap else "Let only one of them take it in"
    advice = f"{wanted}: they say {conditions}."
    numbers: dict[str, Any] = {"boundary": _shown(found, as_of), "on": on.count, "users": concerned.count}
    beside = ((other.segment.name, other.at_start()[0]),)
    return Remark(found.code, one.at_end()[0], what, advice, numbers, one.segment.name, beside)


def _whom(on: int, concerned: int, is_gap: bool) -> str:
    there = "nobody is" if not on else "1 user is" if on == 1 else f"{on:,} users are"
    if is_gap:
        would = "1 fulfils" if concerned == 1 else f"{concerned:,} fulfil"
        return f"{there} there, of whom {would} all else of one of them." if on else f"{there} there now."
    return f"{concerned:,} of those there {'is' if concerned == 1 else 'are'} in both." if on else f"{there} there now."


def _where(found: Boundary, as_of: date) -> str:
    shown = _shown(found, as_of)
    return (
        f"The day {shown}"
        if found.low.kind in ("window", "date")
        else f"Exactly {shown}"
        if "to" not in shown
        else shown
    )


def _shown(found: Boundary, as_of: date) -> str:
    if found.low.kind in ("window", "date"):
        day = date.fromordinal(int(found.span[0][1]))
        ago = (as_of - day).days
        return f"{ago:,} days ago ({day})" if ago > 0 else str(day)
    low, high = _number(found.span[0][1]), _number(found.span[1][1])
    return (
        f"{low:,g}"
        if values_of([found.span]) == _single(found.span, found.low.unit)
        else f"between {low:,g} and {high:,g}"
    )
