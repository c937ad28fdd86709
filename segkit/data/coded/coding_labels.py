"""One label's durable files as codes by `user_no`; what the codes mean is said in `label_columns`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from segkit.data.coded.checking import check_of, write_columns
from segkit.data.coded.coding_days import narrow_codes
from segkit.data.coded.kinds import PRESENCE
from segkit.data.manifest import LabelFile
from segkit.errors import Damaged
from segkit.files.hashing import sha256_of

#: A label with more values than this is nearly another for everybody, and gains nothing from codes.
MOST_VALUES = 200_000
_FIELD, _END = "\x1f", "\x1e"


def write_label(path: Path, app_folder: Path, files: Sequence[LabelFile], kind: str, size: int) -> None:
    """Codes the newest values of a label. Raises Damaged if its files are not what the manifest says."""
    for file in files:
        if sha256_of(app_folder / file.path) != file.sha256:
            raise Damaged(f"{app_folder / file.path} is not what was written there")
    users, values = _newest(pa.concat_tables([pq.read_table(app_folder / f.path, partitioning=None) for f in files]))
    coded = None if kind == PRESENCE else _coded(values)
    if coded is None:
        kind = PRESENCE
        is_empty = _is_empty(values)
        coded = np.where(is_empty, 1, 2).astype(np.uint32), pa.array([], pa.string())
    codes = np.zeros(size, np.uint32)
    codes[users] = coded[0]
    narrow = narrow_codes(codes)
    about = {"kind": kind, "check": check_of(narrow)}
    batch = pa.record_batch([pa.array(narrow)], names=["code"])
    write_columns(path, batch, about, {"values": _as_stream(coded[1])})


def _newest(rows: pa.Table) -> tuple[NDArray[np.int64], pa.Array]:
    """Each user's last value, by data date and load, without missing ones."""
    users = rows.column("user_no").to_numpy().astype(np.int64)
    days, loads = rows.column("data_date").cast(pa.int32()).to_numpy(), rows.column("load").to_numpy()
    order = np.lexsort((loads, days, users))
    ordered = users[order]
    lasts = order[np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))] if len(order) else order
    values = rows.column("value").take(pa.array(lasts)).combine_chunks()
    is_there = values.is_valid()
    return users[lasts][is_there.to_numpy(zero_copy_only=False)], values.filter(is_there)


def _coded(values: pa.Array) -> tuple[NDArray[np.uint32], pa.Array] | None:
    """Codes from 1 on, and the values that they stand for; None if there are too many, or they cannot be told apart."""
    keys = _as_keys(values) if pa.types.is_list(values.type) else values
    if keys is None:
        return None
    found = keys.dictionary_encode()
    if len(found.dictionary) > MOST_VALUES:
        return None
    codes = found.indices.to_numpy(zero_copy_only=False).astype(np.uint32)
    firsts = np.full(len(found.dictionary), len(codes), np.int64)
    np.minimum.at(firsts, codes, np.arange(len(codes)))
    return codes + np.uint32(1), values.take(pa.array(firsts))


def _as_keys(lists: pa.Array) -> pa.Array | None:
    """A text for each list, the same for equal lists only; None if that cannot be promised."""
    inside = lists.flatten()
    clashes = pc.or_(pc.match_substring(inside, _FIELD), pc.match_substring(inside, _END))
    if inside.null_count or pc.any(clashes).as_py():
        return None
    lengths = pc.list_value_length(lists).cast(pa.string())
    return pc.binary_join_element_wise(pc.binary_join(lists, _FIELD), lengths, _END)


def _is_empty(values: pa.Array) -> NDArray[np.bool_]:
    """Where a value is there and is an empty text or list."""
    if pa.types.is_list(values.type):
        found = pc.equal(pc.list_value_length(values), 0)
    elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        found = pc.equal(values, "")
    else:
        return np.zeros(len(values), bool)
    empty: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return empty


def _as_stream(values: pa.Array) -> bytes:
    """The values as an Arrow stream, which is part of what the file says of itself."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("value", values.type)])) as writer:
        writer.write_batch(pa.record_batch([values], names=["value"]))
    stream: bytes = sink.getvalue().to_pybytes()
    return stream
