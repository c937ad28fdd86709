"""What is odd about the segments that a rule refers to: gone, archived, unavailable, older than they should be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import live
from segkit.api.definitions import Definition, Definitions
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Condition, SegmentRef, live_references
from segkit.definitions.documents import name_key
from segkit.errors import nearest
from segkit.store.records import Snapshot, StoredSegment

if TYPE_CHECKING:
    from segkit.api.app import App

_TAKE_OUT = "or take the condition out"


@dataclass(frozen=True)
class References:
    """The segments of an app as of a date, for looking up what rules refer to."""

    app: App
    definitions: Definitions
    newest: dict[str, Snapshot]
    deleted: tuple[StoredSegment, ...]
    as_of: date

    @classmethod
    def of(cls, app: App, definitions: Definitions, as_of: date) -> References:
        catalog = app.workspace.catalog
        newest = catalog.newest_snapshots(app.name, as_of)
        return cls(app, definitions, newest, tuple(catalog.segments(app.name, deleted=True)), as_of)

    def remarks(self, rule: Condition) -> list[Remark]:
        """A remark for each reference, in conditions that are not muted, that there is something about."""
        found = (self._of(node, path) for path, node in live(rule) if isinstance(node, SegmentRef))
        return [remark for remark in found if remark is not None]

    def can_be_read(self, rule: Condition, above: tuple[str, ...] = ()) -> bool:
        """Whether everything that a rule refers to can be evaluated, or read from a snapshot."""
        return all(self._is_readable(reference, above) for reference in live_references(rule))

    def _is_readable(self, reference: str, above: tuple[str, ...]) -> bool:
        found = self.definitions.by_id.get(reference)
        if found is None or found.missing or reference in above:
            return False
        if found.reads_snapshots:
            return reference in self.newest
        sound = not check_rule(found.rule, self.app.vocabulary)
        return sound and self.can_be_read(found.rule, (*above, reference))

    def _of(self, node: SegmentRef, path: str) -> Remark | None:
        found = self.definitions.by_id.get(node.segment)
        if found is None:
            return self._gone(node.segment, path)
        if found.missing:
            words = f"‘{found.name}’ cannot be evaluated here: the vocabulary lacks {', '.join(found.missing)}."
            return Remark("reference-unavailable", path, words, f"Declare what is lacking, {_TAKE_OUT}.")
        if found.reads_snapshots and found.id not in self.newest:
            words = f"‘{found.name}’ has cycle {found.cycle} and no published users as of {self.as_of} or before."
            advice = f"`segkit refresh '{found.name}'` publishes it as of today."
            return Remark("reference-unavailable", path, words, advice)
        if not self._is_readable(found.id, ()):
            words = f"‘{found.name}’ cannot be evaluated: it does not fit the vocabulary, or refers to what cannot be."
            return Remark("reference-unavailable", path, words, f"`segkit lint '{found.name}'` says what is wrong.")
        return self._stale(found, path)

    def _gone(self, reference: str, path: str) -> Remark:
        archived = self.definitions.archived(reference)
        if archived is not None:
            words = f"‘{archived.name}’ is archived: it is neither refreshed nor read."
            advice = f"`segkit unarchive '{archived.name}'` brings it back; {_TAKE_OUT}."
            return Remark("reference-archived", path, words, advice.replace("; or", ", or"))
        key = name_key(reference)
        deleted = next((s for s in self.deleted if s.id == reference or name_key(s.name) == key), None)
        if deleted is not None:
            words = f"‘{deleted.name}’ was deleted."
            return Remark(
                "reference-deleted", path, words, f"`segkit undelete {deleted.id}` brings it back, {_TAKE_OUT}."
            )
        names = [definition.name for definition in self.definitions.by_id.values()]
        words = f"There is no segment ‘{reference}’.{nearest(reference, names)}"
        return Remark("reference-unknown", path, words, f"`segkit list` shows all {len(names)}.")

    def _stale(self, found: Definition, path: str) -> Remark | None:
        snapshot = self.newest.get(found.id)
        if snapshot is None:
            return None
        age = (self.as_of - snapshot.as_of).days
        numbers = {"as_of": snapshot.as_of.isoformat(), "days": age}
        mend = f"`segkit refresh '{found.name}'` publishes it again."
        if found.reads_snapshots:
            if found.kind == "imported" or snapshot.rule_fingerprint == self.definitions.fingerprint_of(found):
                return None
            words = f"‘{found.name}’ was changed since its users of {snapshot.as_of} were published, which this reads."
            return Remark("reference-stale", path, words, mend, numbers)
        if age <= 1:
            return None
        words = (
            f"‘{found.name}’ is to be refreshed daily, and its newest users are of {snapshot.as_of}, {age:,} days ago. "
            "This rule evaluates it anew; lists and exports of it show the old ones."
        )
        return Remark("reference-stale", path, words, mend, numbers)
