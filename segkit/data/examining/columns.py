"""Whether the newest file of each source has the columns that mapping and vocabulary name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from segkit.data.examining.finding import Examined, Finding
from segkit.data.mapping import EVENTS, USERS, LinkedLabels
from segkit.data.settings import Source
from segkit.data.sources import files_of
from segkit.errors import SegkitError, nearest


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file."""

    file: str
    names: list[str]


def examine_columns(of: Examined) -> Iterator[Finding]:
    """Columns that are asked for and are nowhere."""
    users = [(source, _newest_columns(of, source)) for source in of.app.users]
    events = [(source, _newest_columns(of, source)) for source in of.app.events]
    for user_source, found in users:
        yield from _absent(USERS, found, [user_source.uid, user_source.known_from, user_source.gone_at])
    for event_source, found in events:
        name = None if event_source.name.startswith("=") else event_source.name
        asked = [event_source.uid, event_source.time, event_source.key, name, *event_source.columns.values()]
        yield from _absent(f"{EVENTS}, {event_source.place}", found, asked)
    for linked in of.links:
        yield from _absent(linked.role, _newest_columns(of, linked.source), _columns_of_link(linked))
    labels = [(label.code, label.source_column) for label in of.vocabulary.labels if label.derived is None]
    yield from _nowhere("label", labels, [found for _, found in users])
    given = {column for source in of.app.events for column in source.columns}
    parameters = [(p.code, p.source_column) for p in of.vocabulary.parameters if p.code not in given]
    yield from _nowhere("parameter", parameters, [found for _, found in events])


def _newest_columns(of: Examined, source: Source) -> Columns | None:
    """The columns of the last file by name; None if there is none, or if it cannot be read."""
    try:
        files = files_of(of.workspace, source)
        return Columns(files[-1].shown, of.columns_of(files[-1])) if files else None
    except SegkitError:
        return None  # told where files are examined


def _absent(where: str, found: Columns | None, asked: Iterable[str | None]) -> Iterator[Finding]:
    """Columns that the mapping names and the file lacks."""
    for column in dict.fromkeys(asked):
        if found is not None and column is not None and column not in found.names:
            what = f"{found.file} has no column '{column}'.{nearest(column, found.names)}"
            why = "the mapping asks for it, so no load can read the file"
            yield Finding("error", where, what, why, f"name one of: {', '.join(found.names)}")


def _nowhere(word: str, asked: Iterable[tuple[str, str]], sources: Sequence[Columns | None]) -> Iterator[Finding]:
    """What the vocabulary declares and no source has."""
    known = [name for found in sources if found is not None for name in found.names]
    if not known:
        return
    for code, column in asked:
        if column not in known:
            what = f"no source has its column '{column}'.{nearest(column, known)}"
            next_step = "name its column in the vocabulary, or take it out there"
            yield Finding("warning", f"{word} '{code}'", what, "it is a missing value of everybody", next_step)


def _columns_of_link(linked: LinkedLabels) -> list[str | None]:
    asked = [column for label in linked.labels if label.from_link for column in label.from_link.columns]
    return [linked.source.uid, linked.source.valid_from, linked.source.valid_to, *asked]
