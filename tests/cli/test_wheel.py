"""The built wheel, installed elsewhere, finds its notebooks, documents and migrations from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the unpacked wheel and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # -P and -S-less: the environment's packages, but segkit from the wheel, first on the path.
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-m", "segkit.cli", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_carries_notebooks_documents_schema_and_types(installed: Path) -> None:
    package = installed / "segkit"
    for path in (
        "py.typed", "notebooks/nightly_refresh.ipynb", "notebooks/00_start_here.ipynb",
        "definitions/predefined/05_silence_stage.yaml", "definitions/segment.schema.json",
        "data/demo/smart-home/labels.yaml", "store/migrations/versions/0001_first_tables.py",
        "data/proposal/headings.yaml", "workbench/start.js", "workbench/start.css", "notebooks/05_your_own_data.ipynb",
        "analysis/person.css",
        "dashboards/notebooks/overview.ipynb", "dashboards/web/index.html.j2", "dashboards/web/static/page.js",
        "dashboards/header/view/header.js", "dashboards/view/about.css",
        "notebooks/10_build_a_segment.ipynb", "workbench/builder/view/store.js", "workbench/builder/view/rule.css",
    ):  # fmt: skip
        assert (package / path).is_file(), path
    assert not list(installed.rglob("test_*.py"))


def test_the_installed_wheel_makes_and_serves_the_demo_from_another_folder(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import segkit; print(segkit.__file__)"],
        env={**os.environ, "PYTHONPATH": str(installed)}, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(installed))
    made = run(installed, tmp_path, "demo", "demo", "--users", "1000")
    assert made.returncode == 0, made.stderr[-3000:]
    assert "nightly_refresh.ipynb" in made.stdout
    listed = run(installed, tmp_path, "list", "-w", "demo", "--app", "smart-home")
    assert "Users in churn stage" in listed.stdout
