"""Commands about what nights tell: notify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.options import JsonOption, WorkspaceOption, answer, open_workspace, say
from segkit.errors import PartlyDone

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (notify,):
        cli.command()(command)


def notify(
    again: Annotated[
        bool, typer.Option("--again", help="Try everything that did not arrive now, also what was given up.")
    ] = False,
    workspace: WorkspaceOption = _HERE,
    json: JsonOption = False,
) -> None:
    """Send the notifications that wait: those that did not arrive, or that a killed night left. Each arrives once.

    The night does it too. Example: `segkit notify -w demo`
    """
    from segkit.operations.sending import send_waiting

    found = send_waiting(open_workspace(workspace), again=again)
    if json:
        answer(asdict(found))
    else:
        say(f"{found.delivered:,} delivered, {found.waiting:,} waiting, {found.given_up:,} given up")
    if found.problems:
        raise PartlyDone("not every notification arrived:\n  " + "\n  ".join(found.problems))
