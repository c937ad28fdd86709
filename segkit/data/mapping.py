"""What the settings and the vocabulary say of a source, put together: which column is what, under which role."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segkit.data.columns import decimal_kind
from segkit.data.settings import AppSettings, EventsSource, LinkSource, UsersSource
from segkit.data.staging import Wanted
from segkit.definitions.derivations import FromLink
from segkit.definitions.vocabulary import LabelDeclaration, ParameterDeclaration, Vocabulary
from segkit.errors import DefinitionError, Problem

USERS = "users"
EVENTS = "events"


def vocabulary_folder(workspace: Path, app: str, settings: AppSettings) -> Path:
    """Where an app's labels.yaml and events.yaml lie."""
    return workspace / (settings.vocabulary or f"vocabulary/{app}")


def link_role(name: str) -> str:
    """The role of a linked table."""
    return f"link:{name}"


def events_role(source: EventsSource, app: AppSettings) -> str:
    """What tells one events source from another, and says how its files are read: another mapping is another role."""
    parts = (source.name, source.time, source.uid, source.key or "", source.zone or app.zone)
    return f"{EVENTS}:" + "|".join(parts)


def label_kind(label: LabelDeclaration) -> str:
    """How a label is stored, as `values` names it."""
    if label.type == "number":
        return "double" if label.scale is None else decimal_kind(label.scale)
    return label.type


def parameter_kind(parameter: ParameterDeclaration) -> str:
    """How a parameter is stored, as `values` names it."""
    return decimal_kind(parameter.places) if parameter.type == "number" else parameter.type


def wanted_labels(vocabulary: Vocabulary) -> tuple[Wanted, ...]:
    """The labels that are columns of the users source, as columns `l_<code>`."""
    return tuple(
        Wanted(f"l_{label.code}", label_kind(label), label.source_column, f"label '{label.code}'")
        for label in vocabulary.labels
        if label.derived is None
    )


def wanted_parameters(vocabulary: Vocabulary) -> tuple[Wanted, ...]:
    """The parameters, as columns `p_<code>`; a source may name other columns for them."""
    return tuple(
        Wanted(f"p_{found.code}", parameter_kind(found), found.source_column, f"parameter '{found.code}'")
        for found in vocabulary.parameters
    )


def parameter_columns(source: EventsSource, vocabulary: Vocabulary) -> dict[str, str]:
    """The staged column of each parameter, and which column of this source it is."""
    return {f"p_{found.code}": source.columns.get(found.code, found.source_column) for found in vocabulary.parameters}


def event_names(vocabulary: Vocabulary) -> dict[str, str]:
    """Names in the sources, to codes. Raises DefinitionError if one name stands for two events."""
    found: dict[str, str] = {}
    for event in vocabulary.events:
        other = found.setdefault(unicodedata.normalize("NFC", event.name_in_source), event.code)
        if other != event.code:
            message = f"events '{other}' and '{event.code}' are both called '{event.name_in_source}' in the sources"
            raise DefinitionError("the vocabulary", [Problem("events", f"{message}; expected different names")])
    return found


@dataclass(frozen=True, slots=True)
class LinkedLabels:
    """A linked table and the labels derived from it."""

    source: LinkSource
    labels: tuple[LabelDeclaration, ...]

    @property
    def role(self) -> str:
        return link_role(self.source.name)

    @property
    def is_whole(self) -> bool:
        """Whether its rows say for which days they hold, so that each reading brings the whole history."""
        return self.source.valid_from is not None


def linked_labels(app: AppSettings, vocabulary: Vocabulary) -> list[LinkedLabels]:
    """Every linked table with its labels. Raises DefinitionError with all that does not fit together."""
    derived = [label for label in vocabulary.labels if label.from_link is not None]
    links = {link.name: link for link in app.links}
    problems = [
        Problem(f"label '{label.code}'", what)
        for label in derived
        if label.from_link is not None and (what := _no_such_rows(label, label.from_link, links))
    ]
    problems += [
        Problem(f"link '{link.name}'", "`valid_to` without `valid_from`; expected both, or neither")
        for link in app.links
        if link.valid_to is not None and link.valid_from is None
    ]
    problems += _users_problems(app.users)
    if problems:
        raise DefinitionError("segkit.toml and the vocabulary", problems)
    return [
        LinkedLabels(link, tuple(label for label in derived if label.from_link and label.from_link.link == link.name))
        for link in app.links
    ]


def _no_such_rows(label: LabelDeclaration, derived: FromLink, links: Mapping[str, LinkSource]) -> str | None:
    """In words, why the settings' linked tables do not have what a label is derived from; None if they do."""
    if derived.link not in links:
        return f"no link '{derived.link}' in segkit.toml; it has {list(links) or 'none'}"
    has_order = derived.by is not None or links[derived.link].valid_from is not None
    if derived.is_ordered(label.type) and not has_order:
        return (
            f"nothing says which row of link '{derived.link}' is {derived.measure}; name a column of dates or instants "
            "with `by`, or the link's `valid_from` in segkit.toml"
        )
    return None


def _users_problems(sources: tuple[UsersSource, ...]) -> list[Problem]:
    if len(sources) > 1 and any(source.absent == "gone" for source in sources):
        return [Problem("users", 'absent = "gone" with more than one users source; expected a single one, or "keep"')]
    return []
