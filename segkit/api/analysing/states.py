"""What a segment was on a date: its published users, the rules and snapshots that they were computed from, the data.

Where something of it is not known any more, a note says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions, fingerprint
from segkit.data.generation import kept_manifest
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Condition, live_references, references
from segkit.definitions.documents import Document
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import ALONE, DuckEvaluator
from segkit.engine.known_then import KnownThen
from segkit.errors import Damaged, NotFound, SegkitError
from segkit.store.records import Child, Snapshot
from segkit.store.snapshots import read_newest, read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass
class State:
    """A segment as of a date. `members` are those that were published; None where they are not at hand.

    `rules` are its own and those that it reads, by id, None where they are not known; `lists` what it reads published.
    """

    as_of: date
    record: Snapshot | None
    members: Bitmap | None
    document: Document
    rules: dict[str, Condition] | None = None
    documents: dict[str, Document] = field(default_factory=dict)
    lists: dict[str, Bitmap] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def state_at(app: App, definition: Definition, definitions: Definitions, day: date) -> State:
    """The state of a segment as of a day. Raises NotFound where one that is read published has nothing by then."""
    catalog = app.workspace.catalog
    record = (
        catalog.newest_snapshot(app.name, definition.id, day)
        if definition.reads_snapshots
        else catalog.snapshot(app.name, definition.id, day)
    )
    if record is None and definition.reads_snapshots:
        raise NotFound(
            f"‘{definition.name}’ is not refreshed daily and has no snapshot as of {day} or before; nothing to compare"
        )
    members, notes = _members(app, record)
    version = record.version if record is not None else None
    document = catalog.version(definition.id, version).document if version else definition.document
    state = State(record.as_of if record else day, record, members, document, notes=notes)
    if definition.kind != "imported":
        _Reading(app, definitions, state).fill(definition)
    return state


def _members(app: App, record: Snapshot | None) -> tuple[Bitmap | None, list[str]]:
    if record is None:
        return None, []
    try:
        return read_snapshot(app.workspace.folder, record), []
    except (Damaged, NotFound):
        was = f"the users of {record.as_of} ({record.count:,}) are not kept any more"
        return None, [f"{was}; they are counted again, with the data as it was known then where that can be told"]


class _Reading:
    """Finds what a state's segment read, as it was when its snapshot was computed."""

    def __init__(self, app: App, definitions: Definitions, state: State) -> None:
        self._app = app
        self._definitions = definitions
        self._state = state
        self._children = {child.segment_id: child for child in (state.record.children if state.record else ())}
        self._has_predefined = False

    def fill(self, definition: Definition) -> None:
        state, self._has_predefined = self._state, definition.kind == "predefined"
        rules: dict[str, Condition] = {definition.id: state.document.rule}
        waiting: list[Condition] = [state.document.rule]
        state.documents[definition.id] = state.document
        while waiting:
            for reference in live_references(waiting.pop()):
                if reference in rules or reference in state.lists:
                    continue
                document = self._document(reference)
                if self._is_read_published(reference):
                    state.lists[reference] = self._list(reference)
                else:
                    state.documents[reference] = document
                    rules[reference] = document.rule
                    waiting.append(document.rule)
        state.rules = rules if self._are_those_of_then(definition) and self._are_sound(rules) else None

    def _document(self, segment_id: str) -> Document:
        """What a segment said when the snapshot was computed."""
        definition = self._definitions.by_id.get(segment_id)
        record = self._state.record
        if definition is not None and definition.kind == "predefined":
            self._has_predefined = True
            return definition.document
        if record is None:
            if definition is None:
                raise NotFound(f"no segment '{segment_id}' in app '{self._app.name}' any more; take it out of the rule")
            return definition.document
        child = self._children.get(segment_id)
        catalog = self._app.workspace.catalog
        if child is not None and child.version and not child.snapshot:
            return catalog.version(segment_id, child.version).document
        versions = catalog.versions(segment_id)
        known = [version for version in versions if version.at <= record.computed_at]
        return (known or versions[:1])[-1].document

    def _is_read_published(self, segment_id: str) -> bool:
        child = self._children.get(segment_id)
        if child is not None:
            return child.snapshot is not None
        definition = self._definitions.by_id.get(segment_id)
        return definition is not None and definition.reads_snapshots

    def _list(self, segment_id: str) -> Bitmap:
        app, child = self._app, self._children.get(segment_id, Child(segment_id))
        catalog, as_of = app.workspace.catalog, self._state.as_of
        if child.snapshot is not None and (record := catalog.snapshot_of_id(child.snapshot)) is not None:
            with suppress(Damaged, NotFound):
                return read_snapshot(app.workspace.folder, record)
            name = self._definitions.name_of(segment_id)
            self._state.notes.append(f"the users of ‘{name}’ that were read as of {as_of} are not kept any more")
        found = read_newest(app.workspace.folder, catalog, app.name, segment_id, as_of)
        if found is None:
            raise NotFound(f"‘{self._definitions.name_of(segment_id)}’ has no snapshot as of {as_of} or before")
        return found[1]

    def _are_those_of_then(self, definition: Definition) -> bool:
        """Thresholds of predefined segments have no versions: only the hash of then tells whether they are the same."""
        record = self._state.record
        if record is None or not self._has_predefined or record.rule_fingerprint is None:
            return True
        if self._fingerprint(definition.id, ()) == record.rule_fingerprint:
            return True
        self._state.notes.append(
            f"the thresholds of predefined segments as of {self._state.as_of} are not known any more; "
            "what changing them did counts as an edit of the rule"
        )
        return False

    def _fingerprint(self, segment_id: str, above: tuple[str, ...]) -> str:
        if segment_id in above:
            return segment_id
        try:
            document = self._state.documents.get(segment_id) or self._document(segment_id)
        except SegkitError:
            return segment_id
        below = {child: self._fingerprint(child, (*above, segment_id)) for child in references(document.rule)}
        return fingerprint(document, below)

    def _are_sound(self, rules: dict[str, Condition]) -> bool:
        if not any(check_rule(rule, self._app.vocabulary) for rule in rules.values()):
            return True
        self._state.notes.append(
            f"the rule as of {self._state.as_of} does not fit today's vocabulary; "
            "all that came before the second date's rule counts as an edit of it"
        )
        return False


@contextmanager
def data_of(app: App, generation: int) -> Iterator[list[DuckEvaluator]]:
    """The data as a generation had it, the surest first: itself, or what loads brought by then; at last today's."""
    now = app.evaluator()
    if generation == now.manifest.generation:
        yield [now]
        return
    spill, limits = app.workspace.folder / "data" / ".spill", app.workspace.settings.limits
    opened: list[DuckEvaluator] = []
    kept = kept_manifest(app.folder, generation)
    loads = now.manifest.loads_by(generation)
    try:
        if kept is not None:
            opened.append(DuckEvaluator(app.folder, kept, now.vocabulary, limits, spill, evaluation=ALONE))
        elif loads:
            opened.append(KnownThen(app.folder, now.manifest, now.vocabulary, limits, spill, loads))
        yield [*opened, now]
    finally:
        for evaluator in opened:
            evaluator.close()
