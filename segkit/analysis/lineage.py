"""What a segment reads, down to the tables its data comes from, and what uses it: as a graph that shows itself.

Built by `segkit.api.lineage`; drawn by `lineage_picture`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from typing import Any, Literal

from segkit.analysis.svg import figure

Kind = Literal["source", "label", "event", "segment", "export"]


@dataclass(frozen=True, slots=True)
class Node:
    """One thing. `key` is its own within the lineage; `detail` says more of it in a few words."""

    key: str
    kind: Kind
    name: str
    detail: str = ""
    code: str = ""  # a label's or an event's code, a segment's id


@dataclass(frozen=True, slots=True)
class Reads:
    """That `reader` reads `read`, by their keys; `detail` such as the parameters that it looks at."""

    reader: str
    read: str
    detail: str = ""


@dataclass(frozen=True)
class Lineage:
    """Everything that a segment reads and everything that uses it, `focus` being the segment's own key."""

    app: str
    focus: str
    nodes: tuple[Node, ...]
    reads: tuple[Reads, ...]

    def node(self, key: str) -> Node:
        """The node of a key."""
        return self._by_key[key]

    @property
    def _by_key(self) -> dict[str, Node]:
        return {node.key: node for node in self.nodes}

    def order(self) -> list[str]:
        """The keys, what is read before who reads it."""
        graph: dict[str, set[str]] = {node.key: set() for node in self.nodes}
        for edge in self.reads:
            graph[edge.reader].add(edge.read)
        return list(TopologicalSorter(graph).static_order())

    def readers_of(self, key: str) -> list[Reads]:
        """Who reads a node."""
        return [edge for edge in self.reads if edge.read == key]

    def read_by(self, key: str) -> list[Reads]:
        """What a node reads."""
        return [edge for edge in self.reads if edge.reader == key]

    @property
    def used_by(self) -> list[Node]:
        """The segments and exports that use it, directly or through others, in the order of reading."""
        found, by_key = {self.focus}, self._by_key
        for key in self.order():
            if any(edge.read in found for edge in self.read_by(key)):
                found.add(key)
        return [by_key[key] for key in self.order() if key in found and key != self.focus]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "app": self.app,
            "focus": self.focus,
            "nodes": [asdict(node) for node in self.nodes],
            "reads": [asdict(edge) for edge in self.reads],
        }

    def text(self) -> str:
        """As a tree of what it reads, each thing opened once, and a list of what uses it."""
        focus = self.node(self.focus)
        lines = [_line(focus), "Reads:", *(self._tree(self.focus, 1, set()) or ["  nothing"])]
        users = self.used_by
        lines += ["Used by:", *([f"  {_line(node)}" for node in users] or ["  nothing"])]
        return "\n".join(lines)

    def _tree(self, key: str, depth: int, opened: set[str]) -> list[str]:
        lines = []
        for edge in self.read_by(key):
            node = self.node(edge.read)
            detail = f": {edge.detail}" if edge.detail else ""
            again = " (see above)" if node.key in opened and self.read_by(node.key) else ""
            lines.append(f"{'  ' * depth}{_line(node)}{detail}{again}")
            if node.key not in opened:
                opened.add(node.key)
                lines += self._tree(node.key, depth + 1, opened)
        return lines

    def svg(self) -> str:
        """As a picture: data flows from left to right."""
        from segkit.analysis.lineage_picture import picture

        return picture(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        rows = "".join(f"<li>{line}</li>" for line in self._escaped_lines())
        behind = f"<details><summary>As text</summary><ul>{rows}</ul></details>"
        return figure(self.svg(), f"Lineage of {self.node(self.focus).name}", behind)

    def _escaped_lines(self) -> Iterator[str]:
        from html import escape

        for edge in self.reads:
            detail = f" ({edge.detail})" if edge.detail else ""
            yield escape(f"{_line(self.node(edge.reader))} reads {_line(self.node(edge.read))}{detail}")


def _line(node: Node) -> str:
    name = f"‘{node.name}’" if node.kind in ("segment", "export") else node.name
    code = f" {node.code}" if node.kind in ("label", "event") and node.code != node.name else ""
    return f"{node.kind}{code} {name}" + (f" ({node.detail})" if node.detail else "")
