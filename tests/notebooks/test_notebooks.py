"""Every notebook runs from top to bottom on the demo workspace, and obeys the house's rules for notebooks."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: These write nothing, so that their first run is as good as a second.
ONLY_LOOKING = ("10_build_a_segment", "20_group_users", "30_import_a_list", "40_export_segments", "50_why")


@pytest.fixture
def tidy_environment(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGKIT_WORKSPACE", str(demo))
    monkeypatch.setenv("SEGKIT_ACTOR", "tester")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("tidy_environment")
def test_nbval_passes_with_the_sanitising_file(path: Path, demo: Path) -> None:
    # Outputs are stripped before a commit, so nbval checks that every cell runs; run twice to compare outputs.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-cell-timeout=1500"]
    command += ["--nbval-sanitize-with", str(FOLDER.parent / "tests" / "notebooks" / "nbval_sanitize.cfg")]
    executed = _executed(path, demo)
    command += ["--rootdir", str(executed.parent), "-c", os.devnull, str(executed)]
    done = subprocess.run(command, cwd=demo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def _executed(path: Path, demo: Path) -> Path:
    """The notebook with the outputs of a run, which nbval's run must equal."""
    target = demo / "checked" / path.name
    target.parent.mkdir()
    # The first run publishes and exports, the second finds all done, as nbval's will.
    for _ in range(1 if path.stem in ONLY_LOOKING else 2):
        papermill.execute_notebook(
            path, target, parameters={"workspace": str(demo)}, kernel_name="python3", progress_bar=False, cwd=demo
        )
    return target


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_calls_and_does_not_compute(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in cells) == 1
    for cell in cells:
        assert not cell.outputs
        assert cell.execution_count is None
        assert len(cell.source.splitlines()) <= 5, cell.source
        banned = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda)
        assert not any(isinstance(node, banned) for node in ast.walk(ast.parse(cell.source))), cell.source
        assert "select " not in cell.source.lower()
