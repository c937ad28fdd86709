"""The text of a CSV file: its encoding, the names of its columns, its delimiter, and the whole of it as UTF-8.

Errors say where, never what stands there.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from segkit.data.dialect_settings import DELIMITERS, CsvFormat
from segkit.errors import DataProblem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = ("utf-16", "utf-32")
_CHUNK = 1 << 20
_HEAD_ROWS = 50
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns, and what stands between them."""

    names: tuple[str, ...]
    delimiter: str


def opened_bytes(path: Path) -> BinaryIO:
    """A file to read, unpacked if its name says that it is packed."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.name.endswith(".gz") else path.open("rb")


def encoding_by_mark(path: Path) -> str | None:
    """The encoding that a file's byte order mark says, if it has one."""
    with opened_bytes(path) as stream:
        head = stream.read(4)
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def encoding_of(path: Path, shown: str, form: CsvFormat) -> str:
    """The encoding that a file is to be read in. Raises DataProblem if that is not certain."""
    try:
        marked = encoding_by_mark(path)
    except (OSError, EOFError):
        raise DataProblem(
            f"{shown}: cannot be read; it may be cut off, or packed in another way than its name says"
        ) from None
    if marked is not None:
        return marked
    asked = codecs.lookup(form.encoding or "utf-8").name
    if asked in _UNMARKED:
        raise DataProblem(
            f"{shown}: no byte order mark, so {asked} says too little; expected `encoding` as '{asked}-le' "
            f"or '{asked}-be' in the source's `csv`, or a file with a mark"
        )
    return asked


def is_utf8(encoding: str) -> bool:
    """Whether text in an encoding can be read as UTF-8 as it is."""
    return encoding in ("utf-8", "utf-8-sig", "ascii")


def write_as_utf8(path: Path, shown: str, encoding: str, target: Path, tick: Callable[[], None]) -> None:
    """Writes a file's text in UTF-8, piece by piece, and calls `tick` before each.

    Raises DataProblem with the line that is not in its encoding.
    """
    line = 1
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    with opened_bytes(path) as source, target.open("wb") as out:
        while True:
            tick()
            chunk = source.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += _lines_before(error)
                raise DataProblem(f"{shown}, line {line}: {not_in(encoding)}") from None
            line += text.count("\n")
            out.write(text.encode("utf-8"))
            if not chunk:
                return


def _lines_before(error: UnicodeDecodeError) -> int:
    good = error.object[: error.start].decode(error.encoding, errors="ignore")
    return good.count("\n")


def not_in(encoding: str) -> str:
    """What to say of bytes that are not of an encoding."""
    if is_utf8(encoding):
        return (
            "bytes that are not UTF-8; save the file as UTF-8, or say its encoding in the source's settings, such as "
            'csv = {encoding = "windows-1252"}'
        )
    return f"bytes that are not {encoding}; see that `encoding` in the source's `csv` is right, and the file whole"


def header_of_file(path: Path, shown: str, form: CsvFormat) -> Header:
    """The first row of a file as its settings say that it is written. Raises DataProblem as `header_of` does."""
    return header_of(path, shown, encoding_of(path, shown, form), form.delimiter)


def header_of(path: Path, shown: str, encoding: str, said: str | None = None) -> Header:
    """The first row. Raises DataProblem if it is none, or if the delimiter is neither `said` nor certain."""
    try:
        with opened_bytes(path) as raw, io.TextIOWrapper(raw, encoding, errors="surrogateescape", newline="") as stream:
            # What follows the first rows is read ahead and is not for here to judge.
            text = stream.read(_CHUNK)
        delimiter = said or _certain_delimiter(text, shown)
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
        "".join(names).encode("utf-8")
    except (UnicodeError, OSError, EOFError, csv.Error):
        raise DataProblem(f"{shown}: the first line cannot be read; expected a header, in {encoding}") from None
    if not any(names):
        raise DataProblem(f"{shown}: empty; expected CSV with the names of the columns in the first line")
    if any("\0" in name for name in names):
        advice = "such as 'utf-16-le', in the source's `csv`"
        raise DataProblem(f"{shown}: the first line holds NUL characters; expected text, or its `encoding`, {advice}")
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise DataProblem(f"{shown}: found the column '{repeated[0]}' twice in the header; expected each once")
    return Header(tuple(names), delimiter)


def _certain_delimiter(text: str, shown: str) -> str:
    found = possible_delimiters(text)
    if len(found) > 1:
        names = " or ".join(_NAMES[mark] for mark in found)
        raise DataProblem(
            f"{shown}: the header does not say whether {names} stands between the columns; expected `delimiter` in the "
            f'source\'s settings, such as csv = {{delimiter = "{found[0]}"}}'
        )
    return found[0]


def possible_delimiters(text: str) -> list[str]:
    """What may stand between the columns of a text's first row, those that fit more of the next rows alone."""
    width = {mark: len(next(rows_of(text, mark), ())) for mark in DELIMITERS}
    several = [mark for mark in DELIMITERS if width[mark] > 1]
    if len(several) < 2:
        return several or [","]
    share = {mark: _alike(text, mark, width[mark]) for mark in several}
    best = max(share.values())
    return sorted((mark for mark in several if share[mark] == best), key=lambda mark: -width[mark])


def _alike(text: str, mark: str, width: int) -> float:
    """The share of the rows after the first, of those at hand, that are as wide as it."""
    rows = [row for _, row in zip(range(_HEAD_ROWS + 1), rows_of(text, mark), strict=False)][1:]
    return sum(len(row) == width for row in rows) / len(rows) if rows else 1.0


def rows_of(text: str, delimiter: str) -> Iterator[Sequence[str]]:
    """The rows of a text as far as they are CSV."""
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error:
        return
