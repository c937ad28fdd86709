"""A profile as a notebook shows it: labels by category, segments, linked items, and what the user did day by day."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from segkit.analysis.person import DayOfEvents, Known, Membership, Profile
from segkit.analysis.person_page import events_table, notes_section, page
from segkit.analysis.showing import NO_VALUE, day_text


def profile_html(found: Profile) -> str:
    """The page. Everything in it that comes from data or definitions is escaped."""
    known = "; ".join(found.known)
    masked = " · personal data masked" if found.is_masked else ""
    head = (
        f'<header><div><h3>{escape(found.uid)}</h3><p class="note">{escape(found.app)}, as of '
        f"{day_text(found.as_of)} · {escape(known)} · found by {escape(found.found_by)}{masked}</p></div></header>"
    )
    labels = "".join(_facts(category, some) for category, some in found.by_category().items())
    linked = "".join(_facts(f"Linked: {name}", some) for name, some in found.by_link().items())
    columns = f'<div class="columns"><div>{labels}</div><div class="side">{_segments(found)}{linked}</div></div>'
    return page(head + columns + _events(found) + notes_section(found.notes), found.title)


def _facts(heading: str, labels: Sequence[Known]) -> str:
    shown = "".join(_fact(label) for label in labels)
    return f'<section><h4>{escape(heading)}</h4><dl class="facts">{shown}</dl></section>'


def _fact(label: Known) -> str:
    none = ' class="none"' if label.text == NO_VALUE else ""
    since = f'<dd class="note">{escape(label.since_text)}</dd>' if label.since_text else ""
    return f"<div><dt>{escape(label.name)}</dt><dd{none}>{escape(label.text)}</dd>{since}</div>"


def _segments(found: Profile) -> str:
    items = "".join(_segment(each) for each in found.memberships)
    shown = f'<ul class="segments">{items}</ul>' if items else '<p class="note">In none of the published ones.</p>'
    return f"<section><h4>Segments</h4>{shown}</section>"


def _segment(each: Membership) -> str:
    was = ' class="was"' if each.last is not None else ""
    return f'<li{was}><span>{escape(each.name)}</span> <span class="note">{escape(each.words)}</span></li>'


def _events(found: Profile) -> str:
    days = "".join(_day(day) for day in found.timeline.shown)
    shown = f'<ol class="days">{days}</ol>' if days else ""
    before = found.timeline.next_before
    more = f'<p class="note">Earlier days: <code>before="{before}"</code></p>' if before is not None else ""
    return f'<section><h4>Events</h4><p class="note">{escape(found.activity)}</p>{shown}{more}</section>'


def _day(day: DayOfEvents) -> str:
    count = f"{len(day.rows)} event{'' if len(day.rows) == 1 else 's'}"
    table = events_table(day.rows, with_day=False, with_name=True)
    return (
        f'<li><span class="day">{day_text(day.day)}<br><span class="note">{count}</span></span><div>{table}</div></li>'
    )
