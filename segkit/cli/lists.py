"""Commands about lists that people bring: the template, and importing a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from segkit.cli.options import AppOption, JsonOption, WorkspaceOption, answer, open_app, say, telling
from segkit.errors import SegkitError

_HERE = Path()
_TEMPLATE = Path("segkit-list.xlsx")


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    cli.command()(template)
    cli.command("import")(import_file)


def template(
    file: Annotated[Path, typer.Argument(help="Where to write it; the ending says XLSX or CSV.")] = _TEMPLATE,
) -> None:
    """Write a template of a list to fill in: e-mail, mobile, uid, and three parameters, with instructions.

    Example: `segkit template spring.xlsx`
    """
    from segkit.exchange.lists.template import write_template

    if file.exists():
        raise SegkitError(f"{file} exists; choose another name")
    write_template(file)
    say(f"Wrote {file}. Fill it in, then `segkit import {file} --name …` brings it in.")


def import_file(
    file: Annotated[Path, typer.Argument(help="XLSX or CSV, with headings such as email, mobile, uid.")],
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    name: Annotated[str | None, typer.Option("--name", help="The name of a new list.")] = None,
    into: Annotated[str | None, typer.Option("--into", help="A list that there is.")] = None,
    mode: Annotated[
        Literal["replace", "add", "remove"], typer.Option("--mode", help="What the file does to that list.")
    ] = "replace",
    description: Annotated[str, typer.Option("--description", help="What the new list is for.")] = "",
    consented: Annotated[
        bool,
        typer.Option("--consented", help="State that external addresses agreed to e-mail; else they are held back."),
    ] = False,
    region: Annotated[
        str | None, typer.Option("--region", metavar="DE", help="The country of mobiles without a country code.")
    ] = None,
    map: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=HEADING", help="Which column holds a field.")
    ] = None,
    failures: Annotated[
        Path | None,
        typer.Option("--failures", help="Write the rejected rows to this file (.xlsx or .csv), to mend them."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Import a file that was imported before.")] = False,
    json: JsonOption = False,
) -> None:
    """Import a list of e-mails, mobiles or uids; every row is accepted, rejected with a reason, or a duplicate.

    Example: `segkit import spring.xlsx --name 'Spring campaign' --region DE --failures mend.xlsx -w demo`
    """
    opened = open_app(workspace, app)
    with telling() as tell:
        report = opened.import_list(
            file, name=name, into=into, mode=mode, description=description, consented=consented, region=region,
            mapping=dict(_mapped(text) for text in map or ()), again=again, progress=tell,
        )  # fmt: skip
    if failures is not None and report.rejected:
        opened.list_failures(report.id, failures)
        say(f"Wrote {report.rejected:,} rejected rows to {failures}; mend them, and import them with `--mode add`.")
    if json:
        answer(report.to_dict())
    else:
        typer.echo(repr(report))


def _mapped(text: str) -> tuple[str, str]:
    field, equals, heading = text.partition("=")
    if not equals or not field or not heading:
        raise SegkitError(f"--map '{text}': expected a field and a heading, such as email='Work address'")
    return field, heading
