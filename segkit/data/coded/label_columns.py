"""One label's newest values by user: a code for each `user_no`, and the values that the codes stand for, in one file.

Code 0 is a missing value, code n the nth value. It holds for any date from the newest change on; for an earlier one
the durable history is asked. Of a personal label, and of one with too many values, only presence is coded: 1 is an
empty value, 2 any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from segkit.data.coded.checking import check_of, plain, read_columns
from segkit.data.coded.kinds import PRESENCE
from segkit.errors import Damaged


@dataclass(frozen=True)
class CodedLabel:
    """Codes by `user_no`, mapped into memory, and their values from code 1 on; none where only presence is coded."""

    codes: NDArray[Any]
    values: pa.Array | None


def open_label(path: Path, size: int) -> CodedLabel:
    """A coded label. Raises FileNotFoundError without it, Damaged if it is not what was written there."""
    batch, about, parts = read_columns(path)
    try:
        codes = plain(batch.column(0))
        values = pa.ipc.open_stream(parts["values"]).read_all().column(0).combine_chunks()
        if len(codes) != size or check_of(codes) != about["check"]:
            raise Damaged(f"{path} is not what was written there")
    except (ValueError, KeyError, TypeError, IndexError, pa.ArrowException) as error:
        raise Damaged(f"{path} is not what was written there ({type(error).__name__})") from None
    return CodedLabel(codes, None if about["kind"] == PRESENCE else values)
