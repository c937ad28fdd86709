"""Commands that work: demo, refresh, nightly, lab."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.options import (
    AppOption,
    AsOfOption,
    JsonOption,
    WorkspaceOption,
    answer,
    day_of,
    open_app,
    open_workspace,
    say,
    table,
    telling,
)

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (demo, refresh, nightly, lab):
        cli.command()(command)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to make it.")] = Path("demo"),
    users: Annotated[int, typer.Option("--users", min=500, help="Users of the smart-home app.")] = 50_000,
    csv: Annotated[bool, typer.Option("--csv", help="Only a made-up shop's CSV files, to try `init` on.")] = False,
    json: JsonOption = False,
) -> None:
    """Make a workspace with two sample apps: loaded, refreshed by the night's notebooks, exported.

    Example: `segkit demo` and then `segkit lab -w demo`
    """
    from segkit.cli.demo import make_csv_shop, make_demo

    if csv:
        say(make_csv_shop(folder))
        return
    with telling() as tell:
        report = make_demo(folder, users, tell)
    if json:
        answer(report.to_dict())
    else:
        _show_night(report.to_dict())
        # As it was called, so that the lines can be copied also where segkit is not on the path.
        segkit = sys.argv[0] if sys.argv[0].endswith("segkit") else "segkit"
        say(f"\nOpen it: {segkit} lab -w {folder}\nLook:    {segkit} list -w {folder} --app smart-home")


def refresh(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="Segments; all daily ones if none.")
    ] = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Evaluate segments and publish their users.

    Example: `segkit refresh 'Users with gateways' -w demo --app smart-home`
    """
    with telling() as tell:
        report = open_app(workspace, app).refresh(
            names, day_of(as_of), progress=lambda done, of: tell("refresh", done / max(of, 1))
        )
    if json:
        answer(report.to_dict())
    else:
        _segments_table(report.to_dict()["segments"])
    report.raise_what_is_not_published()


def nightly(
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Run the whole night: load what is new, refresh every daily segment, export what is due.

    Example: `segkit nightly -w demo`
    """
    from segkit.nightly import raise_what_failed, run_night

    with telling() as tell:
        report = run_night(open_workspace(workspace), app or "", day_of(as_of), tell)
    if json:
        answer(report.to_dict())
    else:
        _show_night(report.to_dict())
    raise_what_failed(report)


def _show_night(report: dict[str, object]) -> None:
    refreshes: dict[str, dict[str, object]] = report["refreshes"]  # type: ignore[assignment]
    for name, detail in refreshes.items():
        typer.echo(f"\n{name}, as of {detail['as_of']}: {detail['base']:,} users")
        _segments_table(detail["segments"])  # type: ignore[arg-type]
    typer.echo("")
    for made in report["exports"]:  # type: ignore[attr-defined]
        typer.echo(f"Export    {made['file']}: {made['segments']} segments, {made['rows']:,} rows ({made['status']})")
    for path in report["notebooks"]:  # type: ignore[attr-defined]
        typer.echo(f"Notebook  {path}")


def _segments_table(segments: list[dict[str, object]]) -> None:
    shown = [s for s in segments if s["status"] != "unavailable"]
    rows = [(s["name"], s["kind"], s["count"], _signed(s["change"]), s["status"], s["reason"]) for s in shown]
    table(("Segment", "Kind", "Users", "Change", "Status", "Why"), rows)
    if len(shown) < len(segments):
        typer.echo(
            f"{len(segments) - len(shown)} predefined segments are unavailable in this app; `segkit list` says why."
        )


def _signed(change: object) -> str:
    return f"{change:+,}" if isinstance(change, int) else ""


def lab(
    workspace: WorkspaceOption = _HERE,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 picks a free one.")] = 8888,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
) -> None:
    """Open JupyterLab on the workspace, with segkit's notebooks copied beside the data.

    Example: `segkit lab -w demo`
    """
    from segkit.cli.lab import jupyter_command

    command = jupyter_command(open_workspace(workspace).folder, port, browser)
    sys.stdout.flush()
    os.execv(command[0], command)
