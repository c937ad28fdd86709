"""Labels derived from events: what a rule says of one is said of the events, and its values are those of the measure.

Nothing of such a label is stored. A comparison of it is the event condition that it stands for, so that both pick the
same users, also where the value that is shown is rounded: an average is shown as a double, and compared as a fraction.
"""

from __future__ import annotations

from datetime import date

from segkit.compile.leaves import matching, measure_query, places_of
from segkit.compile.sql import Sql, identifier, sql
from segkit.definitions.conditions import Condition, Event, Label, Not, OtherEvent
from segkit.definitions.derivations import FromEvents, as_events
from segkit.definitions.vocabulary import Vocabulary


def in_events(rule: Condition, vocabulary: Vocabulary) -> Condition:
    """The same rule with every label that is derived from events written as a condition of events, in its place."""
    if isinstance(rule, Label):
        derived = vocabulary.label(rule.label).from_events
        return rule if derived is None or rule.mute else as_events(rule, derived)
    children = rule.children()
    said = tuple(in_events(child, vocabulary) for child in children)
    if all(new is old for new, old in zip(said, children, strict=True)):
        return rule
    key = type(rule).key_order[0]
    return rule.model_copy(update={"not_": said[0]} if isinstance(rule, Not) else {key: said})


def measured(derived: FromEvents) -> Event:
    """An event condition over the events that a label is derived from; what it compares with is of no matter."""
    return derived.compared("ge", 0)


def places_of_value(derived: FromEvents, vocabulary: Vocabulary) -> int | None:
    """Decimal places of the values of such a label; None where they are whole numbers, doubles, dates or truth."""
    code = derived.measured_parameter
    return None if code is None or derived.measure == "avg" else vocabulary.parameter(code).places


def label_values(derived: FromEvents, vocabulary: Vocabulary, as_of: date, events: Sql, users: Sql) -> Sql:
    """user_no and value, missing ones left out, over `events` of the window and `users(user_no, uid)`."""
    leaf = measured(derived)
    if derived.measure == "sum":  # not in units, as comparisons have it
        row = matching(OtherEvent(event=leaf.event, where=leaf.where), vocabulary, as_of)
        column = identifier(f"p_{leaf.of}")
        found = sql("SELECT user_no, sum({}) AS value FROM {} WHERE {} GROUP BY user_no", column, events, row)
    else:
        value = _value(derived, leaf, vocabulary)
        found = sql("SELECT user_no, {} AS value FROM ({})", value, measure_query(leaf, vocabulary, as_of, events))
    if not derived.is_never_missing:
        return found
    none = Sql("FALSE" if derived.measure == "exists" else "0")
    everybody = "SELECT u.user_no, COALESCE(f.value, {}) AS value FROM {} u LEFT JOIN ({}) f USING (user_no)"
    return sql(everybody, none, users, found)


def _value(derived: FromEvents, leaf: Event, vocabulary: Vocabulary) -> Sql:
    """The value to show, from the `v` and `n` of `measure_query`."""
    if derived.measure == "exists":
        return Sql("v > 0")
    if derived.measure in ("avg", "share"):
        whole = 10 ** places_of(leaf, vocabulary)
        return sql("CAST(v AS DOUBLE) / CAST(CAST(n AS HUGEINT) * {} AS DOUBLE)", Sql(str(whole)))
    return Sql("v")
