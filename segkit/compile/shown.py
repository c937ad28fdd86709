"""The SQL of a whole rule for people to read. Nothing runs it: what is run binds its values, a leaf at a time.

Relations have plain names: `users(user_no, uid)` are those of the base, `label_CODE(user_no, value)` the values present
as of the date, `events(user_no, event, at, day, p_…)` those before it, `segment_ID(user_no)` the users of a segment.
"""

from __future__ import annotations

from datetime import date

from segkit.compile.derived import in_events
from segkit.compile.leaves import event_query, label_predicate, sample_query, sequence_query
from segkit.compile.sql import Sql, bound, identifier, joined, sql
from segkit.definitions.conditions import (
    All,
    Condition,
    Event,
    Label,
    Not,
    Sample,
    SegmentRef,
    Sequence,
    is_muted,
)
from segkit.definitions.vocabulary import Vocabulary

_INDENT = "  "


def shown_sql(rule: Condition, vocabulary: Vocabulary, as_of: date) -> str:
    """One SELECT that picks the users of a rule, with its values written in."""
    condition = "TRUE" if is_muted(rule) else _shown(in_events(rule, vocabulary), vocabulary, as_of, 1)
    return f"-- as of {as_of.isoformat()}\nSELECT user_no FROM users\nWHERE {condition}\n"


def _shown(node: Condition, vocabulary: Vocabulary, as_of: date, depth: int) -> str:
    if isinstance(node, Not):
        return f"NOT ({_shown(node.not_, vocabulary, as_of, depth)})"
    if not isinstance(node, Label | Event | Sequence | SegmentRef | Sample):
        return _group(node, vocabulary, as_of, depth)
    found, negated = _leaf(node, vocabulary, as_of)
    return f"user_no {'NOT ' if negated else ''}IN ({_text(found)})"


def _group(node: Condition, vocabulary: Vocabulary, as_of: date, depth: int) -> str:
    parts = [_shown(child, vocabulary, as_of, depth + 1) for child in node.children() if not is_muted(child)]
    if not parts:
        return "TRUE" if isinstance(node, All) else "FALSE"
    word = "AND" if isinstance(node, All) else "OR"
    lines = f"\n{_INDENT * depth}{word} ".join(parts)
    return lines if depth == 1 or len(parts) == 1 else f"({lines})"


def _leaf(node: Condition, vocabulary: Vocabulary, as_of: date) -> tuple[Sql, bool]:
    """A query that gives `user_no`, never missing, and whether the leaf is the complement of what it finds."""
    if isinstance(node, SegmentRef):
        return sql("SELECT user_no FROM {}", _quoted(f"segment_{node.segment}")), False
    if isinstance(node, Sample):
        query = sample_query(node, Sql("users"))
    elif isinstance(node, Label):
        query = label_predicate(node, vocabulary, as_of)
        return sql("SELECT user_no FROM {} WHERE {}", identifier(f"label_{node.label}"), query.sql), query.negated
    elif isinstance(node, Event):
        query = event_query(node, vocabulary, as_of, _events(node, as_of))
    else:
        assert isinstance(node, Sequence)
        query = sequence_query(node, vocabulary, as_of, _events(node, as_of))
    return query.sql, query.negated


def _events(node: Event | Sequence, as_of: date) -> Sql:
    days = node.window.days(as_of)
    before = sql("day < {}", bound(days.end))
    within = before if days.start is None else sql("day >= {} AND {}", bound(days.start), before)
    return sql("(SELECT * FROM events WHERE {})", within)


def _quoted(name: str) -> Sql:
    return Sql('"' + name.replace('"', '""') + '"')


def _text(query: Sql) -> str:
    """The query with its values written where they are bound."""
    pieces = query.text.split("?")
    return "".join(piece + literal for piece, literal in zip(pieces, [*map(_literal, query.values), ""], strict=True))


def _literal(value: object) -> str:
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, list | tuple):
        return joined(", ", [Sql(_literal(item)) for item in value]).text.join("[]")
    if isinstance(value, bool) or value is None:
        return "NULL" if value is None else str(value).upper()
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
