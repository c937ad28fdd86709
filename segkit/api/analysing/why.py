"""From two states of a segment to the parts that its change is made of: one chain of counterfactual evaluations.

The chain begins with the users who were published as of the first date and ends with those of the second. In between
it asks what the same rule says of the same date with the data of the second (late data), then what the edited rule
says, then each edited segment that it reads, then moves the date (`engine.moves`). What is left at the end is data that
the second snapshot did not know. Each user is put down to the last step that turned them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.attribution import Share, attributed
from segkit.analysis.movement import Movement
from segkit.analysis.why import TITLES, Kind, Part, Why
from segkit.api.analysing.states import State, data_of, state_at
from segkit.api.definitions import Definition, Definitions
from segkit.api.refreshing import vocabulary_fingerprint
from segkit.definitions.conditions import Condition, SegmentRef
from segkit.definitions.differences import rule_differences
from segkit.definitions.sentences import condition_text
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.moves import Moves
from segkit.engine.rule_set import evaluate_in_order, needed_for
from segkit.errors import SegkitError
from segkit.operations.roles import may

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True)
class _Cause:
    """What one step let in: the kind, what it was in words, and the segment that it is about."""

    kind: Kind
    text: str = ""
    segment: str = ""
    lines: tuple[str, ...] = ()


Steps = list[tuple[_Cause, Bitmap]]


def why(app: App, name: str, dates: tuple[date | None, date | None], most: int) -> Why:
    """See `App.why`."""
    definitions = app.definitions()
    definition = definitions[name]
    since, until = _dates(app, definition, dates)
    states = state_at(app, definition, definitions, since), state_at(app, definition, definitions, until)
    for state, told in zip(states, ("the rule and the data of the second date", "today's rule and data"), strict=True):
        if state.record is None:
            state.notes.append(f"as of {state.as_of} nothing was published; it is counted by {told}")
    generation = states[1].record.data_generation if states[1].record else app.manifest.generation
    with data_of(app, generation) as candidates:
        chain = _best_chain(app, definition, definitions, states, candidates)
        parts = chain.parts()
    may_see = may(app.workspace.settings.roles, app.workspace.actor, "members") and definition.kind != "imported"
    return Why(
        app=app.name,
        name=definition.name,
        since=since,
        until=until,
        movement=Movement(chain.before, chain.after),
        parts=parts,
        notes=tuple(dict.fromkeys([*states[0].notes, *states[1].notes, *_edited_words(app, states)])),
        most=most if may_see else 0,
        uids=app.uids,
    )


def _dates(app: App, definition: Definition, dates: tuple[date | None, date | None]) -> tuple[date, date]:
    """Those given; else the newest snapshot's and the one before."""
    held = app.workspace.catalog.snapshots(app.name, definition.id)
    known = sorted({record.as_of for record in held}, reverse=True)
    until = dates[1] or next(iter(known), app.as_of)
    since = dates[0] or next((day for day in known if day < until), None)
    if since is None:
        raise SegkitError(
            f"‘{definition.name}’ has no snapshot before {until} to compare with; name a date with --from"
        )
    if since >= until:
        raise SegkitError(f"from {since} to {until}: expected an earlier date first, and another one second")
    return since, until


def _edited_words(app: App, states: tuple[State, State]) -> Iterator[str]:
    """That labels or events mean something else by now than when the first date's users were published."""
    record = states[0].record
    if record is not None and record.vocabulary != vocabulary_fingerprint(app):
        yield f"the vocabulary was edited since {record.as_of} was counted; what that did counts as late data"


def _best_chain(
    app: App,
    definition: Definition,
    definitions: Definitions,
    states: tuple[State, State],
    candidates: Sequence[DuckEvaluator],
) -> _Chain:
    """That over the data which gives the second snapshot again; else over the data that comes closest."""
    chains: list[_Chain] = []
    for evaluator in candidates:
        chain = _Chain(app, definition, definitions, states, evaluator)
        if not chain.missed:
            return chain
        chains.append(chain)
    return min(chains, key=lambda chain: chain.missed)


class _Chain:
    """The steps over one state of the data."""

    def __init__(
        self,
        app: App,
        definition: Definition,
        definitions: Definitions,
        states: tuple[State, State],
        evaluator: DuckEvaluator,
    ) -> None:
        self._app = app
        self._definition = definition
        self._definitions = definitions
        self._first, self._last = states
        self._evaluator = evaluator
        self._moves = None if definition.kind == "imported" else self._moved()
        self._size = max(evaluator.size, *(len_of(state.members) for state in states), app.manifest.user_count)
        self.before = self._sized(self._first.members) or self._counted_before()
        self.after = self._sized(self._last.members) or self._counted_after()

    # --- what is evaluated -------------------------------------------------------------------------------------------

    def _moved(self) -> Moves:
        first, last = self._first, self._last
        rules = last.rules if last.rules is not None else self._rules_now()
        lists = dict(last.lists) | dict(first.lists), dict(first.lists) | dict(last.lists)
        return Moves(self._evaluator, (first.as_of, last.as_of), rules, lists)

    def _rules_now(self) -> dict[str, Condition]:
        known = self._definitions.rule_by_id()
        return needed_for({self._definition.id: self._definition.rule}, known)

    def _sized(self, members: Bitmap | None) -> Bitmap | None:
        return None if members is None else members.resized(self._size)

    def _counted_before(self) -> Bitmap:
        """The first date's users where none are kept: by its own rule if that is known, over the data of then."""
        assert self._moves is not None
        first = self._first
        if first.record is None or first.rules is None:
            return self._moves.before[self._definition.id].members.resized(self._size)
        with data_of(self._app, first.record.data_generation) as candidates:
            found = [self._by(first.rules, first.lists, evaluator) for evaluator in candidates]
        asked = first.record.count
        return min(found, key=lambda members: abs(members.count - asked))

    def _counted_after(self) -> Bitmap:
        assert self._moves is not None
        return self._moves.after[self._definition.id].members.resized(self._size)

    def _by(self, rules: Mapping[str, Condition], lists: Mapping[str, Bitmap], evaluator: DuckEvaluator) -> Bitmap:
        """The users as of the first date."""
        wanted = needed_for({self._definition.id: rules[self._definition.id]}, rules)
        found = evaluate_in_order(evaluator, wanted, lists, self._first.as_of)[self._definition.id]
        return found.members.resized(self._size)

    @property
    def missed(self) -> int:
        """How many users the data says otherwise than the second snapshot."""
        if self._moves is None or self._last.rules is None:
            return 0
        return (self._counted_after() ^ self.after).count

    # --- the steps ---------------------------------------------------------------------------------------------------

    def parts(self) -> tuple[Part, ...]:
        """Every cause that turned somebody, as it is told."""
        shares = [share for share in attributed(self.before, self._steps()) if share.users.count]
        return self._as_parts(shares, (self.before | self.after))

    def _steps(self) -> Steps:
        if self._moves is None:
            return [*self._erased(self.before), (_Cause("list"), self.after)]
        steps = self._of_the_first_date(self._moves)
        steps += [
            (self._cause(move.cause, move.leaf), self._here(move.members))
            for move in self._moves.of(self._definition.id)
        ]
        steps.append((_Cause("rule" if self._last.rules is None else "late"), self.after))
        # Whoever was erased has no rows that could tell anything: they are one step, the last.
        dead = self._dead()
        living = [(cause, (members - dead) | (self.before & dead)) for cause, members in steps]
        return [*living, (_Cause("erased"), self.after)]

    def _here(self, members: Bitmap) -> Bitmap:
        return members.resized(self._size)

    def _dead(self) -> Bitmap:
        return Bitmap.from_user_nos(self._size, self._app.manifest.dead)

    def _erased(self, members: Bitmap) -> Steps:
        return [(_Cause("erased"), members - (self._dead() - self.after))]

    def _of_the_first_date(self, moves: Moves) -> Steps:
        """Late data, the rule's own edit, those of segments that it reads; all as of the first date."""
        first, own = self._first, self._definition.id
        end = self._here(moves.before[own].members)
        if first.record is None:
            return []  # counted by the rule of the second date
        if first.rules is None:
            return [*self._rule_unknown(), (_Cause("late"), end)]
        lists = dict(self._last.lists) | dict(first.lists)
        last = dict(self._last.rules or self._rules_now())
        mixed = {key: rule for key, rule in last.items() if key not in first.lists} | first.rules
        steps = [(_Cause("late"), self._by(mixed, lists, self._evaluator))]
        edited = [own, *sorted((key for key in last if key != own), key=list(last).index)]
        for key in edited:
            if mixed.get(key) == last[key]:
                continue
            cause = self._edit(key, mixed.get(key), last[key])
            mixed = mixed | {key: last[key]}
            steps.append((cause, self._by(mixed, lists, self._evaluator)))
        return [*steps, (_Cause("segment", "How a segment that it refers to is read"), end)]

    def _rule_unknown(self) -> Steps:
        """What the second date's rule says of the data of then; the rest of the way is late data."""
        record = self._first.record
        if record is None or self._first.members is None:
            return []
        lists = dict(self._last.lists) | dict(self._first.lists)
        rules = self._last.rules if self._last.rules is not None else self._rules_now()
        with data_of(self._app, record.data_generation) as candidates:
            return [(_Cause("rule"), self._by(rules, lists, candidates[0]))]

    def _edit(self, key: str, before: Condition | None, after: Condition) -> _Cause:
        """The edit of the segment's own rule, or of one that it reads, with its words."""
        name_of = self._definitions.name_of
        found = () if before is None else rule_differences(before, after, self._app.vocabulary, name_of)
        lines = tuple(str(difference) for difference in found)
        if key == self._definition.id:
            return _Cause("rule", lines=lines)
        return _Cause("segment", f"Rule of ‘{name_of(key)}’ edited", lines=lines)

    def _cause(self, kind: Kind, leaf: Condition | None) -> _Cause:
        if leaf is None:
            return _Cause(kind)
        text = condition_text(leaf, self._app.vocabulary, self._definitions.name_of)
        return _Cause(kind, text, leaf.segment if isinstance(leaf, SegmentRef) else "")

    # --- the parts ---------------------------------------------------------------------------------------------------

    def _as_parts(self, shares: Sequence[Share[_Cause]], users: Bitmap) -> tuple[Part, ...]:
        """Shares by kind, in the order in which they are told; only of some users."""
        found = []
        for kind, title in TITLES.items():
            mine = [share.within(users) for share in shares if share.cause.kind == kind]
            mine = [share for share in mine if share.users.count]
            if mine:
                found.append(self._part(kind, title, mine))
        return tuple(found)

    def _part(self, kind: Kind, title: str, shares: Sequence[Share[_Cause]]) -> Part:
        nobody = Bitmap.none(self._size)
        entered, left = nobody, nobody
        for share in shares:
            entered, left = entered | share.entered, left | share.left
        told = [share for share in shares if share.cause.text]
        inside = tuple(Part(kind, share.cause.text, share, self._opened(share), share.cause.lines) for share in told)
        lines = tuple(line for share in shares if not share.cause.text for line in share.cause.lines)
        return Part(kind, title, Share(kind, entered, left), inside, lines)

    def _opened(self, share: Share[_Cause]) -> tuple[Part, ...]:
        """Why a nested segment changed, for the users whom it turned."""
        key = share.cause.segment
        if self._moves is None or not key:
            return ()
        if key not in self._moves.before:
            return (Part("list", TITLES["list"], share),)
        before = self._here(self._moves.before[key].members)
        return self._as_parts(attributed(before, self._turns(self._moves, key)), share.users)

    def _turns(self, moves: Moves, key: str) -> Steps:
        return [(self._cause(move.cause, move.leaf), self._here(move.members)) for move in moves.of(key)]


def len_of(members: Bitmap | None) -> int:
    """How many numbers a set has."""
    return 0 if members is None else members.size
