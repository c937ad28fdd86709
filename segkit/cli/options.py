"""What every command takes, and how it answers: data on stdout, words and progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api import App, Workspace

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace", "-w", envvar="SEGKIT_WORKSPACE", help="The workspace's folder.", show_default="this folder"
    ),
]
AppOption = Annotated[str | None, typer.Option("--app", help="Which app, where the workspace has several.")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="YYYY-MM-DD", help="The date evaluated for; data ends with the day before."),
]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option("--accept", metavar="NAME", help="A gate, or a segment that one holds, to let through, on record."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]


def open_workspace(folder: Path) -> Workspace:
    """The workspace that the command is about."""
    from segkit.api import open_workspace as opened

    return opened(folder)


def open_app(folder: Path, app: str | None) -> App:
    """The app that the command is about."""
    return open_workspace(folder).app(app)


def day_of(as_of: str | None, option: str = "--as-of") -> date | None:
    """A date from the command line. Raises SegkitError for other text."""
    if as_of is None:
        return None
    try:
        return date.fromisoformat(as_of)
    except ValueError:
        raise SegkitError(f"{option} '{as_of}': expected a day such as 2026-01-31") from None


def answer(data: object) -> None:
    """Data as JSON on stdout."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def say(words: str) -> None:
    """Words on stderr."""
    typer.echo(words, err=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout; numbers to the right, thousands grouped. Plain tab-free text where it is not a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, heading in enumerate(headings):
        is_number = any(isinstance(row[number], int) for row in rows)
        shown.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        shown.add_row(
            *(f"{cell:,}" if isinstance(cell, int) else "" if cell is None else _escaped(str(cell)) for cell in row)
        )
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    console.print(shown)
    if not rows:
        say("Nothing found.")


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


class Teller:
    """Progress on stderr: one bar in a terminal, one line a step elsewhere."""

    def __init__(self, progress: Any | None) -> None:
        self._progress = progress
        self._task: Any = None
        self._step = ""

    def __call__(self, step: str, share: float) -> None:
        if self._progress is None:
            if step != self._step:
                say(f"{step} …")
        elif step != self._step:
            if self._task is not None:
                self._progress.update(self._task, completed=1.0)
            self._task = self._progress.add_task(step, total=1.0, completed=share)
        else:
            self._progress.update(self._task, completed=share)
        self._step = step


@contextmanager
def telling() -> Iterator[Teller]:
    """Shows progress while the block runs."""
    if not sys.stderr.isatty():
        yield Teller(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Teller(progress)


def app_of(rule: Any, workspace: Workspace, app: str | None) -> App:
    """The app that was named, else the one that the document names, else the only one."""
    named = getattr(rule, "app", None)
    if app is not None and named is not None and app != named:
        raise SegkitError(f"‘{rule.name}’ belongs to app '{named}', not '{app}'; leave --app out, or change `app`")
    return workspace.app(app or named)


def rule_of(text: str) -> Any:
    """A rule from the command line: the document in a file, or the name of a segment."""
    from segkit.definitions.documents import read_document

    path = Path(text)
    return read_document(path, say) if path.suffix in (".yaml", ".yml", ".json") else text
