"""Which document of a folder is which segment of the catalog, and everything that keeps the folder from being applied.

A segment is known by its id; a document without one is the segment that has its name, or a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import require_available
from segkit.api.life import exports_that_use
from segkit.api.personas import problems_of
from segkit.definitions import predefined
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import live_references, references
from segkit.definitions.document_files import DocumentFile
from segkit.definitions.documents import Document, document_data, name_key, to_json
from segkit.engine.rule_set import find_cycle
from segkit.errors import DefinitionError, Problem, SegkitError
from segkit.store.records import StoredSegment
from segkit.store.references import with_ids

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.workspace import Workspace


@dataclass(frozen=True)
class Wanted:
    """One document of the folder and the segment that it is. Its `document` has its app, its id, and ids for names."""

    file: DocumentFile
    document: Document
    held: StoredSegment | None  # deleted, where it is to be brought back

    @property
    def id(self) -> str:
        """The segment's id; one that stands in for it until a new segment is given its own."""
        assert self.document.id is not None
        return self.document.id

    @property
    def is_new(self) -> bool:
        """Whether the catalog has no such segment now."""
        return self.held is None or self.held.deleted_at is not None

    @property
    def lacks_id(self) -> bool:
        """Whether the file is to be given the segment's id."""
        return self.file.document.id is None

    @property
    def is_unchanged(self) -> bool:
        """Whether the catalog holds exactly this."""
        return not self.is_new and self.held is not None and same_text(self.document) == same_text(self.held.document)


def same_text(document: Document) -> str:
    """The same for documents that say the same, also where one was kept in an older format."""
    return to_json(document_data(document))


@dataclass(frozen=True)
class Matched:
    """The documents of one app beside its catalog: what is wanted, and all definitions before and after."""

    app: App
    wanted: tuple[Wanted, ...]
    deleted: tuple[StoredSegment, ...]
    archived: tuple[StoredSegment, ...]  # neither in the folder nor to be changed by one
    left: tuple[StoredSegment, ...]  # custom segments that are not in the folder, and stay
    before: Definitions
    after: Definitions
    versions: Mapping[str, int]  # of every segment that the catalog has now

    @property
    def saved(self) -> tuple[Wanted, ...]:
        """What differs from the catalog."""
        return tuple(w for w in self.wanted if not w.is_unchanged)


def files_by_app(
    workspace: Workspace, files: Iterable[DocumentFile], only: str | None
) -> tuple[dict[str, list[DocumentFile]], list[Problem]]:
    """The documents of each app, and those of which it cannot be said; with `only`, those of that app.

    A document without `app` is of the one that is asked for, or of the only one that there is.
    """
    names = workspace.app_names
    default = only or (names[0] if len(names) == 1 else None)
    found: dict[str, list[DocumentFile]] = {default: []} if default else {}
    problems = []
    for file in files:
        app = file.document.app or default
        if app is None:
            problems.append(Problem(f"{file.place}: app", f"missing; expected one of {', '.join(names)}"))
        elif app not in names:
            try:
                workspace.settings.app(app)
            except SegkitError as error:
                problems.append(Problem(f"{file.place}: app", str(error)))
        elif only in (None, app):
            found.setdefault(app, []).append(file)
    return found, problems


def match(app: App, files: Iterable[DocumentFile], delete: bool) -> tuple[Matched, list[Problem]]:
    """An app's documents matched with its catalog; with `delete`, segments that no file has are to go."""
    catalog = app.workspace.catalog
    versions = catalog.current_versions(app.name)  # first: what is saved after this is found out when it is applied
    now = catalog.segments(app.name)
    archived = catalog.segments(app.name, archived=True)
    deleted_before = {s.id: s for s in catalog.segments(app.name, deleted=True)}
    matcher = _Matcher(app, now, archived, deleted_before, _elsewhere(app))
    wanted = list(matcher.wanted(sorted(files, key=lambda f: f.place)))
    claimed = {w.id for w in wanted}
    others = [s for s in now if s.kind == "custom" and s.id not in claimed]
    deleted, left = (others, []) if delete else ([], others)
    before = app.definitions()
    gone = {s.id for s in deleted}
    names = _names(before, wanted)
    away = {s.name: s.id for s in archived}
    resolved = [_resolved(w, names, away, matcher.problems) for w in wanted]
    after = before.with_changes([Definition(w.id, "custom", w.document, _version(w)) for w in resolved], gone)
    matched = Matched(app, tuple(resolved), tuple(deleted), archived, tuple(left), before, after, versions)
    return matched, [*matcher.problems, *_problems(matched)]


def _version(wanted: Wanted) -> int | None:
    return wanted.held.version if wanted.held else None


def _elsewhere(app: App) -> dict[str, str]:
    """The app of every segment of the other apps."""
    others = [name for name in app.workspace.app_names if name != app.name]
    return {s.id: name for name in others for s in app.workspace.catalog.segments(name)}


class _Matcher:
    def __init__(
        self,
        app: App,
        now: Iterable[StoredSegment],
        archived: Iterable[StoredSegment],
        deleted: Mapping[str, StoredSegment],
        elsewhere: Mapping[str, str],
    ) -> None:
        self.problems: list[Problem] = []
        self._app = app
        self._by_id = {s.id: s for s in now}
        self._archived = {s.id: s for s in archived}
        self._archived_names = {name_key(s.name): s for s in archived}
        self._deleted = deleted
        self._elsewhere = elsewhere
        self._reserved = {name_key(name) for name in predefined.names()}

    def wanted(self, files: list[DocumentFile]) -> Iterator[Wanted]:
        """Each document that can be a segment. Those with an id come first: a name may be free by what they do."""
        by_id: dict[str, DocumentFile] = {}
        for file in files:
            if file.document.id is not None and self._is_possible(file, by_id):
                by_id[file.document.id] = file
        by_name = {name_key(s.name): s for s in self._by_id.values() if s.id not in by_id}
        names: dict[str, DocumentFile] = {}
        for file in files:
            own_id = file.document.id
            if own_id is not None and by_id.get(own_id) is not file:
                continue
            if not self._has_a_name_of_its_own(file, names, by_name):
                continue
            held = by_name.get(name_key(file.document.name)) if own_id is None else self._held(own_id)
            segment_id = own_id or (held.id if held else _stand_in(file))
            document = file.document.model_copy(update={"id": segment_id, "app": self._app.name})
            yield Wanted(file, document, held)

    def _held(self, segment_id: str) -> StoredSegment | None:
        return self._by_id.get(segment_id) or self._deleted.get(segment_id)

    def _is_possible(self, file: DocumentFile, taken: Mapping[str, DocumentFile]) -> bool:
        segment_id = file.document.id
        assert segment_id is not None
        held = self._held(segment_id)
        if segment_id.startswith("pd_"):
            found = f"{segment_id} is predefined and read-only; take `id` out and choose another name to save a copy"
        elif segment_id in taken:
            found = f"the same id as in {taken[segment_id].place}; expected one file a segment. Take one of them out"
        elif segment_id in self._elsewhere:
            found = f"{segment_id} is a segment of app '{self._elsewhere[segment_id]}'; take `id` out, or change `app`"
        elif segment_id in self._archived:
            found = _is_archived(self._archived[segment_id])
        elif held is not None and held.kind != "custom":
            found = f"‘{held.name}’ is an imported list, which no document changes; take the file out"
        else:
            return True
        self.problems.append(Problem(f"{file.place}: id", found))
        return False

    def _has_a_name_of_its_own(
        self, file: DocumentFile, taken: dict[str, DocumentFile], by_name: Mapping[str, StoredSegment]
    ) -> bool:
        name, key = file.document.name, name_key(file.document.name)
        held = by_name.get(key)
        if key in taken:
            other = taken[key]
            found = f"‘{name}’ is the name of {other.place} as well, in whatever spelling; choose another"
        elif key in self._reserved:
            found = f"‘{name}’ is the name of a predefined segment; choose another"
        elif key in self._archived_names:
            found = _is_archived(self._archived_names[key])
        elif held is not None and held.kind != "custom":
            found = f"‘{held.name}’ is the name of an imported list; choose another"
        else:
            taken[key] = file
            return True
        self.problems.append(Problem(f"{file.place}: name", found))
        return False


def _is_archived(held: StoredSegment) -> str:
    return f"‘{held.name}’ is archived; `segkit unarchive '{held.name}'` brings it back. Or take the file out"


def _stand_in(file: DocumentFile) -> str:
    return "sg_new_" + hashlib.sha256(file.place.encode()).hexdigest()[:24]


def _names(before: Definitions, wanted: Iterable[Wanted]) -> dict[str, str]:
    """The ids of all segments by the names that they will have; of one that goes, by that which it had."""
    claimed = {w.id for w in wanted}
    will_have = {name_key(w.document.name) for w in wanted}
    others = [d for d in before.by_id.values() if d.id not in claimed and name_key(d.name) not in will_have]
    return {d.name: d.id for d in others} | {w.document.name: w.id for w in wanted}


def _resolved(wanted: Wanted, names: Mapping[str, str], away: Mapping[str, str], problems: list[Problem]) -> Wanted:
    """The same with ids where its rule names segments; what it names and is not there becomes a problem."""
    place = wanted.file.place
    try:
        rule = with_ids(wanted.document.rule, names, place, away)
    except DefinitionError as error:
        problems += [Problem(f"{place}: {p.place}", p.message) for p in error.problems]
        return wanted
    return replace(wanted, document=wanted.document.model_copy(update={"rule": rule}))


def _problems(matched: Matched) -> Iterator[Problem]:
    for wanted in matched.wanted:
        place, document = wanted.file.place, wanted.document
        for problem in (*check_rule(document.rule, matched.app.vocabulary), *problems_of(document.personas)):
            yield Problem(f"{place}: {problem.place}", problem.message)
        for reference in references(document.rule):
            if reference.startswith("pd_"):
                yield from _unavailable(matched, place, reference)
    yield from _taken_names(matched)
    yield from _still_used(matched)
    yield from _circle(matched)


def _unavailable(matched: Matched, place: str, reference: str) -> Iterator[Problem]:
    try:
        require_available(matched.after[reference])
    except SegkitError as error:
        yield Problem(f"{place}: rule", str(error))


def _taken_names(matched: Matched) -> Iterator[Problem]:
    """Names that a segment has which is not in the folder and stays."""
    left = {name_key(s.name): s for s in matched.left}
    for wanted in matched.wanted:
        other = left.get(name_key(wanted.document.name))
        if other is not None:
            found = f"‘{other.name}’ ({other.id}) has this name, and is not in the folder; choose another"
            yield Problem(f"{wanted.file.place}: name", found)


def _still_used(matched: Matched) -> Iterator[Problem]:
    for segment in matched.deleted:
        used_by = [d.name for d in matched.after.by_id.values() if segment.id in references(d.rule)]
        used_by += [s.name for s in matched.archived if segment.id in references(s.document.rule)]
        users = [*(f"‘{name}’" for name in sorted(used_by)), *exports_that_use(matched.app, segment)]
        if users:
            yield Problem(f"‘{segment.name}’", f"to be deleted, but used by {', '.join(users)}; take it out there")


def _circle(matched: Matched) -> Iterator[Problem]:
    cycle = find_cycle({d.id: d.rule for d in matched.after.by_id.values()})
    if cycle:
        path = " → ".join(f"‘{matched.after.name_of(segment_id)}’" for segment_id in cycle)
        places = {w.id: w.file.place for w in matched.wanted}
        where = next((places[segment_id] for segment_id in cycle if segment_id in places), "")
        yield Problem(f"{where}: rule" if where else "", f"it would read itself: {path}; take one reference out")


def readers_of(definitions: Definitions, changed: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By id, every other segment whose users follow from changed ones, with the ids on the way from one of them to it.

    A segment with cycle once keeps its users until it is refreshed itself, so nothing follows through it.
    """
    users: dict[str, list[Definition]] = {}
    for definition in definitions.by_id.values():
        for reference in live_references(definition.rule):
            users.setdefault(reference, []).append(definition)
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(segment_id, (segment_id,)) for segment_id in sorted(changed)]
    while waiting:
        segment_id, path = waiting.pop(0)
        for parent in users.get(segment_id, []):
            if parent.id not in found and parent.id not in changed and not parent.reads_snapshots:
                found[parent.id] = path
                waiting.append((parent.id, (*path, parent.id)))
    return found
