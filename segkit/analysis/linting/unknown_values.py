"""Values that a rule names and nobody has: written otherwise, named by their name, mistyped, or gone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from segkit.analysis.linting.constants import filters_of
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import live
from segkit.definitions.conditions import Condition, Event, Label, OtherEvent, Param
from segkit.definitions.conditions import Sequence as Steps
from segkit.definitions.naming import name_key
from segkit.definitions.vocabulary import LabelDeclaration, ParameterDeclaration, Vocabulary
from segkit.masking import masked

#: Values that a rule may name one by one; patterns are not values.
_NAMING = {
    "string": ("eq", "ne", "in", "not_in"),
    "list": ("contains", "contains_all", "not_contains"),
    "number": ("eq", "ne"),
}
_MOST_COMPARED = 5_000


@dataclass(frozen=True, slots=True)
class Named:
    """The values that one condition names, of a label or of a parameter of an event."""

    path: str
    node: Label | Param
    declared: LabelDeclaration | ParameterDeclaration
    event: str | None = None

    @property
    def values(self) -> tuple[object, ...]:
        value = self.node.value
        return value if isinstance(value, tuple) else (value,)


def named_values(rule: Condition, vocabulary: Vocabulary) -> Iterator[Named]:
    """Where a rule names values, in conditions that are not muted; not of labels that are derived from events."""
    for path, node in live(rule):
        if isinstance(node, Label):
            declared = vocabulary.label(node.label)
            if declared.from_events is None and node.op in _NAMING.get(declared.type, ()):
                yield Named(path, node, declared)
        for place, where in filters_of(node, path):
            event = _event_of(node, path, place)
            for inner, param in live(where, place):
                if isinstance(param, Param):
                    of_param = vocabulary.parameter(param.param)
                    if param.op in _NAMING.get(of_param.type, ()):
                        yield Named(inner, param, of_param, event)


def _event_of(node: Condition, path: str, place: str) -> str:
    if isinstance(node, Steps):
        number = int(place.removeprefix(f"{path}.sequence[").partition("]")[0])
        return node.sequence[number].event
    assert isinstance(node, Event)
    return node.of.event if place == f"{path}.of.where" and isinstance(node.of, OtherEvent) else node.event


def unknown_values(found: Named, known: Sequence[object], event: str | None = None) -> Remark | None:
    """A remark where nobody has some of the values. `known` are those that some have, the most frequent first; `event`
    is what the event is called."""
    have = {_plain(value) for value in known}
    unknown = [value for value in found.values if value != "" and _plain(value) not in have]
    if not unknown:
        return None
    personal = found.declared.personal
    nearest = {} if personal else {str(value): nearest_of(value, known, found.declared.values) for value in unknown}
    shown = [f"“{masked(value, personal) if personal else value}”" for value in unknown[:5]]
    more = f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else ""
    who = "user has" if found.event is None else f"event ‘{event or found.event}’ has"
    words = f"No {who} the {found.declared.name.lower()} {' or '.join(shown)}{more}."
    close = {value: other for value, other in nearest.items() if other is not None}
    where = f"`segkit values {found.node.label}` lists those that some have." if isinstance(found.node, Label) else ""
    meant = " ".join(f"Did you mean “{other}” for “{value}”?" for value, other in list(close.items())[:5])
    advice = " ".join(part for part in (meant, where) if part) or "See how the source writes it."
    numbers: dict[str, object] = {"values": shown if personal else [str(value) for value in unknown], "nearest": close}
    return Remark("unknown-value", found.path, words, advice, numbers)


def _plain(value: object) -> object:
    return value if isinstance(value, str) else float(str(value))


def nearest_of(value: object, known: Sequence[object], names: Mapping[str, str]) -> str | None:
    """The value that was probably meant: the one of that name, the same in other letters or spaces, the most alike."""
    if not isinstance(value, str):
        numbers = [number for number in known if not isinstance(number, str)]
        near = min(numbers, key=lambda number: abs(float(str(number)) - float(str(value))), default=None)
        return None if near is None else f"{float(str(near)):g}"
    texts = [text for text in known if isinstance(text, str)]
    key = name_key(value)
    for same in (
        _by_name(key, names),
        lambda text: name_key(text) == key,
        lambda text: _letters(text) == _letters(value),
    ):
        found = next((text for text in texts if same(text)), None)
        if found is not None and (_letters(value) or found == value or same(found)):
            return found
    by_key = {name_key(text): text for text in reversed(texts[:_MOST_COMPARED])}
    alike = difflib.get_close_matches(key, by_key, 1, 0.6)
    return by_key[alike[0]] if alike else None


def _by_name(key: str, names: Mapping[str, str]) -> Callable[[str], bool]:
    return lambda text: name_key(names.get(text, "")) == key != ""


def _letters(text: str) -> str:
    return "".join(character for character in name_key(text) if character.isalnum())
