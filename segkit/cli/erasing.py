"""The command that erases a person."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.options import AppOption, JsonOption, WorkspaceOption, answer, open_workspace, say

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the command of this module on the command line."""
    cli.command()(erase)


def erase(
    who: Annotated[str, typer.Argument(metavar="UID|E-MAIL|MOBILE", help="Whom to erase.", show_default=False)] = "",
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    again: Annotated[
        bool, typer.Option("--again", help="Erase once more whoever was erased before and is there: after a restore.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Erase a person: from data, history, rules, exports and notebooks; later loads keep them out.

    Without --app it looks in every app. Published counts stay. Exports that the person was in are listed, and removed
    where they lie in the workspace. Your own sources are not changed. It cannot be taken back.

    Example: `segkit erase mary@example.com -w demo`
    """
    if bool(who.strip()) == again:
        raise typer.BadParameter("expected one person, or --again alone", param_hint="UID|E-MAIL|MOBILE")
    opened = open_workspace(workspace)
    _confirm(
        yes, "of everyone who was erased before" if again else "of this person", app or ", ".join(opened.app_names)
    )
    report = opened.erase(who, app, again=again)
    if json:
        answer(report.to_dict())
    for line in report.words():
        say(line)


def _confirm(yes: bool, whose: str, apps: str) -> None:
    """Asks whoever sits at a terminal; nobody else is taken to have said yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody is there to be asked; say --yes to erase", param_hint="--yes")
    typer.confirm(f"Erase everything {whose} in {apps}? It cannot be taken back.", abort=True, err=True)
