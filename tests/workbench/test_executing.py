"""Running a notebook: its executed copy is whole or not there, the outcome is the truth, and no secret gets into it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from segkit.errors import SegkitError
from segkit.workbench.notebooks import execute

Make = Callable[..., Path]


@pytest.fixture
def notebook(tmp_path: Path) -> Make:
    """A notebook of a `parameters` cell and others."""

    def make(*cells: str, parameters: str = "app = ''\nday = ''") -> Path:
        first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})  # type: ignore[no-untyped-call]
        rest = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
        path = tmp_path / "made.ipynb"
        kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
        nbformat.write(nbformat.v4.new_notebook(cells=[first, *rest], metadata=kernel), path)  # type: ignore[no-untyped-call]
        return path

    return make


def run(source: Path, environment: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    """The executed notebook."""
    target = source.parent / "out" / "done.ipynb"
    execute(source, target, parameters, environment or {}, lambda share: None)
    return json.loads(target.read_text())  # type: ignore[no-any-return]


def left(source: Path) -> list[str]:
    return sorted(path.name for path in (source.parent / "out").glob("*"))


def outputs(done: dict[str, Any]) -> str:
    return json.dumps([cell.get("outputs") for cell in done["cells"]])


def test_an_executed_notebook_is_private_and_holds_its_outputs(notebook: Make) -> None:
    source = notebook("print(f'night of {app}')")
    assert "night of shop" in outputs(run(source, app="shop"))
    assert left(source) == ["done.ipynb"]
    assert (source.parent / "out" / "done.ipynb").stat().st_mode & 0o777 == 0o600


def test_a_failed_cell_is_the_outcome_and_its_notebook_is_there_as_evidence(notebook: Make) -> None:
    source = notebook("print('so far')", "raise ValueError('no such day')", "print('never')")
    with pytest.raises(SegkitError, match=r"made, cell \d+: ValueError: no such day\. The executed notebook is "):
        run(source)
    done = json.loads((source.parent / "out" / "done.ipynb").read_text())
    assert "so far" in outputs(done)
    assert "never" not in outputs(done)


def test_a_dead_kernel_is_a_failure_whatever_papermill_says(notebook: Make) -> None:
    source = notebook("print('so far')", "import os; os._exit(0)", "print('never')")
    with pytest.raises(SegkitError, match="its kernel ended before its last cell"):
        run(source)
    nbformat.validate(nbformat.read(source.parent / "out" / "done.ipynb", as_version=4))  # type: ignore[no-untyped-call]


def test_an_earlier_copy_stays_whole_when_a_run_is_broken_off(notebook: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    import papermill

    source = notebook("print('first')")
    run(source)
    before = (source.parent / "out" / "done.ipynb").read_bytes()

    def breaks_off(source: str, target: str, **options: object) -> None:
        Path(target).write_text('{"cells": [')
        raise KeyboardInterrupt

    monkeypatch.setattr(papermill, "execute_notebook", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        run(source)
    assert (source.parent / "out" / "done.ipynb").read_bytes() == before
    assert left(source) == ["done.ipynb"]


def test_a_parameter_that_the_notebook_does_not_declare_is_refused(notebook: Make) -> None:
    source = notebook("print(1)")
    with pytest.raises(SegkitError, match=r"made\.ipynb has no parameter 'as_off'; it has app, day"):
        run(source, as_off="2026-06-10")
    assert left(source) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2-x"), ("smtp_pass", "hunter2-x"), ("API_KEY", "hunter2-x"), ("authToken", "hunter2-x"),
        ("client_secret", "hunter2-x"), ("day", "postgresql://reader:hunter2-x@db/shop"),
    ],
)  # fmt: skip
def test_a_secret_is_refused_as_a_parameter_and_not_repeated(notebook: Make, name: str, value: str) -> None:
    source = notebook("print(1)", parameters=f"{name} = ''")
    with pytest.raises(SegkitError, match=f"parameter '{name}': it looks like a secret") as caught:
        run(source, None, **{name: value})
    assert "hunter2" not in str(caught.value)
    assert left(source) == []


def test_ordinary_names_are_no_secrets(notebook: Make) -> None:
    names = ("workspace", "app", "as_of", "segments", "accept", "compass", "key")
    source = notebook(parameters="\n".join(f"{name} = ''" for name in names))
    run(source, None, **dict.fromkeys(names, "https://example.com/a:b@c"))


def test_a_secret_of_the_environment_reaches_the_kernel_and_no_file(notebook: Make) -> None:
    source = notebook("import os; print(len(os.environ['SHOP_PASSWORD']))")
    done = run(source, {"SHOP_PASSWORD": "hunter2-x"})
    assert done["cells"][-1]["outputs"][0]["text"] == ["9\n"]
    assert "hunter2" not in json.dumps(done)
    assert "SHOP_PASSWORD" not in os.environ
