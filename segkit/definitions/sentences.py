"""A rule in English: one sentence for the whole, and one row for a condition. True to what is evaluated.

Two rules that pick different users never share a sentence: groups inside of others stand in brackets, names that could
be misread in ‘quotes’, texts of the data in “quotes”. Muted conditions are left out, as they are when evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations

from segkit.definitions.conditions import (
    All,
    Any_,
    Condition,
    Event,
    Leaf,
    Not,
    OtherEvent,
    Param,
    Sequence,
    is_muted,
)
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.wording import patterns as p
from segkit.definitions.wording.comparing import Comparing
from segkit.definitions.wording.filling import Filler, SegmentName, number
from segkit.definitions.wording.happening import Happening, live_children
from segkit.definitions.wording.leaves import LeafWords
from segkit.definitions.wording.missing import holds_without, reads_values
from segkit.definitions.wording.names import Names

#: How many values of a long list a row shows; the sentence shows all.
MOST_VALUES_OF_A_ROW = 12


def sentence(
    rule: Condition,
    vocabulary: Vocabulary | None = None,
    segment_name: SegmentName | None = None,
    *,
    translations: NullTranslations | None = None,
) -> str:
    """`Users whose country is any of Germany, Austria, and who have not used the app in the last 30 days.`

    Without a vocabulary, codes stand for names. `segment_name` gives the name of a segment that the rule refers to;
    without it the reference itself stands there. A rule that does not fit the vocabulary has a sentence, too.
    """
    filler = Filler(translations)
    found = _Clauses(_leaf_words(filler, vocabulary, segment_name, as_row=False)).sentence(rule)
    muted = _muted_conditions(rule)
    return filler.fill(p.MUTED, muted, sentence=found, count=number(muted)) if muted else found


def condition_text(
    node: Condition,
    vocabulary: Vocabulary | None = None,
    segment_name: SegmentName | None = None,
    *,
    translations: NullTranslations | None = None,
) -> str:
    """One condition as a row: `Country is any of Germany, Austria`; for a group, how its own rows go together.

    Whether the condition itself is muted does not show in its words. Takes conditions of `where`, too.
    """
    words = _leaf_words(Filler(translations), vocabulary, segment_name, as_row=True, most_values=MOST_VALUES_OF_A_ROW)
    return _row(node, words, negated=False)


def _leaf_words(
    filler: Filler,
    vocabulary: Vocabulary | None,
    segment_name: SegmentName | None,
    *,
    as_row: bool,
    most_values: int | None = None,
) -> LeafWords:
    return LeafWords(Comparing(filler, Names(filler, vocabulary), most_values), segment_name or str, as_row)


# --- the sentence ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clauses:
    """Conditions as parts of "Users …". None of those that it is given is muted, but for the whole rule."""

    leaves: LeafWords

    def sentence(self, rule: Condition) -> str:
        fill = self.leaves.filler.fill
        node, negated = _without_wrapping(rule, False) if not is_muted(rule) else (All(all=()), False)
        if not isinstance(node, Leaf) and not live_children(node):
            return fill(p.EVERYBODY if isinstance(node, All) != negated else p.NOBODY)
        if isinstance(node, Leaf) or negated:
            return fill(p.USERS, conditions=self._clause(node, negated))
        return fill(p.USERS, conditions=self._side_by_side(node))

    def _clause(self, condition: Condition, negated: bool) -> str:
        node, negated = _without_wrapping(condition, negated)
        filler = self.leaves.filler
        if isinstance(node, Leaf):
            return self.leaves.words(node, negated)
        if not live_children(node):
            return filler.fill(p.ANYBODY if isinstance(node, All) != negated else p.NONE_AT_ALL)
        inside = self._side_by_side(node)
        if not negated:
            return filler.fill(p.GROUP, conditions=inside)
        found = filler.fill(p.NOT_GROUP, conditions=inside)
        is_never_missing = self.leaves.names.is_never_missing
        includes_missing = reads_values(node) and not holds_without(node, is_never_missing)
        return filler.fill(p.WITHOUT_A_VALUE, condition=found) if includes_missing else found

    def _side_by_side(self, group: Condition) -> str:
        texts = [self._clause(child, False) for child in live_children(group)]
        filler = self.leaves.filler
        return filler.together(texts) if isinstance(group, All) else filler.alternatives(texts)


def _without_wrapping(node: Condition, negated: bool) -> tuple[Condition, bool]:
    """The leaf or the group of several that a condition comes to: groups of one and nots are taken off."""
    while isinstance(node, Not) or (isinstance(node, All | Any_) and len(live_children(node)) == 1):
        negated ^= isinstance(node, Not)
        node = live_children(node)[0]
    return node, negated


# --- rows ------------------------------------------------------------------------------------------------------------


def _row(node: Condition, words: LeafWords, negated: bool) -> str:
    if isinstance(node, Leaf):
        return words.words(node, negated)
    happening = Happening(words.comparing)
    if isinstance(node, Param):
        return happening.param(node, negated, at_the_beginning=True)
    key = type(node).key_order[0]
    if key == "not":
        return _row(node.children()[0], words, not negated)
    if not node.children():
        return words.filler.fill(p.ROW_EVERYBODY if (key == "all") != negated else p.ROW_NOBODY)
    if key == "all":
        return words.filler.fill(p.ROW_NOT_ALL if negated else p.ROW_ALL)
    return words.filler.fill(p.ROW_NOT_ANY if negated else p.ROW_ANY)


# --- what is muted ---------------------------------------------------------------------------------------------------


def _muted_conditions(node: Condition | OtherEvent) -> int:
    """How many conditions, also those of filters, are left out; a muted group counts for what is in it."""
    if isinstance(node, Condition) and node.mute:
        return _conditions(node)
    return sum(_muted_conditions(part) for part in _parts(node))


def _conditions(node: Condition) -> int:
    inside = node.children()
    return sum(_conditions(child) for child in inside) if inside else 1


def _parts(node: Condition | OtherEvent) -> list[Condition | OtherEvent]:
    parts: list[Condition | OtherEvent] = list(node.children()) if isinstance(node, Condition) else []
    if isinstance(node, Event | OtherEvent) and node.where is not None:
        parts.append(node.where)
    if isinstance(node, Event) and isinstance(node.of, OtherEvent):
        parts.append(node.of)
    if isinstance(node, Sequence):
        parts.extend(node.sequence)
    return parts
