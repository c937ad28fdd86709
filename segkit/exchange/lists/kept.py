"""The rows of a list that are kept: whom each means, and its parameters. One private Parquet file a version.

A row means a user, by number, or an address that no user had. Once it is a user's it stays that user's, so that an
address does not come back as an external one when its user goes.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segkit.errors import Damaged
from segkit.exchange.disarming import rearmed
from segkit.exchange.lists.people import People
from segkit.exchange.lists.verdicts import EXTERNAL, MATCHED
from segkit.files.atomic import writing
from segkit.files.hashing import sha256_of, sha256_of_open

Mode = Literal["replace", "add", "remove"]
_PARAMETERS = ("param1", "param2", "param3")
SCHEMA = pa.schema(
    [
        ("user_no", pa.int32()),  # null: external
        ("email", pa.large_string()),  # normal form
        *((name, pa.large_string()) for name in _PARAMETERS),
        ("consented", pa.bool_()),  # to e-mail, as the importer states
    ]
)
NO_ROWS = pa.Table.from_batches([], SCHEMA)


def rows_of(verdicts: pa.Table, consented: bool) -> pa.Table:
    """The rows to keep of a list's verdicts: those that are accepted."""
    accepted = verdicts.filter(pc.is_in(verdicts["status"], pa.array([MATCHED, EXTERNAL], pa.int8())))
    parameters = [pc.if_else(pc.equal(accepted[name], ""), None, rearmed(accepted[name])) for name in _PARAMETERS]
    stated = pa.repeat(pa.scalar(consented), accepted.num_rows)
    columns = [accepted["user_no"], accepted["email_form"], *parameters, stated]
    return pa.Table.from_arrays([_whole(column) for column in columns], schema=SCHEMA).combine_chunks()


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def merged(held: pa.Table, brought: pa.Table, mode: Mode) -> pa.Table:
    """The rows of a list after an import. Added rows go before those that are held of the same user or address."""
    if mode == "replace":
        return brought
    others = held.filter(pc.invert(pc.is_in(_keys(held), value_set=_keys(brought))))
    return others if mode == "remove" else pa.concat_tables([others, brought]).combine_chunks()


def _keys(rows: pa.Table) -> pa.Array:
    numbers, emails = _whole(rows["user_no"]), _whole(rows["email"])
    return pc.coalesce(pc.cast(numbers, pa.large_string()), emails)  # no address is digits alone


def matched_again(rows: pa.Table, people: People) -> pa.Table:
    """The rows with external addresses that are users' by now as those users'; a user who is in already counts once."""
    numbers = rows["user_no"].combine_chunks()
    found = people.lookups["email"].find(pc.if_else(numbers.is_null(), rows["email"].combine_chunks(), None))
    if not (found >= 0).any():
        return rows
    new = pa.array(found, pa.int32(), mask=found < 0)
    both = rows.set_column(0, SCHEMA.field(0), pc.coalesce(numbers, new))
    _, firsts = np.unique(_keys(both).to_numpy(zero_copy_only=False), return_index=True)
    return both.take(pa.array(np.sort(firsts))).combine_chunks()


def users_in(rows: pa.Table) -> np.ndarray:
    """The numbers of the users that the rows mean."""
    return np.asarray(rows["user_no"].drop_null().to_numpy())


def write_rows(path: Path, table: pa.Table) -> tuple[int, str]:
    """Writes a table as a private file, whole or not at all; its size and sha256."""
    with writing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
        return temporary.stat().st_size, sha256_of(temporary)


def read_rows(path: Path, sha256: str) -> pa.Table:
    """A table that `write_rows` wrote. Raises Damaged if the file is not what was written."""
    with suppress(FileNotFoundError), path.open("rb") as file:  # open, it stays whole while others take it away
        if sha256_of_open(file) == sha256:
            file.seek(0)
            return pq.read_table(file).combine_chunks()
    raise Damaged(f"{path}: the rows of a list are not what was written there. Import the list again.")
