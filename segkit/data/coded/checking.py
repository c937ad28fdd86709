"""Checksums of columns, quick enough to be compared whenever something is read; and the files that carry them.

A check is a CRC-32 over sums of 4 kB each, so it moves with every changed byte and with blocks that change places. It
tells damage, not forgery.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.errors import Damaged
from segkit.files.atomic import writing

_BLOCK = 4096
_ABOUT, _CHECK = b"segkit", b"segkit.check"
#: What pyarrow, the operating system and a wrong shape of what is read raise.
_UNREADABLE = (OSError, pa.ArrowException, ValueError, KeyError, TypeError, IndexError)


def check_of(values: NDArray[Any]) -> int:
    """The check of a column, or of a stretch of it."""
    raw = np.ascontiguousarray(values).view(np.uint8)
    whole = len(raw) // _BLOCK * _BLOCK
    sums = raw[:whole].view(np.uint64).reshape(-1, _BLOCK // 8).sum(axis=1, dtype=np.uint64)
    return zlib.crc32(raw[whole:].tobytes(), zlib.crc32(sums.tobytes()))


def check_of_texts(texts: pa.Array) -> int:
    """The check of an Arrow array of texts, wherever it lies in memory."""
    offsets, data = texts.buffers()[1:]
    places = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    found = np.frombuffer(data, np.uint8)[places[0] : places[-1]] if data is not None else np.empty(0, np.uint8)
    return zlib.crc32(check_of(places - places[0]).to_bytes(4, "little"), check_of(found))


def write_columns(path: Path, batch: pa.RecordBatch, about: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
    """One Arrow IPC file that says of itself what `about` and `parts` hold; it appears whole or not at all.

    It is not brought onto the medium by force: what a power cut takes is found when it is read, and made again.
    """
    metadata = {_ABOUT: json.dumps(about, sort_keys=True).encode(), **{k.encode(): v for k, v in parts.items()}}
    metadata[_CHECK] = str(_check_of_metadata(metadata, batch.schema)).encode()
    batch = batch.replace_schema_metadata(metadata)
    with (
        writing(path, durable=False) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, batch.schema) as writer,
    ):
        writer.write_batch(batch)


def read_columns(path: Path) -> tuple[pa.RecordBatch, dict[str, Any], dict[str, bytes]]:
    """The columns of such a file, mapped into memory, and what it says of itself. Raises Damaged, or FileNotFoundError.

    The columns themselves are not compared with their checks yet.
    """
    try:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            metadata = dict(reader.schema.metadata)
            check = int(metadata.pop(_CHECK))
            batch = reader.get_batch(0)
            if check != _check_of_metadata(metadata, batch.schema):
                raise Damaged(f"{path} is not what was written there")
            about = json.loads(metadata.pop(_ABOUT))
    except FileNotFoundError:
        raise
    except _UNREADABLE as error:
        raise Damaged(f"{path} cannot be read ({type(error).__name__})") from None
    return batch, about, {k.decode(): v for k, v in metadata.items()}


def _check_of_metadata(metadata: Mapping[bytes, bytes], schema: pa.Schema) -> int:
    shape = ",".join(f"{field.name}:{field.type}" for field in schema).encode()
    return zlib.crc32(b"\0".join([shape, *(part for key in sorted(metadata) for part in (key, metadata[key]))]))


def plain(column: pa.Array) -> NDArray[Any]:
    """A column without missing values as the numbers that lie in the file."""
    found: NDArray[Any] = column.to_numpy(zero_copy_only=True)
    return found


def remove(path: Path) -> None:
    """Removes a file, if it is there and may be removed."""
    try:
        os.unlink(path)
    except OSError:
        return
