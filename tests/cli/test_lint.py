"""`segkit lint` on the demo workspace: its segments, its documents, and a rule with much that is odd."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import segkit
from segkit.cli import cli

ODD = """\
segkit: 1
name: Odd one
rule:
  all:
  - {label: marketing_consent, op: eq, value: true}
  - not: {label: country, op: eq, value: Germany}
  - {event: feedback_submitted, window: {last: 500}}
  - {label: device_count, op: lt, value: 0}
"""


@pytest.fixture(scope="module")
def folder(demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(demo_template, tmp_path_factory.mktemp("lint") / "demo"))


def lint(folder: Path, *words: str | Path, app: str = "smart-home") -> Any:
    return CliRunner().invoke(cli, ["lint", *map(str, words), "-w", str(folder), "--app", app])


def test_the_segments_of_the_demo_have_a_gap_at_thirty_days_and_a_few_conditions_without_effect(folder: Path) -> None:
    done = lint(folder, "--all", "--json")
    assert done.exit_code == 1, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    assert len(answer["checked"]) == 16
    assert {remark["code"] for remark in answer["remarks"]} <= {"gap", "changes-nothing"}
    (gap,) = [remark for remark in answer["remarks"] if remark["code"] == "gap"]
    assert (gap["segment"], gap["path"]) == ("Users in churn stage", "rule.all[2].any[0]")
    assert gap["beside"] == [{"segment": "Users in silence stage", "path": "rule.all[2].any[0].all[1]"}]
    used = {
        "event": "app_used",
        "measure": "last",
        "op": "days_ago_between",
        "value": [30, 30],
        "window": {"all": True},
    }
    device = {"label": "device_count", "op": "ge", "value": 1}
    consent = {"label": "marketing_consent", "op": "eq", "value": True}
    workspace = segkit.open(folder)
    app = workspace.app("smart-home")
    counts = app.estimate(used).count, app.estimate({"all": [consent, device, used]}).count
    workspace.close()
    assert (gap["numbers"]["on"], gap["numbers"]["users"]) == counts


def test_the_documents_that_come_with_the_demo_are_read_one_by_one_and_as_a_set(folder: Path) -> None:
    documents = sorted((folder / "definitions").rglob("*.yaml"))
    assert documents
    done = lint(folder, *[path for path in documents if "app: smart-home" in path.read_text()])
    assert done.exit_code in (0, 1), done.output
    assert "as of 2026-06-01." in done.stdout


def test_nothing_odd_is_said_in_one_line_and_ends_with_0(folder: Path) -> None:
    done = lint(folder, "Users with gateways")
    assert (done.exit_code, done.stdout) == (0, "Nothing odd about ‘Users with gateways’ as of 2026-06-01.\n")


def test_each_remark_is_a_line_with_its_place_and_codes_can_be_left_out(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(ODD)
    done = lint(folder, path)
    assert done.exit_code == 1
    places = [tuple(line.split(":")[0].split(" ")) for line in done.stdout.splitlines()[:-1]]
    assert places == [
        ("rule.all[1].not", "unknown-value"),
        ("rule.all[2]", "window-before-data"),
        ("rule.all[3]", "never-true"),
    ]
    assert "Did you mean “DE” for “Germany”?" in done.stdout
    fewer = lint(folder, path, "--ignore", "never-true", "--ignore", "unknown-value")
    assert fewer.stdout.splitlines()[-1] == "1 remark on ‘Odd one’ as of 2026-06-01."
    assert "'never-tru'" in str(lint(folder, path, "--ignore", "never-tru").exception)


def test_it_asks_for_what_to_look_at(folder: Path) -> None:
    assert "--all alone" in str(lint(folder).exception)
    assert "--all alone" in str(lint(folder, "Users with gateways", "--all").exception)
    assert "no segment to lint" in str(lint(folder, "--tag", "nobody has it").exception)
