"""The rows of a list, as they are kept."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path

import pyarrow as pa
import pytest

from segkit.errors import Damaged
from segkit.exchange.lists import kept
from segkit.files.hashing import sha256_of_open

ROWS = pa.table({"user_no": [0, None], "email": [None, "ana@outside.org"]})


def test_rows_that_are_taken_away_while_they_are_read_are_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.parquet"
    _, sha256 = kept.write_rows(path, ROWS)

    def checked_then_gone(file: BufferedReader) -> str:
        found = sha256_of_open(file)
        path.unlink()
        return found

    monkeypatch.setattr(kept, "sha256_of_open", checked_then_gone)
    assert kept.read_rows(path, sha256).equals(ROWS)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
def test_rows_that_are_gone_or_others_are_refused(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "rows.parquet"
    _, sha256 = kept.write_rows(path, ROWS)
    assert callable(damage)
    damage(path)
    with pytest.raises(Damaged, match="Import the list again"):
        kept.read_rows(path, sha256)
