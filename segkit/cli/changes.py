"""Commands about changes and likeness: why, similar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.options import (
    AppOption,
    AsOfOption,
    JsonOption,
    WorkspaceOption,
    answer,
    app_of,
    day_of,
    open_app,
    open_workspace,
    rule_of,
)

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (why, similar):
        cli.command()(command)


def why(
    name: Annotated[str, typer.Argument(help="A segment's name or id.")],
    start: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="The first date; by default the snapshot before.")
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", "--as-of", metavar="YYYY-MM-DD", help="The second; the newest snapshot's by default."),
    ] = None,
    show: Annotated[int, typer.Option("--show", min=0, help="So many example users of each cause.")] = 3,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Say why a segment's size changed between two dates: causes that add up exactly, with example users.

    Example: `segkit why 'Silent gateway owners' --from 2026-05-25 --to 2026-06-01 -w demo --app smart-home`
    """
    found = open_app(workspace, app).why(name, day_of(start, "--from"), day_of(end, "--to"), examples=show)
    if json:
        answer(found.to_dict())
    else:
        typer.echo(found.words)


def similar(
    what: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE]", help="A segment's name or id, or a document's file.")
    ] = None,
    at_least: Annotated[
        float, typer.Option("--at-least", help="The share of the users of either who are in both, from 0 to 1.")
    ] = 0.9,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Find segments that nearly coincide with one, or have the same rule however it is written; or all such pairs.

    Example: `segkit similar 'Silent gateway owners' --at-least 0.8 -w demo --app smart-home`
    """
    wanted = None if what is None else rule_of(what)
    opened = app_of(wanted, open_workspace(workspace), app)
    found = opened.similar(wanted, day_of(as_of), at_least=at_least)
    if json:
        answer(found.to_dict())
    else:
        typer.echo(found.words)
