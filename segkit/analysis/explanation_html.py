"""An explanation as a notebook shows it: the verdict, what would turn it, and the rule as a tree of ✓ and ✗."""

from __future__ import annotations

from collections.abc import Collection
from html import escape

from segkit.analysis.explanation import Explanation, Line, NearMiss
from segkit.analysis.person_page import events_table, notes_section, page
from segkit.analysis.showing import day_text

_MARKS = {True: ("good", "✓", "true"), False: ("bad", "✗", "false"), None: ("", "–", "muted")}


def explanation_html(found: Explanation) -> str:
    """The page. Everything in it that comes from data or definitions is escaped."""
    near = {place for miss in found.near_misses for place in miss.places}
    body = _head(found) + _near(found) + f'<section class="tree"><ul>{_item(found.tree, near)}</ul></section>'
    return page(body + notes_section(found.notes), found.title)


def _head(found: Explanation) -> str:
    kind, mark, _ = _MARKS[found.holds]
    said = f"{escape(found.uid)} is {'in' if found.holds else 'not in'} {escape(found.subject)}"
    return (
        f'<header><span class="verdict {kind}" aria-hidden="true">{mark}</span><div><h3>{said}</h3>'
        f'<p class="note">as of {day_text(found.as_of)}</p></div></header>'
    )


def _near(found: Explanation) -> str:
    texts = {line.verdict.place: line.text for _, line in found.tree.walk()}
    items = "".join(_miss(miss, texts) for miss in found.near_misses)
    return f'<section class="near"><p>{escape(found.change)}</p>{f"<ul>{items}</ul>" if items else ""}</section>'


def _miss(miss: NearMiss, texts: dict[str, str]) -> str:
    line = miss.line
    now = f"{escape(line.seen_text)} → " if line.seen_text else "turns "
    turns = f"{now}{escape(line.turns.removeprefix('at '))}" if line.turns else "nothing that the user does turns it"
    also = list(dict.fromkeys(texts[place] for place in miss.beside))
    beside = f'<span class="note also">Reads the same data: {escape("; ".join(also))}</span>' if also else ""
    return f'<li><span>{escape(line.text)}</span> <span class="turns">{turns}</span> {beside}</li>'


def _item(line: Line, near: Collection[str]) -> str:
    kind, mark, said = _MARKS[line.holds]
    is_group = line.verdict.group != "leaf"
    name = "line" + (" group" if is_group else "") + (" muted" if line.holds is None else "")
    seen = f'<span class="seen">{escape(line.seen_text)}</span>' if line.seen_text else ""
    parts = [
        f'<span class="mark {kind}" role="img" aria-label="{said}">{mark}</span> ',
        f'<span class="text">{escape(line.text)}{_aside(line)}</span> {seen}',
        '<span class="below note turns">◂ would turn the whole by itself</span>' if line.verdict.place in near else "",
        _rows(line),
    ]
    inside = "".join(_item(child, near) for child in line.inside)
    nested = f'<ul class="{line.kind}">{inside}</ul>' if inside else ""
    return f'<li class="{"group" if is_group else "leaf"}"><div class="{name}">{"".join(parts)}</div>{nested}</li>'


def _aside(line: Line) -> str:
    told = "muted, it has no say" if line.holds is None else line.note
    return f' <span class="note">{escape(told)}</span>' if told else ""


def _rows(line: Line) -> str:
    if line.rows is None or not line.rows.total:
        return ""
    total, shown = line.rows.total, line.rows.shown
    words = f"{total:,} event{'' if total == 1 else 's'}"
    if not shown:
        return f'<span class="below note">{words}</span>'
    if len(shown) < total:
        first = line.rows.after + 1
        newest = f"the newest {len(shown)}" if first == 1 else f"{first:,} to {line.rows.after + len(shown):,}"
        words += f", {newest}"
    with_name = any(row.steps or not row.is_counted for row in shown) or len({row.event for row in shown}) > 1
    table = events_table(shown, with_day=True, with_name=with_name)
    return f'<details class="below"><summary>{words}</summary>{table}</details>'
