"""Labels, events and parameters that the vocabulary wants given up, and what it says to use in their place."""

from __future__ import annotations

from collections.abc import Iterator

from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import live
from segkit.definitions.conditions import Condition, Event, Label, OtherEvent, Param, Sequence, is_muted
from segkit.definitions.vocabulary import Vocabulary


def deprecated(rule: Condition, vocabulary: Vocabulary) -> list[Remark]:
    """A remark for each use of one, in conditions that are not muted. The rule fits the vocabulary."""
    return [
        Remark("deprecated", path, f"The {word} ‘{code}’ is deprecated.", _sentence(says), {word: code})
        for path, node in live(rule)
        for word, code, says in _uses(node, vocabulary)
        if says is not None
    ]


def _uses(node: Condition, vocabulary: Vocabulary) -> Iterator[tuple[str, str, str | None]]:
    if isinstance(node, Label):
        yield "label", node.label, vocabulary.label(node.label).deprecated
    if isinstance(node, Event):
        yield from _of_step(OtherEvent(event=node.event, where=node.where), vocabulary)
        if isinstance(node.of, OtherEvent):
            yield from _of_step(node.of, vocabulary)
        elif node.of is not None:
            yield "parameter", node.of, vocabulary.parameter(node.of).deprecated
    if isinstance(node, Sequence):
        for step in node.sequence:
            yield from _of_step(step, vocabulary)


def _of_step(step: OtherEvent, vocabulary: Vocabulary) -> Iterator[tuple[str, str, str | None]]:
    yield "event", step.event, vocabulary.event(step.event).deprecated
    if step.where is not None and not is_muted(step.where):
        for _, node in live(step.where):
            if isinstance(node, Param):
                yield "parameter", node.param, vocabulary.parameter(node.param).deprecated


def _sentence(says: str) -> str:
    text = says.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!')) else '.'}"
