"""The picture of a lineage: boxes in columns, data flowing from left to right, the segment itself in the accent."""

from __future__ import annotations

from html import escape

from segkit.analysis.layering import Layout, columns, laid_out
from segkit.analysis.letters import elided, width
from segkit.analysis.lineage import Kind, Lineage, Node
from segkit.analysis.svg import ACCENT, LINE, MUTED, QUIET, TEXT, readable

_BOX, _ROW, _BETWEEN, _GAP, _LINE_ROW = 196, 46, 72, 12, 10
_HEADING, _MARGIN = 30, 8
_FIRST_COLUMN: dict[Kind, int] = {"source": 0, "label": 1, "event": 1, "segment": 2, "export": 3}
_HEADINGS: dict[Kind, str] = {
    "source": "Sources",
    "label": "Labels and events",
    "event": "Labels and events",
    "segment": "Segments",
    "export": "Exports",
}


def picture(lineage: Lineage) -> str:
    """The lineage as an SVG that follows the page's theme."""
    lines = [(edge.read, edge.reader) for edge in lineage.reads]
    column = columns(lineage.order(), lines, {node.key: _FIRST_COLUMN[node.kind] for node in lineage.nodes})
    last = max([0, *(column[node.key] for node in lineage.nodes if node.kind != "export")])
    column |= {node.key: last + 1 for node in lineage.nodes if node.kind == "export"}
    column = _without_empty_ones(column)
    layout = laid_out(column, lines, _ROW, _LINE_ROW, _GAP)
    broad = 2 * _MARGIN + (max(column.values(), default=0) + 1) * (_BOX + _BETWEEN) - _BETWEEN
    height = 2 * _MARGIN + _HEADING + layout.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{broad}" height="{height:.0f}" '
        f'viewBox="0 0 {broad} {height:.0f}" font-size="13">',
        *_headings(lineage, layout),
        *(_line(line, layout, lineage.focus) for line in lines),
        *(_box(node, _said(node, lineage), layout, node.key == lineage.focus) for node in lineage.nodes),
        "</svg>",
    ]
    focus = lineage.node(lineage.focus)
    return readable("".join(parts), f"Lineage of ‘{focus.name}’", lineage.text())


def _without_empty_ones(column: dict[str, int]) -> dict[str, int]:
    number = {at: n for n, at in enumerate(sorted(set(column.values())))}
    return {node: number[at] for node, at in column.items()}


def _left(at: int) -> float:
    return _MARGIN + at * (_BOX + _BETWEEN)


def _headings(lineage: Lineage, layout: Layout) -> list[str]:
    """What stands in a column, over the first of several that hold the same."""
    found, before = [], ""
    for at in sorted(set(layout.column.values())):
        heading = next(_HEADINGS[node.kind] for node in lineage.nodes if layout.column[node.key] == at)
        if heading != before:
            found.append(_text(heading, _left(at), _MARGIN + 12, MUTED.plain, 11))
        before = heading
    return found


def _y(layout: Layout, key: str) -> float:
    return _MARGIN + _HEADING + layout.middle[key]


def _line(line: tuple[str, str], layout: Layout, focus: str) -> str:
    """A curve from the right of a box to the left of another, straight through the columns that it passes."""
    start, end = line
    points = [(_left(layout.column[start]) + _BOX, _y(layout, start))]
    for at, height in layout.passes[line]:
        y = _MARGIN + _HEADING + height
        points += [(_left(at), y), (_left(at) + _BOX, y)]
    points.append((_left(layout.column[end]), _y(layout, end)))
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for number in range(0, len(points) - 1):
        (x1, y1), (x2, y2) = points[number], points[number + 1]
        bend = (x2 - x1) / 2
        path += f"C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"
    ink = ACCENT if focus in line else QUIET
    return f'<path d="{path}" fill="none" stroke="{ink.plain}" stroke-width="1.5" stroke-opacity="0.7"/>'


def _said(node: Node, lineage: Lineage) -> str:
    """The second line of a box; a column of segments, sources or exports says already what they are."""
    if node.kind == "event":
        looked_at = [edge.detail for edge in lineage.readers_of(node.key) if edge.detail not in ("", "derived")]
        parameters = ", ".join(dict.fromkeys(code for told in looked_at for code in told.split(", ")))
        return f"event · {node.detail}" + (f" ({parameters})" if parameters else "")
    return f"label · {node.detail}" if node.kind == "label" else node.detail


def _called(node: Node) -> str:
    """A name that fits into a box; of a long path the end, which tells sources apart."""
    room = _BOX - 24
    if node.kind != "source" or width(node.name) <= room:
        return elided(node.name, room)
    parts = node.name.split("/")
    ends = ("…/" + "/".join(parts[number:]) for number in range(1, len(parts)))
    return next((end for end in ends if width(end) <= room), elided(parts[-1], room))


def _box(node: Node, said: str, layout: Layout, is_focus: bool) -> str:
    left, top = _left(layout.column[node.key]), _y(layout, node.key) - _ROW / 2
    ink, stroke = (ACCENT.plain, 2) if is_focus else (LINE.plain, 1)
    weight = ' font-weight="600"' if is_focus else ""
    return (
        f"<g><title>{escape(f'{node.kind} {node.name}: {said}')}</title>"
        f'<rect x="{left}" y="{top:.1f}" width="{_BOX}" height="{_ROW}" rx="6" fill="none" stroke="{ink}" '
        f'stroke-width="{stroke}"/>'
        + _text(_called(node), left + 12, top + 20, TEXT.plain, 13, weight)
        + _text(elided(said, (_BOX - 24) * 13 / 11), left + 12, top + 36, MUTED.plain, 11)
        + "</g>"
    )


def _text(text: str, x: float, y: float, ink: str, size: int, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink}" font-size="{size}"{more}>{escape(text)}</text>'
