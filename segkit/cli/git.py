"""Commands for definitions in a folder, which may be a Git repository: plan, apply, pull, diff."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated, Literal

import typer

from segkit.cli.options import (
    AppOption,
    AsOfOption,
    JsonOption,
    WorkspaceOption,
    answer,
    app_of,
    day_of,
    open_workspace,
    rule_of,
    say,
)
from segkit.errors import Held

_HERE = Path()
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of documents, YAML or JSON, nested or not.")]
Delete = Annotated[
    bool, typer.Option("--delete", "--prune", help="Delete segments that are in the catalog and not in the folder.")
]
Show = Annotated[int, typer.Option("--show", min=0, max=1000, help="Name so many users who come and who go.")]


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (plan, apply, pull, diff):
        cli.command()(command)


def plan(
    folder: Folder,
    delete: Delete = False,
    show: Show = 0,
    form: Annotated[Literal["text", "markdown"], typer.Option("--as", help="How to show it.")] = "text",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Save the plan, for `segkit apply --plan`.")] = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Show what applying a folder of documents would change: definitions in words, and users gained and lost.

    Example: `segkit plan segments -w demo`
    """
    from segkit.api.planning.showing import as_markdown, as_text
    from segkit.files.atomic import write_text

    found = open_workspace(workspace).plan(folder, app, delete=delete, as_of=day_of(as_of))
    if out is not None:
        write_text(out, json_.dumps(found.to_dict(), ensure_ascii=False, indent=2) + "\n")
    if json:
        answer(found.to_dict(show))
    else:
        typer.echo(as_markdown(found, show) if form == "markdown" else as_text(found, show))
    if found.is_held:
        names = sorted({name for each in found.apps for name, _ in each.broken})
        raise Held("personas would not be where they must be: " + ", ".join(f"‘{name}’" for name in names))


def apply(
    folder: Folder,
    delete: Delete = False,
    plan: Annotated[Path | None, typer.Option("--plan", help="Do exactly what this saved plan shows.")] = None,
    note: Annotated[str, typer.Option("--note", help="What to say of the new versions, such as a commit.")] = "",
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Do what `plan` shows: all definitions or none; new files are given their id, then users are published.

    Example: `segkit apply segments --plan plan.json -w demo`
    """
    from segkit.api.planning.showing import as_text

    if plan is not None and (delete or app is not None):
        raise typer.BadParameter(
            "--plan: the plan says itself which app it is about and what is deleted; leave the others out"
        )
    done = open_workspace(workspace).apply(folder, app, delete=delete, plan=plan, note=note)
    if json:
        answer(done.to_dict())
    else:
        typer.echo(as_text(done.plan))
        for place in done.files:
            say(f"Gave {place} its id.")
        for report in done.reports:
            say(f"{report.app}: {len(report.published)} segments published as of {report.as_of}.")
    done.raise_what_is_missing()


def pull(
    folder: Folder,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that say what the catalog never had.")
    ] = False,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Write the catalog's custom segments as documents into a folder; files that say the same stay as they are.

    Example: `segkit pull segments -w demo`
    """
    done = open_workspace(workspace).pull(folder, app, overwrite=overwrite)
    if json:
        answer(done.to_dict())
    else:
        for word, places in (("new", done.written), ("updated", done.updated)):
            for place in places:
                typer.echo(f"{word}  {place}")
        if done.unchanged:
            say(f"{len(done.unchanged)} files are as in the catalog.")
        if done.others:
            say(f"Left alone, of no segment in the catalog: {', '.join(done.others)}")
    done.raise_what_is_left()


def diff(
    what: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A segment's name or id, or a document's file.")],
    version: Annotated[
        list[int] | None, typer.Option("--version", min=1, help="Twice: the two versions. Once: that and the current.")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="The first of two dates.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="The second; today by default.")] = None,
    show: Show = 0,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Show what differs, in words and users: two versions, two dates, or a file and the catalog.

    Example: `segkit diff 'Silent gateway owners' --from 2026-01-31 --to 2026-02-28 -w demo --app smart-home`
    """
    wanted = rule_of(what)
    opened = app_of(wanted, open_workspace(workspace), app)
    is_file = not isinstance(wanted, str)
    if sum((is_file, bool(version), start is not None)) != 1 or (version and len(version) > 2) or (end and not start):
        raise typer.BadParameter(
            "expected one of: a file; a name with --version N --version M; a name with --from D [--to D]"
        )
    if start is not None:
        found = opened.diff(wanted, dates=(day_of(start, "--from"), day_of(end, "--to")))
    elif version:
        newest = opened.segment(wanted).version if len(version) == 1 else version[1]
        found = opened.diff(wanted, versions=(version[0], newest or 1), as_of=day_of(as_of))
    else:
        found = opened.diff(wanted, as_of=day_of(as_of))
    if json:
        answer(found.to_dict(show))
    else:
        typer.echo(found.text(show))
