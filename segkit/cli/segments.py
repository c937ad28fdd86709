"""Commands about segments: list, show, save, delete, estimate, members."""

from __future__ import annotations

import sys
from json import dumps
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
    open_app,
    open_workspace,
    rule_of,
    say,
    table,
)
from segkit.errors import PartlyDone, SegkitError

_HERE = Path()
NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A segment's name or id, or a document's file.")]
Name = Annotated[str, typer.Argument(help="A segment's name or id.")]


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    cli.command("list")(list_segments)
    for command in (show, save, delete, estimate, members):
        cli.command()(command)


def list_segments(
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Words of name, description, folder, tags.")] = "",
    kind: Annotated[
        Literal["predefined", "custom", "imported"] | None, typer.Option("--kind", help="Only of this kind.")
    ] = None,
    folder: Annotated[str | None, typer.Option("--folder", help="Only in this folder or below.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only with this tag.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only those that this person answers for.")] = None,
    cycle: Annotated[Literal["daily", "once"] | None, typer.Option("--cycle", help="Only with this cycle.")] = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Only with a definition or data newer than the count.")
    ] = False,
    archived: Annotated[bool, typer.Option("--archived", help="Those that are archived.")] = False,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that are deleted.")] = False,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """List segments with their published counts, of one app or of all: all of them, or those that are looked for.

    Example: `segkit list gateway --stale -w demo --app smart-home`
    """
    from segkit.store.searching import Search

    search = Search(text, folder=folder, tag=tag, owner=owner, cycle=cycle, kind=kind)
    opened = open_workspace(workspace)
    apps = [opened.app(app)] if app else list(opened.apps())
    found = [(each, each.segments(search, archived=archived, deleted=deleted, stale=stale)) for each in apps]
    if json:
        answer([{"app": each.name, **info.to_dict()} for each, infos in found for info in infos])
        return
    for each, infos in found:
        if len(apps) > 1:
            typer.echo(f"{each.name}, as of {each.as_of}")
        rows = [(*row, info.id) for row, info in zip(infos.rows(), infos, strict=True)]
        table((*infos.headings, "Id"), rows)


def show(
    name: Name,
    form: Annotated[Literal["yaml", "json", "python", "words"], typer.Option("--as", help="How to show it.")] = "yaml",
    version: Annotated[int | None, typer.Option("--version", min=1, help="As it was in this version.")] = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Show a segment's definition, and how fresh its count is.

    Example: `segkit show 'Users with gateways' -w demo --app smart-home --as words`
    """
    from segkit.definitions.documents import document_data, to_json, to_yaml
    from segkit.definitions.python_form import to_python
    from segkit.definitions.sentences import sentence

    opened = open_app(workspace, app)
    document = opened.document(name, version)
    info = None if version else opened.segment(name)
    if json:
        words = sentence(document.rule, opened.vocabulary, opened.names())
        about = {"name": document.name, "version": version} if info is None else info.to_dict()
        answer({**about, "words": words, "document": document_data(document)})
    elif form == "yaml":
        typer.echo(to_yaml(document_data(document)), nl=False)
    elif form == "json":
        typer.echo(to_json(document_data(document)), nl=False)
    elif form == "python":
        typer.echo(to_python(document.rule))
    else:
        typer.echo(sentence(document.rule, opened.vocabulary, opened.names()))
    if info is not None and not json:
        say(f"‘{info.name}’: {info.freshness}.")


def save(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Documents, YAML or JSON.")],
    based_on: Annotated[
        int | None, typer.Option("--based-on", min=1, help="Refuse if the segment is no longer at this version.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="If it is no longer, save both changes where they do not touch.")
    ] = False,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Save segments and publish them at once. A file without `id` makes a new segment, and is given its id.

    Example: `segkit save silent.yaml -w demo --app smart-home`
    """
    from segkit.cli.saving import save_files

    opened = open_workspace(workspace)
    saved, failed = save_files(opened, app, files, based_on, merge)
    if json:
        answer([info.to_dict() for info in saved])
    for info in () if json else saved:
        say(f"Saved ‘{info.name}’ ({info.id}), version {info.version}: {info.count or 0:,} users as of {info.as_of}.")
    if failed and not saved:
        raise failed[0] if len(failed) == 1 else SegkitError("\n  ".join(["nothing was saved:", *map(str, failed)]))
    if failed:
        told = "\n  ".join(str(error) for error in failed)
        raise PartlyDone(f"{len(saved)} of {len(files)} files are saved; not saved:\n  {told}")


def delete(name: Name, workspace: WorkspaceOption = _HERE, app: AppOption = None) -> None:
    """Delete a custom segment; refused while others refer to it.

    Example: `segkit delete 'Old campaign' -w demo --app smart-home`
    """
    opened = open_app(workspace, app)
    found = opened.segment(name)
    opened.delete(found.id)
    say(f"Deleted ‘{found.name}’ ({found.id}); its versions stay on record.")


def estimate(
    rule: NameOrFile,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Count a rule exactly: in all, of every condition, and who can be reached. Nothing is saved.

    Example: `segkit estimate silent.yaml -w demo --app smart-home --json`
    """
    wanted = rule_of(rule)
    found = app_of(wanted, open_workspace(workspace), app).estimate(wanted, day_of(as_of))
    if json:
        answer(found.to_dict())
        return
    typer.echo(f"{found.count:,} of {found.base:,} users ({found.share:.1%}) as of {found.as_of}")
    typer.echo(found.sentence)
    if found.reach:
        typer.echo("Reach: " + ", ".join(f"{channel} {count:,}" for channel, count in found.reach.items()))
    table(("Condition", "Users"), [("  " * c.path.count(".") + c.text, c.count) for c in found.conditions])
    for note in found.notes:
        say(f"Note: {note}.")


def members(
    rule: NameOrFile,
    labels: Annotated[str, typer.Option("--labels", help="Labels to show, with commas between.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many users.")] = None,
    after: Annotated[str | None, typer.Option("--after", metavar="UID", help="Go on behind this user.")] = None,
    form: Annotated[Literal["csv", "json", "parquet"], typer.Option("--format", help="How to write them.")] = "csv",
    unmask: Annotated[bool, typer.Option("--unmask", help="Show personal data; this is recorded.")] = False,
    names: Annotated[bool, typer.Option("--names", help="Labels and values by their names, to be read.")] = False,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """List the users of a segment with chosen labels. Personal data is masked unless asked for.

    Example: `segkit members 'Users with gateways' --labels country,platform --limit 10 -w demo --app smart-home`
    """
    wanted = rule_of(rule)
    opened = app_of(wanted, open_workspace(workspace), app)
    codes = [code.strip() for code in labels.split(",") if code.strip()]
    frame = opened.members(wanted, day_of(as_of), labels=codes, limit=limit, after=after, unmask=unmask, names=names)
    if json or form == "json":
        typer.echo(frame.to_json(orient="records", date_format="iso", force_ascii=False, indent=2))
    elif form == "parquet":
        frame.to_parquet(sys.stdout.buffer, index=False)
    else:
        for code in codes:
            label = opened.vocabulary.label(code)
            if label.type != "list":
                continue
            if names:
                column = label.name if label.name in frame else code
                frame[column] = frame[column].map(lambda items: items if items is None else ", ".join(items))
            else:  # as an export writes them
                frame[code] = frame[code].map(lambda items: None if items is None else dumps(list(items)))
        frame.to_csv(sys.stdout, index=False)
