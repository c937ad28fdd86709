"""Commands about data: load, forget-days, doctor, labels, events, values."""

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
    day_of,
    open_app,
    open_workspace,
    say,
    table,
    telling,
)

if TYPE_CHECKING:
    from segkit.data.report import LoadReport
    from segkit.definitions.vocabulary import LabelDeclaration

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (load, forget_days, doctor, labels, events, values):
        cli.command()(command)


def load(
    columns: Annotated[
        list[str] | None, typer.Argument(help="With --accept-drift: only the drift of these columns.")
    ] = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read every source again from the beginning.")] = False,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Take files that are another than what was accepted so far.")
    ] = False,
    days: Annotated[
        list[str] | None,
        typer.Option(
            "--days", metavar="FROM..TO", help="Read these days again from all files of events; can be repeated."
        ),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Load nothing; show the report of the last load.")] = False,
    json: JsonOption = False,
) -> None:
    """Bring in what is new in the sources.

    A file whose columns or values are of another kind than what was accepted so far holds the load (exit code 3).

    Examples: `segkit load -w demo`, `segkit load -w demo --app smart-home --accept-drift country score`,
    `segkit load -w demo --days 2026-05-01..2026-05-07`
    """
    if columns and not accept_drift:
        raise typer.BadParameter("columns are named after --accept-drift", param_hint="COLUMNS")
    opened = open_workspace(workspace)
    if last:
        reports = opened.last_loads(app)
    else:
        with telling() as tell:
            reports = opened.load(
                app, rebuild=rebuild, accept_drift=columns or accept_drift, days=days or (), progress=tell
            )
    _tell(reports, json)


def forget_days(
    days: Annotated[list[str], typer.Argument(metavar="FROM..TO", help="Days, both ends included; or single ones.")],
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Delete the events of some days; later loads leave them out.

    `segkit load --days` brings them back, and so does `--rebuild`. Example: `segkit forget-days 2026-05-01 -w demo`
    """
    _tell([open_workspace(workspace).forget_days(days, app)], json)


def _tell(reports: list[LoadReport], json: bool) -> None:
    if json:
        answer([report.to_dict() for report in reports])
    for report in reports:
        for line in report.words():
            say(line)


def doctor(
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    deep: Annotated[bool, typer.Option("--deep", help="Also read every stored file and compare its sha256.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 1 for warnings too.")] = False,
    json: JsonOption = False,
) -> None:
    """Say what is wrong with settings, sources, drift, vocabulary, definitions, snapshots, disk and versions.

    Each finding says where, what, why it matters and what to do. Exit code 1 if there is an error; 0 if there are only
    warnings and notes, unless --strict makes warnings count.

    Example: `segkit doctor -w demo --deep`
    """
    from segkit.api.doctor import examine

    findings = examine(open_workspace(workspace), app, deep=deep)
    if json:
        answer([finding.to_dict() for finding in findings])
    else:
        for finding in findings:
            typer.echo(str(finding))
        if all(finding.severity == "note" for finding in findings):
            typer.echo("Nothing is wrong.")
        _say_how_pages_are_confined()
    if any(finding.severity == "error" or (strict and finding.severity == "warning") for finding in findings):
        raise typer.Exit(1)


def _say_how_pages_are_confined() -> None:
    from segkit.dashboards.serving import confinement_words

    by = confinement_words()
    none = "cannot be confined on this machine, whose kernel has no Landlock: they start with --unconfined only"
    say(f"Pages of `segkit dashboards` {f'are confined by {by}' if by else none}.")


def labels(
    search: Annotated[str, typer.Argument(help="Only those whose code, name or category holds this.")] = "",
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """List the labels that rules may speak of, and how they are derived.

    Example: `segkit labels consent -w demo --app smart-home`
    """
    from segkit.definitions.wording.deriving import derivation_text

    vocabulary = open_app(workspace, app).vocabulary
    declared = [d for d in vocabulary.labels if _holds(search, d.code, d.name, d.category)]
    how = [derivation_text(d.derived, vocabulary) if d.derived is not None else "" for d in declared]
    if json:
        plain = [d.model_dump(by_alias=True, exclude_none=True) for d in declared]
        answer([found | ({"derived_as": words} if words else {}) for found, words in zip(plain, how, strict=True)])
    else:
        rows = [(d.code, d.name, d.category, d.type, d.description) for d in declared]
        if any(how):
            table(
                ("Label", "Name", "Category", "Type", "Description", "Derived as"),
                [(*row, words) for row, words in zip(rows, how, strict=True)],
            )
        else:
            table(("Label", "Name", "Category", "Type", "Description"), rows)


def events(
    search: Annotated[str, typer.Argument(help="Only those whose code, name or category holds this.")] = "",
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """List the events that rules may speak of, with their parameters.

    Example: `segkit events mall -w demo --app smart-home`
    """
    vocabulary = open_app(workspace, app).vocabulary
    declared = [d for d in vocabulary.events if _holds(search, d.code, d.name, d.category)]
    if json:
        answer(
            [
                {
                    **d.model_dump(exclude_none=True),
                    "parameters": [vocabulary.parameter(code).model_dump(exclude_none=True) for code in d.parameters],
                }
                for d in declared
            ]
        )
    else:
        table(
            ("Event", "Name", "Category", "Parameters"),
            [(d.code, d.name, d.category, ", ".join(d.parameters)) for d in declared],
        )


def _holds(search: str, *texts: str) -> bool:
    return any(search.casefold() in text.casefold() for text in texts)


def values(
    label: Annotated[str, typer.Argument(help="The label's code.")],
    search: Annotated[str, typer.Option("--search", help="Only values that hold this.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many values.")] = 100,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """List the values that a label has, most frequent first, with the users who have them.

    Of personal data only how many users have some. Example: `segkit values country -w demo --app smart-home`
    """
    opened = open_app(workspace, app)
    declared = opened.vocabulary.label(label)
    found, without = opened.values(label, day_of(as_of), search=search, limit=limit)
    if declared.personal is not None:
        # The rows themselves would tell who is there; how many have one is all there is to say.
        base = opened.estimate({"all": []}, day_of(as_of)).base
        if json:
            answer({"label": label, "with": base - without, "without": without})
        else:
            table(("Value", "Users"), [("(personal data)", base - without), ("(no value)", without)])
    elif json:
        answer({"label": label, "values": [{"value": v.value, "count": v.count} for v in found], "without": without})
    else:
        rows = [(_written(v.value), _name(declared, v.value), v.count) for v in found]
        table(("Value", "Name", "Users"), [*rows, ("(no value)", "", without)])


def _written(value: object) -> str:
    """A value as a rule writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(declared: LabelDeclaration, value: object) -> str:
    if isinstance(value, bool) and str(value).lower() not in declared.values:
        return "yes" if value else "no"
    return declared.values.get(_written(value), "")
