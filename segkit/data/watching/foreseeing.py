"""What the columns of the files that a load is about to read say, before a row is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from segkit.data.links import asked_columns
from segkit.data.mapping import EVENTS, USERS, LinkedLabels
from segkit.data.plan import Plan
from segkit.data.reading import schemas
from segkit.data.settings import AppSettings, Source, UsersSource
from segkit.data.sources import FoundFile
from segkit.data.watching.forms import NO_TYPE
from segkit.data.watching.uses import Use, source_key, uses_of_events, uses_of_link, uses_of_users
from segkit.data.watching.watch import Watch
from segkit.data.work import Work
from segkit.definitions.vocabulary import Vocabulary


def foresee(
    work: Work,
    watch: Watch,
    plan: Plan,
    vocabulary: Vocabulary,
    columns_of: Callable[[FoundFile], list[str]] | None = None,
) -> None:
    """Lets the watch see the columns of every file that it has to judge; of tables that are not fetched their names,
    if `columns_of` tells them."""
    for role, source, uses, files in _planned(plan, vocabulary):
        key = source_key(role, source)
        judged = [file for file in files if watch.judges(key, file)]
        if columns_of is not None:
            for file in (file for file in judged if file.origin is not None):
                watch.foresee(key, file, dict.fromkeys(columns_of(file), NO_TYPE), uses)
            judged = [file for file in judged if file.origin is None]
        for file, types in schemas(work, judged):
            watch.foresee(key, file, types, uses)


def _planned(plan: Plan, vocabulary: Vocabulary) -> Iterator[tuple[str, Source, tuple[Use, ...], Sequence[FoundFile]]]:
    for new in plan.events:
        yield EVENTS, new.source, uses_of_events(new.source, vocabulary), new.files
    for snapshot in plan.users.snapshots:
        assert isinstance(snapshot.source, UsersSource)
        yield USERS, snapshot.source, uses_of_users(snapshot.source, vocabulary), snapshot.files
    for linked, track in plan.links:
        for snapshot in track.snapshots:
            uses = uses_of_link(linked.source, asked_columns(linked))
            yield linked.role, linked.source, uses, snapshot.files


def sources_of(
    app: AppSettings, links: Sequence[LinkedLabels], vocabulary: Vocabulary
) -> Iterator[tuple[str, Source, tuple[Use, ...]]]:
    """Every source of an app: its role, itself, the columns that are used."""
    for of_users in app.users:
        yield USERS, of_users, uses_of_users(of_users, vocabulary)
    for of_events in app.events:
        yield EVENTS, of_events, uses_of_events(of_events, vocabulary)
    for linked in links:
        yield linked.role, linked.source, uses_of_link(linked.source, asked_columns(linked))
