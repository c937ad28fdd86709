"""Why a user is in or not, asked of an app: the rule judged, put in words, with the rows that count."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING, Any, cast

from segkit.analysis.explanation import Explanation, Kind, Line, NearMiss, Row, Rows
from segkit.analysis.showing import value_text, without_addresses
from segkit.analysis.verdicts import Verdict, near_misses, same_condition
from segkit.api.analysing.comparing import compared
from segkit.api.analysing.judging import Judge
from segkit.api.definitions import Definition
from segkit.api.estimating import notes_on_days, shown_rule
from segkit.api.evaluation import RuleLike, named
from segkit.api.looking import put_on_record
from segkit.api.whom import Person, person
from segkit.definitions.conditions import (
    Condition,
    Event,
    Label,
    Leaf,
    SegmentRef,
    Sequence,
    is_muted,
    path_of_child,
)
from segkit.definitions.derivations import as_events
from segkit.definitions.sentences import condition_text
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.one_user import EventRow
from segkit.engine.relations import parameters_of
from segkit.errors import NotFound, SegkitError
from segkit.masking import masked, masked_text

if TYPE_CHECKING:
    from segkit.api.app import App, Day

_RULE = "this rule"
_KINDS: dict[str, Kind] = {
    "all": "all", "any": "any", "not": "not", "label": "label", "event": "event", "sequence": "sequence",
    "segment": "segment", "sample": "sample",
}  # fmt: skip


class Explaining:
    """The part of an app that says why."""

    @property
    def _app(self) -> App:
        return cast("App", self)

    def explain(
        self,
        who: str,
        rule: RuleLike,
        as_of: Day = None,
        *,
        limit: int = 5,
        after: int = 0,
        place: str | None = None,
        unmask: bool = False,
    ) -> Explanation:
        """Why a user, found by uid, account, e-mail or mobile, is in or not: each condition, values, rows, near misses.

        Each condition of events shows `limit` of the rows that count, the newest first, behind `after` of them; with
        `place`, such as `rule.all[1]`, only that condition does. Personal data is masked unless `unmask`, on record.
        Raises NotFound for a user whom the app did not know on that day, SegkitError where several are meant.
        """
        if limit < 0 or after < 0:
            raise SegkitError(f"limit {limit}, after {after}: expected how many rows to show, and to leave out before")
        app, day = self._app, self._app.day(as_of)
        return _Explained(app, person(app, who, day), rule, day, unmask, limit, after, place).explanation()


class _Explained:
    """One explanation while it is made."""

    def __init__(
        self,
        app: App,
        who: Person,
        rule: RuleLike,
        as_of: date,
        unmask: bool,
        limit: int,
        after: int,
        place: str | None,
    ) -> None:
        self._app, self._who, self._as_of, self._unmask = app, who, as_of, unmask
        self._limit, self._after, self._place = limit, after, place
        self._definitions = app.definitions()
        self._definition = named(rule, self._definitions)
        self._rule = shown_rule(rule, self._definitions)
        self._judge = Judge(app, who, self._rule, as_of, self._definitions)
        self._personal: set[str] = set()  # labels and parameters with personal data that are shown
        self._nodes: dict[str, Condition] = {}

    def explanation(self) -> Explanation:
        self._require_there()
        tree = self._line(self._rule, "rule")
        if self._place is not None and self._place not in {line.verdict.place for _, line in tree.walk()}:
            places = ", ".join(line.verdict.place for _, line in tree.walk() if line.rows is not None)
            raise NotFound(f"no condition at '{self._place}'; those with rows are {places or 'none'}")
        near = self._near_misses(tree)
        uid = self._who.uid if self._unmask else self._who.shown
        if self._unmask and (self._personal or self._who.shown != self._who.uid):
            shown = sorted(self._personal) + (["uid"] if self._who.shown != self._who.uid else [])
            put_on_record(self._app, self._definition, shown, 1, self._as_of)
        subject = _RULE if self._definition is None else f"‘{self._definition.name}’"
        holds = True if tree.holds is None else tree.holds
        return Explanation(uid, subject, self._as_of, holds, tree, near, tuple(self._notes(holds)))

    def _require_there(self) -> None:
        user = self._judge.user
        if user.is_there:
            return
        said = f"the user who was asked for was no user of app '{self._app.name}' as of {self._as_of}"
        later = [stay.start for stay in user.stays if stay.start is not None and stay.start > self._as_of]
        gone = [stay.end for stay in user.stays if stay.end is not None and stay.end <= self._as_of]
        why = f"gone since {max(gone)}" if gone else "not known yet"
        why += f", known from {min(later)} on" if later else ""
        raise NotFound(f"{said}: {why}. Choose another date.")

    def _notes(self, holds: bool) -> list[str]:
        found = [*self._app.notes(self._as_of), *notes_on_days(self._rule, self._as_of, self._app.manifest)]
        if self._definition is not None and self._definition.cycle == "once" and self._definition.kind != "imported":
            found.append(_note_on_once(self._judge, self._definition, holds))
        return found

    # --- the tree ----------------------------------------------------------------------------------------------------

    def _line(self, node: Condition, place: str) -> Line:
        self._nodes[place] = node
        text = condition_text(node, self._app.vocabulary, self._definitions.name_of)
        text = text if self._unmask else masked_text(text)
        kind = _KINDS[type(node).key_order[0]]
        if is_muted(node):
            return Line(kind, Verdict(place, "leaf", None), text)
        if isinstance(node, SegmentRef):
            return self._segment(node, place, text)
        if isinstance(node, Leaf):
            return self._leaf(node, place, text, kind)
        inside = tuple(self._line(child, path_of_child(node, place, n)) for n, child in enumerate(node.children()))
        verdict = Verdict(place, cast(Any, kind), self._judge.holds(node), tuple(line.verdict for line in inside))
        return Line(kind, verdict, text, inside)

    def _segment(self, node: SegmentRef, place: str, text: str) -> Line:
        rule, holds = self._judge.rules.get(node.segment), self._judge.holds(node)
        if rule is None:
            _, child = self._judge.published(node.segment)
            snapshot = self._app.workspace.catalog.snapshot_of_id(child.snapshot or "")
            note = f"read from its snapshot as of {snapshot.as_of}" if snapshot else "read from its snapshot"
            return Line("segment", Verdict(place, "leaf", holds, (), f"segment {node.segment}"), text, note=note)
        inside = self._line(rule, f"{place}.segment")
        # A nested rule that is muted as a whole picks everybody, as an `all` without conditions does.
        verdict = Verdict(place, "all", holds, (inside.verdict,))
        version = self._definitions.by_id[node.segment].version
        note = "its rule" if version is None else f"its rule, version {version}"
        return Line("segment", verdict, text, (inside,), note=note)

    def _leaf(self, leaf: Leaf, place: str, text: str, kind: Kind) -> Line:
        condition, is_reversed = same_condition(self._of_events(leaf))
        verdict = Verdict(place, "leaf", self._judge.holds(leaf), (), condition, is_reversed)
        hidden = None
        if isinstance(leaf, Label) and (personal := self._app.vocabulary.label(leaf.label).personal) is not None:
            seen = self._judge.user.seen(leaf)
            self._personal |= set() if seen is None else {leaf.label}
            hidden = None if self._unmask else personal
        found = compared(self._judge.user, self._app.vocabulary, leaf, bool(verdict.holds), hidden)
        found = found if self._unmask else found.masked()
        op, value = (leaf.op, leaf.value) if isinstance(leaf, Label | Event) else (None, None)
        value = None if hidden else value if self._unmask else without_addresses(value)
        return Line(
            kind, verdict, text, (), found.seen, found.seen_text, op, value, found.gap, found.turns,
            rows=self._rows(leaf, place),
        )  # fmt: skip

    def _of_events(self, leaf: Leaf) -> Leaf:
        """A comparison of a label that is derived from events is the condition of events that it stands for."""
        derived = self._app.vocabulary.label(leaf.label).from_events if isinstance(leaf, Label) else None
        said = as_events(leaf, derived) if isinstance(leaf, Label) and derived is not None else leaf
        return said if isinstance(said, Leaf) else leaf

    # --- what would turn it ------------------------------------------------------------------------------------------

    def _near_misses(self, tree: Line) -> tuple[NearMiss, ...]:
        lines = {line.verdict.place: line for _, line in tree.walk()}
        if tree.holds is None:
            return ()
        found = near_misses(tree.verdict)
        return tuple(
            NearMiss(lines[places[0]], places, tuple(self._beside(lines, condition, places)))
            for condition, places in found.items()
        )

    def _beside(self, lines: dict[str, Line], condition: str, places: tuple[str, ...]) -> list[str]:
        """The places of other conditions that read the same label or event, and may turn along with it."""
        mine = _reads(self._of_events(cast(Leaf, self._nodes[places[0]])))
        return [
            place
            for place, line in lines.items()
            if line.holds is not None and line.verdict.condition not in ("", condition)
            and mine & _reads(self._of_events(cast(Leaf, self._nodes[place])))
        ]  # fmt: skip

    # --- rows --------------------------------------------------------------------------------------------------------

    def _rows(self, leaf: Leaf, place: str) -> Rows | None:
        counted = self._counted(leaf)
        if counted is None:
            return None
        is_asked_for = self._place in (None, place)
        total, rows = self._judge.user.rows(counted, self._limit if is_asked_for else 0, self._after)
        if not is_asked_for:
            return Rows(total, 0, ())
        read = list(parameters_read(counted))
        return Rows(
            total, self._after, tuple(shown_row(self._app, row, read, self._personal, self._unmask) for row in rows)
        )

    def _counted(self, leaf: Leaf) -> Event | Sequence | None:
        leaf = self._of_events(leaf)
        return leaf if isinstance(leaf, Event | Sequence) else None


def parameters_read(leaf: Event | Sequence) -> list[str]:
    """The parameters that a condition looks at; they are told first."""
    return sorted(parameters_of(leaf))


def shown_row(app: App, row: EventRow, first: list[str], personal: set[str], unmask: bool) -> Row:
    """An event in words, in the app's zone; personal parameters masked unless asked for, and noted in `personal`."""
    everywhere = common_parameters(app.vocabulary) - set(first)
    told: list[tuple[str, str]] = []
    common: list[tuple[str, str]] = []
    for code in sorted(row.parameters, key=lambda code: code not in first):
        declared = app.vocabulary.parameter(code)
        value = value_text(row.parameters[code], declared.values, declared.unit)
        if declared.personal is not None:
            personal.add(code)
            value = value if unmask else masked(row.parameters[code], declared.personal) or ""
        (common if code in everywhere else told).append((declared.name, value if unmask else masked_text(value)))
    at = row.at.replace(tzinfo=UTC).astimezone(app.zone)
    name = app.vocabulary.event(row.event).name if app.vocabulary.has_event(row.event) else row.event
    return Row(at, row.event, name, tuple(told), row.is_counted, row.steps, tuple(common))


def common_parameters(vocabulary: Vocabulary) -> set[str]:
    """The parameters that every event carries, where there are several events."""
    carried = [set(event.parameters) for event in vocabulary.events]
    return set.intersection(*carried) if len(carried) > 1 else set()


def _reads(leaf: Leaf) -> set[str]:
    if isinstance(leaf, Label):
        return {f"label {leaf.label}"}
    if isinstance(leaf, Sequence):
        return {f"event {step.event}" for step in leaf.sequence}
    if isinstance(leaf, Event):
        other = () if leaf.of is None or isinstance(leaf.of, str) else (leaf.of.event,)
        return {f"event {name}" for name in (leaf.event, *other)}
    return set()


def _note_on_once(judge: Judge, definition: Definition, holds: bool) -> str:
    try:
        members, child = judge.published(definition.id)
    except NotFound:
        return f"‘{definition.name}’ has cycle once and was not published by then"
    snapshot = judge.app.workspace.catalog.snapshot_of_id(child.snapshot or "")
    is_in = judge.user.user_no in members
    day = f" as of {snapshot.as_of}" if snapshot else ""
    told = f"‘{definition.name}’ has cycle once: this user is {'in' if is_in else 'not in'} its snapshot{day}"
    return told if is_in == holds else f"{told}; what is shown here is its rule as of {judge.as_of}"
