"""The command that takes segments out: to a zip, for people, programs or platforms, here or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from segkit.cli.options import AppOption, AsOfOption, JsonOption, WorkspaceOption, answer, day_of, open_app, say

_HERE = Path()


def add_to(cli: typer.Typer) -> None:
    """Puts the command of this module on the command line."""
    cli.command()(export)


def export(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Segments, by name or id.")],
    labels: Annotated[str, typer.Option("--labels", help="Labels to write, with commas between.")] = "",
    form: Annotated[
        Literal["csv", "xlsx", "parquet", "jsonl"] | None,
        typer.Option("--format", help="The kind of file inside the zip; CSV, or what the profile has."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            help="'machine', 'spreadsheet' (for people who open it), or a platform: braze, google, meta, tiktok, "
            "salesforce, salesforce-mobile, webhook.",
        ),
    ] = None,
    channel: Annotated[
        Literal["email", "mobile", "push"] | None,
        typer.Option("--channel", help="Only who may be reached by it now; the others are counted."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="COLUMN=LABEL", help="The label for a platform's column.")
    ] = None,
    holdout: Annotated[
        float, typer.Option("--holdout", metavar="PERCENT", help="Keep so many back as a control group, by hash.")
    ] = 0,
    seed: Annotated[str, typer.Option("--seed", help="What control group and variants are drawn with.")] = "",
    variants: Annotated[
        str, typer.Option("--variants", metavar="A:50,B:50", help="Split the rest into files, in percent.")
    ] = "",
    changes: Annotated[
        bool, typer.Option("--changes", help="Only who entered and who left since the last export to the same place.")
    ] = False,
    max_age_days: Annotated[
        int | None, typer.Option("--max-age-days", min=0, help="Refuse what was computed longer ago.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="WHERE", help="A folder, or where to deliver it: s3://…, gs://…, file://…, https://…."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The zip to write; in exports/ by default.")] = None,
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Write segments to one zip with a manifest. Labels with personal data are written when they are named.

    What cannot be delivered at once waits; `segkit notify` and the next night send it.

    Example: `segkit export 'Users with gateways' --labels country -w demo --app smart-home`
    """
    from segkit.api.export_options import parse_columns, parse_variants

    opened = open_app(workspace, app)
    result = opened.export(
        names,
        out,
        day_of(as_of),
        labels=[code.strip() for code in labels.split(",") if code.strip()],
        format=form,
        profile=profile,
        channel=channel,
        columns=parse_columns(column or []),
        holdout=holdout,
        seed=seed,
        variants=parse_variants(variants),
        changes=changes,
        max_age_days=max_age_days,
        target=target,
    )
    if json:
        segments = len({part.segment_id for part in result.segments})
        files = [{"file": p.file, "segment": p.segment_id, "piece": p.piece, "rows": p.rows} for p in result.segments]
        answer({"file": str(result.path), "sha256": result.sha256, "segments": segments, "files": files})
    else:
        say(f"Wrote {result.path}: " + ", ".join(f"{part.title} {part.rows:,}" for part in result.segments))
