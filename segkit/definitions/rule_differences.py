"""What differs between two rules, condition by condition, in words. `differences` is what to call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from segkit.definitions.conditions import All, Comparison, Condition, Event, Label, Not
from segkit.definitions.pairing import Placed, pairs
from segkit.definitions.sentences import condition_text, sentence
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.wording.filling import Filler, SegmentName
from segkit.definitions.wording.names import Names

#: Lists of more values are told by what came and went, not from one whole list to the other.
_MOST_VALUES_TOLD_WHOLE = 4
_MOST_VALUES_NAMED = 12

Kind = Literal["added", "removed", "changed", "moved"]
Found = tuple[str, Kind, str]  # place, kind, words


@dataclass(frozen=True, slots=True)
class _Gone:
    """A condition that one side only has; `under` says of which group it is one, if not of the outermost `all`."""

    placed: Placed
    under: str


#: A difference, or a condition of one side that may turn out to have moved.
_Item = Found | tuple[Kind, _Gone]


class RuleWords:
    """Compares rules in the words of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary | None, segment_name: SegmentName | None) -> None:
        self._vocabulary = vocabulary
        self._segment_name = segment_name
        self._names = Names(Filler(), vocabulary)

    def differences(self, old: Condition, new: Condition) -> list[Found]:
        """Everything that differs, in the order of the new rule; what is gone comes last."""
        one, other = Placed(old, "rule"), Placed(new, "rule")
        if one.text == other.text:
            return []
        return list(self._with_moves(self._compared(one, other, "")))

    # --- comparing ---------------------------------------------------------------------------------------------------

    def _compared(self, old: Placed, new: Placed, under: str) -> list[_Item]:
        """Two conditions that are taken for one. Whatever one side only has is given as it is, since it may move."""
        if old.text == new.text:
            return []
        if _can_hold(new, old):
            found = self._children((old,), new.children, under, self._under(new))
        elif _can_hold(old, new):
            found = self._children(old.children, (new,), self._under(old), under)
        elif old.subject != new.subject:
            return [("added", _Gone(new, under)), ("removed", _Gone(old, under))]
        else:
            inside = self._children(old.children, new.children, self._under(old), self._under(new))
            found = [*self._itself(old, new), *inside]
        return found or [self._rewritten(old, new)]

    def _children(
        self, old: tuple[Placed, ...], new: tuple[Placed, ...], under_old: str, under_new: str
    ) -> list[_Item]:
        found: list[_Item] = []
        for one, other in pairs(old, new):
            if one is None and other is not None:
                found.append(("added", _Gone(other, under_new)))
            elif other is None and one is not None:
                found.append(("removed", _Gone(one, under_old)))
            elif one is not None and other is not None:
                found += self._compared(one, other, under_new)
        return found

    def _itself(self, old: Placed, new: Placed) -> Iterator[Found]:
        """How the condition itself differs, or the group without what is in it."""
        before, after = self._row(old), self._row(new)
        if before != after:
            yield new.place, "changed", self._values_changed(old, new) or f"Changed ‘{before}’ to ‘{after}’."
        elif not new.is_group and self._whole(old) != self._whole(new):
            words = self._values_changed(old, new)
            yield new.place, "changed", words or f"Changed ‘{self._whole(old)}’ to ‘{self._whole(new)}’."
        if _is_muted(old) != _is_muted(new):
            muted = f"Muted ‘{after}’: it is kept, but left out."
            yield new.place, "changed", muted if _is_muted(new) else f"‘{after}’ counts again: it is no longer muted."

    def _rewritten(self, old: Placed, new: Placed) -> Found:
        before, after = ([child.text for child in placed.children] for placed in (old, new))
        if before != after and sorted(before) == sorted(after):
            order = f"Changed the order of the conditions of ‘{self._row(new)}’; it picks the same users."
            return new.place, "moved", order
        return new.place, "changed", f"Wrote ‘{self._row(new)}’ otherwise; it means the same."

    # --- what moved --------------------------------------------------------------------------------------------------

    def _with_moves(self, found: list[_Item]) -> Iterator[Found]:
        """The same condition gone from one place and come to another has moved."""
        gone: dict[str, list[_Gone]] = {}
        for item in found:
            if len(item) == 2 and item[0] == "removed":
                gone.setdefault(item[1].placed.text, []).append(item[1])
        moved: set[int] = set()
        for item in found:
            if len(item) == 3:
                yield item
            elif item[0] == "added":
                earlier = gone.get(item[1].placed.text, [])
                if earlier:
                    moved.add(id(earlier[0]))
                    yield self._moved(earlier.pop(0), item[1])
                else:
                    yield item[1].placed.place, "added", f"Added {self._told(item[1])}."
            elif id(item[1]) not in moved:
                yield item[1].placed.place, "removed", f"Removed {self._told(item[1])}."

    def _moved(self, old: _Gone, new: _Gone) -> Found:
        under = new.under or "All of these"
        words = f"Moved {self._told(_Gone(new.placed, ''))} from {old.placed.place} to ‘{under}’."
        return new.placed.place, "moved", words

    # --- words -------------------------------------------------------------------------------------------------------

    def _told(self, gone: _Gone) -> str:
        placed = gone.placed
        found = f"the group ‘{self._whole(placed)}’" if placed.is_group else f"‘{self._row(placed)}’"
        found += ", muted" if _is_muted(placed) else ""
        return f"{found} under ‘{gone.under}’" if gone.under else found

    def _under(self, group: Placed) -> str:
        """What a group asks of its conditions; nothing for the outermost `all`, which goes without saying."""
        node, negated, place = group.core
        if not group.children:
            return ""
        return "" if place == "rule" and isinstance(node, All) and not negated else self._row(group)

    def _row(self, placed: Placed) -> str:
        return condition_text(placed.node, self._vocabulary, self._segment_name)

    def _whole(self, placed: Placed) -> str:
        """A sentence without its full stop, with every value."""
        return sentence(_unmuted(placed.node), self._vocabulary, self._segment_name).removesuffix(".")

    def _values_changed(self, old: Placed, new: Placed) -> str | None:
        """The values that came and went, where nothing but a long list of them differs."""
        one, other = old.core[0], new.core[0]
        if not isinstance(one, Comparison | Event) or not isinstance(other, Comparison | Event):
            return None
        if not isinstance(one.value, tuple) or not isinstance(other.value, tuple):
            return None
        are_few = max(len(one.value), len(other.value)) <= _MOST_VALUES_TOLD_WHOLE
        if are_few or _without_value(old.node) != _without_value(new.node):
            return None
        came = [value for value in other.value if value not in one.value]
        went = [value for value in one.value if value not in other.value]
        told = [f"{verb} {self._values(other, some)}" for verb, some in (("added", came), ("removed", went)) if some]
        return f"Changed ‘{self._row(new)}’: {'; '.join(told)}." if told else None

    def _values(self, node: Condition, values: Sequence[object]) -> str:
        declared = self._names.labels.get(node.label) if isinstance(node, Label) else None
        shown = ", ".join(self._names.value(value, declared) for value in values[:_MOST_VALUES_NAMED])
        left = len(values) - _MOST_VALUES_NAMED
        return f"{shown} and {left:,} more" if left > 0 else shown


def _can_hold(outer: Placed, inner: Placed) -> bool:
    """Whether something was put around a condition, or taken from around it: a group that holds it, or might."""
    if not outer.children or outer.node.mute or outer.core[1]:
        return False
    return not inner.is_group or any(child.text == inner.text for child in outer.children)


def _is_muted(placed: Placed) -> bool:
    node = placed.node
    while isinstance(node, Not) and not node.mute:
        node = node.not_
    return node.mute


def _unmuted(node: Condition) -> Condition:
    if isinstance(node, Not):
        return node.model_copy(update={"mute": False, "not_": _unmuted(node.not_)})
    return node.model_copy(update={"mute": False})


def _without_value(node: Condition) -> str:
    if isinstance(node, Not):
        return f"not {_without_value(node.not_)}"
    return Placed(node.model_copy(update={"value": ("…",)}), "").text
