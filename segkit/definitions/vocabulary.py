"""The labels and events that an app's rules may speak of, declared in `labels.yaml` and `events.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segkit.definitions.conditions import Code
from segkit.definitions.derivation_checks import derivation_problems
from segkit.definitions.derivations import Derived, FromEvents, FromLink
from segkit.definitions.operators import Type
from segkit.definitions.strict_yaml import load_yaml, validated
from segkit.errors import DefinitionError, NotFound, SegkitError, nearest

M = TypeVar("M", bound=BaseModel)
Personal = Literal["email", "mobile", "name", "address", "other"]
#: Decimal places of a number parameter that declares none.
DEFAULT_SCALE = 6


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: str = ""
    deprecated: Annotated[
        str | None,
        # Left out where it is not said, so that vocabularies are the same as before there was this key.
        Field(min_length=1, exclude_if=lambda says: says is None, description="What to use in its place, and why."),
    ] = None


class _Typed(_Declared):
    type: Type
    unit: str | None = None
    scale: Annotated[int | None, Field(ge=0, le=9, description="Decimal places of an exact number.")] = None
    values: dict[str, str] = Field(default_factory=dict, description="Names of values.")
    personal: Personal | None = None
    column: Annotated[str | None, Field(description="The column in the source; the code by default.")] = None

    @model_validator(mode="after")
    def _scale_is_of_a_number(self) -> Self:
        if self.scale is not None and self.type != "number":
            raise ValueError(f"`scale` is for numbers; '{self.code}' is a {self.type}")
        return self

    @property
    def source_column(self) -> str:
        return self.column or self.code

    def value_name(self, value: object) -> str:
        """The name of a value where it has one, else its text."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return self.values.get(text, text)


class LabelDeclaration(_Typed):
    """One label."""

    category: Annotated[str, Field(min_length=1)] = "Other"
    derived: Derived | None = None

    @model_validator(mode="after")
    def _derived_has_the_type_of_its_measure(self) -> Self:
        if self.derived is not None:
            subject, wanted = f"'{self.code}' is derived by {self.derived.measure}", " or ".join(self.derived.types)
            if self.type not in self.derived.types:
                raise ValueError(f"{subject}: its type is {wanted}, not {self.type}")
            if self.column is not None:
                raise ValueError(f"'{self.code}' has both `column` and `derived`; expected one of them")
            if isinstance(self.derived, FromLink) and self.derived.measure == "sum" and self.scale is None:
                raise ValueError(f"{subject}, which is exact: say with `scale` how many decimal places it has")
        return self

    @property
    def from_events(self) -> FromEvents | None:
        """How it is derived from events, if it is; nothing of it is stored then."""
        return self.derived if isinstance(self.derived, FromEvents) else None

    @property
    def from_link(self) -> FromLink | None:
        """How it is derived from a linked table, if it is."""
        return self.derived if isinstance(self.derived, FromLink) else None


class ParameterDeclaration(_Typed):
    """One parameter of events; its type is the same for every event that carries it."""

    @property
    def places(self) -> int:
        """Decimal places of a number parameter."""
        return DEFAULT_SCALE if self.scale is None else self.scale


class EventDeclaration(_Declared):
    """One event."""

    category: Annotated[str, Field(min_length=1)] = "Other"
    parameters: tuple[str, ...] = Field(default=(), strict=False)
    source_name: str | None = None

    @property
    def name_in_source(self) -> str:
        return self.source_name or self.code


class _LabelsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    segkit: Literal[1]
    labels: list[LabelDeclaration]


class _EventsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    segkit: Literal[1]
    parameters: list[ParameterDeclaration] = []
    events: list[EventDeclaration]


class Vocabulary(BaseModel):
    """All labels, events and parameters of one app."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    labels: tuple[LabelDeclaration, ...] = ()
    parameters: tuple[ParameterDeclaration, ...] = ()
    events: tuple[EventDeclaration, ...] = ()

    @model_validator(mode="after")
    def _codes_are_unique_and_known(self) -> Self:
        for word, declared in (("label", self.labels), ("parameter", self.parameters), ("event", self.events)):
            codes = [d.code for d in declared]
            twice = sorted({c for c in codes if codes.count(c) > 1})
            if twice:
                raise ValueError(f"{word} '{twice[0]}' is declared twice")
            folded: dict[str, str] = {}
            for code in codes:  # column names fold case in DuckDB
                other = folded.setdefault(code.casefold(), code)
                if other != code:
                    raise ValueError(f"{word}s '{other}' and '{code}' differ in case only; expected different codes")
        known = {p.code for p in self.parameters}
        for declared_event in self.events:
            for code in declared_event.parameters:
                if code not in known:
                    raise ValueError(
                        f"event '{declared_event.code}' carries parameter '{code}', which is not declared."
                        + nearest(code, known)
                    )
        return self

    @cached_property
    def _label_by_code(self) -> dict[str, LabelDeclaration]:
        return {d.code: d for d in self.labels}

    @cached_property
    def _event_by_code(self) -> dict[str, EventDeclaration]:
        return {d.code: d for d in self.events}

    @cached_property
    def _parameter_by_code(self) -> dict[str, ParameterDeclaration]:
        return {d.code: d for d in self.parameters}

    def has_label(self, code: str) -> bool:
        return code in self._label_by_code

    def has_event(self, code: str) -> bool:
        return code in self._event_by_code

    def label(self, code: str) -> LabelDeclaration:
        """The label of that code. Raises NotFound with the nearest code."""
        if code not in self._label_by_code:
            raise NotFound(self._missing("label", code, self._label_by_code))
        return self._label_by_code[code]

    def event(self, code: str) -> EventDeclaration:
        """The event of that code. Raises NotFound with the nearest code."""
        if code not in self._event_by_code:
            raise NotFound(self._missing("event", code, self._event_by_code))
        return self._event_by_code[code]

    def parameter(self, code: str) -> ParameterDeclaration:
        """The parameter of that code. Raises NotFound with the nearest code."""
        if code not in self._parameter_by_code:
            raise NotFound(self._missing("parameter", code, self._parameter_by_code))
        return self._parameter_by_code[code]

    def _missing(self, word: str, code: str, known: dict[str, object] | object) -> str:
        codes = list(known) if isinstance(known, dict) else []
        where = "`segkit labels` lists" if word == "label" else "`segkit events` lists"
        return f"no {word} '{code}'.{nearest(code, codes)} {where} all {len(codes)}."

    def categories_of_labels(self) -> Iterator[tuple[str, list[LabelDeclaration]]]:
        """Labels by category, both in the order of the file."""
        for category in dict.fromkeys(d.category for d in self.labels):
            yield category, [d for d in self.labels if d.category == category]


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary in a folder's `labels.yaml` and `events.yaml`; either may be absent.

    Raises SegkitError with the file and the place of everything that is wrong.
    """
    if not folder.is_dir():
        raise SegkitError(f"{folder}: no such folder; expected the app's vocabulary with labels.yaml and events.yaml")
    labels = _file(folder / "labels.yaml", _LabelsFile)
    events = _file(folder / "events.yaml", _EventsFile)
    content = {
        "labels": tuple(labels.labels) if labels else (),
        "parameters": tuple(events.parameters) if events else (),
        "events": tuple(events.events) if events else (),
    }
    found = validated(Vocabulary, content, str(folder))
    problems = derivation_problems(found)
    if problems:
        raise DefinitionError(str(folder / "labels.yaml"), problems)
    return found


def _file(path: Path, model: type[M]) -> M | None:
    if not path.exists():
        return None
    found: M = _parsed(_Content(path.read_bytes(), str(path)), model)
    return found


@dataclass(frozen=True)
class _Content:
    """A file's bytes; its name stands in errors, and makes no other content of the same bytes."""

    data: bytes
    name: str = field(compare=False)


@lru_cache(maxsize=16)
def _parsed(content: _Content, model: type[M]) -> M:
    """What is declared cannot be changed, so those who read the same bytes share it."""
    return validated(model, load_yaml(content.data, content.name), content.name)
