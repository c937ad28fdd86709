"""The words of one condition that is no group: as a row of its own, or as a part of "Users …"."""

from __future__ import annotations

from dataclasses import dataclass

from segkit.definitions.conditions import Event, Label, Leaf, OtherEvent, SegmentRef, Sequence
from segkit.definitions.operators import ZERO_MEASURES
from segkit.definitions.wording import patterns as p
from segkit.definitions.wording.comparing import Comparing, resolved
from segkit.definitions.wording.filling import Filler, SegmentName, number, raised
from segkit.definitions.wording.happening import Happening
from segkit.definitions.wording.names import Declared, Names
from segkit.definitions.zero import zero_holds

#: What is the same as "at least once" and as "not once"; `True` tells a negated equality.
_ONCE = frozenset({("ge", 1, False), ("gt", 0, False), ("eq", 0, True)})
_NEVER = frozenset({("lt", 1, False), ("le", 0, False), ("eq", 0, False)})
_DOINGS = frozenset({"count", "days", "periods"})


@dataclass(frozen=True)
class LeafWords:
    """Puts leaves into words, as rows or as clauses."""

    comparing: Comparing
    segment_name: SegmentName
    as_row: bool

    @property
    def filler(self) -> Filler:
        return self.comparing.filler

    @property
    def names(self) -> Names:
        return self.comparing.names

    @property
    def happening(self) -> Happening:
        return Happening(self.comparing)

    def words(self, leaf: Leaf, negated: bool) -> str:
        """The words of a leaf, or of its opposite."""
        if isinstance(leaf, Label):
            return self._label(leaf, negated)
        if isinstance(leaf, Event):
            return self._doing(leaf, negated) if leaf.measure in _DOINGS else self._measured(leaf, negated)
        if isinstance(leaf, Sequence):
            steps = [self.happening.event(step.event, step.where) for step in leaf.sequence]
            within, window = number(leaf.within), self.happening.window(leaf.window)
            form = self._form(p.SEQUENCE, negated)
            return self.filler.fill(form, steps=self.filler.joined(p.THEN, steps), within=within, window=window)
        if isinstance(leaf, SegmentRef):
            name = self.filler.quoted_name(self.segment_name(leaf.segment))
            return self.filler.fill(self._form(p.SEGMENT, negated), segment=name)
        percent, seed = number(leaf.sample), self.filler.quoted(leaf.seed)
        return self.filler.fill(self._form(p.SAMPLE, negated), percent=percent, seed=seed)

    def _form(self, forms: p.Forms, negated: bool) -> p.Pattern:
        if self.as_row:
            return forms.row_not if negated else forms.row
        return forms.clause_not if negated else forms.clause

    def _label(self, leaf: Label, negated: bool) -> str:
        declared = self.names.labels.get(leaf.label)
        subject = self.names.label(leaf.label, at_the_beginning=self.as_row)
        value, never_missing = leaf.value, self.names.is_never_missing(leaf.label)
        if never_missing and negated and leaf.op == "eq" and isinstance(value, bool):
            value, negated = not value, False
        return self._compared(leaf.op, value, subject, declared, negated, never_missing)

    def _compared(
        self, op: str, value: object, subject: str, declared: Declared | None, negated: bool, never_missing: bool
    ) -> str:
        op, is_negative = resolved(op, negated, never_missing)
        found = self.comparing.words(op, value, subject, declared, negated=is_negative, as_row=self.as_row)
        includes_missing = is_negative and not never_missing and op != "not_empty"
        return self.filler.fill(p.WITHOUT_A_VALUE, condition=found) if includes_missing else found

    # --- events ------------------------------------------------------------------------------------------------------

    def _measured(self, leaf: Event, negated: bool) -> str:
        """A measure that is a thing with a value: a sum, a share, a first day."""
        never_missing = leaf.measure in ZERO_MEASURES
        counts_values = leaf.measure in ("distinct", "share")
        declared = None if counts_values or not isinstance(leaf.of, str) else self.names.parameters.get(leaf.of)
        found = self._compared(leaf.op, leaf.value, self._measure(leaf), declared, negated, never_missing)
        return self._with_none(found, leaf, negated) if never_missing else found

    def _measure(self, leaf: Event) -> str:
        unknown = self.filler.fill(p.OPEN)
        found = self.filler.fill(
            p.MEASURES[leaf.measure],
            parameter=self.names.parameter(leaf.of) if isinstance(leaf.of, str) else unknown,
            other=self.happening.event(leaf.of.event, leaf.of.where) if isinstance(leaf.of, OtherEvent) else unknown,
            event=self.happening.event(leaf.event, leaf.where),
            window=self.happening.window(leaf.window),
        )
        return raised(found) if self.as_row else found

    def _with_none(self, found: str, leaf: Event, negated: bool) -> str:
        includes = zero_holds(leaf.op, leaf.value) != negated
        return self.filler.fill(p.WITH_NONE, condition=found) if includes else found

    def _doing(self, leaf: Event, negated: bool) -> str:
        """How often something was done, on how many days, in how many periods."""
        doings, name = self._doings(leaf.event)
        parts = {"event": self.happening.filtered(name, leaf.where), "window": self.happening.window(leaf.window)}
        op, is_negative = resolved(leaf.op, negated, never_missing=True)
        if leaf.measure == "count" and (op, leaf.value, is_negative) in _ONCE and not isinstance(leaf.value, bool):
            return self.filler.fill(doings.once, **parts)
        if leaf.measure == "count" and (op, leaf.value, is_negative) in _NEVER and not isinstance(leaf.value, bool):
            return self.filler.fill(doings.never, **parts)
        parts["amount"], counted = self._amount(op, leaf.value, is_negative)
        pattern = doings.days if leaf.measure == "days" else doings.times
        if leaf.measure == "periods":
            pattern, counted = (doings.periods if (leaf.at_least or 1) == 1 else doings.busy_periods), leaf.every
            parts |= self._periods(leaf)
        return self._with_none(self.filler.fill(pattern, counted, **parts), leaf, negated)

    def _doings(self, code: str) -> tuple[p.Doings, str]:
        if self.as_row:
            return p.ROW_DOINGS, self.names.event_row(code)
        done = self.names.done(code)
        return (p.DID, self.names.event(code)) if done is None else (p.HAVE_DONE, done)

    def _amount(self, op: str, value: object, negated: bool) -> tuple[str, object]:
        pattern = p.AMOUNTS.get(f"not {op}" if negated else op)
        if pattern is None:  # no operator of a number
            return self.filler.fill(p.OPEN), None
        _, parts, counted = self.comparing.parts(op, value, None)
        return self.filler.fill(pattern, **parts), counted

    def _periods(self, leaf: Event) -> dict[str, str]:
        """Their length and how many there are, as far as the rule says so; `check_rule` reports what is missing."""
        unknown, last, every = self.filler.fill(p.OPEN), leaf.window.last, leaf.every
        return {
            "at_least": number(leaf.at_least or 1),
            "every": unknown if every is None else number(every),
            "total": unknown if every is None or last is None else number(last // every),
        }
