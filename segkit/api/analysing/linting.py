"""What is odd about rules: all that they say is read first; then all that is to be counted, in one evaluation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, cast

from segkit.analysis.algebra.reading import Reading
from segkit.analysis.linting import boundaries, counted, missing
from segkit.analysis.linting.boundaries import Boundary, Ruled
from segkit.analysis.linting.constants import Constants, constants
from segkit.analysis.linting.deprecated import deprecated
from segkit.analysis.linting.missing import Place
from segkit.analysis.linting.redundant import redundant
from segkit.analysis.linting.remark import CODES, Lint, Remark
from segkit.analysis.linting.swaying import decided_by
from segkit.analysis.linting.tree import is_group, kind_of, live, live_children, replaced
from segkit.analysis.linting.unknown_values import Named, named_values, unknown_values
from segkit.analysis.linting.windows import DaysHeld, window_remarks
from segkit.api.analysing.lint_references import References
from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import Evaluation, RuleLike, evaluate
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import EVERYBODY, Condition, SegmentRef, walk
from segkit.definitions.documents import Document, parse_document, parse_rule
from segkit.definitions.sentences import condition_text
from segkit.engine.bitmap import Bitmap
from segkit.engine.parameters import parameter_values
from segkit.engine.people import value_counts
from segkit.errors import Cancelled, NotFound, SegkitError
from segkit.store.searching import Search

if TYPE_CHECKING:
    from segkit.api.app import App, Day

_MOST_ROWS = 4  # of a group in words
_MOST_VALUES = 100_000  # a label with more values than this is no list of values, and is not checked for them


class Linting:
    """The part of an app that says what is odd about rules."""

    def lint(
        self,
        rule: RuleLike,
        as_of: Day = None,
        *,
        beside: Iterable[str] = (),
        cancel: threading.Event | None = None,
    ) -> Lint:
        """What is odd about a rule: a condition, a document, plain data of either, or a segment's name.

        A good rule has no remark. `beside` names segments that it must meet without a gap or an overlap; nothing else
        is said of them. Raises DefinitionError for data that is no rule, NotFound for an unknown name, Cancelled.
        """
        app = cast("App", self)
        definitions = app.definitions()
        subjects = [_subject(rule, definitions)]
        others = [_of_definition(definitions[name]) for name in beside]
        return _lint(app, subjects, [], definitions, app.day(as_of), others, cancel)

    def lint_set(
        self, rules: Iterable[RuleLike] = (), *, folder: str | None = None, tag: str | None = None, as_of: Day = None
    ) -> Lint:
        """What is odd about each rule of a set, and between them: values in none, or in both, at a boundary.

        The set are the rules that are given, and the segments of a folder or with a tag. Raises as `lint`, and
        SegkitError for an empty set.
        """
        app = cast("App", self)
        definitions = app.definitions()
        found = [_subject(rule, definitions) for rule in rules]
        if folder is not None or tag is not None:
            wanted = Search(folder=folder, tag=tag)
            held = definitions.by_id.values()
            found += [_of_definition(d) for d in held if wanted.finds(d.document, d.kind) and d.kind != "imported"]
        if not found:
            raise SegkitError("found no segment to lint; expected names, documents, or a folder or tag that holds some")
        return _lint(app, found, [range(len(found))], definitions, app.day(as_of))

    def lint_all(self, as_of: Day = None) -> Lint:
        """What is odd about every segment, and between those of one folder, of one tag, and the predefined ones."""
        app = cast("App", self)
        definitions = app.definitions()
        held = [d for d in definitions.by_id.values() if d.kind != "imported" and not d.missing]
        return _lint(app, [_of_definition(d) for d in held], _sets(held), definitions, app.day(as_of))


@dataclass
class _Subject:
    """One rule that is looked at, and what was found of it so far."""

    name: str
    rule: Condition
    missing: tuple[str, ...] = ()
    remarks: list[Remark] = field(default_factory=list)
    constant: dict[str, bool] = field(default_factory=dict)
    implied: set[str] = field(default_factory=set)
    takes_in: list[Place] = field(default_factory=list)
    is_sound: bool = True
    is_counted: bool = True


def _subject(rule: RuleLike, definitions: Definitions) -> _Subject:
    if isinstance(rule, str):
        return _of_definition(definitions.with_archived(rule))
    document = rule if isinstance(rule, Document) else None
    if document is None and not isinstance(rule, Condition) and ("rule" in rule or "segkit" in rule):
        document = parse_document(dict(rule))
    shown = document.rule if document is not None else parse_rule(rule)
    return _Subject(document.name if document is not None else "this rule", _with_known_ids(shown, definitions))


def _with_known_ids(rule: Condition, definitions: Definitions) -> Condition:
    """The rule with ids where it names segments that are there; the others stay as they are written."""
    changes: dict[str, Condition] = {
        path: node.model_copy(update={"segment": definitions[node.segment].id})
        for path, node in walk(rule)
        if isinstance(node, SegmentRef) and node.segment in definitions
    }
    return replaced(rule, changes)


def _of_definition(definition: Definition) -> _Subject:
    if definition.kind == "imported":
        raise SegkitError(f"‘{definition.name}’ is an imported list; it has no rule to lint")
    return _Subject(definition.name, definition.rule, definition.missing)


def _sets(held: Sequence[Definition]) -> list[Sequence[int]]:
    """Which of these are of one folder, of one tag, or predefined; by number."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, definition in enumerate(held):
        document = definition.document
        keys = [("tag", tag) for tag in document.tags] + ([("folder", document.folder)] if document.folder else [])
        for key in [*keys, ("kind", "predefined")] if definition.kind == "predefined" else keys:
            found.setdefault(key, []).append(number)
    return list(found.values())


def _lint(
    app: App,
    subjects: list[_Subject],
    sets: Sequence[Sequence[int]],
    definitions: Definitions,
    as_of: date,
    beside: Sequence[_Subject] = (),
    cancel: threading.Event | None = None,
) -> Lint:
    work = _Work(app, definitions, as_of, cancel)
    for subject in subjects:
        work.read(subject)
    between = work.between(subjects, sets) + work.against(subjects[0], beside)
    found = work.count(subjects, between)
    remarks = [replace(r, segment=s.name) for s in subjects for r in _in_order(s)]
    notes = () if work.has_data else ("no data is loaded: nothing was counted; `segkit load` brings it in",)
    told = [_seen_from(r, subjects[0].name) for r in found] if beside else found
    return Lint((*remarks, *told), tuple(s.name for s in subjects), as_of, notes)


def _seen_from(remark: Remark, name: str) -> Remark:
    """A remark on a boundary at the place that it has in one of its two segments."""
    (other, path), *_ = remark.beside
    if remark.segment == name:
        return remark
    return replace(remark, segment=other, path=path, beside=((remark.segment, remark.path),))


def _in_order(subject: _Subject) -> list[Remark]:
    """In the order in which the conditions stand there, the more serious first."""
    places = {path: number for number, (path, _) in enumerate(walk(subject.rule))}
    codes = list(CODES)

    def at(remark: Remark) -> tuple[int, str, int]:
        known = [number for path, number in places.items() if remark.path.startswith(path)]
        return max(known, default=0), remark.path, codes.index(remark.code)

    return sorted(subject.remarks, key=at)


@dataclass
class _Work:
    """One lint: what rules are read by, and the rules that are to be counted with them."""

    app: App
    definitions: Definitions
    as_of: date
    cancel: threading.Event | None = None
    wanted: dict[str, Condition] = field(default_factory=dict)
    values: dict[tuple[str | None, str], list[object] | None] = field(default_factory=dict)

    @cached_property
    def reading(self) -> Reading:
        return Reading(self.app.vocabulary, self.as_of)

    @cached_property
    def references(self) -> References:
        return References.of(self.app, self.definitions, self.as_of)

    @cached_property
    def has_data(self) -> bool:
        try:
            self.app.require_history(self.as_of)
        except NotFound:
            return False
        return True

    def text(self, node: Condition) -> str:
        """A condition in words, in quotes; texts of the data stand in others inside."""
        return f'"{self._row(node)}"'

    def _row(self, node: Condition) -> str:
        """A condition in words; a group by its rows."""
        row = condition_text(node, self.app.vocabulary, self.definitions.name_of)
        inside = [child for _, child in live_children(node, "")]
        if not inside or (kind_of(node) == "not" and not is_group(inside[0])):
            return row
        if kind_of(node) == "not":
            inside = [child for _, child in live_children(inside[0], "")] or inside
        more = f"; and {len(inside) - _MOST_ROWS} more" if len(inside) > _MOST_ROWS else ""
        return f"{row}: {'; '.join(map(self._row, inside[:_MOST_ROWS]))}{more}"

    # --- what rules say ----------------------------------------------------------------------------------------------

    def read(self, subject: _Subject) -> None:
        """Everything that is found without counting; and what is to be counted."""
        self.require_time()
        self.reading.begin_rule()
        rule = subject.rule
        if subject.missing:
            words = f"‘{subject.name}’ cannot be evaluated here: the vocabulary lacks {', '.join(subject.missing)}."
            subject.remarks.append(Remark("cannot-be-evaluated", "rule", words, "Declare what is lacking."))
            subject.is_sound = subject.is_counted = False
            return
        subject.remarks += self.references.remarks(rule)
        problems = check_rule(rule, self.app.vocabulary)
        for problem in problems:
            subject.remarks.append(
                Remark("cannot-be-evaluated", problem.place, f"{problem.message}", "Mend it, and lint again.")
            )
        if problems:
            subject.is_sound = subject.is_counted = False
            return
        found: Constants = constants(rule, self.reading, self.text)
        follows = redundant(rule, self.reading, self.text, found)
        subject.constant, subject.implied = found.by_path, {remark.path for remark in follows}
        subject.remarks += [*found.remarks, *follows, *deprecated(rule, self.app.vocabulary)]
        subject.is_counted = self.has_data and self.references.can_be_read(rule)
        if self.has_data:
            subject.remarks += window_remarks(rule, self.as_of, DaysHeld.of(self.app.manifest), self.text)
        if subject.is_counted:
            subject.takes_in = missing.places(rule, self.reading)
            self.want(rule, *(leaf.without for place in subject.takes_in for leaf in place.leaves))

    def between(self, subjects: Sequence[_Subject], sets: Sequence[Sequence[int]]) -> list[Boundary]:
        """The boundaries of each set, each once."""
        found: dict[tuple[object, ...], Boundary] = {}
        for numbers in sets:
            for boundary in self._boundaries([subjects[n] for n in numbers]):
                ends = (boundary.low, boundary.high)
                key = tuple((end.segment.name, end.placed[0][0]) for end in ends)
                found.setdefault((boundary.code, boundary.low.subject, *key), boundary)
        return self._counted_later(list(found.values()))

    def against(self, subject: _Subject, beside: Sequence[_Subject]) -> list[Boundary]:
        """The boundaries of one with each of some others."""
        for other in beside:
            other.is_sound = not (other.missing or check_rule(other.rule, self.app.vocabulary))
        found = self._boundaries([subject, *beside]) if beside else []
        its = [b for b in found if any(end.segment.rule is subject.rule for end in (b.low, b.high))]
        return self._counted_later(its)

    def _boundaries(self, subjects: Sequence[_Subject]) -> list[Boundary]:
        self.require_time()
        self.reading.begin_rule()
        ruled = [Ruled(subject.name, subject.rule) for subject in subjects if subject.is_sound]
        return boundaries.boundaries(ruled, self.reading)

    def _counted_later(self, found: list[Boundary]) -> list[Boundary]:
        """Those that can be counted, once they are wanted."""
        if not self.has_data:
            return []
        readable = [b for b in found if all(self.references.can_be_read(rule) for rule in b.rules())]
        for boundary in readable:
            self.want(*boundary.rules())
        return readable

    def require_time(self) -> None:
        """Raises Cancelled once nobody waits for it any more."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled("cancelled; nothing was changed")

    def want(self, *rules: Condition) -> None:
        """Has rules evaluated with all others."""
        for rule in rules:
            self.wanted.setdefault(_key(rule), rule)

    # --- what the data says ------------------------------------------------------------------------------------------

    def count(self, subjects: Sequence[_Subject], between: Sequence[Boundary]) -> list[Remark]:
        """Adds to each subject what is found by counting; the remarks on boundaries."""
        if not self.has_data:
            return []
        wanted = self.wanted or {"everybody": EVERYBODY}
        found = evaluate(self.app, wanted, self.as_of, self.definitions, cancel=self.cancel)
        for subject in subjects:
            if subject.is_counted:
                self._count(subject, found)
        told = (boundaries.boundary_remark(b, _users(found), self.as_of, self.text) for b in between)
        return [remark for remark in told if remark is not None]

    def _count(self, subject: _Subject, found: Evaluation) -> None:
        rule, base = subject.rule, found.base
        result = found.results[_key(rule)]
        counted_at = {condition.path: condition.members for condition in result.conditions}
        members = {path: counted_at[path] for path, _ in live(rule)}
        subject.remarks += self._unknown_values(rule)
        self.require_time()
        known = {
            r.path for r in subject.remarks if r.code in ("unknown-value", "window-before-data", "window-after-data")
        }
        subject.remarks += counted.of_the_date(
            rule, members, base, self.as_of, self.text,
            constant=subject.constant, implied=subject.implied, known={_leaf_of(path, members) for path in known},
        )  # fmt: skip
        if subject.takes_in and "rule" not in subject.constant:
            decided = decided_by(rule, members, base)
            users = _users(found)
            subject.remarks += missing.remarks(
                subject.takes_in, members, decided, lambda leaf: users(leaf.without), base, self.text
            )

    def _unknown_values(self, rule: Condition) -> Iterator[Remark]:
        for named in named_values(rule, self.app.vocabulary):
            known = self._known_values(named)
            event = None if named.event is None else self.app.vocabulary.event(named.event).name
            remark = unknown_values(named, known, event) if known is not None else None
            if remark is not None:
                yield remark

    def _known_values(self, named: Named) -> list[object] | None:
        key = (named.event, named.declared.code)
        if key not in self.values:
            evaluator, most = self.app.evaluator(), _MOST_VALUES + 1
            if named.event is None:
                counts, _ = value_counts(evaluator, named.declared.code, self.as_of, limit=most, cancel=self.cancel)
                found = [each.value for each in counts]
            else:
                found = parameter_values(evaluator, named.event, named.declared.code, self.as_of, most, self.cancel)
            self.values[key] = found if len(found) < most else None
        return self.values[key]


def _key(rule: Condition) -> str:
    return rule.model_dump_json()


def _users(found: Evaluation) -> Callable[[Condition], Bitmap]:
    def users(rule: Condition) -> Bitmap:
        return found.results[_key(rule)].members

    return users


def _leaf_of(path: str, members: dict[str, Bitmap]) -> str:
    """The condition that a place lies in: a filter's is its event's."""
    while path not in members and path:
        path = path.rpartition(".")[0]
    return path
