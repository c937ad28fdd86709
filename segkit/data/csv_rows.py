"""The rows of a CSV file in the table `csv_rows` (c0, c1, …) of a load: strictly, and all as text.

A file is read whole or refused whole, by the line that is wrong. Errors never quote a row.
"""

from __future__ import annotations

import glob
import re
from pathlib import Path

import duckdb

from segkit.data.csv_text import Header, encoding_of, header_of, is_utf8, not_in, write_as_utf8
from segkit.data.dialect_settings import CsvFormat
from segkit.data.sql import filled, listed
from segkit.data.work import Work
from segkit.errors import DataProblem

_READ = """
CREATE TEMP TABLE csv_rows AS SELECT * FROM read_csv($files, auto_detect = false, columns = {{{columns}}},
header = true, delim = $delimiter, quote = '"', escape = '"', nullstr = '', strict_mode = true,
null_padding = false, ignore_errors = false, encoding = 'utf-8', max_line_size = 16000000)
"""


def read_csv(work: Work, path: Path, shown: str, form: CsvFormat) -> Header:
    """Reads a file. Raises DataProblem, with the place, for what is not CSV in its encoding."""
    encoding = encoding_of(path, shown, form)
    converted = None
    if not is_utf8(encoding):
        converted = work.scratch / "in_utf8.csv"
        write_as_utf8(path, shown, encoding, converted, work.stop_if_cancelled)
    try:
        return _read(work, converted or path, shown, form)
    finally:
        if converted is not None:
            converted.unlink(missing_ok=True)


def _read(work: Work, path: Path, shown: str, form: CsvFormat) -> Header:
    header = header_of(path, shown, "utf-8-sig", form.delimiter)
    columns = listed([f"'c{place}': 'VARCHAR'" for place in range(len(header.names))])
    try:
        work.run(filled(_READ, columns=columns), files=[glob.escape(str(path))], delimiter=header.delimiter)
    except duckdb.Error as error:
        raise _problem(shown, error, len(header.names)) from None
    return header


_REASONS = (
    ("unterminated quote", 'a quote that does not end; expected "" for each quote inside a quoted field'),
    ("Invalid unicode", not_in("utf-8")),
    ("Maximum line size", "a line of more than 16 MB; a quote before it may lack its end"),
)


def _problem(shown: str, error: duckdb.Error, columns: int) -> DataProblem:
    text = str(error)
    line = re.search(r"Error on Line: (\d+)", text)
    place = f"{shown}, line {line[1]}" if line else shown
    fields = re.search(r"Expected Number of Columns: \d+ Found: (\d+)", text)
    if fields:
        return DataProblem(f"{place}: found {fields[1]} fields; expected {columns}, as many as in the header")
    for words, meaning in _REASONS:
        if words.lower() in text.lower():
            return DataProblem(f"{place}: {meaning}")
    return DataProblem(f"{place}: not CSV as RFC 4180 has it; see that quotes are paired and line ends are all alike")
