"""The process that reads a list, so that no file can harm the one that asked: it limits itself, reads, answers, ends.

Told on stdin (JSON), it answers on stdout, a JSON line each: how many rows so far, then `done` or `refused`.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: How other files begin that people take for lists.
_OTHERS = {
    b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"\x1f\x8b": "a packed file",
    b"7z\xbc\xaf": "a packed file", b"Rar!": "a packed file",
}  # fmt: skip


def main() -> None:
    """What runs in the child."""
    asked = json.loads(sys.stdin.read())
    limits = asked["limits"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_CPU, limits["cpu"])
    from segkit.exchange.lists.reading.limits import ReadingLimits, Refused

    path, target = Path(asked["path"]), Path(asked["target"])
    try:
        # What reads is loaded before the memory is limited, so that the limit is the file's alone.
        read = _reader(path)
        _limit(resource.RLIMIT_AS, _address_space() + limits["memory"])
        answer({"done": read(path, target, ReadingLimits(**limits), lambda rows: answer({"rows": rows}))})
    except Refused as refused:
        answer({"refused": str(refused)})
    except MemoryError:
        answer({"stopped": "memory"})


def _reader(path: Path) -> Callable[..., dict[str, Any]]:
    with path.open("rb") as stream:
        head = stream.read(8)
    _refuse_others(head)
    if head.startswith(b"PK"):
        from segkit.exchange.lists.reading.xlsx_cells import read_xlsx

        return read_xlsx
    if head.startswith(b"PAR1"):
        from segkit.exchange.lists.reading.parquet_cells import read_parquet

        return read_parquet
    from segkit.exchange.lists.reading.csv_cells import read_csv

    return read_csv


def answer(words: Mapping[str, Any]) -> None:
    """One line to whoever asked."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _limit(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    own = value if most == resource.RLIM_INFINITY else min(value, most)
    with contextlib.suppress(ValueError, OSError):  # not every system has every limit
        resource.setrlimit(kind, (own, most))


def _address_space() -> int:
    """Bytes that this process has mapped already."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _refuse_others(head: bytes) -> None:
    from segkit.exchange.lists.reading.limits import Refused

    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            "it is an old XLS workbook, or one with a password; save it as XLSX without a password, or as CSV"
        )
    found = next((kind for mark, kind in _OTHERS.items() if head.startswith(mark)), None)
    if found:
        raise Refused(f"it is {found}, whatever its name says; expected a list as XLSX or CSV")


if __name__ == "__main__":
    main()
