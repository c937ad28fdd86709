"""A proposal as people see it: rows of text with examples, personal data masked; in a terminal, in a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime

from segkit.api.results import table_html
from segkit.data.proposal.look import Look
from segkit.data.proposal.model import Proposal, ProposedColumn, ProposedTable
from segkit.data.proposal.understood import shown_columns, understood
from segkit.data.proposal.wishes import LEFT_OUT
from segkit.masking import masked

HEADINGS = ("Column", "Is", "Type", "Name", "Examples", "Note")
_ROLES = {
    "uid": "the user", "time": "the instant", "name": "the event's name", "key": "the event's key", "label": "label",
    "parameter": "parameter", "linked": "of the link", "known_from": "known from", "gone_at": "gone at",
    "valid_from": "valid from", "valid_to": "valid to",
}  # fmt: skip
_EXAMPLES = 3
_LONGEST = 28
_EVENTS = 6


def type_words(column: ProposedColumn) -> str:
    """`number, 2 decimals`; empty for a column that the vocabulary does not speak of."""
    if column.role not in ("label", "parameter", "linked"):
        return ""
    if column.type == "list":
        return "list of strings"
    if column.scale is not None:
        return "whole number" if column.scale == 0 else f"number, {column.scale} decimal{'s' * (column.scale != 1)}"
    return column.type + (f", {column.unit}" if column.unit and column.type == "number" else "")


def examples(column: ProposedColumn) -> str:
    """A few values, the most frequent first; masked where they are personal."""
    values = [text for text, _ in column.facts.common[:_EXAMPLES]] or list(column.facts.texts[:_EXAMPLES])
    if column.personal is not None:
        return ", ".join(filter(None, (masked(value, column.personal) for value in values)))
    shown = [value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…" for value in map(_in_a_line, values)]
    more = column.facts.distinct > len(values)
    return ", ".join(shown) + (" …" if more else "")


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def notes(column: ProposedColumn) -> str:
    """What is worth knowing: personal, missing, what will be lost."""
    found = [f"personal: {column.personal}"] if column.personal else []
    if column.facts.missing and column.facts.present:
        found.append(f"missing in {_percent(column.facts.missing / column.facts.rows)}")
    return "; ".join([*found, *column.notes])


def _percent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")


def column_row(column: ProposedColumn) -> tuple[str, ...]:
    """One row under `HEADINGS`."""
    name = column.name if column.role in ("label", "parameter", "linked") else ""
    role = _ROLES.get(column.role, LEFT_OUT)
    return column.column, role, type_words(column), name, examples(column), notes(column)


def table_title(table: ProposedTable) -> str:
    """`events: 31,106 rows of ecom.csv.gz`."""
    title = "linked table " + table.role if table.role not in ("users", "events") else table.role
    constant = f", all of them ‘{table.constant}’" if table.constant else ""
    files = table.seen.given.files
    where = "" if not files else f" of {files[0].path.name}" if len(files) == 1 else f" of {len(files)} files"
    return f"{title}: {table.seen.total:,} rows{where}{constant}"


def summary(proposal: Proposal) -> list[str]:
    """The app in a few lines: users, events, zone, reach, what linked tables give, notes, what is open."""
    events = f"{len(proposal.event_list):,} event{'s' * (len(proposal.event_list) != 1)}"
    lines = [f"App ‘{proposal.app}’: {proposal.user_count:,} users, {events}"]
    if proposal.zone:
        clocks = proposal.wishes.event_zone
        lines.append(f"Zone: {proposal.zone}" + (f"; naive instants of events are read as {clocks}" if clocks else ""))
    if proposal.event_list:
        first = ", ".join(f"{event.name} ({event.rows:,})" for event in proposal.event_list[:_EVENTS])
        more = len(proposal.event_list) - _EVENTS
        lines.append(f"Events: {first}" + (f" and {more} more" if more > 0 else ""))
    if proposal.derived:
        lines.append("From linked tables: " + ", ".join(label.name for label in proposal.derived))
    if proposal.reach:
        lines.append("Reach: " + ", ".join(
            channel + (f" (consent: {', '.join(found.consent)})" if found.consent else " (no consent found)")
            for channel, found in proposal.reach.items()))  # fmt: skip
    lines += [f"Note: {note}" for note in proposal.notes]
    return lines + [f"Open: {question}" for question in proposal.open]


def proposal_text(proposal: Proposal) -> str:
    """Everything, for a terminal without colours."""
    parts = []
    for table in proposal.tables:
        rows = [HEADINGS, *(column_row(column) for column in table.columns)]
        widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        parts.append("\n".join([table_title(table), *lines]))
    return "\n\n".join([*parts, "\n".join(summary(proposal))])


def proposal_html(proposal: Proposal) -> str:
    """Everything, for a notebook."""
    tables = (
        table_html(HEADINGS, [column_row(column) for column in table.columns], table_title(table))
        for table in proposal.tables
    )
    words = "".join(f"<p>{html.escape(line)}</p>" for line in summary(proposal))
    return "".join(tables) + words


def rows_html(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows of text."""
    return table_html(headings, rows)


def understood_rows(
    look: Look, proposal: Proposal, table: ProposedTable, most: int
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Headings and the first rows as the load will understand them, masked."""
    columns = shown_columns(table)
    headings = tuple(column.column if not column.is_declared else column.name for column in columns)
    rows = understood(look, proposal, table, most)
    return headings, tuple(
        tuple(_cell(value, column) for value, column in zip(row, columns, strict=True)) for row in rows
    )


def _cell(value: object, column: ProposedColumn) -> str:
    if value is None:
        return "–"
    if column.personal is not None:
        return masked(value, column.personal) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(column.values.get(str(item), str(item)) for item in value)
    if isinstance(value, float):
        return f"{value:g}" if value != int(value) else f"{int(value)}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return column.values.get(str(value), str(value))
