"""Commands about what becomes of a segment: history, revert, duplicate, archive, unarchive, undelete, lineage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segkit.cli.options import AppOption, JsonOption, WorkspaceOption, answer, open_app, say

if TYPE_CHECKING:
    from segkit.api import SegmentInfo

_HERE = Path()
Name = Annotated[str, typer.Argument(help="A segment's name or id.")]
As = Annotated[str | None, typer.Option("--as", metavar="NEW", help="Under another name, where its own is taken.")]


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (history, revert, duplicate, archive, unarchive, undelete, lineage):
        cli.command()(command)


def history(name: Name, workspace: WorkspaceOption = _HERE, app: AppOption = None, json: JsonOption = False) -> None:
    """Show who changed a segment, when, and what, in words; the newest first. Also of a deleted one.

    Example: `segkit history 'Silent gateway owners' -w demo --app smart-home`
    """
    found = open_app(workspace, app).history(name)
    if json:
        answer(found.to_dict())
    else:
        typer.echo(repr(found))


def revert(
    name: Name,
    to: Annotated[int, typer.Option("--to", min=1, help="The version to go back to.")],
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Save what an earlier version says as a new version, and publish it.

    Example: `segkit revert 'Silent gateway owners' --to 2 -w demo --app smart-home`
    """
    opened = open_app(workspace, app)
    before = opened.segment(name).version
    info = opened.revert(name, to)
    if json:
        answer(info.to_dict())
    elif info.version == before:
        say(f"‘{info.name}’ says in version {before} what it said in version {to}; nothing was saved.")
    else:
        say(f"‘{info.name}’ is as in version {to}, saved as version {info.version}: {info.freshness}.")


def duplicate(
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The name of the copy.")],
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Save a copy of a segment under a new name; predefined ones too.

    Example: `segkit duplicate 'Very satisfied users' 'Satisfied in Austria' -w demo --app smart-home`
    """
    _show(open_app(workspace, app).duplicate(name, new), "Saved", json)


def archive(name: Name, workspace: WorkspaceOption = _HERE, app: AppOption = None, json: JsonOption = False) -> None:
    """Put a segment out of the way: kept with its name, neither listed nor refreshed. Refused while others use it.

    Example: `segkit archive 'Spring campaign' -w demo --app smart-home`
    """
    info = open_app(workspace, app).archive(name)
    if json:
        answer(info.to_dict())
    else:
        say(f"Archived ‘{info.name}’ ({info.id}); `segkit unarchive {info.id}` brings it back.")


def unarchive(name: Name, workspace: WorkspaceOption = _HERE, app: AppOption = None, json: JsonOption = False) -> None:
    """Bring an archived segment back; a daily one is published again.

    Example: `segkit unarchive 'Spring campaign' -w demo --app smart-home`
    """
    _show(open_app(workspace, app).unarchive(name), "Brought back", json)


def undelete(
    name: Name,
    new: As = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Bring a deleted segment back with all its versions. `segkit list --deleted` shows those that are.

    Example: `segkit undelete 'Spring campaign' --as 'Spring campaign 2025' -w demo --app smart-home`
    """
    _show(open_app(workspace, app).undelete(name, new), "Brought back", json)


def _show(info: SegmentInfo, done: str, json: bool) -> None:
    if json:
        answer(info.to_dict())
    else:
        say(f"{done} ‘{info.name}’ ({info.id}), version {info.version}: {info.freshness}.")


def lineage(
    name: Name,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it into an SVG file.")] = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a segment reads, down to labels, events and source tables, and which segments and exports use it.

    Example: `segkit lineage 'Silent gateway owners' --svg lineage.svg -w demo --app smart-home`
    """
    from segkit.files.atomic import write_text

    found = open_app(workspace, app).lineage(name)
    if svg is not None:
        write_text(svg, found.svg())
        say(f"Drew {svg}.")
    if json:
        answer(found.to_dict())
    elif svg is None:
        typer.echo(found.text())
