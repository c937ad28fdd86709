"""The commands for definitions in a folder, and what the README says of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.small_workspace import SmallWorkspace

README = Path(__file__).resolve().parents[2] / "README.md"


Run = Callable[..., subprocess.CompletedProcess[str]]
GERMAN = "rule: {label: country, op: eq, value: DE}"
AUSTRIAN = "rule: {label: country, op: eq, value: AT}"


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE")
    small.user("bo", country="AT")
    small.user("cy", country="DE")
    assert small.workspace
    return small


def folder_with(tmp_path: Path, **texts: str) -> Path:
    folder = tmp_path / "segments"
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_plan_apply_and_pull_go_round(shop: SmallWorkspace, tmp_path: Path, run_segkit: Run) -> None:
    folder = folder_with(tmp_path, germans=f"name: Germans\n{GERMAN}\n")
    out = tmp_path / "plan.json"
    done = run_segkit("plan", folder, "--show", "1", "--out", out, "-w", shop.folder)
    assert "+ created ‘Germans’ (germans.yaml): 2 users\n      Users whose country is Germany." in done.stdout
    assert "gained: ana\n" in done.stdout
    assert "ana" not in out.read_text()
    done = run_segkit("apply", folder, "--plan", out, "--json", "-w", shop.folder)
    segment_id = json.loads(done.stdout)["ids"]["germans.yaml"]
    assert (folder / "germans.yaml").read_text() == f"segkit: 1\nid: {segment_id}\nname: Germans\n{GERMAN}\n"
    assert "Nothing to do" in run_segkit("plan", folder, "-w", shop.folder).stdout
    done = run_segkit("pull", tmp_path / "pulled", "-w", shop.folder)
    assert done.stdout == f"new  Germans.{segment_id}.yaml\n"
    assert "Nothing to do" in run_segkit("plan", tmp_path / "pulled", "-w", shop.folder).stdout


def test_problems_end_with_1_a_moved_world_with_1_and_a_broken_persona_with_3(
    shop: SmallWorkspace, tmp_path: Path, run_segkit: Run
) -> None:
    folder = folder_with(tmp_path, a=f"name: A\n{GERMAN}\n", b="name: B\nrule: {label: contry, op: not_empty}\n")
    done = run_segkit("plan", folder, "-w", shop.folder, code=1)
    assert "b.yaml: rule: no label 'contry'. Did you mean 'country'?" in done.stderr
    folder_with(tmp_path, b=f"name: B\npersonas: {{in: [bo]}}\n{GERMAN}\n")
    done = run_segkit("plan", folder, "-w", shop.folder, code=3)
    assert "! ‘B’ is held: personas.in[0] ('bo'): must be in, but is out: rule does not hold" in done.stdout
    run_segkit("apply", folder, "-w", shop.folder, code=3)
    assert [info.name for info in shop.app.segments() if info.kind == "custom"] == []
    (folder / "b.yaml").unlink()
    run_segkit("plan", folder, "--out", folder / "plan.json", "-w", shop.folder)
    folder_with(tmp_path, a=f"name: A\n{AUSTRIAN}\n")
    done = run_segkit("apply", folder, "--plan", folder / "plan.json", "-w", shop.folder, code=1)
    assert "the world has moved since the plan was made: a.yaml has changed" in done.stderr
    run_segkit("apply", folder, "--plan", folder / "plan.json", "--delete", "-w", shop.folder, code=2)


def test_diff_shows_versions_dates_and_a_file_in_words_and_users(
    shop: SmallWorkspace, tmp_path: Path, run_segkit: Run
) -> None:
    rule = {"label": "country", "op": "eq", "value": "DE"}
    segment_id = shop.app.save({"name": "Some", "rule": rule}).id
    shop.app.save({"id": segment_id, "name": "Some", "rule": {**rule, "value": "AT"}})
    done = run_segkit("diff", "Some", "--version", "1", "--version", "2", "--show", "2", "-w", shop.folder)
    lines = done.stdout.splitlines()
    assert lines[0] == "‘Some’, version 1 → version 2: 2 → 1 users as of 2024-11-07 (+1 −2)"
    assert "Germany" in lines[1]
    assert lines[2:4] == ["  gained: bo", "  lost: ana, cy"]
    assert run_segkit("diff", "Some", "--version", "1", "-w", shop.folder).stdout.startswith(
        "‘Some’, version 1 → version 2"
    )
    folder = folder_with(tmp_path, some=f"name: Some\n{GERMAN}\n")
    done = run_segkit("diff", folder / "some.yaml", "--json", "-w", shop.folder)
    found = json.loads(done.stdout)
    assert (found["before"], found["after"], found["gained"], found["lost"]) == (1, 2, 2, 1)
    done = run_segkit("diff", "Some", "--from", "2024-11-01", "--json", "-w", shop.folder)
    found = json.loads(done.stdout)
    assert (found["as_of"], found["gained"], found["lost"]) == (["2024-11-01", "2024-11-07"], 0, 0)
    run_segkit("diff", "Some", "-w", shop.folder, code=2)


# --- the README's example --------------------------------------------------------------------------------------------


def workflow() -> dict[str, Any]:
    """The GitHub Actions example of the README."""
    (text,) = [block for block in re.findall(r"```yaml\n(.*?)```", README.read_text(), re.S) if "jobs:" in block]
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def lines_of(job: str) -> str:
    """What the shell is given in a job."""
    return "\n".join(step["run"] for step in workflow()["jobs"][job]["steps"] if "run" in step)


def git(folder: Path, *words: str) -> str:
    author = ("-c", "user.name=tester", "-c", "user.email=tester@example.com")
    done = subprocess.run(["git", *author, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone of a repository with one document."""
    git(tmp_path, "init", "-q", "--bare", "--initial-branch=main", "origin.git")
    git(tmp_path, "clone", "-q", "origin.git", "checkout")
    folder_with(tmp_path / "checkout", germans=f"name: Germans\n{GERMAN}\n")
    git(tmp_path / "checkout", "add", ".")
    git(tmp_path / "checkout", "commit", "-qm", "One")
    git(tmp_path / "checkout", "push", "-q", "origin", "HEAD:main")
    return tmp_path / "checkout"


def on_a_runner(checkout: Path, job: str, workspace: Path) -> tuple[int, str]:
    """Runs a job's lines as GitHub does; exit code and summary."""
    bin_ = checkout.parent / "bin"
    bin_.mkdir(exist_ok=True)
    (bin_ / "segkit").write_text(f'#!/bin/sh\nexec {sys.executable} -m segkit.cli "$@"\n')
    (bin_ / "segkit").chmod(0o755)
    summary = checkout.parent / "summary.md"
    summary.write_text("")
    environment = {
        **os.environ,
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "PYTHONPATH": str(README.parent),
        "SEGKIT_WORKSPACE": str(workspace),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_SHA": "4f2a",
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", lines_of(job)],
        cwd=checkout, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, summary.read_text()


def test_the_readmes_workflow_shows_a_plan_and_applies_it(shop: SmallWorkspace, checkout: Path) -> None:
    code, summary = on_a_runner(checkout, "plan", shop.folder)
    assert code == 0
    assert "| created | ‘Germans’ (germans.yaml) |  | 2 | 2 | 0 | Users whose country is Germany. |" in summary
    assert [info for info in shop.app.segments() if info.kind == "custom"] == []
    git(checkout, "checkout", "-q", "--", ".")
    code, _ = on_a_runner(checkout, "apply", shop.folder)
    assert code == 0
    info = shop.app.segment("Germans")
    assert f"id: {info.id}\n" in git(checkout, "show", "origin/main:segments/germans.yaml")
    assert shop.workspace.catalog.version(info.id, 1).note == "commit 4f2a"
    code, _ = on_a_runner(checkout, "apply", shop.folder)
    assert code == 0


def test_the_readmes_workflow_fails_with_the_problems_in_the_summary(shop: SmallWorkspace, checkout: Path) -> None:
    (checkout / "segments" / "germans.yaml").write_text("name: Germans\nrule: {label: contry, op: not_empty}\n")
    code, summary = on_a_runner(checkout, "plan", shop.folder)
    assert code == 1
    assert "germans.yaml: rule: no label 'contry'. Did you mean 'country'?" in summary
