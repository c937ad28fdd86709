"""What was stored so far against what the vocabulary declares now: types hold for good, the rest may come and go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from segkit.data.mapping import LinkedLabels, label_kind, parameter_kind
from segkit.definitions.vocabulary import LabelDeclaration, Vocabulary
from segkit.errors import DefinitionError, Problem

Contract = dict[str, str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The contract from now on, and what is new in it: codes of labels whose values must be read afresh (new ones, and
    those that come from elsewhere now), of parameters and of events."""

    contract: Contract
    labels: frozenset[str] = frozenset()
    parameters: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the report should know of it."""
        again = "`segkit load --rebuild` brings in those of files that were read before"
        found = [f"the event '{code}' is new; {again}" for code in self.events]
        return (
            *found,
            *(f"the parameter '{code}' is new, and missing in days stored before" for code in self.parameters),
        )

    def parameter_kinds(self) -> dict[str, str]:
        """Every parameter ever stored, and its kind."""
        return _of(self.contract, "parameter")


def contract_of(vocabulary: Vocabulary, links: list[LinkedLabels]) -> Contract:
    """What the vocabulary declares, as the manifest keeps it."""
    stored = [label for label in vocabulary.labels if label.from_events is None]
    found = {f"label:{label.code}": label_kind(label) for label in stored}
    found |= {f"parameter:{parameter.code}": parameter_kind(parameter) for parameter in vocabulary.parameters}
    found |= {f"from:{label.code}": _origin(label, links) for label in stored}
    return found | {f"event:{event.code}": event.name_in_source for event in vocabulary.events}


def _origin(label: LabelDeclaration, links: list[LinkedLabels]) -> str:
    if label.from_link is None:
        return f"column {label.source_column}"
    (link,) = (found.source for found in links if found.source.name == label.from_link.link)
    how = label.from_link.model_dump(mode="json", exclude_defaults=True)
    how |= {"valid_from": link.valid_from, "valid_to": link.valid_to}
    return json.dumps(how, sort_keys=True, ensure_ascii=False)


def agreed(stored: Mapping[str, str] | None, declared: Contract) -> Agreement:
    """Takes in what is new. What is no longer declared keeps its files and its type; if it comes back, it is new.

    Raises DefinitionError with every label and parameter whose type is another than what is stored.
    """
    if stored is None:
        return Agreement(declared)
    problems = [_changed(key, stored[key], kind) for key, kind in declared.items() if _is_type(key, stored, kind)]
    if problems:
        raise DefinitionError("the vocabulary no longer fits the loaded data", problems)
    new = {key for key, value in declared.items() if stored.get(key) != value}
    types = {key: kind for key, kind in stored.items() if key.startswith(("label:", "parameter:"))}
    return Agreement(
        types | declared,
        frozenset(key.removeprefix("from:") for key in new if key.startswith("from:")),
        tuple(sorted(key.removeprefix("parameter:") for key in new if key.startswith("parameter:"))),
        tuple(sorted(key.removeprefix("event:") for key in new if key.startswith("event:"))),
    )


def _is_type(key: str, stored: Mapping[str, str], kind: str) -> bool:
    return key.startswith(("label:", "parameter:")) and stored.get(key, kind) != kind


def _changed(key: str, was: str, is_: str) -> Problem:
    word, _, code = key.partition(":")
    advice = "declare it as it was, give it another code, or run `segkit load --rebuild`"
    return Problem(f"{word} '{code}'", f"stored as {was}, now declared as {is_}; {advice}")


def _of(contract: Mapping[str, str], word: str) -> dict[str, str]:
    start = f"{word}:"
    return {key.removeprefix(start): value for key, value in contract.items() if key.startswith(start)}
