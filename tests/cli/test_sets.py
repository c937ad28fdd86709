"""`segkit conditions`, `overlap`, `compose` and `trend`: data on stdout, words too, pictures into files."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from segkit.cli import cli
from segkit.errors import SegkitError
from tests.small_workspace import SmallWorkspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    small = SmallWorkspace(tmp_path_factory.mktemp("sets") / "workspace")
    for number in range(12):
        small.user(f"u{number:02}", country="DE" if number < 8 else "AT", marketing_consent=number % 2 == 0)
    small.event("u00", "app_used", "2024-11-06 09:00")
    german = {"label": "country", "op": "eq", "value": "DE"}
    consent = {"label": "marketing_consent", "op": "eq", "value": True}
    small.app.save({"name": "Germans", "rule": german})
    small.app.save({"name": "Consenting", "rule": {"all": [german, consent]}})
    small.close()
    yield small.folder
    small.close()


def said(folder: Path, *words: str) -> str:
    """What a command answers."""
    done = CliRunner().invoke(cli, [*words, "-w", str(folder)])
    if isinstance(done.exception, SegkitError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def data(folder: Path, *words: str) -> Any:
    return json.loads(said(folder, *words, "--json"))


def test_conditions_show_words_and_a_table_or_json(folder: Path) -> None:
    shown = said(folder, "conditions", "Consenting")
    assert "‘Consenting’ picks 4 of 12 users as of 7 Nov 2024." in shown
    assert "Total without it" in shown
    found = data(folder, "conditions", "Consenting")
    assert [(c["path"], c["count"], c["without"]) for c in found["conditions"]] == [
        ("rule", 4, 12), ("rule.all[0]", 8, 6), ("rule.all[1]", 6, 8),
    ]  # fmt: skip


def test_conditions_of_a_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "rule.yaml"
    path.write_text("segkit: 1\nname: New\ncycle: daily\nrule: {label: country, op: eq, value: AT}\n")
    assert data(folder, "conditions", str(path))["count"] == 4


def test_an_overlap_is_shown_drawn_and_a_region_of_it_saved(folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "overlap.svg"
    shown = said(folder, "overlap", "Germans", "Consenting", "--svg", str(picture))
    assert "8 of 12 users are in at least one, 4 in none." in shown
    assert "Of the second" in shown
    assert ET.parse(picture).getroot().tag.endswith("svg")
    found = data(folder, "overlap", "Germans", "Consenting", "--only", "Germans", "--save", "Germans, not consenting")
    assert [region["users"] for region in found["regions"]] == [4, 4, 4, 0]
    assert data(folder, "estimate", "Germans, not consenting")["count"] == 4
    with pytest.raises(SegkitError, match="expected --save NEW together with --only NAME"):
        said(folder, "overlap", "Germans", "Consenting", "--save", "X")


def test_a_composition_is_by_the_labels_asked_for(folder: Path) -> None:
    found = data(folder, "compose", "Germans", "--labels", "marketing_consent, country")
    assert {label["label"] for label in found["labels"]} == {"marketing_consent", "country"}
    beside = data(folder, "compose", "Consenting", "--against", "Germans", "--labels", "country")
    assert (beside["segment"]["users"], beside["against"]["users"]) == (4, 8)
    assert "In words" in said(folder, "compose", "Germans")


def test_a_trend_goes_from_a_day_to_a_day(folder: Path) -> None:
    found = data(folder, "trend", "Germans", "--from", "2024-11-05", "--to", "2024-11-07")
    assert [(p["as_of"], p["count"], p["source"]) for p in found["points"]] == [
        ("2024-11-05", 8, "evaluated"), ("2024-11-06", 8, "evaluated"), ("2024-11-07", 8, "published"),
    ]  # fmt: skip
    assert "Its size never changed." in said(folder, "trend", "Germans", "--from", "2024-11-05")
    with pytest.raises(SegkitError, match="--from '5 Nov': expected a day such as"):
        said(folder, "trend", "Germans", "--from", "5 Nov")
