"""What one generation of data says of one user: verdicts, values, and the rows behind them, from their own rows only.

A rule over everybody reads everybody's events; this reads one user's, once for all conditions that are asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

import pyarrow as pa

from segkit.compile.derived import measured
from segkit.compile.leaves import (
    event_query,
    label_predicate,
    matching,
    measure_query,
    places_of,
    sample_query,
    sequence_query,
)
from segkit.compile.sql import Sql, bound, identifier, joined, sql
from segkit.definitions.conditions import All, Any_, Condition, Event, Label, Leaf, OtherEvent, Sample
from segkit.definitions.conditions import Sequence as Steps
from segkit.definitions.derivations import as_events
from segkit.definitions.operators import PARAMETER_MEASURES, ZERO_MEASURES
from segkit.definitions.windows import Days
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.protocol import Seen
from segkit.engine.relations import parameters_of

#: Under this name a query finds the user's events.
_MINE = "mine"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of the user. `steps`: which steps of a sequence it may be, from 0; `is_counted`: not so of the other
    events that a share is of."""

    at: datetime  # UTC, naive
    day: date
    event: str
    parameters: dict[str, Any]  # those that the vocabulary declares for the event and that are present
    is_counted: bool = True
    steps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """Days on which the app knew the user: [start, end), open where None."""

    start: date | None
    end: date | None

    def holds(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


class OneUser:
    """One user as of a date. `leaves` are the conditions that will be asked about; labels need not be among them."""

    def __init__(
        self, evaluator: DuckEvaluator, as_of: date, user_no: int, uid: str, leaves: Iterable[Condition] = ()
    ) -> None:
        self.user_no = user_no
        self.uid = uid
        self.as_of = as_of
        self._evaluator = evaluator
        self._vocabulary = evaluator.vocabulary
        self._leaves = tuple(leaves)
        self._labels: dict[str, tuple[Seen, date] | None] = {}

    # --- presence and labels -----------------------------------------------------------------------------------------

    @cached_property
    def stays(self) -> tuple[Stay, ...]:
        """When the app knew the user, in order."""
        query = "SELECT from_day, to_day FROM {} WHERE user_no = {} ORDER BY number"
        return tuple(Stay(*row) for row in self._rows(sql(query, self._evaluator.relations.presence, self._number)))

    @property
    def is_there(self) -> bool:
        """Whether the user is in the base."""
        return any(stay.holds(self.as_of) for stay in self.stays)

    def label(self, code: str) -> tuple[Seen, date | None]:
        """A label's value and the data date that brought it; without a date where it is derived from events."""
        derived = self._vocabulary.label(code).from_events
        if derived is not None:
            seen = self._measured(measured(derived))
            return (bool(seen) if derived.measure == "exists" else seen), None
        if code not in self._labels:
            day = self._evaluator.manifest.label_date(code, self.as_of)
            history = self._evaluator.relations.label_history(code, day, self.user_no)
            found = self._rows(sql("SELECT value, data_date FROM ({})", history)) if history is not None else []
            self._labels[code] = found[0] if found else None
        return self._labels[code] or (None, None)

    # --- verdicts ----------------------------------------------------------------------------------------------------

    def holds(self, leaf: Leaf) -> bool:
        """The verdict of one condition that is neither a group nor about a segment."""
        if isinstance(leaf, Label):
            derived = self._vocabulary.label(leaf.label).from_events
            if derived is not None:
                return self._holds_of_events(as_events(leaf, derived))
            return self._label_holds(leaf)
        if isinstance(leaf, Sample):
            me = sql("(SELECT {} AS user_no, {} AS uid)", self._number, bound(self.uid))
            return bool(self._rows(sample_query(leaf, me).sql))
        assert isinstance(leaf, Event | Steps)
        return self._holds_of_events(leaf)

    def _label_holds(self, leaf: Label) -> bool:
        query = label_predicate(leaf, self._vocabulary, self.as_of)
        day = self._evaluator.manifest.label_date(leaf.label, self.as_of)
        history = self._evaluator.relations.label_history(leaf.label, day, self.user_no)
        found = self._rows(sql("SELECT COALESCE({}, FALSE) FROM ({})", query.sql, history)) if history else []
        return (bool(found) and bool(found[0][0])) != query.negated

    def _holds_of_events(self, leaf: Condition) -> bool:
        if isinstance(leaf, All | Any_):  # a derived label that is never missing, asked whether it is
            return isinstance(leaf, All)
        if isinstance(leaf, Event):
            query = event_query(leaf, self._vocabulary, self.as_of, self._events(leaf))
        else:
            assert isinstance(leaf, Steps)
            query = sequence_query(leaf, self._vocabulary, self.as_of, self._events(leaf))
        return bool(self._rows(query.sql)) != query.negated

    def seen(self, leaf: Leaf) -> Seen:
        """The value that a verdict rests on: a label's, or a measure's; None where it is missing or there is none."""
        if isinstance(leaf, Label):
            return self.label(leaf.label)[0]
        return self._measured(leaf) if isinstance(leaf, Event) else None

    def _measured(self, leaf: Event) -> Seen:
        found = self._rows(measure_query(leaf, self._vocabulary, self.as_of, self._events(leaf)))
        if not found:
            return 0 if leaf.measure in ZERO_MEASURES else None
        value = found[0][1]
        if leaf.measure in ("avg", "share"):
            return Fraction(value, found[0][2] * 10 ** places_of(leaf, self._vocabulary))
        if leaf.measure == "sum":
            return Fraction(value, 10 ** places_of(leaf, self._vocabulary))
        seen: Seen = value
        return seen

    # --- rows --------------------------------------------------------------------------------------------------------

    def rows(self, leaf: Event | Steps, limit: int, after: int = 0) -> tuple[int, list[EventRow]]:
        """How many rows count for a condition, and a page of them, the newest first; `after` so many of them."""
        total, before, days = self._days_of_page(leaf, limit, after)
        return total, self._rows_of(leaf, days, limit, after - before) if days else []

    def _rows_of(self, leaf: Event | Steps, days: Sequence[date], limit: int, after: int) -> list[EventRow]:
        names = _names(leaf)
        columns = sorted({code for name in names for code in self._vocabulary.event(name).parameters})
        windows = {name: [Days(day, day + _DAY) for day in days] for name in names}
        read = parameters_of(leaf) | set(columns)
        events = self._evaluator.relations.events_of(self.user_no, windows, read)
        flags = [matching(step, self._vocabulary, self.as_of) for step in _parts(leaf)]
        values = [identifier(f"p_{code}") for code in columns]
        asked = joined(", ", [Sql('"at"'), Sql("day"), Sql("event"), *values, *flags])
        order = joined(", ", [Sql('"at" DESC'), Sql("event"), *values])
        query = sql("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {} OFFSET {}",
                    asked, events, self._counts(leaf), order, bound(limit), bound(after))  # fmt: skip
        return [self._event_row(leaf, row, columns) for row in self._evaluator.runner.rows(query)]

    def _days_of_page(self, leaf: Event | Steps, limit: int, after: int) -> tuple[int, int, list[date]]:
        """How many rows count, how many on days later than those of a page, and the days that hold its rows."""
        query = sql("SELECT day, count(*) FROM {} WHERE {} GROUP BY day ORDER BY day DESC",
                    self._events(leaf), self._counts(leaf))  # fmt: skip
        found: list[date] = []
        passed, before = 0, 0
        for day, count in self._rows(query):
            if passed + count > after and passed < after + limit:
                before = before if found else passed
                found.append(day)
            passed += count
        return passed, before, found

    def _event_row(self, leaf: Event | Steps, row: Sequence[Any], columns: Sequence[str]) -> EventRow:
        flags = row[3 + len(columns) :]
        steps = tuple(n for n, flag in enumerate(flags) if flag) if isinstance(leaf, Steps) else ()
        return EventRow(row[0], row[1], row[2], self._present(row[2], columns, row[3:]), bool(flags[0] or steps), steps)

    def _present(self, event: str, columns: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
        has = self._vocabulary.event(event).parameters if self._vocabulary.has_event(event) else ()
        given = dict(zip(columns, values, strict=False))
        return {code: given[code] for code in has if given[code] is not None}

    def moments(self, leaf: Steps) -> list[list[int]]:
        """For each step of a sequence, when it happened: microseconds since 1970, oldest first."""
        found = []
        for step in leaf.sequence:
            row = matching(step, self._vocabulary, self.as_of)
            query = sql('SELECT DISTINCT epoch_us("at") AS t FROM {} WHERE {} ORDER BY t', self._events(leaf), row)
            found.append([int(at) for (at,) in self._rows(query)])
        return found

    def _counts(self, leaf: Event | Steps) -> Sql:
        """Which rows count: those that match, of a parameter's measure those with it, of a share the others too."""
        if isinstance(leaf, Event) and leaf.measure in PARAMETER_MEASURES:
            assert isinstance(leaf.of, str)
            one = matching(_parts(leaf)[0], self._vocabulary, self.as_of)
            return sql("{} AND {} IS NOT NULL", one, identifier(f"p_{leaf.of}"))
        parts = (matching(step, self._vocabulary, self.as_of) for step in _parts(leaf))
        return sql("({})", joined(" OR ", parts))

    # --- every event -------------------------------------------------------------------------------------------------

    def days(self) -> list[tuple[date, int]]:
        """On which days before as_of the user did anything, the newest first, and how much."""
        events = self._evaluator.relations.events_of(self.user_no, [Days(None, self.as_of)], ())
        query = sql("SELECT day, count(*) FROM {} GROUP BY day ORDER BY day DESC", events)
        return [(day, int(count)) for day, count in self._evaluator.runner.rows(query)]

    def events_on(self, days: Sequence[date]) -> list[EventRow]:
        """All events of some days, the newest first."""
        codes = sorted({code for event in self._vocabulary.events for code in event.parameters})
        windows = [Days(day, day + _DAY) for day in days]
        events = self._evaluator.relations.events_of(self.user_no, windows, codes)
        asked = joined(", ", [Sql('"at"'), Sql("day"), Sql("event"), *(identifier(f"p_{code}") for code in codes)])
        query = sql('SELECT {} FROM {} ORDER BY "at" DESC, event', asked, events)
        return [
            EventRow(row[0], row[1], row[2], self._present(row[2], codes, row[3:]))
            for row in self._evaluator.runner.rows(query)
        ]

    # -----------------------------------------------------------------------------------------------------------------

    @property
    def _number(self) -> Sql:
        return sql("CAST({} AS INTEGER)", bound(self.user_no))

    @cached_property
    def _mine(self) -> pa.Table:
        """The user's events that the conditions look at, in memory."""
        windows: dict[str, list[Days]] = {}
        parameters: set[str] = set()
        for leaf in (found for found in map(self._in_events, self._leaves) if found is not None):
            parameters |= parameters_of(leaf)
            for name in _names(leaf):
                windows.setdefault(name, []).append(leaf.window.days(self.as_of))
        events = self._evaluator.relations.events_of(self.user_no, windows, parameters)
        return self._evaluator.runner.table(sql("SELECT * FROM {}", events))

    def _in_events(self, leaf: Condition) -> Event | Steps | None:
        if isinstance(leaf, Label):
            derived = self._vocabulary.label(leaf.label).from_events
            return measured(derived) if derived is not None else None
        return leaf if isinstance(leaf, Event | Steps) else None

    def _events(self, leaf: Event | Steps) -> Sql:
        days = leaf.window.days(self.as_of)
        begins = sql("day >= {}", bound(days.start)) if days.start is not None else Sql("TRUE")
        return sql("(SELECT * FROM {} WHERE {} AND day < {})", Sql(_MINE), begins, bound(days.end))

    def _rows(self, query: Sql) -> list[tuple[Any, ...]]:
        tables = {_MINE: self._mine} if _MINE in query.text else {}
        return self._evaluator.runner.rows(query, **tables)


def _parts(leaf: Event | Steps) -> list[OtherEvent]:
    """What rows may be: the events of a condition, for a share the other ones too; the steps of a sequence."""
    if isinstance(leaf, Steps):
        return list(leaf.sequence)
    own = OtherEvent(event=leaf.event, where=leaf.where)
    return [own, leaf.of] if isinstance(leaf.of, OtherEvent) else [own]


def _names(leaf: Event | Steps) -> list[str]:
    return list(dict.fromkeys(step.event for step in _parts(leaf)))
