"""Where the nodes of a graph without circles stand when it is drawn in columns, so that few lines cross.

The usual four steps of layered drawing: columns by the longest path, a place in every column that a long line passes,
an order by the middle of the neighbours, then heights that keep lines straight where there is room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 12


@dataclass(frozen=True)
class Layout:
    """By node the column and the middle's height; by line the heights at which it passes each column in between."""

    column: dict[str, int]
    middle: dict[str, float]
    passes: dict[tuple[str, str], list[tuple[int, float]]]
    height: float


def columns(order: Sequence[str], lines: Sequence[tuple[str, str]], first: Mapping[str, int]) -> dict[str, int]:
    """The column of each node: at least `first`, and right of everything that it reads. `lines` lead to the right."""
    found: dict[str, int] = {}
    for node in order:
        before = [found[start] + 1 for start, end in lines if end == node]
        found[node] = max([first.get(node, 0), *before])
    return found


def laid_out(
    column: Mapping[str, int], lines: Sequence[tuple[str, str]], node_height: float, line_height: float, gap: float
) -> Layout:
    """Heights for everything. `lines` lead from a column to one further right."""
    paths = {line: _path(line, column) for line in lines}
    layers: dict[int, list[str]] = {}
    for node, at in column.items():
        layers.setdefault(at, []).append(node)
    for line, path in paths.items():
        for number, dummy in enumerate(path[1:-1], column[line[0]] + 1):
            layers.setdefault(number, []).append(dummy)
    neighbours: dict[str, list[str]] = {}
    for path in paths.values():
        for one, other in pairwise(path):
            neighbours.setdefault(one, []).append(other)
            neighbours.setdefault(other, []).append(one)
    in_order = [layers[at] for at in sorted(layers)]
    where = {node: at for at in layers for node in layers[at]}
    _fewer_crossings(in_order, neighbours)
    size = {node: node_height if node in column else line_height for layer in in_order for node in layer}
    middle = _heights(in_order, neighbours, size, gap)
    top = min((middle[node] - size[node] / 2 for node in middle), default=0.0)
    middle = {node: at - top for node, at in middle.items()}
    passes = {line: [(where[dummy], middle[dummy]) for dummy in path[1:-1]] for line, path in paths.items()}
    height = max((middle[node] + size[node] / 2 for node in middle), default=0.0)
    return Layout(dict(column), {node: middle[node] for node in column}, passes, height)


def _path(line: tuple[str, str], column: Mapping[str, int]) -> list[str]:
    start, end = line
    between = range(column[start] + 1, column[end])
    return [start, *(f"{start}\0{end}\0{at}" for at in between), end]


def _fewer_crossings(layers: list[list[str]], neighbours: Mapping[str, list[str]]) -> None:
    """Puts each node at the middle of its neighbours in the column before, then after, and so on; keeps the best."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, neighbours)
    for sweep in range(_SWEEPS):
        step = 1 if sweep % 2 == 0 else -1
        for number in range(1, len(layers)) if step == 1 else range(len(layers) - 2, -1, -1):
            layers[number] = _by_middle(layers[number], layers[number - step], neighbours)
        crossings = _crossings(layers, neighbours)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    layers[:] = best


def _by_middle(layer: Sequence[str], beside: Sequence[str], neighbours: Mapping[str, list[str]]) -> list[str]:
    at = {node: number for number, node in enumerate(beside)}
    middle = {
        node: _mean([at[other] for other in neighbours.get(node, ()) if other in at], number)
        for number, node in enumerate(layer)
    }
    return sorted(layer, key=middle.__getitem__)


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else float(otherwise)


def _crossings(layers: Sequence[Sequence[str]], neighbours: Mapping[str, list[str]]) -> int:
    """How many pairs of lines between neighbouring columns cross."""
    found = 0
    for left, right in pairwise(layers):
        at = {node: number for number, node in enumerate(right)}
        ends = [end for node in left for end in sorted(at[n] for n in neighbours.get(node, ()) if n in at)]
        found += sum(one > other for number, one in enumerate(ends) for other in ends[number + 1 :])
    return found


def _heights(
    layers: Sequence[Sequence[str]], neighbours: Mapping[str, list[str]], size: Mapping[str, float], gap: float
) -> dict[str, float]:
    """Stacked at first, then drawn towards the middle of the neighbours, without coming closer than the gap."""
    middle: dict[str, float] = {}
    for layer in layers:
        top = -sum(size[node] + gap for node in layer) / 2
        for node in layer:
            middle[node] = top + size[node] / 2
            top += size[node] + gap
    for sweep in range(2 * _SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = {node: _mean([middle[n] for n in neighbours.get(node, ())], middle[node]) for node in layer}
            _settle(layer, wanted, middle, size, gap)
    return middle


@dataclass
class _Block:
    """Nodes that touch: the offset of each from the first, and where the first stands."""

    nodes: list[str]
    offsets: list[float]
    at: float

    def middle_of_last(self) -> float:
        return self.at + self.offsets[-1]


def _settle(
    layer: Sequence[str], wanted: Mapping[str, float], middle: dict[str, float], size: Mapping[str, float], gap: float
) -> None:
    """As close to the wanted heights as their order and the gaps allow: nodes that touch share the mean of theirs."""
    blocks: list[_Block] = []
    for node in layer:
        block = _Block([node], [0.0], wanted[node])
        while blocks:
            above = blocks[-1]
            room = (size[above.nodes[-1]] + size[block.nodes[0]]) / 2 + gap
            if above.middle_of_last() + room <= block.at:
                break
            blocks.pop()
            step = above.offsets[-1] + room
            nodes, offsets = above.nodes + block.nodes, above.offsets + [step + offset for offset in block.offsets]
            shares = [wanted[one] - offset for one, offset in zip(nodes, offsets, strict=True)]
            block = _Block(nodes, offsets, sum(shares) / len(shares))
        blocks.append(block)
    for block in blocks:
        for node, offset in zip(block.nodes, block.offsets, strict=True):
            middle[node] = block.at + offset
