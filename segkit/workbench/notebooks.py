"""Where segkit's notebooks lie, and running one with parameters: its executed copy is whole or not there at all."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segkit.errors import NotFound, SegkitError
from segkit.files.atomic import writing
from segkit.files.disk import private_folder
from segkit.masking import masked_failure
from segkit.workbench.scrubbing import scrub

_PACKAGE = Path(__file__).resolve().parents[1]
#: `password`, `API_KEY`, `smtp_pass`, `authToken`; not `tokens_used_by`, `compass`, `key`.
_SECRET_NAME = re.compile(
    r"(?i)passw|passphrase|secret|credential|(?:^|_)(?:pass|pwd|pat)(?:$|_)|token$|(?:api|private|access)_?key|^auth"
)
#: A URL that holds a password.
_SECRET_VALUE = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def notebooks_folder() -> Path:
    """The folder of notebooks: inside the installed package, or beside it in a checkout."""
    for folder in (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks"):
        if (folder / "nightly_refresh.ipynb").is_file():
            return folder
    raise NotFound(f"no notebooks with the package in {_PACKAGE}; install segkit again")


def notebook(name: str) -> Path:
    """The notebook of that name, without its ending. Raises NotFound with those there are."""
    path = notebooks_folder() / f"{name}.ipynb"
    if not path.is_file():
        there = ", ".join(sorted(found.stem for found in notebooks_folder().glob("*.ipynb")))
        raise NotFound(f"no notebook '{name}'; there are: {there}")
    return path


def execute(
    source: Path,
    target: Path,
    parameters: Mapping[str, object],
    environment: Mapping[str, str],
    progress: Callable[[float], None],
) -> None:
    """Runs `source` with papermill and puts the executed notebook to `target`, also when a cell failed.

    Raises SegkitError for a parameter that the notebook does not declare, for one that looks like a secret, and with
    the failed cell's error. What papermill says in the notebook's metadata is no evidence: it says "completed" after a
    dead kernel too.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    _refuse_secrets(source, parameters)
    _refuse_unknown_parameters(source, parameters)
    failure = ""
    private_folder(target.parent)
    progress(0.0)
    with writing(target) as temporary, _kernel_environment(environment), warnings.catch_warnings():
        # The temporary name does not end in .ipynb, and papermill would say so.
        warnings.filterwarnings("ignore", message="The specified file")
        try:
            papermill.execute_notebook(
                str(source),
                str(temporary),
                parameters=dict(parameters),
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                cwd=str(target.parent),
                # What the kernel warns of by itself would be mailed by cron every night.
                extra_arguments=["--IPKernelApp.log_level=40"],
            )
        except PapermillExecutionError as error:
            failure = f"cell {error.cell_index}: {error.ename}: {masked_failure(error.ename, error.evalue)}"
        except (DeadKernelError, CellTimeoutError) as error:
            # Papermill has written what was done by then.
            failure = f"its kernel ended before its last cell ({type(error).__name__}), perhaps for want of memory"
        scrub(temporary)
    progress(1.0)
    if failure:
        raise SegkitError(f"{source.stem}, {failure}. The executed notebook is {target}") from None


def _refuse_secrets(source: Path, parameters: Mapping[str, object]) -> None:
    """Parameters are copied into the executed notebook, twice. The value is never said."""
    for name, value in parameters.items():
        if _SECRET_NAME.search(name) or (isinstance(value, str) and _SECRET_VALUE.search(value)):
            raise SegkitError(
                f"{source.name}, parameter '{name}': it looks like a secret, and parameters stay in the executed "
                "notebook. Put it into an environment variable, which the notebook reads, and leave the parameter out."
            )


def _refuse_unknown_parameters(source: Path, parameters: Mapping[str, object]) -> None:
    import papermill

    declared: dict[str, Any] = papermill.inspect_notebook(str(source))
    unknown = sorted(set(parameters) - set(declared))
    if unknown:
        raise SegkitError(f"{source.name} has no parameter '{unknown[0]}'; it has {', '.join(declared)}")


@contextmanager
def _kernel_environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """The environment that a kernel inherits, put back afterwards."""
    before = dict(os.environ)
    os.environ.update({"PYDEVD_DISABLE_FILE_VALIDATION": "1", **wanted})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
