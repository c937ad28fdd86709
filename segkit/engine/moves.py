"""How users came into a rule and left it between two dates, one cause and one condition after the other.

The rule is evaluated for users who are in the base on both dates, with its leaves as of the first date. Then each leaf
is turned to the second date in small steps, a cause at a time and within it in the order of the rule: first the events
that left its window go, then the calendar moves, then labels get their new values, then new events come, and at last
segments that it refers to get their new users. What a leaf says of a user on both dates alike, it says all the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from segkit.compile.derived import in_events
from segkit.compile.leaves import event_query, label_predicate, sequence_query
from segkit.compile.sql import Sql, sql
from segkit.definitions.conditions import Condition, Event, Label, Leaf, Param, SegmentRef, Sequence, is_muted, walk
from segkit.definitions.operators import DATE_MEASURES
from segkit.definitions.windows import Days
from segkit.engine.bitmap import Bitmap
from segkit.engine.canonical import canonical
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.fold import fold
from segkit.engine.protocol import Evaluated
from segkit.engine.rule_set import evaluate_in_order

#: Why a rule picks other users on another date, in the order in which the causes are let in.
Cause = Literal["gone", "new", "left", "time", "label", "events", "segment"]
_OF_LEAVES: tuple[Cause, ...] = ("left", "time", "label", "events", "segment")
_FROM_TODAY = frozenset({"in_last", "not_in_last", "in_next", "days_ago_gt", "days_ago_lt", "days_ago_between"})


@dataclass(frozen=True)
class Move:
    """One step: the cause, the leaf that it turned (none for users who came into the base or left it), and then the
    users of the rule."""

    cause: Cause
    leaf: Leaf | None
    members: Bitmap


@dataclass(frozen=True)
class _TurningLeaf:
    """A leaf as it stands in the rule, its canonical text as events, and its users at each stage."""

    shown: Leaf
    key: str
    start: Bitmap
    stages: Mapping[Cause, Bitmap]


class Moves:
    """Rules between two dates. `lists` are the memberships that they read from snapshots, on either date."""

    def __init__(
        self,
        evaluator: DuckEvaluator,
        dates: tuple[date, date],
        rules: Mapping[str, Condition],
        lists: tuple[Mapping[str, Bitmap], Mapping[str, Bitmap]],
    ) -> None:
        self._evaluator = evaluator
        self.dates = dates
        self._rules = {key: in_events(rule, evaluator.vocabulary) for key, rule in rules.items()}
        self._shown = rules
        self.before, self.after = (
            evaluate_in_order(evaluator, rules, stored, day) for stored, day in zip(lists, dates, strict=True)
        )
        self.bases = evaluator.base(dates[0]), evaluator.base(dates[1])
        self._both = self.bases[0] & self.bases[1]

    def of(self, key: str) -> list[Move]:
        """The steps of one rule, from its users on the first date (not among them) to those on the second."""
        before, after = self.before[key].members, self.after[key].members
        newcomers = after - self.bases[0]
        moves = [
            Move("gone", None, before & self.bases[1]),
            Move("new", None, (before & self.bases[1]) | newcomers),
        ]
        leaves = self._turning(key)
        current = {leaf.key: leaf.start for leaf in leaves}
        for cause in _OF_LEAVES:
            for leaf in leaves:
                stage = leaf.stages.get(cause)
                if stage is None or stage == current[leaf.key]:
                    continue
                current[leaf.key] = stage
                members = fold(self._rules[key], current, self._both).members | newcomers
                moves.append(Move(cause, leaf.shown, members))
        return moves

    def _turning(self, key: str) -> list[_TurningLeaf]:
        """The distinct leaves of a rule, in its order."""
        found: dict[str, _TurningLeaf] = {}
        first, last = _members_by_place(self.before[key]), _members_by_place(self.after[key])
        said = dict(walk(self._rules[key]))
        for place, shown in walk(self._shown[key]):
            leaf = said[place]
            if place not in first or not isinstance(leaf, Leaf) or not isinstance(shown, Leaf):
                continue
            text = canonical(leaf)
            if text not in found:
                start, end = first[place] & self._both, last[place] & self._both
                found[text] = _TurningLeaf(shown, text, start, self._stages(leaf, start, end))
        return list(found.values())

    def _stages(self, leaf: Leaf, start: Bitmap, end: Bitmap) -> dict[Cause, Bitmap]:
        """The leaf's users once each cause was let in; between start and end only those whom it turns may differ."""
        turned = start ^ end
        if not turned.count:
            return {}
        if isinstance(leaf, SegmentRef):
            return {"segment": end}
        between = self._label(leaf) if isinstance(leaf, Label) else self._events(leaf)
        kept = start - turned
        found = {cause: kept | (members & turned) for cause, members in between.items()}
        return found | {"label" if isinstance(leaf, Label) else "events": end}

    def _label(self, leaf: Label) -> dict[Cause, Bitmap]:
        """With the values of the first date, seen from the second."""
        if leaf.op not in _FROM_TODAY:
            return {}
        query = label_predicate(leaf, self._evaluator.vocabulary, self.dates[1])
        table = self._evaluator.label_table(leaf.label, self.dates[0], None)
        if table is None:
            return {"time": self._users(None, query.negated)}
        return {"time": self._users(sql("SELECT user_no FROM {} WHERE {}", Sql(table), query.sql), query.negated)}

    def _events(self, leaf: Leaf) -> dict[Cause, Bitmap]:
        """With the events that both windows see: as of the first date, then as of the second."""
        if not isinstance(leaf, Event | Sequence):
            return {}
        first, last = (leaf.window.days(day) for day in self.dates)
        shared = _shared(first, last)
        left = self._with_events_of(leaf, shared, self.dates[0])
        if not _reads_the_calendar(leaf):
            return {"left": left}
        return {"left": left, "time": self._with_events_of(leaf, shared, self.dates[1])}

    def _with_events_of(self, leaf: Event | Sequence, days: Days, as_of: date) -> Bitmap:
        events = self._evaluator.relations.within(days).events(leaf, as_of)
        vocabulary = self._evaluator.vocabulary
        if isinstance(leaf, Event):
            query = event_query(leaf, vocabulary, as_of, events)
        else:
            query = sequence_query(leaf, vocabulary, as_of, events)
        return self._users(query.sql, query.negated)

    def _users(self, query: Sql | None, negated: bool) -> Bitmap:
        found = Bitmap.none(self._evaluator.size) if query is None else self._evaluator.users(query)
        return self._both - found if negated else self._both & found


def _members_by_place(evaluated: Evaluated) -> dict[str, Bitmap]:
    return {condition.path: condition.members for condition in evaluated.conditions}


def _shared(one: Days, other: Days) -> Days:
    """The days of both; none where they do not meet."""
    starts = [days.start for days in (one, other) if days.start is not None]
    return Days(max(starts, default=None), min(one.end, other.end))


def _reads_the_calendar(leaf: Event | Sequence) -> bool:
    """Whether the date alone may change what the same events come to."""
    if isinstance(leaf, Event):
        if leaf.measure == "periods" or (leaf.measure in DATE_MEASURES and leaf.op in _FROM_TODAY):
            return True
        wheres = [leaf.where, getattr(leaf.of, "where", None)]
    else:
        wheres = [step.where for step in leaf.sequence]
    live = [where for where in wheres if where is not None and not is_muted(where)]
    return any(isinstance(node, Param) and node.op in _FROM_TODAY for where in live for _, node in walk(where))
