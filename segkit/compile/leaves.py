"""Leaves of a rule as queries: which users a comparison of a label, a measure of events or a sequence picks.

A query names its users positively; `negated` says that the leaf is the complement of what it finds. So a user of whom
nothing is stored never needs a row: 'did not' and 'at most' are complements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from segkit.compile.predicates import (
    ColumnType,
    fraction_predicate,
    predicate,
    sum_predicate,
)
from segkit.compile.sql import FALSE, TRUE, Sql, bound, identifier, joined, sql
from segkit.definitions.conditions import (
    Condition,
    Event,
    Label,
    OtherEvent,
    Param,
    Sample,
    Sequence,
    WhereAll,
    is_muted,
)
from segkit.definitions.operators import DATE_MEASURES, POSITIVE_OF, ZERO_MEASURES
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.zero import zero_holds

_DAY_IN_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Query:
    """SQL that gives `user_no` of the users it finds, in no order, perhaps repeated."""

    sql: Sql
    negated: bool = False


def label_type(vocabulary: Vocabulary, code: str) -> ColumnType:
    """How a label is stored."""
    declared = vocabulary.label(code)
    return ColumnType(declared.type, declared.scale)


def parameter_type(vocabulary: Vocabulary, code: str) -> ColumnType:
    """How a parameter is stored."""
    declared = vocabulary.parameter(code)
    return ColumnType(declared.type, declared.places if declared.type == "number" else None)


def label_predicate(leaf: Label, vocabulary: Vocabulary, as_of: date) -> Query:
    """Over the column `value` of a label: the positive comparison, and whether the leaf is its complement."""
    positive = POSITIVE_OF.get(leaf.op, leaf.op)
    found = predicate(Sql("value"), label_type(vocabulary, leaf.label), positive, leaf.value, as_of)
    return Query(found, leaf.op in POSITIVE_OF)


def sample_query(leaf: Sample, users: Sql) -> Query:
    """Over `users(user_no, uid)`: the first 8 bytes of SHA-256 of `seed:uid`, modulo 10,000, below percent × 100."""
    limit = int(Decimal(str(leaf.sample)) * 100)
    draw = sql("CAST('0x' || substr(sha256({} || uid), 1, 16) AS UBIGINT) % 10000", bound(leaf.seed + ":"))
    return Query(sql("SELECT user_no FROM {} WHERE {} < {}", users, draw, bound(limit)))


# --- events ----------------------------------------------------------------------------------------------------------


def matching(step: OtherEvent, vocabulary: Vocabulary, as_of: date) -> Sql:
    """Where one row of events is of that name and fulfils its filter. Two-valued."""
    name = sql("event = {}", bound(step.event))
    if step.where is None or is_muted(step.where):
        return name
    return sql("({} AND {})", name, _where(step.where, vocabulary, as_of))


def _where(node: Condition, vocabulary: Vocabulary, as_of: date) -> Sql:
    if isinstance(node, Param):
        positive = POSITIVE_OF.get(node.op, node.op)
        column = identifier("p_" + node.param)
        holds = predicate(column, parameter_type(vocabulary, node.param), positive, node.value, as_of)
        two_valued = sql("COALESCE({}, FALSE)", holds)
        return sql("(NOT {})", two_valued) if node.op in POSITIVE_OF else two_valued
    parts = [_where(child, vocabulary, as_of) for child in node.children() if not is_muted(child)]
    if type(node).key_order[0] == "not":
        return sql("(NOT {})", parts[0])
    is_all = isinstance(node, WhereAll)
    if not parts:
        return TRUE if is_all else FALSE
    return sql("({})", joined(" AND " if is_all else " OR ", parts))


def event_query(leaf: Event, vocabulary: Vocabulary, as_of: date, events: Sql) -> Query:
    """Over `events(user_no, event, at, day, p_…)` of the window's days: the users whose measure compares as asked."""
    positive = POSITIVE_OF.get(leaf.op, leaf.op)
    negated = leaf.op in POSITIVE_OF
    if leaf.measure == "count" and (positive, leaf.value) == ("ge", 1):
        row = matching(OtherEvent(event=leaf.event, where=leaf.where), vocabulary, as_of)
        return Query(sql("SELECT DISTINCT user_no FROM {} WHERE {}", events, row), negated)
    compared = _compared(leaf, vocabulary, as_of, positive)
    if leaf.measure in ZERO_MEASURES and zero_holds(positive, leaf.value):
        # Users without events fulfil it: find those who do not.
        compared, negated = sql("NOT {}", compared), not negated
    measured = measure_query(leaf, vocabulary, as_of, events)
    return Query(sql("SELECT user_no FROM ({}) WHERE {}", measured, compared), negated)


def measure_query(leaf: Event, vocabulary: Vocabulary, as_of: date, events: Sql) -> Sql:
    """One row a user with matching events: `v`, and for avg and share also `n`, so that the measure is v / n.

    Sums (and the v of avg) are whole units of the parameter's decimal places.
    """
    row = matching(OtherEvent(event=leaf.event, where=leaf.where), vocabulary, as_of)
    if leaf.measure == "share":
        assert isinstance(leaf.of, OtherEvent)
        other = matching(leaf.of, vocabulary, as_of)
        counted = sql("count(*) FILTER (WHERE {}) AS v, count(*) FILTER (WHERE {}) AS n", row, other)
        grouped = sql("SELECT user_no, {} FROM {} WHERE {} OR {} GROUP BY user_no", counted, events, row, other)
        return sql("SELECT user_no, v, n FROM ({}) WHERE n > 0", grouped)
    if leaf.measure == "periods":
        number = sql("(({} - day) - 1) // {}", bound(as_of), bound(leaf.every))
        each = sql("SELECT user_no, {} AS period FROM {} WHERE {} GROUP BY user_no, period HAVING count(*) >= {}",
                   number, events, row, bound(leaf.at_least or 1))  # fmt: skip
        return sql("SELECT user_no, count(*) AS v FROM ({}) GROUP BY user_no", each)
    found = sql("SELECT user_no, {} FROM {} WHERE {} GROUP BY user_no", _aggregate(leaf, vocabulary), events, row)
    return sql("{} HAVING n > 0", found) if leaf.measure == "avg" else found


def _aggregate(leaf: Event, vocabulary: Vocabulary) -> Sql:
    simple = {
        "count": "count(*) AS v",
        "days": "count(DISTINCT day) AS v",
        "first": "min(day) AS v",
        "last": "max(day) AS v",
    }
    if leaf.measure in simple:
        return Sql(simple[leaf.measure])
    assert isinstance(leaf.of, str)
    column = identifier("p_" + leaf.of)
    if leaf.measure == "distinct":
        return sql("count(DISTINCT {}) AS v", column)
    if leaf.measure in ("min", "max"):
        return sql(leaf.measure + "({}) AS v", column)
    units = sql("sum(CAST({} * {} AS BIGINT))", column, Sql(str(10 ** places_of(leaf, vocabulary))))
    if leaf.measure == "sum":
        return sql("COALESCE({}, 0) AS v", units)
    return sql("{} AS v, count({}) AS n", units, column)


def places_of(leaf: Event, vocabulary: Vocabulary) -> int:
    """Decimal places of the units in which a leaf's measure is given; 0 for what is counted."""
    if leaf.measure in ("sum", "avg") and isinstance(leaf.of, str):
        return vocabulary.parameter(leaf.of).places
    return 0


def _compared(leaf: Event, vocabulary: Vocabulary, as_of: date, op: str) -> Sql:
    """The positive comparison over `v` and `n` of `measure_query`."""
    value, measured = leaf.value, Sql("v")
    if leaf.measure in DATE_MEASURES:
        return predicate(measured, ColumnType("date"), op, value, as_of)
    if op == "not_empty":
        return sql("{} IS NOT NULL", measured)
    if leaf.measure in ("min", "max"):
        assert isinstance(leaf.of, str)
        return predicate(measured, parameter_type(vocabulary, leaf.of), op, value, as_of)
    places = places_of(leaf, vocabulary)
    if leaf.measure in ("avg", "share"):
        return fraction_predicate(measured, Sql("n"), places, op, value)
    return sum_predicate(measured, places, op, value)


def sequence_query(leaf: Sequence, vocabulary: Vocabulary, as_of: date, events: Sql) -> Query:
    """Over `events`: from each first event the earliest next one strictly later, and so on; short enough is enough.

    Taking the earliest next event ends a chain no later than any other choice, so no choice that fits is missed.
    """
    rows = [matching(step, vocabulary, as_of) for step in leaf.sequence]
    steps = [sql('(SELECT user_no, "at" FROM {} WHERE {})', events, row) for row in rows]
    chain = sql('SELECT user_no, "at" AS first_at, "at" FROM {}', steps[0])
    for step in steps[1:]:
        chain = sql(
            'SELECT p.user_no, p.first_at, f."at" FROM ({}) p '
            'ASOF JOIN {} f ON p.user_no = f.user_no AND p."at" < f."at"',
            chain,
            step,
        )
    longest = bound(leaf.within * _DAY_IN_MICROSECONDS)
    return Query(
        sql('SELECT DISTINCT user_no FROM ({}) WHERE epoch_us("at") - epoch_us(first_at) <= {}', chain, longest)
    )
