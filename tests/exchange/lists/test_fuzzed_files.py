"""Damaged and hostile lists: this process lives on, and rows add up wherever there are rows.

That the system holds the child to its limits is shown in `test_reading`.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from segkit.errors import SegkitError
from segkit.exchange.lists.headings import columns_of
from segkit.exchange.lists.reading.limits import ReadingLimits
from segkit.exchange.lists.reading.reader import reading
from segkit.exchange.lists.verdicts import verdicts
from tests.exchange.lists.made_lists import people
from tests.exchange.lists.mutating import CSV, XLSX, mutated

LIMITS = ReadingLimits(memory=400_000_000, unpacked=150_000_000, cpu=60, wall=300)
PEOPLE = people()
_SENTENCE = re.compile(r".+[.a-zA-Z0-9’)]\Z", re.DOTALL)


def outcome(number: int, folder: Path) -> str:
    """What came of a file: `rows`, or the message."""
    path = mutated(number, folder)
    try:
        with reading(path, folder, LIMITS) as cells:
            found = verdicts(cells.table, columns_of(cells.headings), PEOPLE, "DE")
            assert found.rows == cells.table.num_rows == found.accepted + found.rejected + found.duplicate, path.name
            assert found.rejected == sum(found.reasons.values()), path.name
            return "rows"
    except SegkitError as error:
        return str(error)
    finally:
        path.unlink()


def test_damaged_files_are_read_or_refused_with_a_message_and_never_harm(tmp_path: Path, full: bool) -> None:
    numbers = range(5_000) if full else range(2 * max(len(CSV), len(XLSX)))
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda number: outcome(number, tmp_path), numbers))
    assert len(outcomes) == len(numbers)
    assert list(tmp_path.iterdir()) == []
    said = {message for message in outcomes if message != "rows"}
    assert [message for message in said if not _SENTENCE.fullmatch(message) or "Traceback" in message] == []
    assert 0.1 < outcomes.count("rows") / len(outcomes) < 0.95
