"""The command that shows the audit trail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.options import JsonOption, WorkspaceOption, answer, open_workspace, table

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the command of this module on the command line."""
    cli.command()(audit)


def audit(
    app: Annotated[str | None, typer.Option("--app", help="Only of this app.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this, such as save, export, unmask.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Only of this, such as a segment's id.")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only by this person.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many entries.")] = 50,
    workspace: WorkspaceOption = _HERE,
    json: JsonOption = False,
) -> None:
    """Show who did what, the newest first: saves, refreshes, exports, personal data shown, days forgotten, and so on.

    `segkit doctor` says whether it is what was written. Example: `segkit audit --action unmask -w demo`
    """
    found = open_workspace(workspace).audit(app, actor=actor, action=action, subject=subject, limit=limit)
    if json:
        answer(found.to_list())
    else:
        table(found.headings, found.rows())
