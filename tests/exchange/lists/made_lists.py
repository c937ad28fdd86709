"""Lists and app users, literal, as the code under test takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from segkit.exchange.lists.headings import columns_of
from segkit.exchange.lists.people import People
from segkit.exchange.lists.reading.cells_file import cells_schema
from segkit.exchange.lists.verdicts import Verdicts, verdicts

STATUSES = ("matched", "external", "rejected", "duplicate")
#: uid, e-mail, mobile; their numbers are 10, 11, 12, …
USERS = (
    ("ana", "Ana@Example.com", "+49 151 12345678"),
    ("bo", "bo@example.com", None),
    ("007", None, "+8613812345678"),
    ("kim", "family@example.com", "+4915112345679"),
    ("lee", "family@example.com", "not a number"),
)


def people(users: Sequence[tuple[str, str | None, str | None]] = USERS) -> People:
    uids, emails, mobiles = (pa.array(column, pa.string()) for column in zip(*users, strict=True))
    return People.of(np.arange(10, 10 + len(users)), uids, emails, mobiles, "DE")


def cells(headings: Sequence[str], *rows: Sequence[str | None]) -> pa.Table:
    """Cells as if read: the heading is row 1."""
    width = len(headings)
    full = [[*row, *[None] * (width - len(row))] for row in rows]
    columns = [pa.array([row[place] for row in full], pa.large_string()) for place in range(width)]
    more = pa.array([" | ".join(map(str, row[width:])) or None for row in rows], pa.large_string())
    numbers = pa.array(range(2, 2 + len(rows)), pa.int64())
    sheets = pa.array([0] * len(rows), pa.int32())
    return pa.Table.from_arrays([sheets, numbers, more, *columns], schema=cells_schema(width))


def judged(headings: str, *rows: str, users: People | None = None) -> Verdicts:
    """Verdicts of a list written as `email,mobile,uid` and rows of cells with a comma between them."""
    named = headings.split(",")
    table = cells(named, *[[cell or None for cell in row.split(",")] for row in rows])
    return verdicts(table, columns_of(named), users or people(), "DE")


def words(found: Verdicts) -> list[str]:
    """Each row's verdict in a word or two: `matched 10`, `external`, a reason's code, `duplicate of 2`."""
    from segkit.exchange.lists.reasons import REASONS

    said = []
    for row in found.table.to_pylist():
        word = STATUSES[row["status"]]
        if word == "matched":
            word = f"matched {row['user_no']}"
        if word == "rejected":
            word = REASONS[row["reason"]].code
        if word == "duplicate":
            word = f"duplicate of {found.table['row'][row['first']].as_py()}"
        said.append(word)
    return said
