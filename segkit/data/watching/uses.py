"""Which columns of a source a load uses, what for, and as what kind of value: the mapping and the vocabulary in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from segkit.data.mapping import EVENTS, label_kind, parameter_kind
from segkit.data.settings import EventsSource, LinkSource, Source, UsersSource
from segkit.data.staging import Wanted
from segkit.definitions.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Use:
    """One column of a source and what it is read as. `name` is the column of the staged table."""

    name: str
    column: str
    kind: str
    subject: str
    is_required: bool = False  # no row can be read without the column
    needs_value: bool = False  # a row without a value is refused
    is_key: bool = False  # no two rows are expected to share a value
    named: Mapping[str, str] = field(default_factory=dict)  # names of values, if they are watched

    @property
    def key(self) -> str:
        """What its look is kept under: another column, or one read as another kind, is another use."""
        return f"{self.subject}: {self.column} as {self.kind}"


def source_key(role: str, source: Source) -> str:
    """What a source's look is kept under; another place is another source."""
    return f"{role.partition(':')[0] if role.startswith(EVENTS) else role}|{source.place}"


def uses_of_users(source: UsersSource, vocabulary: Vocabulary) -> tuple[Use, ...]:
    """The columns of a users source."""
    found = [Use("uid", source.uid, "uid", "uid", is_required=True, needs_value=True, is_key=True)]
    for name, column in (("known_from", source.known_from), ("gone_at", source.gone_at)):
        if column is not None:
            found.append(Use(name, column, "date", name, is_required=True))
    for label in vocabulary.labels:
        if label.derived is None:
            named = {} if label.personal else label.values
            kind = label_kind(label)
            found.append(Use(f"l_{label.code}", label.source_column, kind, f"label '{label.code}'", named=named))
    return tuple(found)


def uses_of_events(source: EventsSource, vocabulary: Vocabulary) -> tuple[Use, ...]:
    """The columns of an events source."""
    found = [
        Use("uid", source.uid, "uid", "uid", is_required=True, needs_value=True),
        Use("at", source.time, "instant", "instant", is_required=True, needs_value=True),
    ]
    if not source.name.startswith("="):
        found.append(Use("name", source.name, "string", "event name", is_required=True, needs_value=True))
    if source.key is not None:
        found.append(Use("key", source.key, "uid", "event key", is_required=True, is_key=True))
    for parameter in vocabulary.parameters:
        column = source.columns.get(parameter.code, parameter.source_column)
        named = {} if parameter.personal else parameter.values
        subject = f"parameter '{parameter.code}'"
        is_required = parameter.code in source.columns
        found.append(Use(f"p_{parameter.code}", column, parameter_kind(parameter), subject, is_required, named=named))
    return tuple(found)


def uses_of_link(source: LinkSource, asked: Sequence[Wanted]) -> tuple[Use, ...]:
    """The columns of a linked table; `asked` are those that labels are derived from."""
    found = [Use("uid", source.uid, "uid", "uid", is_required=True, needs_value=True)]
    for name, column in (("valid_from", source.valid_from), ("valid_to", source.valid_to)):
        if column is not None:
            found.append(Use(name, column, "date", name, is_required=True))
    found += [Use(w.name, w.column, w.kind, w.subject, is_required=True) for w in asked]
    return tuple(found)
