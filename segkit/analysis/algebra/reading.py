"""Whether conditions can hold together, by what they say alone: a search over their alternatives.

Alternatives are tried one after the other, and a try ends as soon as what is said of one subject leaves it no value.
Only where every try ends so, the answer is no. A search that grows too long gives up, and the answer is yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from segkit.analysis.algebra.atoms import (
    Atom,
    Bare,
    Measured,
    OfTexts,
    OnLine,
    atom_of_event,
    atom_of_label,
    atom_of_param,
    atom_of_sample,
    bare,
)
from segkit.analysis.algebra.measures import exclude_each_other
from segkit.analysis.algebra.texts import Compared, compared, some_list_fits, some_text_fits
from segkit.analysis.algebra.values import Values
from segkit.definitions.conditions import (
    All,
    Condition,
    Event,
    Label,
    Leaf,
    OtherEvent,
    Param,
    Sample,
    WhereAll,
    is_muted,
)
from segkit.definitions.derivations import as_events
from segkit.definitions.vocabulary import Vocabulary

#: What one question may cost, and all questions about one rule; a step is a condition, or so many spans of values.
_MOST_STEPS, _MOST_OF_A_RULE, _SPANS = 5_000, 300_000, 16


@dataclass(frozen=True, slots=True)
class Said:
    """One condition, and whether it is to hold."""

    atom: Atom
    holds: bool


@dataclass(frozen=True, slots=True)
class Both:
    """All of these; of none, everything."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of these; of none, nothing."""

    parts: tuple[Formula, ...]


Formula = Said | Both | Either


class _GivenUp(Exception):
    """The search has grown too long."""


class Reading:
    """Rules as one vocabulary reads them as of one date."""

    def __init__(self, vocabulary: Vocabulary, as_of: date) -> None:
        self.vocabulary = vocabulary
        self.as_of = as_of
        self._atoms: dict[Condition, Atom] = {}
        self._narrower: dict[tuple[Condition | None, Condition | None], bool] = {}
        self._steps = 0
        self._left = _MOST_OF_A_RULE

    def begin_rule(self) -> None:
        """Questions about another rule may cost as much again."""
        self._left = _MOST_OF_A_RULE

    # --- what is asked -----------------------------------------------------------------------------------------------

    def exclude(self, *formulas: Formula) -> bool:
        """Whether these never hold together; false also where the search is given up."""
        outer, self._steps = self._steps, 0
        try:
            return self._left > 0 and not self._may_hold(list(formulas), [], {}, {})
        except _GivenUp:
            return False
        finally:
            self._left -= self._steps
            self._steps = outer

    def is_never(self, node: Condition) -> bool:
        """Whether no user can fulfil a condition."""
        return self.exclude(self.formula(node))

    def is_always(self, node: Condition) -> bool:
        """Whether no user can miss a condition."""
        return self.exclude(self.formula(node, holds=False))

    def formula(self, node: Condition, *, holds: bool = True) -> Formula:
        """What a condition says, or its opposite; muted ones are left out."""
        if is_muted(node):
            return Both(())
        if isinstance(node, Label) and self.vocabulary.has_label(node.label):
            derived = self.vocabulary.label(node.label).from_events
            if derived is not None:
                return self.formula(as_events(node, derived), holds=holds)
        if isinstance(node, Leaf | Param):
            return Said(self.atom(node), holds)
        inside = [child for child in node.children() if not is_muted(child)]
        if type(node).key_order[0] == "not":
            return self.formula(inside[0], holds=not holds)
        parts = tuple(self.formula(child, holds=holds) for child in inside)
        return Both(parts) if isinstance(node, All | WhereAll) is holds else Either(parts)

    def atom(self, leaf: Leaf | Param) -> Atom:
        """What a condition says of its subject."""
        found = self._atoms.get(leaf)
        if found is None:
            found = self._atoms[leaf] = self._new_atom(leaf)
        return found

    def _new_atom(self, leaf: Leaf | Param) -> Atom:
        if isinstance(leaf, Label):
            return atom_of_label(leaf, self.vocabulary, self.as_of)
        if isinstance(leaf, Param):
            return atom_of_param(leaf, self.vocabulary, self.as_of)
        if isinstance(leaf, Sample):
            return atom_of_sample(leaf)
        if not isinstance(leaf, Event):
            return bare(leaf)
        none = leaf.where is not None and not is_muted(leaf.where) and self.is_never(leaf.where)
        return atom_of_event(
            leaf, self.vocabulary, self.as_of, none_matches=none, at_most_all=self._is_part_of_all(leaf)
        )

    def _is_part_of_all(self, leaf: Event) -> bool:
        of = leaf.of
        return isinstance(of, OtherEvent) and of.event == leaf.event and self.is_narrower(leaf.where, of.where)

    def is_narrower(self, one: Condition | None, other: Condition | None) -> bool:
        """Whether every event that the first filter lets through passes the second."""
        if other is None or is_muted(other) or one == other:
            return True
        if (one, other) not in self._narrower:
            mine = Both(()) if one is None else self.formula(one)
            self._narrower[one, other] = self.exclude(mine, self.formula(other, holds=False))
        return self._narrower[one, other]

    # --- the search --------------------------------------------------------------------------------------------------

    def _may_hold(
        self,
        waiting: list[Formula],
        choices: list[Either],
        lines: dict[str, tuple[OnLine, Values]],
        others: dict[str, list[Said]],
    ) -> bool:
        while waiting:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise _GivenUp
            part = waiting.pop()
            if isinstance(part, Both):
                waiting += part.parts
            elif isinstance(part, Either):
                if len(part.parts) == 1:
                    waiting.append(part.parts[0])
                elif part.parts:
                    choices.append(part)
                else:
                    return False
            else:
                if not _add(part, lines, others):
                    return False
                if isinstance(part.atom, OnLine):
                    self._steps += len(lines[part.atom.subject][1].spans) // _SPANS
        if not all(_fits(said) for said in others.values()):
            return False
        measured: list[tuple[Measured, Values]] = [
            (line.measured, values) for line, values in lines.values() if line.measured is not None
        ]
        if exclude_each_other(measured, self.is_narrower):
            return False
        if not choices:
            return True
        choice, left = min(choices, key=lambda each: len(each.parts)), list(choices)
        left.remove(choice)
        return any(self._may_hold([part], list(left), dict(lines), _copied(others)) for part in choice.parts)


def _copied(others: dict[str, list[Said]]) -> dict[str, list[Said]]:
    return {subject: list(said) for subject, said in others.items()}


def _add(said: Said, lines: dict[str, tuple[OnLine, Values]], others: dict[str, list[Said]]) -> bool:
    """Takes in what is said of a subject; whether that leaves a value of those on a line, which others see later."""
    atom = said.atom
    if isinstance(atom, OnLine):
        left = lines[atom.subject][1] if atom.subject in lines else atom.domain
        left = left & atom.holds if said.holds else left - atom.holds
        lines[atom.subject] = atom, left
        return bool(left)
    others.setdefault(atom.subject, []).append(said)
    return True


def _fits(all_said: Sequence[Said]) -> bool:
    first = all_said[0].atom
    if isinstance(first, Bare):
        return len({said.holds for said in all_said}) == 1
    comparisons: list[Compared] = [
        compared(said.atom.op, said.atom.value, said.holds) for said in all_said if isinstance(said.atom, OfTexts)
    ]
    is_list = isinstance(first, OfTexts) and first.is_list
    return some_list_fits(comparisons) if is_list else some_text_fits(comparisons)
