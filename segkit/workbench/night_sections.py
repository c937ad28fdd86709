"""The parts of a night's page as HTML: what needs attention, what changed, the data, the exports. Counts only.

A notebook shows them as they are; `night_page` puts them on one page. Pictures are SVG in percent, so that they fit a
phone as well as a wide screen.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from segkit.analysis.pictures.drawing import day_text, number
from segkit.api.night_health import EventDay, LoadHealth

Row = Mapping[str, Any]
#: Two bars, a cross, a tick; in 16 by 16.
_MARK = {"held": "M5.5 3v10M10.5 3v10", "failed": "M4 4l8 8M12 4l-8 8", "accepted": "M3 8.5l3.5 3.5L13 4.5"}
_TALL = 64
#: Where no style sheet says otherwise, as in a notebook.
_INKS = {"now": "#2579c7", "quiet": "#b0b0b0", "missing": "#c5362c"}


def escaped(text: object) -> str:
    """Text for HTML."""
    return html.escape(str(text))


def attention(refreshes: Mapping[str, Row], exports: Iterable[Row] = (), failed: Iterable[str] = ()) -> str:
    """What is held or failed, each with why and what is still served; then what somebody let through."""
    cards = [_card("failed", "Failed", reason) for reason in failed]
    for app, detail in refreshes.items():
        cards += [_finding(app, detail, found) for found in detail.get("gates", ()) if not found["accepted"]]
        cards += [_dependant(row) for row in detail.get("segments", ()) if _is_only_a_reader(row, detail)]
    cards += [_export_card(made) for made in exports if made["status"] == "held"]
    for app, detail in refreshes.items():
        cards += [_let_through(app, found) for found in detail.get("gates", ()) if found["accepted"]]
    return f'<div class="cards">{"".join(cards)}</div>' if cards else "<p>Nothing. Everything is published.</p>"


def _card(kind: str, title: str, text: str, more: str = "") -> str:
    below = f'<p class="muted">{escaped(more)}</p>' if more else ""
    stroke = 'width="16" height="16" fill="none" stroke="currentColor" stroke-width="2"'
    mark = f'<svg class="mark" viewBox="0 0 16 16" {stroke} aria-hidden="true"><path d="{_MARK[kind]}"/></svg>'
    return f'<section class="card {kind}"><h3>{mark} {escaped(title)}</h3><p>{escaped(text)}</p>{below}</section>'


def _finding(app: str, detail: Row, found: Row) -> str:
    if found["holds"]:
        served = _served([row for row in detail["segments"] if row["name"] == found["holds"]])
        return _card("held", f"{found['holds']} is held", _sentence(found["sentence"]), served)
    held = [row for row in detail["segments"] if row["status"] == "held"]
    which = f"All {number(len(held))} segments of {app} are held" if len(held) != 1 else f"{held[0]['name']} is held"
    return _card("held", which, _sentence(found["sentence"]), "What was published before is still served.")


def _is_only_a_reader(row: Row, detail: Row) -> bool:
    gates = [found for found in detail.get("gates", ()) if not found["accepted"]]
    return row["status"] == "held" and all(found["holds"] and found["segment_id"] != row["id"] for found in gates)


def _dependant(row: Row) -> str:
    return _card("held", f"{row['name']} is held", _sentence(row["reason"]), _served([row]))


def _served(rows: Sequence[Row]) -> str:
    counted = [row["before"] for row in rows if row["before"] is not None]
    return f"Still served: the {number(counted[0])} users published before." if counted else ""


def _export_card(made: Row) -> str:
    wait = "It is made by the next night that finds its segments published."
    return _card("held", f"Export {made['name']} waits", _sentence(made["reason"]), wait)


def _let_through(app: str, found: Row) -> str:
    what = found["holds"] or f"{found['gate']} of {app}"
    return _card("accepted", f"{what}: let through by {found['accepted']}", _sentence(found["sentence"]))


def _sentence(text: str) -> str:
    """A reason as a sentence of its own."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


# --- what changed ----------------------------------------------------------------------------------------------------


def changes(detail: Row) -> str:
    """Segments that were published, those that changed most first; each with its users now and before."""
    rows = [row for row in detail["segments"] if row["count"] is not None]
    if not rows:
        return "<p>No segment is published.</p>"
    largest = max(1, *(max(row["count"], row["before"] or 0) for row in rows))
    moved = sorted((row for row in rows if row["change"]), key=_by_share, reverse=True)
    others = sorted((row for row in rows if not row["change"]), key=lambda row: -row["count"])
    told = _table(moved, largest) if moved else "<p>No published segment has grown or shrunk.</p>"
    if others:
        words = f"{number(len(others))} {'is' if len(others) == 1 else 'are'} as large as before, or new"
        told += f"<details{'' if moved else ' open'}><summary>{words}</summary>{_table(others, largest)}</details>"
    return told


def _by_share(row: Row) -> float:
    change, before = row["change"], row["before"]
    return abs(change) / before if before else float("inf")


def _table(rows: Sequence[Row], largest: int) -> str:
    head = (
        '<tr><th scope="col">Segment</th><th scope="col" class="n">Users</th><th scope="col" class="n">Change</th></tr>'
    )
    body = "".join(
        f'<tr><th scope="row">{escaped(row["name"])}{_bar(row, largest)}</th>'
        f'<td class="n">{number(row["count"])}</td><td class="n">{change_words(row)}</td></tr>'
        for row in rows
    )
    note = '<p class="muted">The bar is how many users there are now, the line across it how many there were.</p>'
    return f'<table class="sizes"><thead>{head}</thead><tbody>{body}</tbody></table>{note}'


def change_words(row: Row) -> str:
    """`+120 (+4.1 %)`; a segment that was not counted before is new."""
    if row["before"] is None:
        return "new"
    if not row["change"]:
        return "±0"
    share = f" ({100 * row['change'] / row['before']:+.1f} %)" if row["before"] else ""
    return f"{row['change']:+,}{share}".replace("-", "−")


def _bar(row: Row, largest: int) -> str:
    """Users now as a bar, users before as a line across it."""
    now, before = 100 * row["count"] / largest, row["before"]
    line = (
        f'<rect class="before" fill="#747474" x="{min(100 * before / largest, 99.6):.2f}%" width="2" height="10"/>'
        if before
        else ""
    )
    was = f", {number(before)} before" if before is not None else ""
    title = f"<title>{number(row['count'])} users{was}</title>"
    bar = f'<rect class="now" fill="#2579c7" y="2" width="{now:.2f}%" height="6"/>'
    return f'<svg class="bar" width="100%" height="10" role="img">{title}{bar}{line}</svg>'


# --- the data --------------------------------------------------------------------------------------------------------


def health(found: LoadHealth | None, words: Sequence[str] = ()) -> str:
    """Events a day, what became of the rows of the newest load, and the load in its own words."""
    if found is None:
        return "<p>Nothing is loaded yet.</p>"
    newest = f"the newest events are of {day_text(found.newest_day)}" if found.newest_day else "no events yet"
    told = f"<p>{number(found.users)} users; {newest}.</p>{_events_a_day(found.days)}"
    if found.rows:
        rows = "".join(f'<li><span class="n">{number(n)}</span> {escaped(what)}</li>' for what, n in found.rows)
        told += f'<p>Events of the newest load:</p><ul class="rows">{rows}</ul>'
    told += "".join(f"<p>Note: {escaped(note)}</p>" for note in found.notes)
    if words:
        lines = "\n".join(escaped(line) for line in words)
        told += f"<details><summary>The load in its own words</summary><pre>{lines}</pre></details>"
    return told


def _events_a_day(days: Sequence[EventDay]) -> str:
    if not days:
        return ""
    most, wide = max(1, *(each.events for each in days)), 100 / len(days)
    bars = "".join(_day(each, number_of * wide, wide, most) for number_of, each in enumerate(days))
    empty = [each for each in days if not each.events]
    missing = f"; {number(len(empty))} without any" if empty else ""
    title = f"Events a day, {day_text(days[0].day)} to {day_text(days[-1].day)}{missing}; at most {number(most)}"
    ends = f"<span>{day_text(days[0].day)}</span><span>{day_text(days[-1].day)}</span>"
    return (
        f'<figure><figcaption>{title}</figcaption><svg class="days" width="100%" height="{_TALL}" role="img">'
        f'<title>{title}</title>{bars}</svg><div class="ends">{ends}</div></figure>'
    )


def _day(each: EventDay, x: float, wide: float, most: int) -> str:
    tall = max(1, round((_TALL - 4) * each.events / most)) if each.events else 4
    kind = "now" if each.events else "quiet" if each.is_quiet else "missing"
    words = (
        f"{number(each.events)} events on {day_text(each.day)}" if each.events else f"no event on {day_text(each.day)}"
    )
    place = f'x="{x + wide * 0.12:.2f}%" y="{_TALL - tall}" width="{wide * 0.76:.2f}%" height="{tall}"'
    return f'<rect class="{kind}" fill="{_INKS[kind]}" {place}><title>{words}</title></rect>'


# --- exports ---------------------------------------------------------------------------------------------------------


def exports(made: Sequence[Row]) -> str:
    """Every due export: what became of it, its file, or why there is none."""
    if not made:
        return "<p>No export was due.</p>"
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Export", "Status", "File, or why there is none"))
    body = "".join(
        f'<tr><th scope="row">{escaped(each["name"])}</th><td>{escaped(each["status"])}</td><td>{_file(each)}</td></tr>'
        for each in made
    )
    return f'<table class="exports"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _file(each: Row) -> str:
    if not each["file"]:
        return escaped(_sentence(each["reason"]))
    return f"{escaped(each['file'])}, {number(each['rows'])} rows"


def title_of(days: Iterable[date]) -> str:
    """`1 Jun 2026`, or all dates where apps differ."""
    return ", ".join(day_text(day) for day in sorted(set(days), reverse=True))
