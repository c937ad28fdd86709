"""The ten predefined segments, as documents beside this file with named thresholds that a workspace may change.

A threshold stands in a rule as `$name`. Predefined segments are daily and read-only: duplicate one to edit it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Condition, Event, Label, walk
from segkit.definitions.documents import Document, parse_document
from segkit.definitions.strict_yaml import load_yaml, validated
from segkit.definitions.vocabulary import Vocabulary
from segkit.errors import SegkitError, nearest


class Threshold(BaseModel):
    """A named number in a predefined rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    value: int | float
    unit: str
    description: str


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    segkit: int
    id: Annotated[str, Field(pattern="^pd_")]
    name: str
    description: str
    thresholds: dict[str, Threshold] = {}
    rule: dict[str, Any]


class Predefined(BaseModel):
    """One predefined segment for one app; `missing` says what the app's vocabulary lacks for it, if anything."""

    model_config = ConfigDict(frozen=True)
    document: Document
    thresholds: dict[str, Threshold]
    missing: tuple[str, ...] = ()

    @property
    def is_available(self) -> bool:
        return not self.missing


@cache
def _files() -> tuple[_File, ...]:
    folder = resources.files(__package__)
    found = [
        validated(_File, load_yaml(entry.read_bytes(), entry.name), entry.name)
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    ]
    return tuple(found)


def names() -> tuple[str, ...]:
    """The names of all predefined segments, which no other segment may take."""
    return tuple(file.name for file in _files())


def ids() -> tuple[str, ...]:
    """The ids of all predefined segments."""
    return tuple(file.id for file in _files())


def thresholds() -> dict[str, Threshold]:
    """Every threshold by name; a name means the same in every predefined segment that uses it."""
    return {name: threshold for file in _files() for name, threshold in file.thresholds.items()}


def predefined_segments(app: str, vocabulary: Vocabulary, changed: Mapping[str, int | float]) -> tuple[Predefined, ...]:
    """All ten for an app, with the thresholds that its workspace changed, in the order in which they are listed.

    Raises SegkitError if `changed` names a threshold that does not exist.
    """
    known = thresholds()
    for name in changed:
        if name not in known:
            message = f"no threshold '{name}'.{nearest(name, known)} There are: {', '.join(known)}."
            raise SegkitError(f"segkit.toml, apps.{app}.predefined: {message}")
    return tuple(_for_app(file, app, vocabulary, changed) for file in _files())


def _for_app(file: _File, app: str, vocabulary: Vocabulary, changed: Mapping[str, int | float]) -> Predefined:
    own = {
        name: threshold.model_copy(update={"value": changed[name]}) if name in changed else threshold
        for name, threshold in file.thresholds.items()
    }
    rule = _filled(file.rule, {name: threshold.value for name, threshold in own.items()})
    content = {"segkit": file.segkit, "id": file.id, "app": app, "name": file.name, "description": file.description}
    document = parse_document({**content, "cycle": "daily", "rule": rule}, f"predefined segment '{file.name}'")
    return Predefined(document=document, thresholds=own, missing=_missing(document.rule, vocabulary))


def _missing(rule: Condition, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The labels and events that the vocabulary lacks, or where it declares them otherwise than the rule needs."""
    labels = [n.label for _, n in walk(rule) if isinstance(n, Label) and not vocabulary.has_label(n.label)]
    events = [n.event for _, n in walk(rule) if isinstance(n, Event) and not vocabulary.has_event(n.event)]
    absent = [*(f"label {code}" for code in labels), *(f"event {code}" for code in events)]
    others = [] if absent else [problem.message for problem in check_rule(rule, vocabulary)]
    return tuple(dict.fromkeys([*absent, *others]))


def _filled(data: Any, values: Mapping[str, int | float]) -> Any:
    if isinstance(data, dict):
        return {key: _filled(value, values) for key, value in data.items()}
    if isinstance(data, list):
        return [_filled(item, values) for item in data]
    return values[data[1:]] if isinstance(data, str) and data.startswith("$") else data
