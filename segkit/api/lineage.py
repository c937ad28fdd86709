"""The lineage of a segment, gathered from definitions, vocabulary and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from segkit.analysis.lineage import Lineage, Node, Reads
from segkit.api.definitions import Definition, Definitions
from segkit.definitions.conditions import (
    Condition,
    Event,
    Label,
    OtherEvent,
    Param,
    SegmentRef,
    Sequence,
    is_muted,
    walk,
)
from segkit.definitions.documents import name_key

if TYPE_CHECKING:
    from segkit.api.app import App


def lineage_of(app: App, name: str) -> Lineage:
    """What a segment reads and what uses it; muted conditions are not read, and left out. Raises NotFound."""
    definitions = app.definitions()
    focus = definitions.with_archived(name)
    found = _Gathered(app, definitions)
    found.segment(focus)
    found.users(focus)
    return Lineage(app.name, f"segment:{focus.id}", tuple(found.nodes.values()), tuple(dict.fromkeys(found.reads)))


def read_by_segments(app: App) -> dict[str, tuple[Node, ...]]:
    """By id, what every segment reads by itself: other segments, and the sources behind its labels and events."""
    definitions = app.definitions()
    found = _Gathered(app, definitions)
    by_reader: dict[str, list[str]] = {}
    keys = {definition.id: found.segment(definition) for definition in definitions.by_id.values()}
    for edge in found.reads:
        by_reader.setdefault(edge.reader, []).append(edge.read)
    return {id_: tuple(map(found.nodes.__getitem__, _origins(key, by_reader))) for id_, key in keys.items()}


def _origins(reader: str, by_reader: Mapping[str, list[str]]) -> list[str]:
    """Keys of segments and sources, each once."""
    waiting, found = list(by_reader.get(reader, ())), dict[str, None]()
    while waiting:
        key = waiting.pop(0)
        if key.startswith(("segment:", "source:")):
            found[key] = None
        else:
            waiting += by_reader.get(key, ())
    return list(found)


class _Gathered:
    """Nodes and edges as they are come upon, each once."""

    def __init__(self, app: App, definitions: Definitions) -> None:
        self.nodes: dict[str, Node] = {}
        self.reads: list[Reads] = []
        self._app = app
        self._definitions = definitions
        self._counts = {info.id: info.count for info in app.segments()}

    def segment(self, definition: Definition) -> str:
        """A segment with all that it reads; its key."""
        key = f"segment:{definition.id}"
        if key in self.nodes:
            return key
        count = self._counts.get(definition.id)
        detail = f"{definition.kind}, {definition.cycle}" + ("" if count is None else f", {count:,} users")
        self.nodes[key] = Node(key, "segment", definition.name, detail, definition.id)
        self._rule(key, definition.rule)
        return key

    def users(self, focus: Definition) -> None:
        """The segments that read this one, directly or through others, and the exports of any of them."""
        waiting, seen = [focus], {focus.id}
        while waiting:
            read = waiting.pop(0)
            for reader in self._definitions.users_of(read.id):
                if reader.id not in seen:
                    seen.add(reader.id)
                    waiting.append(reader)
                self._user(reader, read)
            self._exports(read)

    def _user(self, reader: Definition, read: Definition) -> None:
        """A reader stands there with what it reads of this lineage only: the rest of its rule is its own."""
        key = f"segment:{reader.id}"
        if key not in self.nodes:
            count = self._counts.get(reader.id)
            detail = f"{reader.kind}, {reader.cycle}" + ("" if count is None else f", {count:,} users")
            self.nodes[key] = Node(key, "segment", reader.name, detail, reader.id)
        self.reads.append(Reads(key, f"segment:{read.id}"))

    def _exports(self, read: Definition) -> None:
        for export in self._app.due_exports:
            if any(name == read.id or name_key(name) == name_key(read.name) for name in export.segments):
                key = f"export:{export.name}"
                days = export.days if isinstance(export.days, str) else ", ".join(export.days)
                self.nodes[key] = Node(
                    key, "export", export.name, f"{days}, {export.profile or export.format or 'csv'}"
                )
                self.reads.append(Reads(key, f"segment:{read.id}"))

    # --- what a rule reads -------------------------------------------------------------------------------------------

    def _rule(self, reader: str, rule: Condition) -> None:
        events: dict[str, list[str]] = {}
        for node in _live(rule):
            if isinstance(node, Label):
                self.reads.append(Reads(reader, self._label(node.label)))
            elif isinstance(node, SegmentRef):
                self.reads.append(Reads(reader, self._reference(node.segment)))
            else:
                for code, parameters in _events(node):
                    events.setdefault(code, []).extend(parameters)
        for code, parameters in events.items():
            self.reads.append(Reads(reader, self._event(code), ", ".join(dict.fromkeys(parameters))))

    def _reference(self, segment_id: str) -> str:
        definition = self._definitions.by_id.get(segment_id)
        if definition is not None:
            return self.segment(definition)
        key = f"segment:{segment_id}"
        self.nodes[key] = Node(key, "segment", segment_id, "is not there", segment_id)
        return key

    def _label(self, code: str) -> str:
        key = f"label:{code}"
        if key in self.nodes:
            return key
        if not self._app.vocabulary.has_label(code):
            self.nodes[key] = Node(key, "label", code, "not declared", code)
            return key
        declared = self._app.vocabulary.label(code)
        self.nodes[key] = Node(key, "label", declared.name, f"{code}, {declared.type}", code)
        link, event = (getattr(declared.derived, what, None) for what in ("link", "event"))
        if isinstance(event, str):
            self.reads.append(Reads(key, self._event(event), "derived"))
        elif isinstance(link, str):
            self._sources(key, f"link {link}", [s for s in self._app.settings.links if s.name == link], "derived")
        else:
            self._sources(key, "users", self._app.settings.users, f"column {declared.source_column}")
        return key

    def _event(self, code: str) -> str:
        key = f"event:{code}"
        if key in self.nodes:
            return key
        if not self._app.vocabulary.has_event(code):
            self.nodes[key] = Node(key, "event", code, "not declared", code)
            return key
        declared = self._app.vocabulary.event(code)
        self.nodes[key] = Node(key, "event", declared.name, code, code)
        own = [s for s in self._app.settings.events if not s.name.startswith("=")]
        constant = [s for s in self._app.settings.events if s.name == f"={declared.name_in_source}"]
        self._sources(key, "events", [*constant, *own], "")
        return key

    def _sources(self, reader: str, role: str, sources: object, detail: str) -> None:
        for source in sources if isinstance(sources, list | tuple) else ():
            place = str(getattr(source, "place", None) or getattr(source, "files", ""))
            key = f"source:{role}:{place}"
            self.nodes.setdefault(key, Node(key, "source", place, role))
            self.reads.append(Reads(reader, key, detail))


def _live(rule: Condition) -> Iterator[Condition]:
    """The conditions that are evaluated."""
    if is_muted(rule):
        return
    yield rule
    for child in rule.children():
        yield from _live(child)


def _events(node: Condition) -> Iterator[tuple[str, list[str]]]:
    """The events that one condition reads, each with the parameters that it looks at."""
    if isinstance(node, Event):
        own = [node.of] if isinstance(node.of, str) else []
        yield node.event, [*own, *_parameters(node.where)]
        if isinstance(node.of, OtherEvent):
            yield node.of.event, _parameters(node.of.where)
    if isinstance(node, Sequence):
        for step in node.sequence:
            yield step.event, _parameters(step.where)


def _parameters(where: Condition | None) -> list[str]:
    return [] if where is None else [node.param for _, node in walk(where) if isinstance(node, Param)]
