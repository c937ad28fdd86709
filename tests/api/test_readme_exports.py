"""What the README says of exports: its settings are read, its commands take the options that they are shown with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import typer

from segkit.api.export_options import Wanted, parse_variants
from segkit.api.exporting_due import _wanted
from segkit.cli import cli
from segkit.data.settings import ExportSettings, read_settings

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.split("## Taking users out\n")[1].split("\n## ")[0]


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTION, flags=re.DOTALL)


def test_the_settings_are_read_and_asked_for_as_they_stand(tmp_path: Path) -> None:
    (block,) = _blocks("toml")
    (tmp_path / "segkit.toml").write_text('segkit = 1\n[apps.smart-home]\nzone = "Europe/Berlin"\n' + block)
    (export,) = read_settings(tmp_path).exports
    wanted = _wanted(export)
    assert (wanted.profile, wanted.columns, wanted.changes) == ("meta", {"fn": "first_name"}, True)
    assert (wanted.max_age_days, wanted.target, wanted.folder) == (2, "s3://bucket/lists", "exports")


def test_every_key_of_an_export_is_told() -> None:
    for key in ExportSettings.model_fields:
        assert re.search(rf"\b{key}\b", SECTION), key


def test_the_commands_are_taken() -> None:
    command: Any = typer.main.get_command(cli)
    export = command.commands["export"]
    (block,) = _blocks("sh")
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert len(lines) == 4
    for words in lines:
        assert words[:2] == ["segkit", "export"]
        given = export.make_context("export", words[2:], resilient_parsing=False).params
        Wanted(
            labels=given["labels"].split(","),
            format=given["form"],
            profile=given["profile"],
            channel=given["channel"],
            holdout=given["holdout"],
            seed=given["seed"],
            variants=parse_variants(given["variants"]),
            changes=given["changes"],
            target=given["target"],
        )
