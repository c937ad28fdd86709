"""Starts the process that reads a list, watches it, and maps what it wrote. This process parses nothing of the file."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import IO, Any

import pyarrow as pa

import segkit
from segkit.errors import Cancelled, SegkitError
from segkit.exchange.lists.reading.cells_file import cells_schema
from segkit.exchange.lists.reading.limits import ReadingLimits, megabytes
from segkit.files.processes import lives, started

_CHILD = "segkit.exchange.lists.reading.child"
_OURS = re.compile(r"\.reading-(\d+)-(\d+)-.*")
_LOOK = 0.2  # seconds between looks at the clock
_SAID_BEFORE_DYING = 4_000
#: Libraries whose threads would each take address space of their own, which is limited.
_FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Cells:
    """A list as text cells: `table` as `cells_file` says, the headings, and how the file was written."""

    table: pa.Table = field(repr=False)
    headings: tuple[str, ...] = field(repr=False)
    format: str
    encoding: str | None
    delimiter: str | None
    sheets: tuple[str, ...]
    left_out: tuple[str, ...]  # sheets without the list's headings


@contextmanager
def reading(
    path: Path,
    scratch: Path,
    limits: ReadingLimits | None = None,
    *,
    tell: Callable[[int], None] = lambda rows: None,
    cancel: threading.Event | None = None,
) -> Iterator[Cells]:
    """The cells of the XLSX or CSV file at `path`, while the block runs; `tell` hears how many rows were read.

    What is needed meanwhile lies in `scratch`. Raises SegkitError with what is wrong with the file or which limit
    stopped it, Cancelled if `cancel` is set.
    """
    limits = limits or ReadingLimits()
    _check_file(path, limits)
    sweep_abandoned(scratch)
    prefix = f".reading-{os.getpid()}-{started(os.getpid()) or 0}-"
    with TemporaryDirectory(prefix=prefix, dir=scratch) as folder:
        target = Path(folder) / "cells.arrow"
        known = _ask(path, target, limits, tell, cancel)
        with pa.memory_map(str(target)) as mapped:
            yield _cells(mapped, known, path.name)


def sweep_abandoned(scratch: Path) -> None:
    """Takes away what processes that were killed while they read left behind: it holds personal data."""
    for folder in scratch.glob(".reading-*-*-*"):
        found = _OURS.fullmatch(folder.name)
        if found and not lives(int(found[1]), int(found[2])):
            shutil.rmtree(folder, ignore_errors=True)


def _check_file(path: Path, limits: ReadingLimits) -> None:
    if path.is_dir():
        raise SegkitError(f"{path}: found a folder; expected a list as XLSX or CSV")
    if not path.is_file():
        raise SegkitError(f"{path}: no such file; expected a list as XLSX or CSV")
    size = path.stat().st_size
    if size == 0:
        raise SegkitError(f"{path.name}: the file is empty; expected headings such as email, mobile or uid, and rows")
    if size > limits.file:
        raise SegkitError(
            f"{path.name}: found {megabytes(size)}; a list may have {megabytes(limits.file)}. "
            "Split it into several files"
        )


def _cells(mapped: Any, known: dict[str, Any], shown: str) -> Cells:
    headings = tuple(known["headings"])
    table = pa.ipc.open_file(mapped).read_all()
    if table.schema != cells_schema(len(headings)) or table.num_rows != known["rows"]:
        raise SegkitError(f"{shown}: {_GAVE_UP}")
    table.validate(full=True)
    return Cells(
        table=table,
        headings=headings,
        format=known["format"],
        encoding=known["encoding"],
        delimiter=known["delimiter"],
        sheets=tuple(known["sheets"]),
        left_out=tuple(known["left_out"]),
    )


def _ask(
    path: Path, target: Path, limits: ReadingLimits, tell: Callable[[int], None], cancel: threading.Event | None
) -> dict[str, Any]:
    """Lets a child read; what it says of the file."""
    errors = target.with_name("errors.txt")
    with errors.open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=_environment(),
            cwd=target.parent,
            start_new_session=True,
        )
    try:
        answers = _listen(child, {"path": str(path.resolve()), "target": str(target), "limits": limits.to_dict()})
        return _await(child, answers, path.name, errors, limits, tell, cancel)
    finally:
        _end(child)


def _environment() -> dict[str, str]:
    ours = str(Path(segkit.__file__).resolve().parents[1])
    others = os.environ.get("PYTHONPATH")
    return {**os.environ, **_FRUGAL, "PYTHONPATH": os.pathsep.join([ours, *([others] if others else [])])}


def _listen(child: subprocess.Popen[bytes], asked: dict[str, Any]) -> queue.Queue[dict[str, Any] | None]:
    """What the child says, as it says it; None once it has ended."""
    answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
    told, heard = _pipes(child)
    with contextlib.suppress(BrokenPipeError):
        told.write(json.dumps(asked).encode())
        told.close()

    def listen() -> None:
        with contextlib.suppress(ValueError, OSError):  # closed, or not what the child says
            for line in heard:
                answers.put(json.loads(line))
        answers.put(None)

    threading.Thread(target=listen, daemon=True, name="segkit-list-reader").start()
    return answers


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise OSError("a process was started without pipes")
    return child.stdin, child.stdout


def _await(
    child: subprocess.Popen[bytes],
    answers: queue.Queue[dict[str, Any] | None],
    shown: str,
    errors: Path,
    limits: ReadingLimits,
    tell: Callable[[int], None],
    cancel: threading.Event | None,
) -> dict[str, Any]:
    end = monotonic() + limits.wall
    while True:
        if cancel is not None and cancel.is_set():
            raise Cancelled("the import was cancelled; nothing was changed")
        if monotonic() > end:
            raise SegkitError(f"{shown}: reading took longer than {limits.wall} seconds; {_SMALLER}")
        try:
            answer = answers.get(timeout=_LOOK)
        except queue.Empty:
            continue
        if answer is None or "stopped" in answer:
            raise SegkitError(f"{shown}: {_reason(child, answer, errors, limits)}")
        if "refused" in answer:
            raise SegkitError(f"{shown}: {answer['refused']}.")
        if "done" in answer:
            done: dict[str, Any] = answer["done"]
            return done
        tell(int(answer["rows"]))


_SMALLER = "split it into smaller files, or save it as CSV"
_GAVE_UP = "it could not be read; open it in a spreadsheet program and save it again as XLSX or CSV"
_MEMORY_WORDS = (b"memory allocation", b"MemoryError", b"bad_alloc", b"capacity overflow", b"Cannot allocate")


def _reason(child: subprocess.Popen[bytes], answer: dict[str, Any] | None, errors: Path, limits: ReadingLimits) -> str:
    """Why a child ended that has not answered."""
    child.wait()
    with errors.open("rb") as stream:
        said = stream.read(_SAID_BEFORE_DYING)
    if child.returncode == -signal.SIGXCPU:
        return f"reading took more than {limits.cpu} seconds of a processor; {_SMALLER}"
    if answer is not None or any(words in said for words in _MEMORY_WORDS):
        return (
            f"reading needed more than {megabytes(limits.memory)} of memory; {_SMALLER}. "
            "A cell far below or right of the others makes a sheet large too"
        )
    return _GAVE_UP


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
