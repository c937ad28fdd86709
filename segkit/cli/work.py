"""Commands that work: demo, refresh, nightly, lab, dashboards."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from segkit.cli.options import (
    AcceptOption,
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
from segkit.errors import SegkitError

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (demo, refresh, nightly, lab, dashboards):
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
    accept: AcceptOption = None,
    json: JsonOption = False,
) -> None:
    """Evaluate segments and publish their users. What gates hold is kept back, unless the segments are named.

    Example: `segkit refresh 'Users with gateways' -w demo --app smart-home`
    """
    from segkit.api.gating import require_acceptable

    opened = open_app(workspace, app)
    require_acceptable(opened.workspace, accept or (), opened.name)
    with telling() as tell:
        report = opened.refresh(
            names, day_of(as_of), progress=lambda done, of: tell("refresh", done / max(of, 1)), accept=accept or ()
        )
    if json:
        answer(report.to_dict())
    else:
        _segments_table(report.to_dict()["segments"])
        for note in report.notes:
            say(f"Note: {note}")
    report.raise_what_is_not_published()


def nightly(
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="A night for each date from this one on.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="The last of these dates; `--from` by default.")
    ] = None,
    export: Annotated[
        bool, typer.Option("--export", help="With --from: export what was due in the past, too.")
    ] = False,
    accept: AcceptOption = None,
    json: JsonOption = False,
) -> None:
    """Run the whole night: load what is new, refresh every daily segment, export what is due.

    Run again, it does what was left undone. Exit codes: 3 if gates held something, 5 if something failed.

    Example: `segkit nightly -w demo`
    """
    from segkit.nightly import raise_what_failed, run_night, run_nights

    _require_one_way(as_of, first, last, export)
    opened, names = open_workspace(workspace), accept or ()
    with telling() as tell:
        if first is None:
            reports = [run_night(opened, app or "", day_of(as_of), tell, names)]
        else:
            days = _day(first, "--from"), _day(last or first, "--to")
            reports = list(run_nights(opened, *days, app or "", tell, names, export))
    if json:
        answer(reports[0].to_dict() if first is None else {"nights": [report.to_dict() for report in reports]})
    else:
        for report in reports:
            _show_night(report.to_dict())
    raise_what_failed(*reports)


def _require_one_way(as_of: str | None, first: str | None, last: str | None, export: bool) -> None:
    if as_of is not None and first is not None:
        raise SegkitError("--as-of and --from: expected one of them")
    if first is None and (last is not None or export):
        raise SegkitError(f"{'--to' if last is not None else '--export'} goes with --from")


def _day(text: str, option: str) -> date:
    found = day_of(text, option)
    assert found is not None
    return found


def _show_night(report: dict[str, object]) -> None:
    refreshes: dict[str, dict[str, object]] = report["refreshes"]  # type: ignore[assignment]
    for name, detail in refreshes.items():
        typer.echo(f"\n{name}, as of {detail['as_of']}: {detail['base']:,} users")
        _segments_table(detail["segments"])  # type: ignore[arg-type]
    typer.echo("")
    for made in report["exports"]:  # type: ignore[attr-defined]
        what = f"{made['file']}: {made['segments']} segments, {made['rows']:,} rows" if made["file"] else made["name"]
        typer.echo(f"Export    {what} ({made['status']})")
    for found in report["gates"]:  # type: ignore[attr-defined]
        let = f" (accepted by {found['accepted']})" if found["accepted"] else ""
        typer.echo(f"Gate      {found['app']}, {found['holds'] or found['gate']}: {found['sentence']}{let}")
    for path in report["notebooks"]:  # type: ignore[attr-defined]
        typer.echo(f"Notebook  {path}")
    typer.echo(f"Page      {report['page']}")


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


def dashboards(
    workspace: WorkspaceOption = _HERE,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 picks a free one.")] = 8866,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
    token: Annotated[
        bool, typer.Option("--token/--no-token", help="Let in only who has the address with its token.")
    ] = True,
    host: Annotated[
        list[str] | None, typer.Option("--host", metavar="NAME", help="A name that a proxy serves these under.")
    ] = None,
    user_header: Annotated[
        str, typer.Option("--user-header", metavar="HEADER", help="Where the proxy says who asks.")
    ] = "X-Forwarded-User",
    unconfined: Annotated[
        bool, typer.Option("--unconfined", help="Start also where pages cannot be kept from reading the workspace.")
    ] = False,
) -> None:
    """Serve the workspace's numbers to people who never open JupyterLab, on this machine's own address.

    Everybody is a viewer. Behind a proxy that says who asks, roles are those of `segkit.toml`: give the proxy and
    this command one secret, here in SEGKIT_PROXY_SECRET, there in the header X-Segkit-Secret.

    Example: `segkit dashboards -w demo`
    """
    from segkit.dashboards.serving import Serving, proxy_secret, serve

    serve(
        Serving(
            open_workspace(workspace).folder, port, say, browser=browser, token=token, unconfined=unconfined,
            hosts=tuple(host or ()), user_header=user_header, proxy_secret=proxy_secret(),
        )
    )  # fmt: skip
