"""Commands that keep a workspace: backup, restore, prune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segkit.cli.options import AppOption, JsonOption, WorkspaceOption, answer, open_workspace, say, table
from segkit.errors import PartlyDone

if TYPE_CHECKING:
    from segkit.api.backing_up import Part

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (backup, restore, prune):
        cli.command()(command)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, outside the workspace.")],
    without_sources: Annotated[
        bool, typer.Option("--without-sources", help="Leave out the files that were loaded from.")
    ] = False,
    without_exports: Annotated[bool, typer.Option("--without-exports", help="Leave out what was exported.")] = False,
    without_runs: Annotated[bool, typer.Option("--without-runs", help="Leave out the executed notebooks.")] = False,
    workspace: WorkspaceOption = _HERE,
    json: JsonOption = False,
) -> None:
    """Write the whole workspace to one file while it is in use: catalog, data, snapshots, settings, definitions.

    A catalog in PostgreSQL is copied too; the server's other databases and roles are not. The file holds personal
    data, and is readable by its owner only. Example: `segkit backup /backups/segkit-2026-06-01.zip -w demo`
    """
    asked = {"sources": without_sources, "exports": without_exports, "runs": without_runs}
    without: list[Part] = [part for part, is_out in asked.items() if is_out]  # type: ignore[misc]
    report = open_workspace(workspace).backup(file, without=without)
    if json:
        answer(report.to_dict())
    else:
        say(f"Wrote {report.path}: {report.files:,} files, {report.size:,} bytes, sha256 {report.sha256}")
        for note in report.notes:
            say(f"Note: {note}")
    if report.damaged:
        told = "\n  ".join(report.damaged)
        raise PartlyDone(f"the backup is whole, but what it copies is not; `segkit doctor --deep` says more:\n  {told}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `segkit backup` wrote.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A new or empty folder; that of --workspace by default.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put a workspace that is there aside, under a name with the time.")
    ] = False,
    catalog: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An empty PostgreSQL database for the catalog, or `sqlite` for the folder."),
    ] = None,
    workspace: WorkspaceOption = _HERE,
    json: JsonOption = False,
) -> None:
    """Make a workspace of a backup. The file is verified first; what is in the folder is never written over.

    Example: `segkit restore /backups/segkit-2026-06-01.zip demo-restored`
    """
    from segkit.api.restoring import restore as restored
    from segkit.api.workspace import login, utc_now

    report = restored(file, folder or workspace, actor=login(), now=utc_now(), replace=replace, catalog=catalog)
    if json:
        answer(report.to_dict())
        return
    say(f"Restored {report.folder} as of {report.made_at}: {report.files:,} files, the catalog in {report.catalog}")
    if report.aside is not None:
        say(f"The workspace that was there lies in {report.aside}")
    if report.left_out:
        say(f"The backup was made without {', '.join(report.left_out)}")
    for what in report.damaged:
        say(f"Damaged before it was backed up: {what}")
    if report.kept_out:
        say(f"People were erased since the backup was made: segkit erase --again -w {report.folder}")
    say(f"Look at it: segkit doctor --deep -w {report.folder}")


def prune(workspace: WorkspaceOption = _HERE, app: AppOption = None, json: JsonOption = False) -> None:
    """Let the users of old snapshots go, as `[snapshots]` in segkit.toml says. Counts and records stay.

    The night does it too. Files go a day after their snapshot was let go. Example: `segkit prune -w demo`
    """
    opened = open_workspace(workspace)
    apps = list(opened.apps()) if app is None else [opened.app(app)]
    found = {each.name: each.prune() for each in apps}
    if json:
        answer({name: {"retired": f.retired, "files": f.files, "bytes": f.size} for name, f in found.items()})
    else:
        rows = [(name, f.retired, f.files, f.size) for name, f in found.items()]
        table(("App", "Snapshots let go", "Files removed", "Bytes"), rows)
