"""The command that says what is odd about rules: `lint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.options import AppOption, AsOfOption, JsonOption, WorkspaceOption, answer, app_of, day_of, rule_of
from segkit.errors import SegkitError

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the command of this module on the command line."""
    cli.command()(lint)


def lint(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="FILE|NAME…", help="Documents, or names or ids of segments.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every segment of the app.")] = False,
    folder: Annotated[str | None, typer.Option(help="The segments of a folder.")] = None,
    tag: Annotated[str | None, typer.Option(help="The segments with a tag.")] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Leave out remarks of a code, such as changes-nothing.")
    ] = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Say what is odd about rules: users without a value, values that nobody has, conditions that change nothing, and
    between several segments what lies in none of them, or in two, at a boundary.

    Ends with 0 where nothing is odd, and with 1 where something is. A muted condition is left alone.

    Example: `segkit lint rules/*.yaml -w demo --app smart-home`
    """
    from segkit.api import open_workspace

    if everything == bool(what or folder or tag):
        raise SegkitError("expected documents or names, --folder or --tag; or --all alone")
    rules = [rule_of(text) for text in what or []]
    opened = app_of(rules[0] if rules else None, open_workspace(workspace), app)
    day = day_of(as_of)
    if everything:
        found = opened.lint_all(day)
    elif len(rules) == 1 and not folder and not tag:
        found = opened.lint(rules[0], day)
    else:
        found = opened.lint_set(rules, folder=folder, tag=tag, as_of=day)
    found = found.without(*ignore or ())
    if json:
        answer(found.to_dict())
    else:
        typer.echo(found.words)
    if found:
        raise typer.Exit(1)
