"""What the pages about one user share: their style sheet, and events as a table.

Everything reads without the style sheet too: JupyterLab takes it away from notebooks that somebody else has run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path

from segkit.analysis.explanation import Row
from segkit.analysis.showing import day_text


@cache
def _style_sheet() -> str:
    return Path(__file__).with_name("person.css").read_text(encoding="utf-8")


def page(body: str, label: str) -> str:
    """A whole page about one user."""
    style = f"<style>{_style_sheet()}</style>"
    return f'<div class="segkit-person" role="region" aria-label="{escape(label)}">{style}{body}</div>'


def notes_section(notes: Sequence[str]) -> str:
    """What a reader must know, if there is anything."""
    told = "".join(f'<p class="note">Note: {escape(note)}.</p>' for note in notes)
    return f"<section>{told}</section>" if told else ""


def events_table(rows: Iterable[Row], *, with_day: bool, with_name: bool) -> str:
    """Events, a row each: when, what, and the parameters that tell them apart."""
    shown = []
    for row in rows:
        when = f"{day_text(row.at.date())}, {row.at:%H:%M}" if with_day else f"{row.at:%H:%M}"
        what = f'<td class="what">{escape(row.name)}{_role(row)}</td>' if with_name else ""
        more = " · ".join(f"{escape(name)} {escape(value)}" for name, value in row.parameters)
        shown.append(f'<tr><td class="when">{when}</td>{what}<td class="more">{more}</td></tr>')
    return f"<table><tbody>{''.join(shown)}</tbody></table>"


def _role(row: Row) -> str:
    if row.steps:
        return f' <span class="note">step {" or ".join(str(step + 1) for step in row.steps)}</span>'
    return "" if row.is_counted else ' <span class="note">compared with</span>'
