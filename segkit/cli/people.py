"""Commands about one user: explain, profile, check."""

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
    say,
)

_HERE = Path()
Who = Annotated[str, typer.Argument(metavar="WHO", help="The user's uid, account, e-mail address or mobile number.")]
NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A segment's name or id, or a document's file.")]
Unmask = Annotated[bool, typer.Option("--unmask", help="Show personal data; this is recorded.")]


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (check, explain, profile):
        cli.command()(command)


def check(
    who: Who,
    rule: NameOrFile,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether a user is in a segment.

    Example: `segkit check u000017 'Users with gateways' -w demo --app smart-home`
    """
    from segkit.masking import masked_text

    wanted = rule_of(rule)
    opened = app_of(wanted, open_workspace(workspace), app)
    day = opened.day(day_of(as_of))
    is_in = opened.check(who, wanted, day)
    if json:
        answer({"uid": masked_text(who), "in": is_in, "as_of": day})
    else:
        typer.echo("in" if is_in else "out")


def explain(
    who: Who,
    rule: NameOrFile,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many events of each condition.")] = 5,
    after: Annotated[int, typer.Option("--after", min=0, help="Leave out so many of the newest events.")] = 0,
    place: Annotated[
        str | None, typer.Option("--place", metavar="PLACE", help="Events of this condition only, such as rule.all[1].")
    ] = None,
    unmask: Unmask = False,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Say why a user is in a segment or not: each condition with its value and events, and what would change it.

    Example: `segkit explain u000017 'Users in churn stage' -w demo --app smart-home`
    """
    wanted = rule_of(rule)
    opened = app_of(wanted, open_workspace(workspace), app)
    found = opened.explain(who, wanted, day_of(as_of), limit=limit, after=after, place=place, unmask=unmask)
    if json:
        answer(found.to_dict())
    else:
        typer.echo(found.words)


def profile(
    who: Who,
    days: Annotated[int, typer.Option("--days", min=1, help="At most so many days with events.")] = 7,
    before: Annotated[
        str | None, typer.Option("--before", metavar="YYYY-MM-DD", help="Events of the days before this one.")
    ] = None,
    unmask: Unmask = False,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is known of a user: labels since when, linked items, events by day, segments.

    Example: `segkit profile u000017 --days 3 -w demo --app smart-home`
    """
    found = open_app(workspace, app).profile(
        who, day_of(as_of), days=days, before=day_of(before, "--before"), unmask=unmask
    )
    if json:
        answer(found.to_dict())
        return
    typer.echo(found.words)
    if found.is_masked:
        say("Personal data is masked; --unmask shows it, on record.")
