"""`segkit init`: a workspace proposed from a person's own files; asked about in a terminal, not asked with flags."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segkit.cli.options import JsonOption, answer, say, telling
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.starting import Start
    from segkit.data.proposal import Written

_SOURCE = "Parquet or CSV: a file, a folder, a pattern in quotes; x.duckdb:TABLE; postgres:VARIABLE:TABLE."


_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Where the workspace is made, or lies already.")]
_Users = Annotated[
    str | None, typer.Option(metavar="FILE", help=f"{_SOURCE} Without it, users are those of the events.")
]
_Uid = Annotated[str | None, typer.Option(metavar="COL", help="The column of --users that says who.")]
_Events = Annotated[str | None, typer.Option(metavar="FILE", help=_SOURCE)]
_EventUid = Annotated[str | None, typer.Option(metavar="COL", help="The column of --events that says who.")]
_EventName = Annotated[
    str | None, typer.Option(metavar="COL|=NAME", help="What happened: a column, or one name for all rows.")
]
_EventTime = Annotated[str | None, typer.Option(metavar="COL", help="When it happened.")]
_EventKey = Annotated[
    str | None, typer.Option(metavar="COL", help="What tells one event from another, if anything does.")
]
_Zone = Annotated[
    str | None, typer.Option(metavar="ZONE", help="Whose midnights begin your days, such as Europe/Berlin.")
]
_EventZone = Annotated[
    str | None, typer.Option(metavar="ZONE", help="Of the events' clocks where they name none, if not --zone.")
]
_KnownFrom = Annotated[str | None, typer.Option(metavar="COL", help="The day from which a user counts, in --users.")]
_GoneAt = Annotated[
    str | None, typer.Option(metavar="COL", help="The day from which a user no longer counts, in --users.")
]
_Link = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=FILE[:COL]", help="A table of what users have; COL says who. May come again."),
]
_Encoding = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of CSV files that are not UTF-8, such as windows-1252.")
]
_Decimal = Annotated[str | None, typer.Option(metavar="MARK", help="Of numbers in CSV files: '.' or ','.")]
_Dates = Annotated[list[str] | None, typer.Option(metavar="FORMAT", help="Of days in CSV files, such as DD.MM.YYYY.")]
_App = Annotated[str | None, typer.Option(help="The app's name; that of the folder by default.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Take what is proposed, and ask nothing.")]
_Force = Annotated[
    bool, typer.Option("--force", help="Replace an app that is there; its files are kept under another name.")
]


def add_to(cli: typer.Typer) -> None:
    """Puts the command of this module on the command line."""
    cli.command()(init)


def init(
    folder: _Folder,
    users: _Users = None,
    uid: _Uid = None,
    events: _Events = None,
    event_uid: _EventUid = None,
    event_name: _EventName = None,
    event_time: _EventTime = None,
    event_key: _EventKey = None,
    zone: _Zone = None,
    event_zone: _EventZone = None,
    known_from: _KnownFrom = None,
    gone_at: _GoneAt = None,
    link: _Link = None,
    encoding: _Encoding = None,
    decimal: _Decimal = None,
    dates: _Dates = None,
    app: _App = None,
    yes: _Yes = False,
    force: _Force = False,
    json: JsonOption = False,
) -> None:
    """Propose a workspace from your own files: what each column is, which events there are, who can be reached.

    In a terminal it shows the proposal and asks; with all flags, or `--yes`, it writes at once. Your files stay where
    they are. Example: `segkit init shop --users users.csv --events orders.csv --zone Europe/Berlin`
    """
    from segkit.api import init as proposed
    from segkit.cli.asking import Answers, ask

    with telling() as tell:
        start = proposed(
            folder, users, events, uid=uid, event_uid=event_uid, event_name=event_name, event_time=event_time,
            event_key=event_key, zone=zone, event_zone=event_zone, known_from=known_from, gone_at=gone_at,
            links=dict(map(_link, link or ())), encoding=encoding, decimal=decimal, dates=dates or (), app=app,
            progress=tell,
        )  # fmt: skip
    try:
        all_given = zone and (users is None or uid) and (events is None or (event_uid and event_name and event_time))
        if not (all_given or yes or json) and sys.stdin.isatty() and sys.stdout.isatty():
            if not ask(start, Answers()):
                say("Nothing was written.")
                raise typer.Exit(1)
        elif not json:
            _show(start)
        written = start.write(force=force)
        _answer(start, written, json)
    finally:
        start.close()


def _link(text: str) -> tuple[str, str | tuple[str, str]]:
    """`devices=devices.csv:user_id`; the column may be left out."""
    name, equals, rest = text.partition("=")
    if not equals or not name or not rest:
        raise SegkitError(f"--link '{text}': expected NAME=FILE:COLUMN, such as devices=devices.csv:user_id")
    file, colon, column = rest.rpartition(":")
    is_whole = Path(rest).exists() or "/" in column
    is_table = file == "postgres" or (file.startswith("postgres:") and ":" not in file.removeprefix("postgres:"))
    if not colon or is_whole or is_table or file.endswith((".duckdb", ".ddb", ".db")):
        return name, rest
    return name, (file, column)


def _show(start: Start) -> None:
    from segkit.api.proposed import summary

    for line in summary(start.proposal):
        say(line)


def _answer(start: Start, written: Written, json: bool) -> None:
    from segkit.api.starting import segkit_command

    steps = start.next_steps(segkit_command())
    if json:
        answer({
            "app": start.proposal.app,
            "users": start.proposal.user_count,
            "events": [event.code for event in start.proposal.event_list],
            "written": [str(path) for path in written.files],
            "kept": [str(path) for path in written.backups],
            "next": [step.command for step in steps],
        })  # fmt: skip
        return
    for path in written.backups:
        say(f"Kept:    {path}")
    say("Written: " + ", ".join(_short(path) for path in written.files))
    say("\nGo on with:")
    width = max(len(step.command) for step in steps)
    for step in steps:
        typer.echo(f"{step.command.ljust(width)}  # {step.does}")


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
