"""The questions of `segkit init` in a terminal: the proposal with examples, the zone, corrections in short lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from segkit.cli.options import table
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.starting import Start

HELP = """\
Change a column:  users.age = string          its type: string, number, date, bool, list
                  events.price = 2            a number with so many decimals
                  users.tel = personal mobile (email, mobile, name, address, other; `not personal`)
                  users.seg = name Customer group
                  users.notes = out           leave it out (`in` takes it back)
Change a role:    events:time = paid_at       (uid, time, name, key; users: uid, known_from, gone_at)
                  events:name = =purchase     one name for all rows;  events:key =   no such column
Zone:             zone = Europe/Berlin        events' clocks, if others: event zone = UTC"""
_TYPES = ("string", "number", "date", "bool", "list")


def _prompt(words: str) -> str:
    found: str = typer.prompt(words, default="", show_default=False)
    return found.strip()


@dataclass
class Answers:
    """Where answers come from, and where words go; a test gives its own."""

    read: Callable[[str], str] = _prompt
    say: Callable[[str], None] = typer.echo


def ask(start: Start, answers: Answers) -> bool:
    """Shows the proposal and takes corrections until it is to be written (true) or not (false)."""
    show(start, answers)
    answers.say(HELP)
    while True:
        _ask_zone(start, answers)
        line = answers.read("Change, Enter to write, ? for help, q to leave")
        if line in ("q", "quit", "exit"):
            return False
        if line == "":
            return True
        if line in ("?", "help"):
            answers.say(HELP)
            continue
        try:
            correct(start, line)
        except SegkitError as error:
            answers.say(f"{error}")
            continue
        show(start, answers)


def _ask_zone(start: Start, answers: Answers) -> None:
    """The app's zone cannot be guessed, so it is asked for until there is one."""
    while start.proposal.zone is None:
        if start.open:
            answers.say("Some instants name no time zone, and which one is meant cannot be guessed.")
        zone = answers.read("Whose midnights begin your days? A zone such as Europe/Berlin, or UTC")
        if not zone:
            continue
        try:
            start.set_zone(zone)
        except SegkitError as error:
            answers.say(str(error))


def show(start: Start, answers: Answers) -> None:
    """The tables of the proposal with examples, and the app in a few lines."""
    from segkit.api.proposed import HEADINGS, column_row, summary, table_title

    for proposed in start.proposal.tables:
        answers.say("\n" + table_title(proposed))
        table(HEADINGS, [column_row(column) for column in proposed.columns])
    answers.say("\n" + "\n".join(line for line in summary(start.proposal) if not line.startswith("Open:")) + "\n")


def correct(start: Start, line: str) -> None:
    """One correction as `HELP` has them. Raises SegkitError with what was expected."""
    subject, equals, value = (part.strip() for part in line.partition("="))
    if not equals:
        raise SegkitError(f"'{line}': expected such as users.age = string; ? shows all")
    if subject == "zone":
        start.set_zone(value, start.proposal.wishes.event_zone)
    elif subject == "event zone":
        start.set_zone(start.proposal.zone, value)
    elif ":" in subject and "." not in subject.split(":")[0]:
        name, _, role = subject.partition(":")
        start.set_role(name.strip(), role.strip(), value or None)
    else:
        name, dot, column = subject.partition(".")
        if not dot:
            raise SegkitError(f"'{subject}': expected TABLE.COLUMN, such as users.age; ? shows all")
        start.change(name, column, **_changes(value))


def _changes(value: str) -> dict[str, Any]:
    word, _, rest = value.partition(" ")
    if value in _TYPES:
        return {"type": value}
    if value.isdecimal():
        return {"type": "number", "scale": int(value)}
    if value in ("out", "in"):
        return {"kept": value == "in"}
    if value == "not personal":
        return {"personal": "no"}
    if word == "personal":
        kinds = ("email", "mobile", "name", "address", "other")
        if rest and rest not in kinds:
            raise SegkitError(f"personal '{rest}': expected one of {', '.join(kinds)}")
        return {"personal": rest or "other"}
    if word in ("name", "unit", "category") and rest:
        return {word: rest}
    raise SegkitError(f"'{value}': expected a type ({', '.join(_TYPES)}), personal …, name …, out; ? shows all")
