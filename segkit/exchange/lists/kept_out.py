"""Which cells of a list are of people who were erased: keyed hashes are compared, and no row of theirs is kept.

Both the text as it stands and its normal form are looked at, since either may be what was hashed.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segkit.data.kept_out import KeptOut, normal_form
from segkit.exchange.lists.identifiers import KINDS, Kind
from segkit.exchange.lists.reasons import NUMBER_OF, Reason
from segkit.exchange.lists.verdicts import FORM_OF, REJECTED, Verdicts, counted

_BOUND = re.compile(r"\$([a-z_0-9]+)")


def on_the_list(kept_out: KeptOut, kind: Kind, column: pa.Array) -> np.ndarray:
    """Whether each text is one that is kept out; a missing one never is."""
    encoded = column.dictionary_encode()
    distinct = _distinct_on_the_list(kept_out, kind, encoded.dictionary)
    places = pc.fill_null(encoded.indices, len(distinct)).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(distinct, False)[places])


def _distinct_on_the_list(kept_out: KeptOut, kind: Kind, texts: pa.Array) -> np.ndarray:
    import duckdb

    found = np.zeros(len(texts), dtype=bool)
    if not len(texts) or not kept_out:
        return found
    asked = pa.table({"place": pa.array(np.arange(len(texts))), "text": texts})
    query = (
        f"SELECT place FROM (SELECT place, {normal_form(kind, 'text')} AS value FROM asked) "  # noqa: S608
        f"WHERE {kept_out.condition(kind, 'value')}"
    )
    values = kept_out.values()
    with duckdb.connect(":memory:") as connection:
        connection.register("asked", asked)
        bound = {name: values[name] for name in set(_BOUND.findall(query))}
        places = connection.sql(query, params=bound).to_arrow_table()["place"]
    found[places.to_numpy()] = True
    return found


def without_kept_out(verdicts: Verdicts, kept_out: KeptOut, dead: tuple[int, ...] = ()) -> Verdicts:
    """The same with rows of erased people rejected, and all that stood in them gone; `dead` are numbers they had.

    In a row of a user who is there only the cell goes, and the row stays that user's.
    """
    table = verdicts.table
    listed = {kind: _listed(table, kind, kept_out) for kind in KINDS}
    numbers = table["user_no"].combine_chunks()
    was = pc.fill_null(pc.is_in(numbers, value_set=pa.array(dead, pa.int32())), False).to_numpy(zero_copy_only=False)
    if not (was.any() or any(mask.any() for mask in listed.values())):
        return verdicts
    is_somebody = numbers.is_valid().to_numpy(zero_copy_only=False) & ~was
    theirs = (np.logical_or.reduce(list(listed.values())) | was) & ~is_somebody
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    for kind, mask in listed.items():
        for name in (kind, FORM_OF[kind]):
            columns[name] = _emptied(columns[name], mask)
    for name, column in columns.items():
        if name not in ("sheet", "row", "status", "reason"):
            columns[name] = _emptied(column, theirs)
    status = np.where(theirs, REJECTED, columns["status"].to_numpy())
    columns["status"] = pa.array(status, pa.int8())
    reason = pa.scalar(NUMBER_OF[Reason.ERASED], pa.int8())
    columns["reason"] = pc.if_else(pa.array(theirs), reason, columns["reason"])
    return counted(pa.table(columns))


def _listed(table: pa.Table, kind: Kind, kept_out: KeptOut) -> np.ndarray:
    first, second = (on_the_list(kept_out, kind, table[name].combine_chunks()) for name in (kind, FORM_OF[kind]))
    return np.asarray(first | second)


def _emptied(column: pa.Array, mask: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(mask), pa.scalar(None, column.type), column)


def kept_rows_without(rows: pa.Table, kept_out: KeptOut, dead: tuple[int, ...]) -> pa.Table:
    """Rows of a list (see `kept`) but for those of erased people."""
    numbers = rows["user_no"].combine_chunks()
    was = pc.fill_null(pc.is_in(numbers, value_set=pa.array(dead, pa.int32())), False).to_numpy(zero_copy_only=False)
    listed = on_the_list(kept_out, "email", rows["email"].combine_chunks())
    is_external = numbers.is_null().to_numpy(zero_copy_only=False)
    gone = was | (listed & is_external)
    if listed.any():
        rows = rows.set_column(1, rows.schema.field(1), _emptied(rows["email"].combine_chunks(), listed))
    return rows.filter(pa.array(~gone)).combine_chunks() if gone.any() else rows
