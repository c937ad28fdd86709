"""The watch over new events: how many of each name every file has, and which parameters are carried by which."""

from __future__ import annotations

from collections.abc import Sequence

from segkit.data.fresh import Query
from segkit.data.settings import EventsSource
from segkit.data.sources import FoundFile
from segkit.data.sql import filled, quoted
from segkit.data.staging import Staging
from segkit.data.watching.measures import Counting, Measures, Reasons
from segkit.data.watching.watch import Watch
from segkit.data.work import Work
from segkit.definitions.vocabulary import Vocabulary

#: So many names of a file are looked at, the most frequent first.
_MOST_NAMES = 1_000
_REASONS = Reasons(missing={1: "uid", 3: "at", 5: "name"}, unreadable={2: "uid", 4: "at"}, aside=(6, 7, 8, 9, 10))
_NAMES = """
SELECT file, event, name, sum(n) FROM {table} WHERE reason <> 5 GROUP BY file, event, name
QUALIFY row_number() OVER (PARTITION BY file ORDER BY sum(n) DESC) <= {most}
"""


def present_column(name: str) -> str:
    """The column that counts how many rows have a value in a staged column."""
    return quoted(f"present_{name}")


def look_at_events(
    work: Work,
    watch: Watch,
    staging: Staging,
    vocabulary: Vocabulary,
    files: Sequence[tuple[FoundFile, EventsSource]],
    keys: Sequence[str],
    readable: Query,
) -> None:
    """Lets the watch see what new events are: `staging` holds them counted, `readable` those that can be read.

    `files`, and the `keys` of their sources, are by the file's number.
    """
    carried_by = {
        f"p_{parameter.code}": {event.code for event in vocabulary.events if parameter.code in event.parameters}
        for parameter in vocabulary.parameters
    }
    counting = Counting("event", "sum(n)", lambda name: filled("sum({column})", column=present_column(name)))
    measures = Measures(work, staging, _REASONS, counting, readable.sql, readable.values)
    keyed = work.number(filled("SELECT sum(n) FROM {table} WHERE reason = 0 AND NOT keyless", table=staging.table))
    watch.measured(measures, [file for file, _ in files], keys, carried_by, keyed_rows=keyed)
    names = {event.code: event.name_in_source for event in vocabulary.events}
    declared: list[dict[str, int]] = [{} for _ in files]
    other: list[dict[str, int]] = [{} for _ in files]
    for number, code, name, rows in work.rows(filled(_NAMES, table=staging.table, most=_MOST_NAMES)):
        if code is not None:
            declared[number][names[code]] = int(rows)
        else:
            other[number][name] = int(rows)
    for number, (file, source) in enumerate(files):
        watch.met_events(keys[number], file, source.name, declared[number], other[number])
