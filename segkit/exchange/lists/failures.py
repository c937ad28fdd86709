"""The rejected rows of a list as a file in the template's form, with the row number and the reason of each.

Imported again as it is, it gives the same reasons; mended, its rows are taken. Rows of people who were erased are not
in it: nothing of them is kept. Cells are written so that nothing in them runs where the file is opened; reading a list
takes that off again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from segkit.errors import SegkitError
from segkit.exchange.csv_files import CsvLines
from segkit.exchange.lists.headings import FIELDS
from segkit.exchange.lists.reasons import NUMBER_OF, REASONS, Reason
from segkit.exchange.lists.verdicts import REJECTED
from segkit.exchange.xlsx_files import write_xlsx
from segkit.files.atomic import writing

_BATCH = 50_000
_SENTENCES = pa.array([reason.sentence for reason in REASONS], pa.large_string())


def write_failures(path: Path, table: pa.Table, made_at: datetime, sheets: Sequence[str] = ()) -> int:
    """Writes the rejected rows of `Verdicts.table`, in the format that the ending of `path` says; how many.

    `sheets` are the names of the list's sheets, told where there are several.
    """
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise SegkitError(f"{path.name}: expected a name that ends in .xlsx or .csv")
    rejected = table.filter(pc.equal(table["status"], REJECTED))
    rejected = rejected.filter(pc.not_equal(rejected["reason"], NUMBER_OF[Reason.ERASED]))
    has_more = rejected["more"].null_count < rejected.num_rows
    columns = [*FIELDS, "row", "reason", *(["more cells"] if has_more else [])]
    with writing(path) as temporary:
        if path.suffix.lower() == ".csv":
            csv = CsvLines(columns, for_people=True)
            with temporary.open("wb") as stream:
                stream.write(csv.heading())
                stream.writelines(csv.lines(batch) for batch in _batches(rejected, columns, sheets))
        else:
            write_xlsx(temporary, columns, _batches(rejected, columns, sheets), made_at)
    return int(rejected.num_rows)


def _batches(rejected: pa.Table, columns: Sequence[str], sheets: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for start in range(0, rejected.num_rows, _BATCH):
        part = rejected.slice(start, _BATCH).combine_chunks()
        cells = {field: part[field] for field in FIELDS}
        cells |= {"row": _places(part, sheets), "reason": _SENTENCES.take(part["reason"]), "more cells": part["more"]}
        yield from pa.table({name: cells[name] for name in columns}).combine_chunks().to_batches()


def _places(part: pa.Table, sheets: Sequence[str]) -> pa.ChunkedArray:
    """The row numbers as text, with the sheet's name before it where there are several."""
    numbers = pc.cast(part["row"], pa.large_string())
    if len(sheets) < 2:
        return numbers
    names = pa.array(list(sheets), pa.large_string()).take(part["sheet"].combine_chunks())
    return pc.binary_join_element_wise(names, numbers, pa.scalar(": ", pa.large_string()))
