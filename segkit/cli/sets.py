"""Commands that compare sets of users: conditions, overlap, compose, trend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    table,
    telling,
)
from segkit.errors import SegkitError

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.finding import Finding
    from segkit.api import App

_HERE = Path()
NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A segment's name or id, or a document's file.")]
Name = Annotated[str, typer.Argument(help="A segment's name or id.")]
SvgOption = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it into an SVG file.")]


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (conditions, overlap, compose, trend):
        cli.command()(command)


def conditions(
    rule: NameOrFile,
    svg: SvgOption = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Show what each condition of a rule does: its own count, the total without it, whom it removes in its turn.

    Example: `segkit conditions 'Silent gateway owners' -w demo --app smart-home`
    """
    wanted = rule_of(rule)
    found = app_of(wanted, open_workspace(workspace), app).conditions(wanted, day_of(as_of))
    _show(found, json, svg)


def overlap(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Two to eight segments, by name or id.")],
    save: Annotated[
        str | None, typer.Option("--save", metavar="NEW", help="Save one region as a segment; `--only` says which.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="In this one, and in no other; may be repeated.")
    ] = None,
    svg: SvgOption = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Show how two to eight segments overlap: every region of users, exact, and how much each two share.

    Example: `segkit overlap 'Users with gateways' 'Users in churn stage' -w demo --app smart-home`

    Save a region: `segkit overlap A B C --only A --only B --save 'A and B without C'`
    """
    opened = open_app(workspace, app)
    if (save is None) != (not only):
        raise SegkitError("expected --save NEW together with --only NAME, which says the region")
    found = opened.overlap(*names, as_of=day_of(as_of))
    if save is not None:
        region = found.region(*(only or ()))
        info = opened.save_rule(save, region.rule())
        say(f"Saved ‘{info.name}’ ({info.id}): users who are {region.words}, {info.count or 0:,} as of {info.as_of}.")
    _show(found, json, svg)
    if not json:
        _table(found.pair_table)


def compose(
    name: NameOrFile,
    against: Annotated[
        str | None, typer.Option("--against", metavar="NAME|FILE", help="Another segment; all users by default.")
    ] = None,
    labels: Annotated[str, typer.Option("--labels", help="Labels to compare by, with commas between.")] = "",
    svg: SvgOption = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a segment is made of, label by label, beside all users or another segment; most telling first.

    Example: `segkit compose 'Silent gateway owners' --labels country,platform -w demo --app smart-home`
    """
    wanted = rule_of(name)
    opened = app_of(wanted, open_workspace(workspace), app)
    codes = [code.strip() for code in labels.split(",") if code.strip()] or None
    other = None if against is None else rule_of(against)
    _show(opened.compose(wanted, other, labels=codes, as_of=day_of(as_of)), json, svg)


def trend(
    name: Name,
    since: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day; 30 days by default.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day; the app's own date by default.")
    ] = None,
    svg: SvgOption = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Show a segment's size, who entered and who left, day by day; evaluated where nothing was published.

    Example: `segkit trend 'Silent gateway owners' --from 2026-05-01 -w demo --app smart-home`
    """
    if as_of is not None and until is not None:
        raise SegkitError("found both --as-of and --to; expected one of them as the last day")
    opened = open_app(workspace, app)
    first, last = day_of(since, "--from"), day_of(until, "--to") or day_of(as_of)
    _show(_trend(opened, name, first, last), json, svg)


def _trend(app: App, name: str, first: object, last: object) -> Finding:
    with telling() as tell:

        def told(done: int, days: int) -> None:
            tell(f"days of ‘{name}’", done / max(1, days))

        return app.trend(name, first, last, progress=told)  # type: ignore[arg-type]


def _show(found: Finding, json: bool, svg: Path | None) -> None:
    """Data on stdout, the picture in a file; words stand above the table."""
    from segkit.files.atomic import write_text

    chart = found.chart() if svg is not None or not json else None
    if svg is not None and chart is not None:
        write_text(svg, chart.svg)
        say(f"Drew {svg}.")
    if json:
        answer(found.to_dict())
        return
    typer.echo(found.words)
    if chart is not None:
        _table(chart.table)


def _table(frame: pd.DataFrame) -> None:
    import pandas as pd

    rows = [
        [None if cell is pd.NA or cell != cell else cell if isinstance(cell, str) else int(cell) for cell in row]
        for row in frame.astype(object).itertuples(index=False)
    ]
    table(list(frame.columns), rows)
