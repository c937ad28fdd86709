"""A CSV file as text cells: strictly, so that a quote that never ends is said, and swallows no rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from segkit.data.csv_text import possible_delimiters, rows_of
from segkit.exchange.lists.headings import looks_like_headings
from segkit.exchange.lists.reading.cells_file import CellsWriter
from segkit.exchange.lists.reading.encodings import encoding_of
from segkit.exchange.lists.reading.limits import ReadingLimits, Refused

_BATCH = 20_000
_HEAD = 1 << 18
_MOST_BEFORE = 20  # rows without anything before the headings
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_NAMES = {mark: name for name, mark in _DELIMITERS.items()}


def read_csv(path: Path, target: Path, limits: ReadingLimits, tell: Callable[[int], None]) -> dict[str, Any]:
    """Writes a file's cells to `target`; what is known of it. Raises Refused."""
    encoding = encoding_of(path)
    csv.field_size_limit(limits.cell)
    try:
        with path.open(encoding=encoding, newline="") as stream:
            head = stream.read(_HEAD)
        delimiter, begins = _delimiter(head)
        with path.open(encoding=encoding, newline="") as stream:
            headings, rows = _write(stream, delimiter, begins, target, limits, tell)
    except UnicodeDecodeError:
        raise Refused(f"bytes that are not {encoding}, as its beginning says it is; save it as UTF-8") from None
    return {
        "format": "csv",
        "encoding": encoding,
        "delimiter": _NAMES[delimiter],
        "headings": headings,
        "rows": rows,
        "sheets": [],
        "left_out": [],
    }


def _delimiter(head: str) -> tuple[str, int]:
    """What stands between the cells, and how many rows to leave out for a spreadsheet's own `sep=;`."""
    first = head.split("\n", 1)[0].strip()
    if first.lower().startswith("sep=") and len(first) == 5 and first[4] in _NAMES:
        return first[4], 1
    possible = possible_delimiters(head.lstrip("\r\n"))
    known = [mark for mark in possible if looks_like_headings(next(iter(rows_of(head.lstrip("\r\n"), mark)), []))]
    return (known or possible)[0], 0


def _write(
    stream: io.TextIOWrapper,
    delimiter: str,
    begins: int,
    target: Path,
    limits: ReadingLimits,
    tell: Callable[[int], None],
) -> tuple[list[str], int]:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    rows = _said(reader, limits)
    number, headings = _headings(rows, begins)
    writer = CellsWriter(target, len(headings), limits)
    try:
        waiting: list[list[str]] = []  # what is empty at the end of the file is no row of it
        while batch := waiting + list(islice(rows, _BATCH)):
            end = _last_with_anything(batch)
            if len(batch) == len(waiting):
                break
            batch, waiting = batch[:end], batch[end:]
            if batch:
                writer.add_rows(batch, range(number + 1, number + 1 + len(batch)))
                number += len(batch)
            if len(waiting) > limits.rows:
                raise Refused(f"more than {limits.rows:,} empty rows; take them out")
            tell(writer.rows)
    finally:
        writer.close()
    return headings, writer.rows


def _last_with_anything(batch: list[list[str]]) -> int:
    """How many rows there are up to the last one in which something stands."""
    end = len(batch)
    while end and not any(cell.strip() for cell in batch[end - 1]):
        end -= 1
    return end


def _headings(rows: Iterator[list[str]], begins: int) -> tuple[int, list[str]]:
    for number, row in enumerate(islice(rows, begins + _MOST_BEFORE), 1):
        if number > begins and any(cell.strip() for cell in row):
            while not row[-1].strip():
                row.pop()
            return number, row
    raise Refused("nothing in its first rows; expected headings such as email, mobile or uid")


def _said(reader: Any, limits: ReadingLimits) -> Iterator[list[str]]:
    """The rows, with what is wrong with one in words."""
    number = 0
    while True:
        number += 1
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refused(_problem(str(error), number, line, limits)) from None
        if len(row) > limits.columns:
            raise Refused(f"row {number:,}: {len(row):,} cells; a list may have {limits.columns:,} columns")
        yield row


def _problem(error: str, number: int, line: int, limits: ReadingLimits) -> str:
    place = f"row {number:,}" if number == line else f"row {number:,} (line {line:,})"
    if "field limit" in error:
        return (
            f"{place}: a cell of more than {limits.cell:,} characters; shorten it, or see whether a quote "
            "that begins there lacks its end"
        )
    if "unexpected end" in error:
        return f'{place}: a quote that begins there never ends; expected "" for each quote inside a quoted cell'
    if "expected after" in error:
        return f'{place}: something stands behind the end of a quoted cell; expected "" for each quote inside one'
    return f"{place}: not CSV as RFC 4180 has it; see that quotes are paired"
