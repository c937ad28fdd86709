"""Every notebook runs from top to bottom on the demo workspace, and obeys the house's rules for notebooks."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture
def in_the_demo(demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo workspace, which the kernels of this test find."""
    monkeypatch.setenv("SEGKIT_WORKSPACE", str(demo))
    monkeypatch.setenv("SEGKIT_ACTOR", "tester")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    return demo


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nbval_passes_with_the_sanitising_file(path: Path, in_the_demo: Path) -> None:
    # Outputs are stripped before a commit, so nbval checks that every cell runs; run before to compare outputs.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-cell-timeout=1500"]
    command += ["--nbval-sanitize-with", str(FOLDER.parent / "tests" / "notebooks" / "nbval_sanitize.cfg")]
    executed = _executed(path, in_the_demo)
    command += ["--rootdir", str(executed.parent), "-c", os.devnull, str(executed)]
    done = subprocess.run(command, cwd=in_the_demo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def _executed(path: Path, demo: Path) -> Path:
    """The notebook with the outputs of a first run, which nbval's must equal; the demo's own night came before both."""
    import papermill

    target = demo / "checked" / path.name
    target.parent.mkdir()
    papermill.execute_notebook(
        str(path), str(target), {"workspace": str(demo)}, kernel_name="python3", progress_bar=False, cwd=str(demo)
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
