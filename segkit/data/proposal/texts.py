"""The documents of a proposal as text: the app's part of segkit.toml, labels.yaml, events.yaml, a first segment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any

from segkit.data.proposal.model import Channel, Proposal, ProposedColumn, ProposedDerived, ProposedTable
from segkit.definitions.documents import to_yaml

HEAD = """\
# A workspace: change it as you like; `segkit doctor` says whether it still holds. Paths are relative to this folder.
segkit = 1

# What one query may take. It spills to disk beyond `memory`, and stops beyond `spill`.
[limits]
memory = "2GB"
spill = "20GB"
threads = 2
"""
_LABELS = (
    "# What rules may ask of a user. Names, categories and units may be changed; a type holds once data is loaded.\n"
)
_EVENTS = "# What users do, and what an event carries. Change names, categories and units as you like.\n"
_WIDTH = 110
#: What would mean something else between braces.
_NOT_IN_ONE_LINE = re.compile(r"[,\[\]{}#\"?&*!|>%@`]|: .*: |:$|^[?-]")


# --- segkit.toml -----------------------------------------------------------------------------------------------------


def settings_text(proposal: Proposal) -> str:
    """The tables of the app, to stand behind whatever is in segkit.toml."""
    app, zone = proposal.app, proposal.zone or "UTC"
    lines = ["", _rule(proposal.app), f"[apps.{app}]", f"zone = {_toml(zone)}"]
    lines[-1] = _noted(lines[-1], "whose midnights begin the days")
    if proposal.users is None:
        lines += ["# No table of users: whoever has an event is a user."]
    else:
        lines += ["", f"[[apps.{app}.users]]", *_source(proposal.users, proposal, ("known_from", "gone_at"))]
    if proposal.events is not None:
        lines += ["", f"[[apps.{app}.events]]", *_source(proposal.events, proposal, ("time", "name", "key"))]
    for link in proposal.links:
        lines += ["", f"[[apps.{app}.links]]", f"name = {_toml(link.role)}"]
        lines += _source(link, proposal, ("valid_from", "valid_to"))
    if proposal.reach:
        lines += [
            "",
            "# Who can be reached: the address must be there, and every consent given.",
            f"[apps.{app}.reach]",
        ]
        lines += [f"{channel} = {_channel(found)}" for channel, found in proposal.reach.items()]
    return "\n".join(lines) + "\n"


def _rule(app: str) -> str:
    return f"# ── {app} ".ljust(_WIDTH + 10, "─")


def _source(table: ProposedTable, proposal: Proposal, roles: tuple[str, ...]) -> list[str]:
    settings = dict(table.seen.given.settings)
    lines = [f"{key} = {_toml(value)}" for key, value in settings.items()]
    lines.append(f"uid = {_toml(table.named('uid'))}")
    for role in roles:
        column = table.named(role)
        if column is not None:
            lines.append(f"{role} = {_toml(column)}")
        elif role == "name":
            lines.append(_noted(f"name = {_toml(f'={table.constant}')}", "all rows are this event"))
    zone = proposal.wishes.event_zone
    if zone is not None and zone != proposal.zone and table.role == "events":
        lines.append(_noted(f"zone = {_toml(zone)}", "of the clocks that these instants were read from"))
    return lines


def _noted(line: str, note: str) -> str:
    return f"{line.ljust(34)} # {note}"


def _channel(channel: Channel) -> str:
    parts: dict[str, object] = {"address": channel.address} if channel.address else {}
    if channel.consent:
        parts["consent"] = list(channel.consent)
    return _toml(parts)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    # TOML's basic strings are JSON's, but for one control character that JSON lets through.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# --- the vocabulary --------------------------------------------------------------------------------------------------


def labels_text(proposal: Proposal) -> str:
    """labels.yaml: the users' columns by category, then what linked tables give."""
    labels = proposal.users.declared if proposal.users else ()
    if not labels and not proposal.derived:
        return f"{_LABELS}segkit: 1\nlabels: []\n"
    parts = [f"{_LABELS}segkit: 1\nlabels:\n"]
    for category in dict.fromkeys(label.category for label in labels):
        parts.append(_heading(category))
        parts += [_entry(_column(c), _comment(c)) for c in labels if c.category == category]
    for category in dict.fromkeys(label.category for label in proposal.derived):
        parts.append(_heading(category))
        parts += [_entry(_derived(d), "") for d in proposal.derived if d.category == category]
    return "".join([*parts, *_left_out(proposal.users)])


def events_text(proposal: Proposal) -> str:
    """events.yaml: parameters in the order of the columns, events by category."""
    table = proposal.events
    if table is None:
        return f"{_EVENTS}segkit: 1\nevents: []\n"
    parts = [f"{_EVENTS}segkit: 1\n"]
    if table.declared:
        parts.append("parameters:\n")
        parts += [_entry(_column(c, with_category=False), _comment(c)) for c in table.declared]
        parts += _left_out(table)
    parts.append("events:\n")
    for category in dict.fromkeys(event.category for event in proposal.event_list):
        parts.append(_heading(category))
        for event in (e for e in proposal.event_list if e.category == category):
            entry: dict[str, object] = {"code": event.code, "name": event.name, "category": event.category}
            if event.source_name != event.code:
                entry["source_name"] = event.source_name
            if event.parameters:
                entry["parameters"] = list(event.parameters)
            parts.append(_entry(entry, f"{event.rows:,} rows"))
    return "".join(parts)


def _heading(category: str) -> str:
    return f"# ── {' '.join(category.split())} ".ljust(_WIDTH, "─") + "\n"


def _entry(entry: Mapping[str, object], comment: str) -> str:
    """One element of a list; short lists and maps on one line, as people write them."""
    text = to_yaml([dict(entry)])  # type: ignore[arg-type]
    lines = text.splitlines()
    if comment:
        lines[0] = f"{lines[0]}  # {comment}"
    return "\n".join(_shortened(lines)) + "\n"


def _shortened(lines: list[str]) -> Iterable[str]:
    """A list of codes, or a map of short texts, in one line where that is short enough."""
    at = 0
    while at < len(lines):
        line, items = lines[at], []
        if line.endswith(":"):
            inside = takewhile(lambda text: text.startswith("    ") or text.startswith("  - "), lines[at + 1 :])
            items = [text.strip().removeprefix("- ") for text in inside]
        marks = "[]" if lines[at + 1 : at + 2] and lines[at + 1].startswith("  - ") else "{}"
        joined = f"{line} {marks[0]}{', '.join(items)}{marks[1]}"
        if items and len(joined) <= _WIDTH and not any(_NOT_IN_ONE_LINE.search(item) for item in items):
            yield joined
        else:
            yield from lines[at : at + 1 + len(items)]
        at += 1 + len(items)


def _column(column: ProposedColumn, *, with_category: bool = True) -> dict[str, Any]:
    entry: dict[str, Any] = {"code": column.code, "name": column.name}
    if with_category:
        entry["category"] = column.category
    entry["type"] = column.type
    if column.scale is not None:
        entry["scale"] = column.scale
    if column.unit:
        entry["unit"] = column.unit
    if column.personal:
        entry["personal"] = column.personal
    if column.column != column.code:
        entry["column"] = column.column
    if column.values:
        entry["values"] = dict(column.values)
    return entry


def _derived(label: ProposedDerived) -> dict[str, Any]:
    entry: dict[str, Any] = {"code": label.code, "name": label.name, "category": label.category, "type": label.type}
    if label.scale is not None:
        entry["scale"] = label.scale
    if label.unit:
        entry["unit"] = label.unit
    if label.personal:
        entry["personal"] = label.personal
    if label.values:
        entry["values"] = dict(label.values)
    entry["derived"] = dict(label.derived)
    return entry


def _comment(column: ProposedColumn) -> str:
    """What was seen, in counts; no value of a user."""
    facts = column.facts
    share = "" if not facts.missing else f"missing in {facts.missing:,} of {facts.rows:,} rows"
    return "; ".join(part for part in (share, *column.notes) if part and "'" not in part)


def _left_out(table: ProposedTable | None) -> list[str]:
    names = [column.column for column in table.left_out] if table else []
    return [f"# Left out, for want of values: {', '.join(' '.join(name.split()) for name in names)}\n"] if names else []
